// Importer: puts records into a new file as they are, with the seq, the salt
// and the time that they have already (src/travel, "files that travel").
//
//   auto importer = Importer::Start(partial, info);   // an empty file
//   (*importer)->AddResource(row); ... AddStream, AddObject
//   (*importer)->AddRevision(...), AddRecord(...), AddMissing(...)  // by seq
//   (*importer)->AddDoubt(...), AddCheckpoint(...), ...
//   (*importer)->Finish(known_until);
//
// What is derived from the records (states, lives, gaps, epochs, the log) comes
// about as it does where they are recorded. Until Finish the file is nothing
// that may be kept: it is written without a journal and without a sync, and
// whoever gives it a name syncs it first. Afterwards it is a file as a clean
// stop leaves it.
//
// Errors end it: kCorruption where the rows cannot be those of a file, kIo,
// kNoSpace. One thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/result.h"
#include "store/prune.h"
#include "store/reader.h"
#include "store/types.h"

namespace kubescribe::store {

class Importer {
 public:
  // Of `info`: file_id, cluster, identity, identity_weak, created_at and
  // server_version.
  static Result<std::unique_ptr<Importer>> Start(const std::string& path,
                                                 const FileInfo& info);
  virtual ~Importer() = default;

  // Answer the id here.
  virtual Result<std::int64_t> AddResource(const ResourceRow& row) = 0;
  virtual Result<std::int64_t> AddStream(const StreamRow& row) = 0;
  // With this id; once more is nothing. Its state comes from its revisions.
  virtual Status AddObject(const ObjectRow& row) = 0;

  // The last seq so far.
  virtual Seq last_seq() const = 0;
  // Each of these becomes record last_seq() + 1. `instead`: the hash of its
  // leaf, where that is not what the rest gives.
  virtual Status AddRevision(const Revision& revision, const Salt& salt,
                             std::string_view body,
                             const std::optional<LogHash>& instead) = 0;
  // A gap and an epoch bring their rows too.
  virtual Status AddRecord(const Record& record, const Salt& salt,
                           std::string_view payload,
                           const std::optional<LogHash>& instead) = 0;
  virtual Status AddMissing(const LogHash& hash) = 0;

  // Forgets the doubts that the revisions brought: they follow.
  virtual Status ForgetDoubts() = 0;
  virtual Status AddDoubt(const Doubt& doubt) = 0;
  // All of them, as the payload of a record has them.
  virtual Result<std::string> Doubts() = 0;
  virtual Status AddPrune(const PrunedRow& row) = 0;
  virtual Status AddPrunedRv(const PrunedRv& row) = 0;
  virtual Status AddPrunedObject(const PrunedObjectRow& row) = 0;
  virtual Status AddCheckpoint(const LogCheckpoint& checkpoint) = 0;

  // Over all records so far.
  virtual LogHash Root() = 0;
  // All of it is in the file, and no other call may follow. It is closed with
  // this object.
  virtual Status Finish(Micros known_until) = 0;
};

}  // namespace kubescribe::store
