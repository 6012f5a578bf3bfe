// LogWriter: keeps the log (schema/formats/log.md) in step with the records,
// within the transaction that writes them, and signs checkpoints. Private to
// store.
//
//   log.Add(leaf), ... ; log.Put()      // within a transaction
//   log.Note(...)                       // of what is committed
//
// What a transaction added is there until the LogWriter is thrown away: after
// a failed one its Writer has ended. Throws as LogTree. One thread.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "store/checkpoint.h"
#include "store/log_tree.h"
#include "store/writer.h"

namespace kubescribe::store {

// What streams are called in leaves. Keys never change.
class StreamKeys {
 public:
  explicit StreamKeys(Db& db) : db_(db) {}
  // All empty where there is no such row. Valid as long as this is.
  const StreamKey& Of(std::int64_t stream_id);

 private:
  Db& db_;
  std::map<std::int64_t, StreamKey> known_;
};

// And what resources are called. Names never change.
class ResourceNames {
 public:
  explicit ResourceNames(Db& db) : db_(db) {}
  struct Name {
    std::string group;
    std::string resource;
  };
  // As StreamKeys::Of.
  const Name& Of(std::int64_t resource_id);

 private:
  Db& db_;
  std::map<std::int64_t, Name> known_;
};

// The leaves of rows that are there already.
class RowLeaves {
 public:
  explicit RowLeaves(Db& db) : db_(db), streams_(db) {}
  // None: no record has this seq. `body`: as it reads back.
  std::optional<LogHash> Of(Seq seq, std::string_view body);

 private:
  std::optional<LogHash> OfRevision(Seq seq, std::string_view body);
  std::optional<LogHash> OfRecord(Seq seq, std::string_view body);

  Db& db_;
  StreamKeys streams_;
  LeafMaker maker_;
};

class LogWriter {
 public:
  LogWriter(Db& db, const FileInfo& info, const OpenOptions& options);

  std::int64_t size() const { return tree_.size(); }

  // Of `object`, whose names never change; `changed_at` as in the row.
  void AddRevision(Seq seq, const NewRevision& revision,
                   const ObjectRow& object, Micros recorded_at,
                   Micros changed_at, const Salt& salt);
  void AddRecord(const Record& record, const Salt& salt,
                 std::string_view payload);
  // The next leaf's hash is this one, whatever its record is: of one that was
  // damaged where it came from (importer.h).
  void TakeInstead(const LogHash& hash) { instead_ = hash; }
  // A leaf whose record is not here.
  void AddHash(const LogHash& hash) { tree_.Add(hash); }
  // The last of a transaction.
  void Put() { tree_.Put(); }
  // The root over all that was added.
  LogHash Root() { return tree_.Root(); }

  // Adds what files of before the log lack: records up to `last`, in
  // transactions of its own.
  void CatchUp(Seq last);

  // The detail of the record `key` that is due; none: the file knows the key.
  std::optional<std::string> KeyDue() const;
  // It is committed.
  void KeyRecorded();

  // The checkpoint of the tree as it is; none: there is no key, or nothing new.
  // kCorruption: the log contradicts its last checkpoint.
  Result<std::optional<LogCheckpoint>> Note(Micros now);
  // Its row, within a transaction.
  void Insert(const LogCheckpoint& checkpoint);
  // It is committed.
  void Signed(const LogCheckpoint& checkpoint) { signed_ = checkpoint.size; }

 private:
  void AddLeaf(const LogHash& hash);

  Db& db_;
  LogTree tree_;
  LeafMaker maker_;
  StreamKeys streams_;
  ResourceNames resources_;
  std::optional<LogHash> instead_;
  const std::string path_;
  const std::string origin_;
  const std::shared_ptr<const codec::Ed25519Key> key_;
  const std::shared_ptr<const codec::Ed25519Key> old_key_;
  std::string known_key_;  // as the file's last record `key` says
  std::int64_t signed_ = 0;
  bool contradicted_ = false;
};

}  // namespace kubescribe::store
