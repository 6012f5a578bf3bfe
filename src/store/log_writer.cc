#include "store/log_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "base/test_switches.h"
#include "store/body_reader.h"
#include "store/salts.h"

namespace kubescribe::store {
namespace {

// Records of one transaction of CatchUp.
constexpr Seq kCatchUp = 1000;
// One of another size would move the border between salt and body, which the
// leaf does not see.
constexpr std::size_t kSaltSize = sizeof(Salt);
constexpr std::size_t kCatchUpCache = std::size_t{32} << 20;

}  // namespace

const StreamKey& StreamKeys::Of(std::int64_t stream_id) {
  const auto known = known_.find(stream_id);
  if (known != known_.end()) return known->second;
  StreamKey key;
  Query row(db_,
            "SELECT k.api_group, k.resource, s.namespace, s.label_selector, "
            "s.field_selector FROM stream s JOIN resource k "
            "ON k.id = s.resource_id WHERE s.id = ?");
  if (!row.Bind(stream_id).Step()) {
    static const StreamKey none;
    return none;  // and it may come yet
  }
  key = {row.Text(0), row.Text(1), row.Text(2), row.Text(3), row.Text(4)};
  return known_.emplace(stream_id, std::move(key)).first->second;
}

const ResourceNames::Name& ResourceNames::Of(std::int64_t resource_id) {
  const auto known = known_.find(resource_id);
  if (known != known_.end()) return known->second;
  Query row(db_, "SELECT api_group, resource FROM resource WHERE id = ?");
  if (!row.Bind(resource_id).Step()) {
    static const Name none;
    return none;
  }
  return known_.emplace(resource_id, Name{row.Text(0), row.Text(1)})
      .first->second;
}

std::optional<LogHash> RowLeaves::Of(Seq seq, std::string_view body) {
  std::optional<LogHash> leaf = OfRevision(seq, body);
  return leaf ? leaf : OfRecord(seq, body);
}

std::optional<LogHash> RowLeaves::OfRevision(Seq seq, std::string_view body) {
  Query row(db_,
            "SELECT v.epoch, v.event, v.source, v.evidence, v.late, "
            "v.body_kind, v.recorded_at, v.changed_at, v.not_before, v.rv, "
            "v.list_rv, v.api_version, k.api_group, k.resource, o.namespace, "
            "o.name, o.uid, v.stream_id, v.salt FROM revision v "
            "LEFT JOIN object o ON o.id = v.object_id "
            "LEFT JOIN resource k ON k.id = o.resource_id WHERE v.seq = ?");
  if (!row.Bind(seq).Step()) return std::nullopt;
  const auto text = [&row](int column) { return row.Blob(column); };
  RevisionLeaf leaf;
  leaf.seq = seq;
  leaf.epoch = row.Int(0);
  leaf.event = row.Int(1);
  leaf.source = row.Int(2);
  leaf.evidence = row.Int(3);
  leaf.late = row.Int(4);
  leaf.body_kind = row.Int(5);
  leaf.recorded_at = row.Int(6);
  leaf.changed_at = row.Int(7);
  leaf.not_before = row.OptionalInt(8);
  leaf.rv = text(9);
  leaf.list_rv = text(10);
  leaf.api_version = text(11);
  leaf.group = text(12);
  leaf.resource = text(13);
  leaf.name_space = text(14);
  leaf.name = text(15);
  leaf.uid = text(16);
  leaf.stream = &streams_.Of(row.Int(17));
  const std::optional<Salt> salt = SaltOfRevision(db_, seq, row.Blob(18));
  if (!salt) return LogHash{};
  leaf.salt = *salt;
  leaf.body = body;
  return maker_.Of(leaf);
}

std::optional<LogHash> RowLeaves::OfRecord(Seq seq, std::string_view body) {
  Query row(db_,
            "SELECT recorded_at, kind, detail, stream_id, salt FROM record "
            "WHERE seq = ?");
  if (!row.Bind(seq).Step()) return std::nullopt;
  RecordLeaf leaf;
  leaf.seq = seq;
  leaf.recorded_at = row.Int(0);
  leaf.kind = row.Blob(1);
  leaf.detail = row.Blob(2);
  if (row.Int(3) != 0) leaf.stream = &streams_.Of(row.Int(3));
  leaf.salt = codec::AsBytes(row.Blob(4));
  if (leaf.salt.size() != kSaltSize) return LogHash{};
  leaf.payload = body;
  return maker_.Of(leaf);
}

LogWriter::LogWriter(Db& db, const FileInfo& info, const OpenOptions& options)
    : db_(db),
      tree_(db),
      streams_(db),
      resources_(db),
      path_(info.path),
      origin_(LogOrigin(info.file_id)),
      key_(options.signer),
      old_key_(options.old_signer) {
  {
    Query last(db_,
               "SELECT detail FROM record WHERE kind = 'key' "
               "ORDER BY seq DESC LIMIT 1");
    if (last.Step()) known_key_ = PublicKeyIn(last.Text(0));
  }
  if (tree_.size() > info.last_seq) {
    throw std::runtime_error(
        fmt::format("its log has {} records, the file only {}: some were "
                    "removed; restore a backup",
                    tree_.size(), info.last_seq));
  }
  Query last(db_,
             "SELECT size, root FROM checkpoint ORDER BY size DESC LIMIT 1");
  if (!last.Step()) return;
  signed_ = last.Int(0);
  const std::optional<LogHash> root = tree_.RootAt(signed_);
  contradicted_ = !root || codec::AsText(*root) != last.Blob(1);
}

void LogWriter::AddRevision(Seq seq, const NewRevision& revision,
                            const ObjectRow& object, Micros recorded_at,
                            Micros changed_at, const Salt& salt) {
  const ResourceNames::Name& resource = resources_.Of(object.resource_id);
  RevisionLeaf leaf;
  leaf.group = resource.group;
  leaf.resource = resource.resource;
  leaf.name_space = object.name_space;
  leaf.name = object.name;
  leaf.uid = object.uid;
  leaf.seq = seq;
  leaf.epoch = revision.epoch;
  leaf.event = static_cast<std::int64_t>(revision.event);
  leaf.source = static_cast<std::int64_t>(revision.source);
  leaf.evidence = static_cast<std::int64_t>(revision.evidence);
  leaf.late = revision.late ? 1 : 0;
  leaf.body_kind = static_cast<std::int64_t>(revision.body_kind);
  leaf.recorded_at = recorded_at;
  leaf.changed_at = changed_at;
  leaf.not_before = revision.not_before;
  leaf.rv = revision.rv;
  leaf.list_rv = revision.list_rv;
  leaf.api_version = revision.api_version;
  leaf.stream = &streams_.Of(revision.stream_id);
  leaf.salt = salt;
  leaf.body = revision.body;
  AddLeaf(maker_.Of(leaf));
}

void LogWriter::AddRecord(const Record& record, const Salt& salt,
                          std::string_view payload) {
  RecordLeaf leaf;
  leaf.seq = record.seq;
  leaf.recorded_at = record.recorded_at;
  leaf.kind = record.kind;
  leaf.detail = record.detail;
  if (record.stream_id != 0) leaf.stream = &streams_.Of(record.stream_id);
  leaf.salt = salt;
  leaf.payload = payload;
  AddLeaf(maker_.Of(leaf));
}

void LogWriter::AddLeaf(const LogHash& hash) {
  tree_.Add(instead_.value_or(hash));
  instead_.reset();
}

void LogWriter::CatchUp(Seq last) {
  if (tree_.size() >= last) return;
  BodyReader bodies(db_, std::make_shared<BodyCache>(kCatchUpCache));
  RowLeaves rows(db_);
  while (tree_.size() < last) {
    db_.Exec("BEGIN IMMEDIATE");
    const Seq to = std::min(last, tree_.size() + kCatchUp);
    for (Seq seq = tree_.size() + 1; seq <= to; ++seq) {
      std::string body;
      std::optional<LogHash> leaf;
      try {
        body = bodies.Read(seq).value_or("");
        leaf = rows.Of(seq, body);
      } catch (const SQLite::Exception&) {
        throw;
      } catch (const std::exception&) {
        // A body that was damaged before there was a log stays what it is: no
        // bytes fit this leaf.
        leaf = LogHash{};
      }
      tree_.Add(leaf.value_or(LogHash{}));
    }
    tree_.Put();
    KUBESCRIBE_KILL_POINT("log.catch-up");
    db_.Exec("COMMIT");
  }
}

std::optional<std::string> LogWriter::KeyDue() const {
  if (key_ == nullptr || known_key_ == codec::Base64(key_->public_key())) {
    return std::nullopt;
  }
  return KeyDetail(origin_, known_key_, *key_, old_key_.get());
}

void LogWriter::KeyRecorded() {
  known_key_ = codec::Base64(key_->public_key());
}

Result<std::optional<LogCheckpoint>> LogWriter::Note(Micros now) {
  if (key_ == nullptr || KeyDue() || tree_.size() <= signed_) {
    return std::optional<LogCheckpoint>();
  }
  if (contradicted_) {
    return Error(Code::kCorruption,
                 fmt::format("{}: its log contradicts the checkpoint of {} "
                             "records, so none is signed any more: run "
                             "`kubescribe verify`",
                             path_, signed_));
  }
  const LogHash root = tree_.Root();
  LogCheckpoint checkpoint;
  checkpoint.size = tree_.size();
  checkpoint.made_at = now;
  checkpoint.root = root;
  checkpoint.note = MakeNote(origin_, tree_.size(), root, *key_);
  return std::optional(std::move(checkpoint));
}

void LogWriter::Insert(const LogCheckpoint& checkpoint) {
  Query(db_,
        "INSERT INTO checkpoint (size, made_at, root, note) "
        "VALUES (?, ?, ?, ?)")
      .Bind(checkpoint.size, checkpoint.made_at,
            std::span<const std::uint8_t>(checkpoint.root), checkpoint.note)
      .Run();
}

}  // namespace kubescribe::store
