// Writer: the one connection that writes a cluster's file.
//
//   auto writer = Writer::Open(path, options);
//   Status done = (*writer)->Transact([&](Transaction& tx) {
//     const auto object = tx.FindObject(resource, uid);
//     ...
//     tx.AppendRevision(...);
//     tx.SetPosition(stream, rv);
//   });
//
// Everything one Transact does commits together, with one reading of the clock
// (recorded_at), or not at all. When it fails the file is as before, and this
// Writer answers every further call with the same error: close it (destroy it)
// and open a new one. An error is never retried on the same connection,
// because after a failed fsync the kernel may have dropped the pages
// (reliability G8).
//
// A lock (flock on PATH.lock, held by this object) refuses a second writer.
// All checkpoints run here; readers open read-only (libraries.md, fact 1).
//
// One thread at a time uses a Writer.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "codec/ed25519.h"
#include "store/prune.h"
#include "store/types.h"

namespace kubescribe::store {

class DiskBudget;

// Of the library in use: "3.40.1".
std::string SqliteVersion();

// Whether dictionaries are trained on what is recorded: never; on a thread
// beside the writer's; or within Transact, after the commit (tests).
enum class Training { kNever, kBeside, kAtOnce };

struct OpenOptions {
  std::string cluster;  // the name in the configuration, for a new file
  // Of the cluster, which the file has to be of; a new one is. "": do not check
  // (the tool's own writes). Where it is a better one than the file's, it is
  // Transaction::SetIdentity that makes it the file's.
  std::string identity;
  bool identity_weak = false;
  bool create = true;
  const Clock* clock = &SystemClock();
  Random* random = &SystemRandom();
  std::string vfs;  // SQLite VFS by name; "": the default (tests only)
  // PRAGMA synchronous. Only tests turn it down.
  bool synchronous_full = true;
  // Pages that the connection keeps in memory.
  std::size_t cache_bytes = std::size_t{16} << 20;
  // Newest bodies of objects, which the next ones are stored against; more
  // objects change in turn than fit: their bodies take up to twice the space.
  std::size_t base_bytes = std::size_t{64} << 20;
  Training training = Training::kNever;
  // Signs the log's checkpoints; null: there are none. A key that the file does
  // not know yet becomes a record `key` with the first transaction, signed by
  // `old_signer` where that is the one before.
  std::shared_ptr<const codec::Ed25519Key> signer;
  std::shared_ptr<const codec::Ed25519Key> old_signer;
  // What the files of its folder may take (disk_budget.h); null: not counted.
  std::shared_ptr<DiskBudget> disk;
};

// The operations inside one transaction. Lookups see what the same transaction
// wrote. Row operations do not return errors: the first one that fails ends
// the Transact that they belong to (by an exception that stays inside store).
class Transaction {
 public:
  virtual ~Transaction() = default;

  // This transaction's one reading of the clock (wall). Never lower than that
  // of any earlier one, but after a clock step (DESIGN §6).
  virtual Micros recorded_at() const = 0;

  // -- resources and streams
  // Finds or makes the row; kind and scope are updated when they differ.
  virtual std::int64_t EnsureResource(const std::string& group,
                                      const std::string& resource,
                                      const std::string& kind,
                                      bool namespaced) = 0;
  // Finds or makes the row of this key (epoch 1, state "starting").
  virtual StreamRow EnsureStream(const StreamKey& key,
                                 std::int64_t resource_id) = 0;
  virtual std::vector<StreamRow> Streams() = 0;
  virtual StreamRow GetStream(std::int64_t id) = 0;
  // Writes all columns but id and key.
  virtual void PutStream(const StreamRow& row) = 0;

  // -- objects
  virtual std::optional<ObjectRow> FindObject(std::int64_t resource_id,
                                              const std::string& uid) = 0;
  // A new object; `alive`, `seq`, `rv`, … follow from AppendRevision. `id` is
  // ignored and the new one returned.
  virtual std::int64_t AddObject(const ObjectRow& row) = 0;
  // Another stream holds it from now on.
  virtual void AdoptObject(std::int64_t object_id, std::int64_t stream_id) = 0;
  // All objects that are alive and held by the stream, in order of id. `fn`
  // must not write; collect ids and write afterwards.
  virtual void ForEachAlive(
      std::int64_t stream_id,
      const std::function<void(const ObjectRow&)>& fn) = 0;

  // -- records
  virtual bool HasRevision(std::int64_t object_id, std::int64_t epoch,
                           const std::string& rv) = 0;
  // Appends the revision and, unless it is late, makes it the object's current
  // state. A not_before below recorded_at extends the stream's doubt.
  // REQUIRES: no revision with this (object, epoch, rv) when rv is not "".
  virtual Seq AppendRevision(const NewRevision& revision) = 0;
  // A record that is not a revision. `payload` (may be empty) is stored
  // compressed beside it, for what is large (discovery).
  virtual Seq AppendRecord(const std::string& kind, std::int64_t stream_id,
                           const std::string& detail_json,
                           std::string_view payload = {}) = 0;
  // A gap record and its row; to_at is recorded_at.
  virtual Seq AppendGap(const GapRow& gap) = 0;
  // A new epoch of a stream: its record and its row. Returns the epoch's id.
  virtual std::int64_t AppendEpoch(std::int64_t stream_id,
                                   const std::string& cause) = 0;
  // T in [from, to) of this stream (0: all) is uncertain.
  virtual void AddDoubt(std::int64_t stream_id, std::optional<Micros> from,
                        Micros to) = 0;

  virtual void SetServerVersion(const std::string& version) = 0;
  // What the file calls its cluster. What verifies it looks for the newest
  // record that says so: one belongs into the same transaction, as with
  // SetIdentity.
  virtual void SetCluster(const std::string& name) = 0;
  // REQUIRES: it is known to be the same cluster.
  virtual void SetIdentity(const std::string& identity, bool weak) = 0;
  // The payload of the newest "discovery" record, if any.
  virtual std::optional<std::string> LastDiscovery() = 0;
};

struct BackupProgress {
  std::int64_t pages = 0;  // in all, as far as is known now
  std::int64_t done = 0;
  bool finished = false;  // the copy stands under its name
};

class Writer {
 public:
  // Opens or creates `path` (mode 0600; its folder must exist). Puts the file
  // into WAL mode, brings the schema up to date and clears clean_stop. Errors,
  // each saying what to do:
  //   kConflict      another recorder holds it; or it is another cluster's
  //   kUnsupported   its schema is newer than this program's
  //   kCorruption    not a kubescribe database, or damaged
  //   kNotFound      folder missing, or file missing and !create
  //   kIo, kNoSpace  the operating system says no (read-only, full, …)
  // Nothing is overwritten in any of these.
  static Result<std::unique_ptr<Writer>> Open(const std::string& path,
                                              const OpenOptions& options);
  virtual ~Writer() = default;

  virtual FileInfo info() = 0;

  // Runs `fn` in one transaction and commits it durably; also moves the file's
  // known_until to recorded_at. After success *everything is on disk*.
  virtual Status Transact(const std::function<void(Transaction&)>& fn) = 0;

  // The seq of the last committed record.
  virtual Seq last_seq() const = 0;

  // Checkpoints the WAL as far as readers allow now. Called by the owner when
  // idle, and by Transact itself when the WAL has grown (> 16 MiB, or an eighth
  // of a disk budget).
  virtual Status Checkpoint() = 0;

  // Whether this thread may add so many bytes to the disk (disk_budget.h),
  // after a checkpoint where that is what is missing. It may still be refused
  // where others take them meanwhile: then Transact fails with kNoSpace.
  virtual Result<bool> MakeRoom(std::uint64_t bytes) = 0;
  // Of the WAL's records, as after the last commit.
  virtual std::uint64_t wal_bytes() const = 0;

  // Signs the log as it is on disk, and stores that; none: there is no key, or
  // nothing new since the last one. kCorruption: the log contradicts its last
  // checkpoint (the Writer goes on).
  virtual Result<std::optional<LogCheckpoint>> SignCheckpoint() = 0;

  // A copy of the file into `path`, in steps between which it may be written
  // as always; what is written is in the copy too. The copy opens alone, in
  // any mode of its disk. One backup at a time. Until StepBackup says finished
  // there is no `path`; on an error, and when it is abandoned, nothing stays.
  // Errors: kConflict `path` is there, kBusy, kIo, kNoSpace of the copy (the
  // writer goes on), kCancelled there is no backup under way (any more).
  virtual Status StartBackup(const std::string& path) = 0;
  virtual Result<BackupProgress> StepBackup(int pages) = 0;
  virtual void AbandonBackup() = 0;

  // Begins a prune (prune.h) and answers its number; nothing is written before
  // a step finds what may go. kBusy: one is under way, perhaps one that a kill
  // had cut off; kInvalid.
  virtual Result<std::int64_t> StartPrune(const PruneWish& wish) = 0;
  // One step of what is under way, or a checkpoint of what the steps before
  // wrote: about 15 ms. What was committed before it and what is committed
  // between two of them is as always.
  virtual Status StepPrune() = 0;
  virtual bool pruning() const = 0;
  // Of the one that is under way, or else of the last one.
  virtual PruneProgress prune_progress() const = 0;

  // Signs a checkpoint of the log, marks a clean stop, checkpoints, and leaves
  // WAL mode so that one file is all there is. Where a reader prevents that for
  // 1 s: false, and the file stays in WAL mode (still clean). No other call may
  // follow.
  virtual Result<bool> CloseCleanly() = 0;
};

// DATA/CLUSTER.db, with characters of the cluster's name that do not belong
// into a file name percent-encoded ("/", "%", control characters, a leading
// dot).
std::string DatabasePath(const std::string& data_dir,
                         const std::string& cluster);

// Which file stands at a path: device and inode. None: there is none.
struct FileId {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  bool operator==(const FileId&) const = default;
};
std::optional<FileId> FileIdOf(const std::string& path);

}  // namespace kubescribe::store
