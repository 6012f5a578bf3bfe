#include "store/reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "store/reader_impl.h"
#include "store/rows.h"

namespace kubescribe::store {
namespace {

// Has a body of this encoding no checksum of its own?
bool IsBare(std::int64_t encoding) {
  return encoding == static_cast<std::int64_t>(Encoding::kBareDelta) ||
         encoding == static_cast<std::int64_t>(Encoding::kBareDictionary);
}

std::int64_t Limit(std::size_t limit) {
  constexpr std::size_t kMost = std::numeric_limits<std::int32_t>::max();
  return static_cast<std::int64_t>(std::min(limit, kMost));
}

// The string under that key of a JSON object; "" if there is none.
std::string StringIn(const std::string& detail, const char* key) {
  const auto json = nlohmann::json::parse(detail, nullptr, false);
  if (!json.is_object()) return "";
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>()
                                                   : "";
}

}  // namespace

Result<std::vector<ResourceRow>> ReaderImpl::Resources() {
  return Guard<std::vector<ResourceRow>>([&] {
    std::vector<ResourceRow> resources;
    Query query(*db_,
                "SELECT id, api_group, resource, kind, namespaced "
                "FROM resource ORDER BY api_group, resource");
    while (query.Step()) {
      resources.push_back({query.Int(0), query.Text(1), query.Text(2),
                           query.Text(3), query.Bool(4)});
    }
    return resources;
  });
}

Result<std::vector<StreamRow>> ReaderImpl::Streams() {
  static const std::string sql = fmt::format(
      "SELECT {} FROM stream s JOIN resource k ON k.id = s.resource_id "
      "ORDER BY s.id",
      kStreamColumns);
  return Guard<std::vector<StreamRow>>([&] {
    std::vector<StreamRow> streams;
    Query query(*db_, sql.c_str());
    while (query.Step()) streams.push_back(ReadStream(query));
    return streams;
  });
}

Result<std::vector<EpochRow>> ReaderImpl::Epochs() {
  return Guard<std::vector<EpochRow>>([&] {
    std::vector<EpochRow> epochs;
    Query query(*db_,
                "SELECT id, stream_id, cause, began_at, seq FROM epoch "
                "ORDER BY id");
    while (query.Step()) {
      epochs.push_back({query.Int(0), query.Int(1), query.Text(2), query.Int(3),
                        query.Int(4)});
    }
    return epochs;
  });
}

Result<std::vector<ResourceStats>> ReaderImpl::Stats() {
  return Guard<std::vector<ResourceStats>>([&] {
    std::vector<ResourceStats> stats;
    Query query(*db_,
                "SELECT k.id, "
                "(SELECT count(*) FROM object WHERE resource_id = k.id), "
                "(SELECT count(*) FROM object WHERE resource_id = k.id "
                " AND alive = 1), "
                "coalesce(r.revisions, 0), coalesce(r.bytes, 0) "
                "FROM resource k LEFT JOIN ("
                " SELECT o.resource_id, count(*) AS revisions, "
                " sum(length(b.data)) AS bytes "
                " FROM revision v JOIN object o ON o.id = v.object_id "
                " LEFT JOIN body b ON b.seq = v.seq GROUP BY o.resource_id"
                ") r ON r.resource_id = k.id ORDER BY k.id");
    while (query.Step()) {
      stats.push_back({query.Int(0), query.Int(1), query.Int(2), query.Int(3),
                       query.Int(4)});
    }
    return stats;
  });
}

Result<std::optional<std::string>> ReaderImpl::Discovery(const AsOf& as_of) {
  const Result<Seq> found = Guard<Seq>([&] {
    const bool by_seq = as_of.seq.has_value();
    // Payloads of old ones are pruned. Asked of each record: with IN, all
    // bodies of the file are gone through. By time the newest record wins
    // although a clock step may have given an older one a later time.
    for (const char* sql :
         {by_seq ? "SELECT seq FROM record WHERE kind = 'discovery' "
                   "AND seq <= ? AND EXISTS (SELECT 1 FROM body b WHERE b.seq "
                   "= record.seq) "
                   "ORDER BY seq DESC LIMIT 1"
                 : "SELECT seq FROM record WHERE kind = 'discovery' "
                   "AND recorded_at <= ? AND EXISTS (SELECT 1 FROM body b "
                   "WHERE b.seq = record.seq) "
                   "ORDER BY seq DESC LIMIT 1",
          "SELECT seq FROM record WHERE kind = 'discovery' AND ? IS NOT NULL "
          "AND EXISTS (SELECT 1 FROM body b WHERE b.seq = record.seq) ORDER BY "
          "seq LIMIT 1"}) {
      Query query(*db_, OneTime{sql});
      const std::int64_t bound = by_seq ? *as_of.seq
                                 : as_of.rv
                                     ? std::numeric_limits<std::int64_t>::max()
                                     : as_of.at;
      if (query.Bind(bound).Step()) return query.Int(0);
    }
    return Seq{0};
  });
  if (!found.ok()) return found.error();
  if (*found == 0) return std::optional<std::string>();
  auto payload = Decode(*found);
  if (payload.ok() || payload.error().code() != Code::kCorruption) {
    return payload;
  }
  const std::string& what = payload.error().message();
  if (std::find(warnings_.begin(), warnings_.end(), what) == warnings_.end()) {
    warnings_.push_back(what);
  }
  return std::optional<std::string>();
}

Result<std::string> ReaderImpl::ServerVersion(const AsOf& as_of) {
  return Guard<std::string>([&] {
    const bool by_seq = as_of.seq.has_value();
    Query in_force(*db_, OneTime{by_seq ? "SELECT detail FROM record "
                                          "WHERE kind = 'server' AND seq <= ? "
                                          "ORDER BY seq DESC LIMIT 1"
                                        : "SELECT detail FROM record "
                                          "WHERE kind = 'server' "
                                          "AND recorded_at <= ? "
                                          "ORDER BY seq DESC LIMIT 1"});
    in_force.Bind(by_seq     ? *as_of.seq
                  : as_of.rv ? std::numeric_limits<std::int64_t>::max()
                             : as_of.at);
    if (in_force.Step()) return StringIn(in_force.Text(0), "version");
    Query first(*db_, OneTime{"SELECT detail FROM record WHERE kind = 'server' "
                              "ORDER BY seq LIMIT 1"});
    if (!first.Step()) return info_.server_version;
    const std::string before = StringIn(first.Text(0), "before");
    return before.empty() ? StringIn(first.Text(0), "version") : before;
  });
}

// A file that no recorder of this version has opened yet does not.
bool ReaderImpl::HasLifetimes() {
  if (!has_lifetimes_) {
    has_lifetimes_ =
        db_->Int("SELECT count(*) FROM sqlite_schema WHERE name = 'lifetime'") >
        0;
  }
  return *has_lifetimes_;
}

std::optional<RecordedBy> ReaderImpl::Recorded(Micros at) {
  constexpr int kFirstWithout = 6;  // schema/006-compact.sql
  if (info_.schema_version < kFirstWithout) return std::nullopt;
  return FindRecordedBy(*db_, at);
}

Result<std::optional<std::string>> ReaderImpl::Decode(Seq seq) {
  std::string what;
  try {
    std::optional<std::string> body = bodies_.Read(seq);
    CheckLeaf(seq, body ? std::string_view(*body) : std::string_view());
    return body;
  } catch (const SQLite::Exception& exception) {
    return ErrorFrom(exception, info_.path, db_->raw());
  } catch (const std::exception& exception) {
    what = exception.what();
  }
  return Error(Code::kCorruption,
               fmt::format("{}: the body of record {} is damaged ({}): take "
                           "it from a backup",
                           info_.path, seq, what));
}

void ReaderImpl::CheckLeaf(Seq seq, std::string_view body) {
  if (!logged_) logged_ = hashes_.Size();
  if (seq > *logged_) {
    // What a newer writer has not brought into the log yet has checksums.
    Query row(*db_, "SELECT encoding FROM body WHERE seq = ?");
    if (!row.Bind(seq).Step() || !IsBare(row.Int(0))) return;
    throw std::runtime_error("the log has no hash of it");
  }
  const std::optional<LogHash> leaf = leaves_.Of(seq, body);
  if (leaf && leaf != hashes_.Of(seq)) {
    throw std::runtime_error("it is not what the log says was recorded");
  }
}

Result<std::optional<Record>> ReaderImpl::NewestRecord(
    const std::string& kind) {
  return Guard<std::optional<Record>>([&]() -> std::optional<Record> {
    Query query(*db_,
                "SELECT seq, kind, stream_id, recorded_at, detail FROM record "
                "WHERE kind = ? ORDER BY seq DESC LIMIT 1");
    if (!query.Bind(kind).Step()) return std::nullopt;
    return Record{query.Int(0), query.Text(1), query.Int(2), query.Int(3),
                  query.Text(4)};
  });
}

Result<std::optional<LogCheckpoint>> ReaderImpl::NewestCheckpoint() {
  return Guard<std::optional<LogCheckpoint>>(
      [&]() -> std::optional<LogCheckpoint> {
        if (db_->Int("SELECT count(*) FROM sqlite_schema "
                     "WHERE name = 'checkpoint'") == 0) {
          return std::nullopt;
        }
        Query query(*db_,
                    "SELECT size, made_at, root, note FROM checkpoint "
                    "ORDER BY size DESC LIMIT 1");
        if (!query.Step()) return std::nullopt;
        LogCheckpoint found;
        found.size = query.Int(0);
        found.made_at = query.Int(1);
        const std::string_view root = query.Blob(2);
        std::copy_n(root.begin(), std::min(root.size(), found.root.size()),
                    found.root.begin());
        found.note = query.Text(3);
        return found;
      });
}

Result<std::string> ReaderImpl::Body(Seq seq) {
  const Result<bool> known = Guard<bool>([&] {
    Query query(*db_, "SELECT 1 FROM revision WHERE seq = ?");
    return query.Bind(seq).Step();
  });
  if (!known.ok()) return known.error();
  if (!*known) {
    return Error(
        Code::kNotFound,
        fmt::format("{}: no revision has the number {}", info_.path, seq));
  }
  return Payload(seq);
}

Result<std::string> ReaderImpl::Payload(Seq seq) {
  Result<std::optional<std::string>> body = Decode(seq);
  if (!body.ok()) return body.error();
  return std::move(*body).value_or("");
}

Result<std::vector<GapRow>> ReaderImpl::Gaps(std::int64_t stream_id) {
  return Guard<std::vector<GapRow>>([&] {
    std::vector<GapRow> gaps;
    Query query(*db_,
                "SELECT seq, stream_id, cause, from_rv, to_rv, from_at, to_at, "
                "changed, appeared, vanished FROM gap "
                "WHERE ?1 = 0 OR stream_id = ?1 ORDER BY seq");
    query.Bind(stream_id);
    while (query.Step()) {
      gaps.push_back({query.Int(0), query.Int(1), query.Text(2), query.Text(3),
                      query.Text(4), query.OptionalInt(5), query.Int(6),
                      query.Int(7), query.Int(8), query.Int(9)});
    }
    return gaps;
  });
}

Result<std::vector<Doubt>> ReaderImpl::Doubts(std::int64_t stream_id) {
  return Guard<std::vector<Doubt>>([&] {
    std::vector<Doubt> doubts;
    Query query(*db_,
                "SELECT stream_id, from_at, to_at FROM doubt "
                "WHERE ?1 = 0 OR stream_id IN (0, ?1) ORDER BY to_at, id");
    query.Bind(stream_id);
    while (query.Step()) {
      doubts.push_back({query.Int(0), query.OptionalInt(1), query.Int(2)});
    }
    return doubts;
  });
}

Result<Reader::Batch> ReaderImpl::Records(Seq after, Seq last,
                                          std::size_t limit) {
  static const std::string revisions = fmt::format(
      "SELECT {} FROM revision v JOIN object o ON o.id = v.object_id "
      "WHERE v.seq > ? AND v.seq <= ? ORDER BY v.seq LIMIT ?",
      kRevisionColumns);
  return Guard<Batch>([&] {
    Batch batch;
    batch.last = after;
    {
      Query query(*db_, revisions.c_str());
      query.Bind(after, last, Limit(limit));
      while (query.Step()) batch.revisions.push_back(ReadRevision(query));
    }
    {
      Query query(*db_,
                  "SELECT seq, kind, stream_id, recorded_at, detail "
                  "FROM record WHERE seq > ? AND seq <= ? "
                  "ORDER BY seq LIMIT ?");
      query.Bind(after, last, Limit(limit));
      while (query.Step()) {
        batch.records.push_back({query.Int(0), query.Text(1), query.Int(2),
                                 query.Int(3), query.Text(4)});
      }
    }
    // Each was cut to the limit; drop the highest until both together are.
    while (batch.revisions.size() + batch.records.size() > limit) {
      if (batch.records.empty() ||
          (!batch.revisions.empty() &&
           batch.revisions.back().seq > batch.records.back().seq)) {
        batch.revisions.pop_back();
      } else {
        batch.records.pop_back();
      }
    }
    if (!batch.revisions.empty()) batch.last = batch.revisions.back().seq;
    if (!batch.records.empty()) {
      batch.last = std::max(batch.last, batch.records.back().seq);
    }
    return batch;
  });
}

}  // namespace kubescribe::store
