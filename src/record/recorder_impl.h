// The Recorder behind recorder.h. Private to record.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/log.h"
#include "record/hand_out.h"
#include "record/intake.h"
#include "record/ledger.h"
#include "record/recorder.h"
#include "store/disk_budget.h"

namespace kubescribe::record {

class RecorderImpl final : public Recorder {
 public:
  RecorderImpl(const RecorderOptions& options, Redactor redactor,
               Callbacks callbacks, std::unique_ptr<store::Writer> writer,
               std::optional<bool> clean_stop);
  ~RecorderImpl() override;

  // Records the start, and that no stream flows since the last commit.
  Status Begin() override;
  Result<store::StreamRow> AddStream(const StreamSpec& spec) override;
  Result<std::vector<store::StreamRow>> Streams() override;
  void SetServerVersion(const std::string& version) override;
  Status SetIdentity(const std::string& identity, bool weak) override;
  Room Offer(kube::Observation observation) override;
  std::size_t Step(Micros wait) override;
  Status Stop(Micros limit) override;
  RecorderStats stats() const override;
  store::FileInfo info() override;
  void RequestCheckpoint() override;
  Status Backup(
      const std::string& path,
      const std::function<bool(const store::BackupProgress&)>& report) override;
  void SetRetention(const store::RetentionPolicy& policy) override;
  Result<store::PruneProgress> Prune(
      const store::PruneWish& wish,
      const std::function<bool(const store::PruneProgress&)>& report) override;

 private:
  struct Offered {
    kube::Observation seen;
    Micros mono = 0;
  };
  // What is to be told to others once the locks are free.
  struct News {
    std::size_t committed = 0;
    bool durable = false;
    store::Seq seq = 0;
    Effects effects;
  };

  // Fills pending_ from the queue, for at most batch_wait after the first.
  void Gather(Micros wait);
  // The rest with mutex_ held.
  News StepLocked();
  News CommitPending();
  // The pending batch is on disk.
  News Committed();
  void Idle();
  // Signs the log where that is due, or `now`. False: that failed, and was
  // said.
  bool Sign(bool now);
  // Hands out what was signed. REQUIRES: mutex_ is free.
  void GiveOut(bool now);
  // One transaction. REQUIRES: writer_.
  Status Write(const std::function<void(store::Transaction&)>& fn);
  // The same for what is asked for from outside: says so where the store has
  // failed, or fails now.
  Status Transact(const std::function<void(store::Transaction&)>& fn);
  void Prepare(std::vector<Offered> offered);
  // The mistakes 1 and 3: a position that is committed ahead of its rows.
  void CommitPositionsFirst(kube::Observation::Kind kind);
  // REQUIRES: writer_.
  void NoteInfo();
  // A transaction is durable: what had failed works again.
  void Wrote();
  Status RecordStop();
  // The last of Stop.
  Status CloseFile();
  // Between two commits: a step of a prune, and what the retention asks for.
  void PruneTurn();
  bool StepPrune();
  void PruneAsMuchAs(std::uint64_t revisions);
  // REQUIRES: mutex_, writer_.
  void NotePruned(const Status& step, Micros took);
  Result<store::PruneProgress> PruneAsked(
      const store::PruneWish& wish,
      const std::function<bool(const store::PruneProgress&)>& report);

  // recorder_disk.cc. How much of the queue is taken at once.
  std::size_t BatchBytes() const;
  std::size_t BatchItems() const;
  // Whether so much may be written now; else it is pruned or held. REQUIRES:
  // writer_, from here on, and mutex_.
  bool RoomForBatch();
  bool HaveRoom(std::uint64_t bytes);
  void NoteReach();
  // `pruning`: room is being made.
  void BeginHold(bool pruning);
  void EndHold();
  void NameCause(kube::Observation& seen);
  // Whether the error is the budget's.
  bool Refused(const Error& error);
  bool BudgetPruneDue();
  void TurnBudgetPrune();
  void LookAtWal();

  // Not another file in its place, nor none. Looks once a second.
  Status StillThere();
  bool Reopen();
  void Failed(const Error& error);
  // As messages name it. REQUIRES: mutex_ is free.
  std::string NameOf(kube::StreamId stream);
  void Tell(const News& news);

  Micros Mono() const { return options_.store.clock->Mono(); }

  const RecorderOptions options_;
  const Callbacks callbacks_;
  // The device and inode of what was opened.
  const std::optional<store::FileId> file_id_;
  const std::optional<bool> clean_stop_;  // of the run before, if there was one
  BoundedQueue<Offered> queue_;
  std::atomic<bool> checkpoint_wanted_ = false;
  std::atomic<bool> pruning_ = false;  // there is a step to take

  // Of the writer thread.
  std::vector<Offered> gathered_;
  // Checkpoints that are still to be handed out, and since when not to try.
  std::deque<std::string> signed_;
  HandOut hand_out_;
  Micros give_out_at_ = 0;
  std::optional<Micros> given_at_;  // the sink has not answered since
  LogOnce sink_errors_;

  mutable std::mutex mutex_;
  // Guarded by mutex_ from here on. The writer is null after a write error.
  std::unique_ptr<store::Writer> writer_;
  bool begun_ = false;
  Intake intake_;
  Ledger ledger_;
  // A batch that is not committed yet; once tried, it may be on disk although
  // the store said no: then the last seq is beyond tried_after_.
  std::vector<Entry> pending_;
  bool pending_tried_ = false;
  store::Seq tried_after_ = 0;
  Micros last_commit_mono_ = 0;
  Micros looked_mono_ = 0;
  Micros signed_mono_ = 0;
  LogOnce sign_errors_;
  std::uint64_t unsaved_ = 0;  // revisions since the last checkpoint
  Micros retry_at_ = 0;
  Micros retry_wait_ = 0;
  LogOnce write_errors_;
  bool stopping_ = false;
  store::RetentionPolicy retention_policy_;
  std::unique_ptr<store::Retention> retention_;  // null: all is kept
  std::optional<Micros> retention_at_;    // looked at again; none: at once
  std::vector<store::PruneWish> wishes_;  // the next one last
  std::int64_t signed_job_ = 0;           // the prune before which was signed
  Micros prune_again_at_ = 0;             // not before, after a failure
  bool prune_asked_ = false;              // by somebody, who waits
  LogOnce prune_errors_;
  // Of the disk budget. Commits of the pending batch that it refused; whether
  // it is held, since when, and the streams that have not flowed since.
  int refusals_ = 0;
  std::atomic<bool> waits_for_room_ = false;
  bool held_ = false;
  Micros held_at_ = 0;
  std::set<kube::StreamId> held_streams_;
  bool budget_prune_ = false;  // the writer prunes because of it
  std::optional<Micros> reach_from_;
  std::optional<Micros> waits_since_;  // the pending batch, for room
  LogOnce wal_errors_;

  mutable std::mutex stats_mutex_;
  // Guarded by stats_mutex_: nobody who only looks waits for a commit.
  RecorderStats stats_;
  store::FileInfo last_info_;  // as of the last commit
};

}  // namespace kubescribe::record
