// Recorder: turns one cluster's observations into committed records.
//
//   network thread                     writer thread (Run)
//   Offer(observation) ──► queue ──► Step(): redact → decide → one transaction
//
// All the rules of DESIGN §4 and §6 about what is recorded stand here: a
// revision once by (epoch, resource, uid, RV) whoever brings it; a list is a
// diff by uid; gaps; epochs; audits; not_before and changed_at; the stream's
// position moves in the transaction that covers it, and for a list only at its
// end.
//
// Bytes are redacted before anything else sees them (redact.h); nothing of an
// observation is kept in memory after its commit but the bookkeeping of lists
// that are under way.
//
// On a write error nothing is dropped: the batch stays, the queue fills and
// pauses the network, the file is opened again now and then (1 s … 30 s), and
// the batch is applied anew, which is harmless by the unique key. Where a disk
// budget is used up (store.disk) the batch waits in the same way, without an
// error, for pruning to make room or for a larger budget.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/bounded_queue.h"
#include "base/clock.h"
#include "base/result.h"
#include "kube/observation.h"
#include "kube/resource.h"
#include "record/redact.h"
#include "store/retention.h"
#include "store/writer.h"

namespace kubescribe::record {

// How much of a kind is kept.
enum class Level { kFull, kMetadata, kNone };

struct RecorderOptions {
  std::string cluster;
  std::string path;  // of the database
  store::OpenOptions store;
  Micros batch_wait = 80 * kMillisecond;  // longest a revision waits for others
  std::size_t batch_items = 1000;
  std::size_t batch_bytes = std::size_t{8} << 20;
  std::size_t queue_items = 20000;
  std::size_t queue_bytes = std::size_t{64} << 20;
  Micros heartbeat = 10 * kSecond;  // known_until moves at least this often
  // How often the log is signed where there is something new and a key
  // (store.signer); 0: only when it stops.
  Micros checkpoint_every = 10 * kMinute;
  // How long the writer waits for on_checkpoint, at most, of real time.
  Micros sink_wait = 20 * kMillisecond;
};

// What the daemon adds of a stream that the observations do not repeat.
struct StreamSpec {
  store::StreamKey key;
  std::string kind;
  bool namespaced = false;
  std::string api_version;
  Level level = Level::kFull;
  bool selected = false;  // has a selector: DELETED means Left
  // One RV may stand for several events (Events' leases, P§2): audits demand
  // two sightings.
  bool shared_rv = false;
};

// Figures for status; a copy, any thread.
struct RecorderStats {
  std::uint64_t revisions = 0;   // committed since start
  std::uint64_t duplicates = 0;  // seen again and dropped
  std::uint64_t gaps = 0;
  std::uint64_t commits = 0;
  std::uint64_t write_errors = 0;
  std::size_t queue_items = 0;
  std::size_t queue_bytes = 0;
  std::uint64_t checkpoints = 0;  // of the log, signed since start
  std::uint64_t sink_errors = 0;  // on_checkpoint said no
  store::Seq last_seq = 0;
  Micros last_commit = 0;    // wall; 0: none yet
  std::string error;         // of the store, "" while it works
  std::uint64_t pruned = 0;  // revisions, since start
  Micros prune_hold = 0;     // the longest that a step of a prune held it up
  bool held = false;         // the disk budget is used up
  std::uint64_t wal_bytes = 0;
};

class Recorder {
 public:
  struct Callbacks {
    // The queue has room again after Offer said kFull. Writer thread.
    std::function<void()> on_room;
    // Everything up to seq is durable. Writer thread.
    std::function<void(store::Seq)> on_committed;
    // The stream must be listed again (what the record holds contradicts what
    // it was shown: a rewind seen in a list). Writer thread.
    std::function<void(kube::StreamId, kube::GapCause)> on_relist;
    // An audit list ended: its findings (0: all as recorded). Writer thread.
    std::function<void(kube::StreamId, std::int64_t findings)> on_audited;
    // A checkpoint of the log was signed and stored: for a place outside the
    // file. On an error it is given again after a while, and those after it
    // behind it. A thread of its own, one at a time; where it hangs, recording
    // goes on, and it may outlive the Recorder.
    std::function<Status(const std::string& note)> on_checkpoint;
  };

  // Opens the file; nothing is recorded in it before Begin. Errors are
  // store::Writer::Open's.
  static Result<std::unique_ptr<Recorder>> Open(const RecorderOptions& options,
                                                Redactor redactor,
                                                Callbacks callbacks);
  virtual ~Recorder() = default;

  // The file is this cluster's: records the start. Comes before everything but
  // Step, Stop and what only looks; a second call does nothing.
  virtual Status Begin() = 0;

  // Before Run, or from within the writer thread's Step; also any thread later
  // (new CRDs): waits for the running transaction. Finds or makes the stream
  // and answers where it stands.
  virtual Result<store::StreamRow> AddStream(const StreamSpec& spec) = 0;
  // What the file held of streams before this start.
  virtual Result<std::vector<store::StreamRow>> Streams() = 0;
  virtual void SetServerVersion(const std::string& version) = 0;
  // What the file knows the cluster by from now on, and a record of it.
  // REQUIRES: the caller found it to be the same cluster.
  virtual Status SetIdentity(const std::string& identity, bool weak) = 0;

  // Any thread; never blocks on the disk.
  virtual Room Offer(kube::Observation observation) = 0;

  // One turn of the writer thread: waits up to `wait` for observations, takes
  // a batch, commits it. Answers how many observations were committed. Tests
  // call it without a thread.
  virtual std::size_t Step(Micros wait) = 0;

  // Commits all that was offered, records the stop and closes the file
  // cleanly. No Step may run. With a broken disk it gives up after `limit` and
  // says what was not committed (it will be asked for again from the server).
  virtual Status Stop(Micros limit) = 0;

  virtual RecorderStats stats() const = 0;
  virtual store::FileInfo info() = 0;
  // Asks for a checkpoint of the WAL at the next Step. Any thread.
  virtual void RequestCheckpoint() = 0;
  // Copies the file into `path` while recording goes on: what is committed
  // meanwhile is in the copy. `report` gets how far it is now and then and
  // answers whether to go on. Any thread but the writer's; errors as those of
  // store::Writer::StartBackup, kUnavailable where the store has failed,
  // kCancelled.
  virtual Status Backup(
      const std::string& path,
      const std::function<bool(const store::BackupProgress&)>& report) = 0;

  // How much history is kept from now on; by default all of it. Looked at once
  // a minute, first at once. Any thread.
  virtual void SetRetention(const store::RetentionPolicy& policy) = 0;
  // Prunes between commits, and answers at the end. `report` as that of
  // Backup; where it says no, the prune goes on all the same. Steps are taken
  // by Step: any thread but the writer's. Errors: those of
  // store::Writer::StartPrune, kUnavailable where the store has failed,
  // kCancelled.
  virtual Result<store::PruneProgress> Prune(
      const store::PruneWish& wish,
      const std::function<bool(const store::PruneProgress&)>& report) = 0;
};

}  // namespace kubescribe::record
