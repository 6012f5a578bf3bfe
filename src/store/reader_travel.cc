// What a Reader gives of a file that travels: all that its leaves cover and
// its log has, beside the answers.

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <stdexcept>

#include "store/log_tree.h"
#include "store/prune_rule.h"
#include "store/reader_impl.h"
#include "store/rows.h"
#include "store/salts.h"

namespace kubescribe::store {
namespace {

std::int64_t AtMost(std::size_t limit) {
  constexpr std::size_t kMost = std::numeric_limits<std::int32_t>::max();
  return static_cast<std::int64_t>(std::min(limit, kMost));
}

// A blob of another size reads as zeros, which no hash and no salt is.
template <typename Bytes>
Bytes BytesIn(std::string_view blob) {
  Bytes bytes{};
  if (blob.size() == bytes.size()) {
    std::copy(blob.begin(), blob.end(), bytes.begin());
  }
  return bytes;
}

}  // namespace

Result<Salt> ReaderImpl::SaltOf(Seq seq) {
  return Guard<Salt>([&] {
    {
      Query row(*db_, "SELECT salt FROM revision WHERE seq = ?");
      if (row.Bind(seq).Step()) {
        return SaltOfRevision(*db_, seq, row.Blob(0)).value_or(Salt{});
      }
    }
    Query row(*db_, "SELECT salt FROM record WHERE seq = ?");
    return row.Bind(seq).Step() ? BytesIn<Salt>(row.Blob(0)) : Salt{};
  });
}

Result<std::vector<std::optional<LogHash>>> ReaderImpl::LeafHashesOf(Seq from,
                                                                     Seq to) {
  return Guard<std::vector<std::optional<LogHash>>>([&] {
    std::vector<std::optional<LogHash>> hashes;
    const bool logged = hashes_.Size() > 0;
    for (Seq seq = from; seq <= to; ++seq) {
      hashes.push_back(logged ? hashes_.Of(seq) : std::nullopt);
    }
    return hashes;
  });
}

Result<std::optional<LogHash>> ReaderImpl::RootAt(std::int64_t size) {
  return Guard<std::optional<LogHash>>([&]() -> std::optional<LogHash> {
    if (hashes_.Size() < size) return std::nullopt;
    if (size == 0) return codec::Sha256Of("");
    return LogTree(*db_).RootAt(size);
  });
}

Result<std::vector<LogCheckpoint>> ReaderImpl::Checkpoints(std::int64_t after,
                                                           std::int64_t last,
                                                           std::size_t limit) {
  return Guard<std::vector<LogCheckpoint>>([&] {
    std::vector<LogCheckpoint> checkpoints;
    if (db_->Int("SELECT count(*) FROM sqlite_schema "
                 "WHERE name = 'checkpoint'") == 0) {
      return checkpoints;
    }
    Query rows(*db_,
               "SELECT size, made_at, root, note FROM checkpoint "
               "WHERE size > ? AND size <= ? ORDER BY size LIMIT ?");
    rows.Bind(after, last, AtMost(limit));
    while (rows.Step()) {
      checkpoints.push_back({rows.Int(0), rows.Int(1),
                             BytesIn<LogHash>(rows.Blob(2)), rows.Text(3)});
    }
    return checkpoints;
  });
}

Result<std::vector<ObjectRow>> ReaderImpl::Objects(std::int64_t after,
                                                   std::int64_t last,
                                                   std::size_t limit) {
  static const std::string sql = fmt::format(
      "SELECT {} FROM object WHERE id > ? AND id <= ? ORDER BY id LIMIT ?",
      kObjectColumns);
  return Guard<std::vector<ObjectRow>>([&] {
    std::vector<ObjectRow> objects;
    Query rows(*db_, sql.c_str());
    rows.Bind(after, last, AtMost(limit));
    while (rows.Step()) objects.push_back(ReadObject(rows));
    return objects;
  });
}

Result<std::int64_t> ReaderImpl::LastObject() {
  return Guard<std::int64_t>(
      [&] { return db_->Int("SELECT coalesce(max(id), 0) FROM object"); });
}

Result<std::vector<Record>> ReaderImpl::OtherRecords(Seq after, Seq last,
                                                     std::size_t limit) {
  return Guard<std::vector<Record>>([&] {
    std::vector<Record> records;
    Query rows(*db_,
               "SELECT seq, kind, stream_id, recorded_at, detail FROM record "
               "WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?");
    rows.Bind(after, last, AtMost(limit));
    while (rows.Step()) {
      records.push_back(
          {rows.Int(0), rows.Text(1), rows.Int(2), rows.Int(3), rows.Text(4)});
    }
    return records;
  });
}

Result<Seq> ReaderImpl::LastRecordedBy(Micros at) {
  return Guard<Seq>([&] { return SeqAt(*db_, at); });
}

Result<std::vector<PrunedObjectRow>> ReaderImpl::PrunedObjectRows(
    std::int64_t after, std::size_t limit) {
  return Guard<std::vector<PrunedObjectRow>>([&] {
    std::vector<PrunedObjectRow> found;
    if (!HasPrunes()) return found;
    Query rows(*db_,
               "SELECT object_id, from_at, before_at, before_seq, before_rv, "
               "epoch FROM pruned_object WHERE object_id > ? "
               "ORDER BY object_id LIMIT ?");
    rows.Bind(after, AtMost(limit));
    while (rows.Step()) {
      found.push_back({rows.Int(0), rows.Int(1), rows.Int(2), rows.Int(3),
                       rows.Text(4), rows.Int(5)});
    }
    return found;
  });
}

}  // namespace kubescribe::store
