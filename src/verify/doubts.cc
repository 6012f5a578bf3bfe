#include "verify/doubts.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

namespace kubescribe::verify {
namespace {

using nlohmann::json;
using store::Query;
using store::Seq;

constexpr Micros kSinceEver = std::numeric_limits<Micros>::min();
// While a clock that was set back is waited out, transactions share one
// reading, and its microsecond is in doubt though no record says so.
constexpr Micros kShared = kMillisecond;

// Of a stream (all of them where it is 0), as messages name them.
std::string OfStream(std::int64_t id) {
  return id == 0 ? "all streams" : fmt::format("stream {}", id);
}

std::string Between(Micros from, Micros to) {
  return fmt::format("from {} to {} (microseconds since 1970)",
                     from == kSinceEver ? "ever" : std::to_string(from), to);
}

std::map<std::int64_t, Times> RowsOf(store::Db& db) {
  std::map<std::int64_t, Times> rows;
  Query all(db, "SELECT stream_id, from_at, to_at FROM doubt");
  while (all.Step()) {
    rows[all.Int(0)].Add(all.OptionalInt(1).value_or(kSinceEver), all.Int(2));
  }
  return rows;
}

}  // namespace

void Times::Add(Micros from, Micros to) {
  if (from >= to) return;
  auto at = times_.upper_bound(from);
  if (at != times_.begin() && std::prev(at)->second >= from) {
    --at;
    if (at->second >= to) return;
    from = at->first;
  }
  while (at != times_.end() && at->first <= to) {
    to = std::max(to, at->second);
    at = times_.erase(at);
  }
  times_.emplace_hint(at, from, to);
}

void Times::Without(Micros from, Micros to, Times& rest) const {
  auto at = times_.upper_bound(from);
  if (at != times_.begin()) --at;
  for (; at != times_.end() && at->first < to; ++at) {
    rest.Add(from, at->first);
    from = std::max(from, at->second);
  }
  rest.Add(from, to);
}

void Doubts::AddPruned(const json& detail, std::string_view payload, Seq seq,
                       Findings& findings) {
  --prunes_;
  if (detail.contains("doubts")) {
    complete_ = true;
    Tell(payload, seq, findings);
  } else if (!detail.contains("revisions") || detail["revisions"] != 0) {
    complete_ = false;
  }
}

void Doubts::AddImport(const json& detail, std::string_view payload, Seq seq,
                       Findings& findings) {
  // What was told before was told of the file that this is a part of.
  told_.clear();
  told_of_all_ = {};
  complete_ = detail.contains("doubts");
  if (complete_) Tell(payload, seq, findings);
}

void Doubts::Tell(std::string_view payload, Seq seq, Findings& findings) {
  if (payload.empty()) return;
  try {
    const json streams = json::parse(payload.begin(), payload.end());
    for (const json& stream : streams) {
      Times& times = stream.contains("stream")
                         ? told_[stream.at("stream").get<Names>()]
                         : told_of_all_;
      for (const json& row : stream.at("doubts")) {
        const json& from = row.at(0);
        times.Add(from.is_null() ? kSinceEver : from.get<Micros>(),
                  row.at(1).get<Micros>());
      }
    }
  } catch (const json::exception&) {
    findings.Altered(seq, "the doubts in its payload cannot be read");
  }
}

std::map<std::int64_t, Times> Doubts::Needed(store::Db& db,
                                             Findings& findings) const {
  std::map<std::int64_t, Times> needed = needed_;
  const auto add = [&needed](std::int64_t stream, const Times& times) {
    for (const auto& [from, to] : times.all()) needed[stream].Add(from, to);
  };
  add(0, told_of_all_);
  for (const auto& [names, times] : told_) {
    Query stream(
        db,
        "SELECT s.id FROM stream s JOIN resource k ON k.id = s.resource_id "
        "WHERE k.api_group = ? AND k.resource = ? AND s.namespace = ? "
        "AND s.label_selector = ? AND s.field_selector = ?");
    stream.Bind(names[0], names[1], names[2], names[3], names[4]);
    if (stream.Step()) {
      add(stream.Int(0), times);
    } else {
      findings.Altered(0, fmt::format("there is no stream of {} any more, and "
                                      "there were doubts of it",
                                      names[1]));
    }
  }
  return needed;
}

void Doubts::Check(Snapshot& snapshot, Findings& findings) const {
  const std::map<std::int64_t, Times> needed = Needed(snapshot.db(), findings);
  std::map<std::int64_t, Times> rows = RowsOf(snapshot.db());
  if (snapshot.db().Int("SELECT EXISTS (SELECT 1 FROM doubt WHERE "
                        "from_at >= to_at)") != 0) {
    findings.Altered(0, "a doubt ends before it begins");
  }
  for (const auto& [stream, times] : needed) {
    Times missing;
    for (const auto& [from, to] : times.all()) {
      rows[stream].Without(from, to, missing);
    }
    if (missing.all().empty()) continue;
    const auto& [from, to] = *missing.all().begin();
    findings.Altered(0, fmt::format("of {} a doubt is missing: {}",
                                    OfStream(stream), Between(from, to)));
  }
  // Records that came since bring doubts too.
  if (!complete_ || prunes_ != 0 || snapshot.live()) return;
  static const Times kNone;
  for (const auto& [stream, times] : rows) {
    const auto known = needed.find(stream);
    Times more;
    for (const auto& [from, to] : times.all()) {
      (known == needed.end() ? kNone : known->second).Without(from, to, more);
    }
    for (const auto& [from, to] : more.all()) {
      if (from != kSinceEver && to - from <= kShared) continue;
      findings.Altered(0, fmt::format("of {} there is a doubt that no record "
                                      "tells of: {}",
                                      OfStream(stream), Between(from, to)));
      break;
    }
  }
}

}  // namespace kubescribe::verify
