#include "query/export.h"

#include <algorithm>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "kube/user_time.h"
#include "query/object.h"
#include "store/reader.h"

namespace kubescribe::query {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kRange = 1000;
constexpr std::size_t kBodyCache = std::size_t{16} << 20;

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json TimeOrNull(const std::optional<Micros>& time) {
  return time ? Json(kube::FormatRfc3339(*time)) : Json(nullptr);
}

// The object's bytes as they are, made to fit on one line. A line break
// between tokens may become a space; inside a string there is none.
std::string OneLine(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  std::replace(text.begin(), text.end(), '\r', ' ');
  return text;
}

// Writes the lines of one snapshot.
class Lines {
 public:
  static Result<Lines> Make(store::Reader& reader, bool gaps) {
    Lines lines(reader);
    auto resources = reader.Resources();
    if (!resources.ok()) return resources.error();
    for (auto& row : *resources) lines.resources_.emplace(row.id, row);
    auto streams = reader.Streams();
    if (!streams.ok()) return streams.error();
    for (auto& row : *streams) lines.streams_.emplace(row.id, row.key);
    if (!gaps) return lines;
    auto rows = reader.Gaps(0);
    if (!rows.ok()) return rows.error();
    for (auto& row : *rows) lines.gaps_.emplace(row.seq, row);
    return lines;
  }

  // "": its body says that it is not meant.
  Result<std::string> Of(const store::Revision& revision,
                         const ExportRequest& request) {
    const auto found = resources_.find(revision.resource_id);
    const store::ResourceRow resource =
        found == resources_.end() ? store::ResourceRow() : found->second;
    const std::size_t slash = revision.api_version.rfind('/');
    Json json = Head(revision.seq, "revision");
    json["epoch"] = revision.epoch;
    json["event"] = store::EventName(revision.event);
    json["group"] = resource.group;
    json["version"] = slash == std::string::npos
                          ? revision.api_version
                          : revision.api_version.substr(slash + 1);
    json["resource"] = resource.resource;
    json["namespace"] = revision.name_space;
    json["name"] = revision.name;
    json["uid"] = revision.uid;
    json["resourceVersion"] = revision.rv;
    json["recordedAt"] = kube::FormatRfc3339(revision.recorded_at);
    json["notBefore"] = TimeOrNull(revision.not_before);
    json["changedAt"] = kube::FormatRfc3339(revision.changed_at);
    json["evidence"] = store::EvidenceName(revision.evidence);
    json["source"] = store::SourceName(revision.source);
    if (!revision.list_rv.empty()) {
      json["listResourceVersion"] = revision.list_rv;
    }
    if (revision.late) json["late"] = true;
    Result<std::string> body = reader_->Body(revision.seq);
    const bool damaged = !body.ok() && body.error().code() == Code::kCorruption;
    if (damaged) {
      damaged_.push_back(body.error().message());
      body = std::string();
    }
    if (!body.ok()) return body.error();
    if (request.object && !request.object(*body)) return std::string();
    const bool stub = revision.body_kind == store::BodyKind::kStub;
    if (revision.body_kind == store::BodyKind::kMetadata) {
      json["body"] = "metadata";
    }
    if (stub) json["body"] = "stub";
    if (body->empty()) json["body"] = damaged ? "damaged" : "none";
    std::string line = Dump(json);
    line.pop_back();
    line += ",\"object\":";
    line += body->empty() ? "null"
            : stub        ? OneLine(std::move(*body))
                          : OneLine(CompleteObject(*body, revision.api_version,
                                                   resource.kind));
    return line + "}";
  }

  Result<std::string> Of(const store::Record& record) {
    Json json = Head(record.seq, record.kind);
    json["recordedAt"] = kube::FormatRfc3339(record.recorded_at);
    if (const auto stream = streams_.find(record.stream_id);
        stream != streams_.end()) {
      json["group"] = stream->second.group;
      json["resource"] = stream->second.resource;
      json["namespace"] = stream->second.name_space;
    }
    if (const auto gap = gaps_.find(record.seq); gap != gaps_.end()) {
      json["cause"] = gap->second.cause;
      json["from"] = gap->second.from_rv;
      json["to"] = gap->second.to_rv;
      json["fromTime"] = TimeOrNull(gap->second.from_at);
      json["toTime"] = kube::FormatRfc3339(gap->second.to_at);
      json["changed"] = gap->second.changed;
      json["appeared"] = gap->second.appeared;
      json["vanished"] = gap->second.vanished;
    } else {
      const Json detail = Json::parse(record.detail, nullptr, false);
      if (detail.is_object()) {
        for (const auto& [key, value] : detail.items()) {
          if (!json.contains(key)) json[key] = value;
        }
      }
    }
    std::string line = Dump(json);
    if (record.kind != "discovery") return line;
    Result<std::string> payload = reader_->Payload(record.seq);
    if (!payload.ok() && payload.error().code() == Code::kCorruption) {
      damaged_.push_back(payload.error().message());
      return line;
    }
    if (!payload.ok()) return payload.error();
    if (payload->empty()) return line;
    line.pop_back();
    return line + ",\"discovery\":" + OneLine(std::move(*payload)) + "}";
  }

  // What was found damaged on the way.
  const std::vector<std::string>& damaged() const { return damaged_; }

 private:
  explicit Lines(store::Reader& reader)
      : reader_(&reader), cluster_(reader.info().cluster) {}

  Json Head(store::Seq seq, const std::string& kind) const {
    Json json;
    json["seq"] = seq;
    json["cluster"] = cluster_;
    json["record"] = kind;
    return json;
  }

  store::Reader* reader_;
  std::string cluster_;
  std::map<std::int64_t, store::ResourceRow> resources_;
  std::map<std::int64_t, store::StreamKey> streams_;
  std::map<store::Seq, store::GapRow> gaps_;
  std::vector<std::string> damaged_;
};

// The lines of the next range, by seq.
struct Range {
  std::vector<std::pair<store::Seq, std::string>> lines;
  store::Seq last = 0;
  std::vector<std::string> damaged;
};

Result<Range> ReadRange(const std::string& path, const ExportRequest& request,
                        store::Seq after, std::optional<store::Seq>& last,
                        const std::shared_ptr<store::BodyCache>& bodies) {
  Result<std::unique_ptr<store::Reader>> reader =
      store::Reader::Open(path, bodies);
  if (!reader.ok()) return reader.error();
  if (!last) last = (*reader)->info().last_seq;
  Result<store::Reader::Batch> batch = (*reader)->Records(after, *last, kRange);
  if (!batch.ok()) return batch.error();
  const bool gaps =
      std::any_of(batch->records.begin(), batch->records.end(),
                  [](const auto& record) { return record.kind == "gap"; });
  Result<Lines> lines = Lines::Make(**reader, gaps);
  if (!lines.ok()) return lines.error();
  Range range;
  range.last = batch->last;
  const auto add = [&](store::Seq seq, Result<std::string> line) -> Status {
    if (!line.ok()) return line.error();
    if (line->empty()) return {};
    range.lines.emplace_back(seq, std::move(*line));
    return {};
  };
  for (const store::Revision& revision : batch->revisions) {
    if (request.revision && !request.revision(revision)) continue;
    const Status added = add(revision.seq, lines->Of(revision, request));
    if (!added.ok()) return added.error();
  }
  for (const store::Record& record : batch->records) {
    if (request.record && !request.record(record)) continue;
    const Status added = add(record.seq, lines->Of(record));
    if (!added.ok()) return added.error();
  }
  range.damaged = lines->damaged();
  std::sort(range.lines.begin(), range.lines.end());
  return range;
}

}  // namespace

Result<std::vector<std::string>> PrunedOfExport(const std::string& path,
                                                const ExportRequest& request) {
  const auto reader = store::Reader::Open(path);
  if (!reader.ok()) return reader.error();
  const auto prunes = (*reader)->Prunes();
  if (!prunes.ok()) return prunes.error();
  std::vector<std::string> why;
  std::int64_t revisions = 0;
  store::Seq until = 0;
  store::Seq record = 0;
  for (const store::PrunedRow& prune : *prunes) {
    // A cut to a number of revisions is one anywhere before its record.
    const store::Seq to = prune.before_seq.value_or(prune.seq);
    if (to <= request.after) continue;
    revisions += prune.revisions;
    until = std::max(until, to);
    record = prune.seq;
  }
  if (record != 0) {
    why.push_back(std::to_string(revisions) + " revisions up to seq " +
                  std::to_string(until) + " are not kept any more (record " +
                  std::to_string(record) + ")");
  }
  return why;
}

Result<store::Seq> Export(const std::string& path, const ExportRequest& request,
                          const LineSink& sink) {
  store::Seq after = request.after;
  std::optional<store::Seq> last = request.last;
  const auto bodies = std::make_shared<store::BodyCache>(kBodyCache);
  for (;;) {
    const Result<Range> range = ReadRange(path, request, after, last, bodies);
    if (!range.ok()) return range.error();
    if (range->last <= after) return after;
    if (request.damaged) {
      for (const std::string& what : range->damaged) request.damaged(what);
    }
    for (const auto& [seq, line] : range->lines) {
      if (!sink(line)) return after;
      after = seq;
    }
    after = range->last;
  }
}

}  // namespace kubescribe::query
