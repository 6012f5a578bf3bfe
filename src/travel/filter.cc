#include "travel/filter.h"

#include <memory>

#include "travel/picks.h"

namespace kubescribe::travel {

Status SetFilter(const std::string& path, const ExportRequest& part,
                 query::ExportRequest& lines) {
  const auto reader = store::Reader::Open(path);
  if (!reader.ok()) return reader.error();
  Result<Picks> made = Picks::Make(**reader, part);
  if (!made.ok()) return made.error();
  const auto picks = std::make_shared<Picks>(*std::move(made));
  lines.revision = [picks](const store::Revision& revision) {
    return picks->InTime(revision.changed_at) && picks->Has(revision);
  };
  lines.record = [picks](const store::Record& record) {
    return picks->InTime(record.recorded_at) &&
           picks->HasStream(record.stream_id);
  };
  lines.object = nullptr;
  if (picks->by_labels()) {
    lines.object = [picks](std::string_view body) {
      return picks->labels().MatchesObject(body);
    };
  }
  return {};
}

}  // namespace kubescribe::travel
