#include "store/doubts.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "store/types.h"

namespace kubescribe::store {

using nlohmann::ordered_json;

Micros DoubtsToldUntil(Db& db) {
  Seq told = 0;
  Micros until = 0;
  {
    // What comes before an import was told of another file.
    Query last(db,
               "SELECT seq, recorded_at, json_valid(detail) AND "
               "detail ->> 'doubts' IS NOT NULL FROM record "
               "WHERE kind = 'import' OR (kind = 'pruned' AND "
               "json_valid(detail) AND detail ->> 'doubts' IS NOT NULL) "
               "ORDER BY seq DESC LIMIT 1");
    if (!last.Step() || !last.Bool(2)) return 0;
    told = last.Int(0);
    until = last.Int(1);
  }
  // A row that was added or grew since ends no earlier than that, but where the
  // clock was set back.
  Query back(db,
             "SELECT min(detail ->> 'to') FROM record WHERE kind = 'clock' "
             "AND json_valid(detail) AND seq > ?");
  const std::optional<std::int64_t> to =
      back.Bind(told).Step() ? back.OptionalInt(0) : std::nullopt;
  return std::max<Micros>(0, std::min(until, to.value_or(until)));
}

std::string DoubtsFrom(Db& db, Micros from) {
  ordered_json streams = ordered_json::array();
  std::optional<std::int64_t> last;
  Query rows(db,
             "SELECT d.stream_id, d.from_at, d.to_at, k.api_group, k.resource, "
             "s.namespace, s.label_selector, s.field_selector FROM doubt d "
             "LEFT JOIN stream s ON s.id = d.stream_id "
             "LEFT JOIN resource k ON k.id = s.resource_id "
             "WHERE d.to_at >= ? ORDER BY d.stream_id, d.to_at");
  rows.Bind(from);
  while (rows.Step()) {
    if (last != rows.Int(0)) {
      last = rows.Int(0);
      ordered_json stream;
      if (*last != 0) {
        for (int name = 3; name < 8; ++name) {
          stream["stream"].push_back(rows.Text(name));
        }
      }
      streams.push_back(std::move(stream));
    }
    ordered_json begin;
    if (const auto at = rows.OptionalInt(1)) begin = *at;
    streams.back()["doubts"].push_back({std::move(begin), rows.Int(2)});
  }
  return streams.empty() ? "" : streams.dump();
}

}  // namespace kubescribe::store
