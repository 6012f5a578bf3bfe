#include "record/recorder.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <thread>
#include <utility>

#include "base/test_switches.h"
#include "record/recorder_impl.h"
#include "store/reader.h"

namespace kubescribe::record {
namespace {

constexpr Micros kFirstRetry = kSecond;
constexpr Micros kLastRetry = 30 * kSecond;
// Between tries of a sink for checkpoints, and how many wait for it: each later
// one covers those that were let go.
constexpr Micros kSinkRetry = 10 * kSecond;
constexpr std::size_t kMostSigned = 1000;
// Between two looks whether a slow one is through, and how long a stop waits.
constexpr Micros kSinkPause = 20 * kMillisecond;
constexpr Micros kLastSinkWait = kSecond;
// While there is less on the disk, what is asked for from outside empties the
// WAL first.
constexpr std::uint64_t kAskedRoom = std::uint64_t{4} << 20;
// What the heartbeat writes.
constexpr std::uint64_t kHeartbeatRoom = std::uint64_t{64} << 10;
// Between two looks whether a held batch may be written.
constexpr Micros kHeldPause = 100 * kMillisecond;
// After so many commits in turn that the budget refused, it is a failure.
constexpr int kMostRefusals = 5;
// Between the steps of a prune while nothing comes in.
constexpr Micros kPrunePause = 5 * kMillisecond;

// The gap before a stream's first list is in every record.
bool IsLoss(const store::GapRow& gap) {
  return gap.cause != kube::GapCauseName(kube::GapCause::kStart);
}

void PutIdentity(const std::string& identity, bool weak,
                 nlohmann::ordered_json& detail) {
  detail["identity"] = identity;
  if (weak) detail["identityWeak"] = true;
}

std::chrono::microseconds Wait(Micros wait) {
  return std::chrono::microseconds(std::max<Micros>(wait, 0));
}

}  // namespace

Result<std::unique_ptr<Recorder>> Recorder::Open(const RecorderOptions& options,
                                                 Redactor redactor,
                                                 Callbacks callbacks) {
  // Opening for writing clears the mark of a clean stop.
  std::optional<bool> clean_stop;
  if (auto reader = store::Reader::Open(options.path); reader.ok()) {
    clean_stop = (*reader)->info().clean_stop;
  }
  auto writer = store::Writer::Open(options.path, options.store);
  if (!writer.ok()) return writer.error();
  return std::unique_ptr<Recorder>(std::make_unique<RecorderImpl>(
      options, std::move(redactor), std::move(callbacks), std::move(*writer),
      clean_stop));
}

RecorderImpl::RecorderImpl(const RecorderOptions& options, Redactor redactor,
                           Callbacks callbacks,
                           std::unique_ptr<store::Writer> writer,
                           std::optional<bool> clean_stop)
    : options_(options),
      callbacks_(std::move(callbacks)),
      file_id_(store::FileIdOf(options.path)),
      clean_stop_(clean_stop),
      queue_(options.queue_bytes, options.queue_items, callbacks_.on_room),
      hand_out_(callbacks_.on_checkpoint),
      writer_(std::move(writer)),
      intake_(std::move(redactor)) {
  NoteInfo();
  stats_.last_seq = last_info_.last_seq;
}

RecorderImpl::~RecorderImpl() {
  if (options_.store.disk) options_.store.disk->Leave(options_.path);
}

Status RecorderImpl::Begin() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (begun_) return {};
  begun_ = true;
  const store::FileInfo before = writer_->info();
  nlohmann::ordered_json detail;
  detail["version"] = KUBESCRIBE_VERSION;
  detail["sqlite"] = store::SqliteVersion();
  detail["redactionKey"] = intake_.redactor().key_id();
  detail["cluster"] = options_.cluster;
  const bool given = !options_.store.identity.empty();
  const std::string identity =
      given ? options_.store.identity : before.identity;
  const bool weak = given ? options_.store.identity_weak : before.identity_weak;
  PutIdentity(identity, weak, detail);
  if (before.last_seq != 0) detail["knownUntil"] = before.known_until;
  if (clean_stop_) detail["cleanStop"] = *clean_stop_;
  Status started = Transact([&](store::Transaction& tx) {
    const auto starting = kube::StreamStateName(kube::StreamState::kStarting);
    const auto watching = kube::StreamStateName(kube::StreamState::kWatching);
    for (store::StreamRow& row : tx.Streams()) {
      if (!row.flowing && row.state != watching) continue;
      // The rows are as the last process left them, however it ended.
      if (row.flowing) row.flowed_until = before.known_until;
      row.flowing = false;
      if (row.state == watching) row.state = starting;
      tx.PutStream(row);
    }
    tx.SetCluster(options_.cluster);
    tx.SetIdentity(identity, weak);
    tx.AppendRecord("start", 0, detail.dump());
  });
  if (!started.ok()) return started;
  last_commit_mono_ = Mono();
  signed_mono_ = last_commit_mono_;
  const std::lock_guard<std::mutex> stats(stats_mutex_);
  stats_.last_seq = last_info_.last_seq;
  return started;
}

// -- what others ask for

Status RecorderImpl::Write(const std::function<void(store::Transaction&)>& fn) {
  const Micros known_until = writer_->info().known_until;
  return writer_->Transact([&](store::Transaction& tx) {
    // After a step back every T between the two readings is uncertain, and
    // the later one too: it had been answered for.
    if (tx.recorded_at() < known_until) {
      tx.AddDoubt(0, tx.recorded_at(), known_until + 1);
    }
    fn(tx);
  });
}

Status RecorderImpl::Transact(
    const std::function<void(store::Transaction&)>& fn) {
  if (writer_ == nullptr) {
    const std::lock_guard<std::mutex> stats(stats_mutex_);
    return Error(Code::kUnavailable, "the store has failed: " + stats_.error);
  }
  const store::UseDiskReserve reserve;
  if (const auto room = writer_->MakeRoom(kAskedRoom); !room.ok()) {
    Failed(room.error());
    return room.error();
  }
  Status done = Write(fn);
  if (!done.ok()) {
    Failed(done.error());
  } else {
    Wrote();
  }
  return done;
}

Result<store::StreamRow> RecorderImpl::AddStream(const StreamSpec& spec) {
  const std::lock_guard<std::mutex> lock(mutex_);
  store::StreamRow row;
  const Status done = Transact([&](store::Transaction& tx) {
    const std::int64_t resource = tx.EnsureResource(
        spec.key.group, spec.key.resource, spec.kind, spec.namespaced);
    row = tx.EnsureStream(spec.key, resource);
    row.resource_id = resource;
    row.api_version = spec.api_version;
    row.state = kube::StreamStateName(kube::StreamState::kStarting);
    row.message.clear();
    tx.PutStream(row);
  });
  if (!done.ok()) return done.error();
  ledger_.AddStream(row.id, row.resource_id, spec);
  return row;
}

Result<std::vector<store::StreamRow>> RecorderImpl::Streams() {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::vector<store::StreamRow> rows;
  const Status done =
      Transact([&](store::Transaction& tx) { rows = tx.Streams(); });
  if (!done.ok()) return done.error();
  return rows;
}

void RecorderImpl::SetServerVersion(const std::string& version) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const std::string before = info().server_version;
  if (before == version) return;
  nlohmann::ordered_json detail;
  detail["version"] = version;
  if (!before.empty()) detail["before"] = before;
  const Status done = Transact([&](store::Transaction& tx) {
    tx.SetServerVersion(version);
    tx.AppendRecord("server", 0, detail.dump());
  });
  if (done.ok()) NoteInfo();
}

Status RecorderImpl::SetIdentity(const std::string& identity, bool weak) {
  const std::lock_guard<std::mutex> lock(mutex_);
  nlohmann::ordered_json detail;
  PutIdentity(identity, weak, detail);
  Status done = Transact([&](store::Transaction& tx) {
    tx.SetIdentity(identity, weak);
    tx.AppendRecord("identity", 0, detail.dump());
  });
  if (done.ok()) NoteInfo();
  return done;
}

RecorderStats RecorderImpl::stats() const {
  const std::lock_guard<std::mutex> lock(stats_mutex_);
  RecorderStats stats = stats_;
  stats.queue_items = queue_.size();
  stats.queue_bytes = queue_.bytes();
  return stats;
}

store::FileInfo RecorderImpl::info() {
  const std::lock_guard<std::mutex> lock(stats_mutex_);
  return last_info_;
}

void RecorderImpl::NoteInfo() {
  store::FileInfo info = writer_->info();
  const std::lock_guard<std::mutex> lock(stats_mutex_);
  last_info_ = std::move(info);
}

void RecorderImpl::RequestCheckpoint() {
  checkpoint_wanted_ = true;
  queue_.Nudge();
}

Room RecorderImpl::Offer(kube::Observation observation) {
  const std::size_t bytes = observation.Bytes();
  return queue_.Push({std::move(observation), Mono()}, bytes);
}

// -- the writer thread

std::size_t RecorderImpl::Step(Micros wait) {
  Gather(pruning_ ? std::min(wait, kPrunePause) : wait);
  News news;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    news = StepLocked();
    Sign(false);
  }
  Tell(news);
  GiveOut(false);
  PruneTurn();
  PruneAsMuchAs(news.effects.revisions);
  return news.committed;
}

void RecorderImpl::Gather(Micros wait) {
  {
    std::unique_lock<std::mutex> lock(mutex_);
    if (!pending_.empty()) {
      // The last batch failed: nothing new is taken before it is through.
      Micros left = writer_ ? 0 : std::min(wait, retry_at_ - Mono());
      if (writer_ && waits_for_room_) {
        left = std::min(wait, pruning_ ? kPrunePause : kHeldPause);
      }
      lock.unlock();
      if (left > 0) std::this_thread::sleep_for(Wait(left));
      return;
    }
  }
  gathered_ = queue_.Pop(BatchItems(), BatchBytes(), Wait(wait),
                         Wait(options_.batch_wait));
}

void RecorderImpl::Prepare(std::vector<Offered> offered) {
  static const StreamSpec none;
  pending_.reserve(offered.size());
  for (Offered& one : offered) {
    NameCause(one.seen);
    const StreamSpec* spec = ledger_.FindSpec(one.seen.stream);
    if (spec == nullptr &&
        one.seen.kind != kube::Observation::Kind::kDiscovery) {
      continue;
    }
    pending_.push_back(
        intake_.Prepare(std::move(one.seen), spec ? *spec : none));
    pending_.back().offered_mono = one.mono;
  }
}

RecorderImpl::News RecorderImpl::StepLocked() {
  if (!begun_) return {};
  if (pending_.empty() && !gathered_.empty()) {
    Prepare(std::exchange(gathered_, {}));
    pending_tried_ = false;
    refusals_ = 0;
  }
  if (writer_ == nullptr) {
    if (!Reopen()) return {};
    // An error may come after the commit reached the disk.
    if (pending_tried_ && writer_->last_seq() > tried_after_) {
      return Committed();
    }
  }
  if (const Status there = StillThere(); !there.ok()) {
    Failed(there.error());
    return {};
  }
  waits_for_room_ = false;
  if (pending_.empty()) {
    Idle();
    return {};
  }
  if (!RoomForBatch()) {
    waits_for_room_ = true;
    return {};
  }
  return CommitPending();
}

RecorderImpl::News RecorderImpl::CommitPending() {
  if (Mutant(1)) CommitPositionsFirst(kube::Observation::Kind::kEvent);
  if (Mutant(3)) CommitPositionsFirst(kube::Observation::Kind::kBookmark);
  if (writer_ == nullptr) return {};  // what the mistake wrote failed
  KUBESCRIBE_KILL_POINT("record.batch");
  ledger_.Begin(writer_->info().known_until, Mono());
  pending_tried_ = true;
  tried_after_ = writer_->last_seq();
  const Status done = Write([&](store::Transaction& tx) {
    for (const Entry& entry : pending_) ledger_.Apply(tx, entry);
    ledger_.Finish(tx);
  });
  if (!done.ok()) {
    Failed(done.error());
    return {};
  }
  KUBESCRIBE_KILL_POINT("record.committed");
  if (Mutant(8)) {
    const Status late =
        Write([&](store::Transaction& tx) { ledger_.FinishPositions(tx); });
    if (!late.ok()) return {};
  }
  return Committed();
}

RecorderImpl::News RecorderImpl::Committed() {
  News news;
  news.committed = pending_.size();
  news.durable = true;
  news.seq = writer_->last_seq();
  news.effects = ledger_.Commit();
  pending_.clear();
  pending_tried_ = false;
  refusals_ = 0;
  last_commit_mono_ = Mono();
  LookAtWal();
  unsaved_ += news.effects.revisions;
  Wrote();
  const std::lock_guard<std::mutex> lock(stats_mutex_);
  stats_.revisions += news.effects.revisions;
  stats_.duplicates += news.effects.duplicates;
  for (const store::GapRow& gap : news.effects.gaps) {
    stats_.gaps += IsLoss(gap) ? 1 : 0;
  }
  ++stats_.commits;
  stats_.last_seq = news.seq;
  stats_.last_commit = options_.store.clock->Wall();
  return news;
}

void RecorderImpl::CommitPositionsFirst(kube::Observation::Kind kind) {
  std::set<kube::StreamId> ahead;  // streams with events not yet written
  bool past = false;               // one of them got its position
  ledger_.Begin(writer_->info().known_until, Mono());
  const Status done = Write([&](store::Transaction& tx) {
    for (const Entry& entry : pending_) {
      if (entry.seen.kind == kube::Observation::Kind::kEvent) {
        ahead.insert(entry.seen.stream);
      }
      if (entry.seen.kind != kind) continue;
      past = past || ahead.count(entry.seen.stream) > 0;
      Entry bookmark;
      bookmark.seen.kind = kube::Observation::Kind::kBookmark;
      bookmark.seen.stream = entry.seen.stream;
      bookmark.seen.rv = kind == kube::Observation::Kind::kBookmark
                             ? entry.seen.rv
                             : entry.seen.head.resource_version;
      ledger_.Apply(tx, bookmark);
    }
    ledger_.Finish(tx);
  });
  ledger_.Rollback();
  if (!done.ok()) Failed(done.error());
  if (past) KUBESCRIBE_KILL_POINT("record.position.past");
}

void RecorderImpl::Idle() {
  const bool due = Mono() - last_commit_mono_ >= options_.heartbeat;
  if (due && queue_.size() == 0 && HaveRoom(kHeartbeatRoom)) {
    const Status done = Write([](store::Transaction& /*tx*/) {});
    if (!done.ok()) {
      Failed(done.error());
      return;
    }
    Wrote();
    last_commit_mono_ = Mono();
    const std::lock_guard<std::mutex> lock(stats_mutex_);
    ++stats_.commits;
    stats_.last_commit = options_.store.clock->Wall();
  }
  if (writer_ == nullptr) return;
  if (checkpoint_wanted_.exchange(false) || (due && unsaved_ > 0)) {
    unsaved_ = 0;
    const Status done = writer_->Checkpoint();
    if (!done.ok()) Failed(done.error());
  }
}

bool RecorderImpl::Sign(bool now) {
  if (writer_ == nullptr || !begun_) return true;
  if (!now && (options_.checkpoint_every <= 0 ||
               Mono() - signed_mono_ < options_.checkpoint_every)) {
    return true;
  }
  signed_mono_ = Mono();
  auto checkpoint = writer_->SignCheckpoint();
  if (!checkpoint.ok()) {
    // The file goes on being written, or the next transaction says why not.
    if (sign_errors_.Fail(checkpoint.error().message())) {
      Log().error("{}: {}", options_.cluster, checkpoint.error().message());
    }
    return false;
  }
  if (!*checkpoint) return true;
  sign_errors_.Clear();
  if (callbacks_.on_checkpoint) {
    signed_.push_back(std::move((*checkpoint)->note));
    if (signed_.size() > kMostSigned) signed_.pop_front();
  }
  const std::lock_guard<std::mutex> stats(stats_mutex_);
  ++stats_.checkpoints;
  return true;
}

void RecorderImpl::GiveOut(bool now) {
  if (signed_.empty() || (!now && Mono() < give_out_at_)) return;
  while (!signed_.empty()) {
    const Status done = hand_out_.Give(
        signed_.front(), now ? kLastSinkWait : options_.sink_wait);
    if (!done.ok() && done.error().code() == Code::kBusy && !now) {
      // Slow; it is a failure when it has hung for a while.
      if (!given_at_) given_at_ = Mono();
      give_out_at_ = Mono() + kSinkPause;
      if (Mono() - *given_at_ < kSinkRetry) return;
    }
    given_at_.reset();
    if (!done.ok()) {
      give_out_at_ = Mono() + kSinkRetry;
      if (sink_errors_.Fail(done.error().message())) {
        Log().error("{}: a checkpoint of the log was not handed out: {}",
                    options_.cluster, done.error().message());
      }
      const std::lock_guard<std::mutex> stats(stats_mutex_);
      ++stats_.sink_errors;
      return;
    }
    signed_.pop_front();
  }
  give_out_at_ = 0;
  if (const unsigned long errors = sink_errors_.Clear(); errors > 0) {
    Log().info("{}: checkpoints are handed out again after {} failures",
               options_.cluster, errors);
  }
}

void RecorderImpl::Failed(const Error& error) {
  const bool refused = Refused(error);
  writer_.reset();
  signed_job_ = 0;
  budget_prune_ = false;
  if (options_.store.disk) options_.store.disk->Leave(options_.path);
  if (refused && retry_wait_ == 0 && refusals_ < kMostRefusals) {
    // No fault: the file is opened anew, and more room is asked for.
    ++refusals_;
    retry_at_ = Mono();
    return;
  }
  retry_wait_ =
      retry_wait_ == 0 ? kFirstRetry : std::min(retry_wait_ * 2, kLastRetry);
  retry_at_ = Mono() + retry_wait_;
  if (write_errors_.Fail(error.message())) {
    Log().error(
        "{}: cannot write: {}; nothing is lost as long as the API "
        "server keeps its history, trying again by itself",
        options_.cluster, error.message());
  }
  const std::lock_guard<std::mutex> lock(stats_mutex_);
  ++stats_.write_errors;
  stats_.error = error.message();
}

Status RecorderImpl::StillThere() {
  if (looked_mono_ != 0 && Mono() - looked_mono_ < kSecond) return {};
  looked_mono_ = Mono();
  if (!file_id_ || store::FileIdOf(options_.path) == file_id_) return {};
  looked_mono_ = 0;
  return Error(Code::kIo, options_.path +
                              " was removed or replaced while it was written: "
                              "put it back, or restart the recorder to begin "
                              "anew");
}

bool RecorderImpl::Reopen() {
  if (Mono() < retry_at_) return false;
  if (const Status there = StillThere(); !there.ok()) {
    Failed(there.error());
    return false;
  }
  store::OpenOptions options = options_.store;
  options.create = false;
  // What it was known by when it was last written, whatever it was opened as.
  const store::FileInfo known = info();
  options.identity = known.identity;
  options.identity_weak = known.identity_weak;
  auto writer = store::Writer::Open(options_.path, options);
  if (!writer.ok()) {
    Failed(writer.error());
    return false;
  }
  writer_ = std::move(*writer);
  return true;
}

void RecorderImpl::Wrote() {
  NoteInfo();
  if (retry_wait_ == 0) return;
  retry_wait_ = 0;
  const unsigned long errors = write_errors_.Clear();
  Log().info("{}: writing again after {} failures", options_.cluster, errors);
  const std::lock_guard<std::mutex> lock(stats_mutex_);
  stats_.error.clear();
}

std::string RecorderImpl::NameOf(kube::StreamId stream) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const StreamSpec* spec = ledger_.FindSpec(stream);
  if (spec == nullptr) return "stream " + std::to_string(stream);
  const kube::GroupResource kind{spec->key.group, spec->key.resource};
  return kind.ToString() +
         (spec->key.name_space.empty() ? "" : " in " + spec->key.name_space);
}

void RecorderImpl::Tell(const News& news) {
  if (!news.durable) return;
  for (const store::GapRow& gap : news.effects.gaps) {
    if (!IsLoss(gap)) continue;
    Log().warn(
        "{}: {}: gap ({}) from {} to {}: {} changed, {} appeared, {} vanished",
        options_.cluster, NameOf(gap.stream_id), gap.cause,
        gap.from_rv.empty() ? "-" : gap.from_rv, gap.to_rv, gap.changed,
        gap.appeared, gap.vanished);
  }
  if (callbacks_.on_committed) callbacks_.on_committed(news.seq);
  for (const auto& [stream, cause] : news.effects.relist) {
    if (callbacks_.on_relist) callbacks_.on_relist(stream, cause);
  }
  for (const auto& [stream, findings] : news.effects.audited) {
    if (callbacks_.on_audited) callbacks_.on_audited(stream, findings);
  }
}

Status RecorderImpl::Stop(Micros limit) {
  const Micros deadline = Mono() + limit;
  queue_.Close();
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  while (true) {
    Step(0);
    std::size_t left = queue_.size();
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      left += pending_.size();
    }
    if (left == 0) break;
    if (waits_for_room_) {
      Log().info(
          "{}: {} observations are not written, as the disk budget is used up; "
          "they will be asked for again",
          options_.cluster, left);
      break;
    }
    if (Mono() >= deadline) {
      return Error(Code::kIo, "stopped with " + std::to_string(left) +
                                  " observations not written (" +
                                  stats().error +
                                  "); they will be asked for again");
    }
    const std::lock_guard<std::mutex> lock(mutex_);
    if (writer_ == nullptr) {
      std::this_thread::sleep_for(Wait(20 * kMillisecond));
    }
  }
  Status closed = CloseFile();
  GiveOut(true);
  return closed;
}

Status RecorderImpl::CloseFile() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (writer_ == nullptr) {
    return Error(Code::kIo,
                 "stopped without closing the file: " + stats().error);
  }
  if (!begun_ && clean_stop_ == false) {
    writer_.reset();
    return {};
  }
  if (begun_) {
    Status stopped = RecordStop();
    if (!stopped.ok()) return stopped;
    Sign(true);
  }
  const Result<bool> closed = writer_->CloseCleanly();
  NoteInfo();
  writer_.reset();
  if (!closed.ok()) return closed.error();
  if (!*closed) {
    Log().warn(
        "{}: a reader has {} open, so it stays in WAL mode: copy it together "
        "with its -wal",
        options_.cluster, options_.path);
  }
  return {};
}

Status RecorderImpl::RecordStop() {
  const Micros known_until = writer_->info().known_until;
  nlohmann::ordered_json detail;
  detail["revisions"] = stats().revisions;
  detail["gaps"] = stats().gaps;
  return Transact([&](store::Transaction& tx) {
    for (store::StreamRow& row : tx.Streams()) {
      if (!row.flowing) continue;
      row.flowing = false;
      row.flowed_until = known_until;
      tx.PutStream(row);
    }
    tx.AppendRecord("stop", 0, detail.dump());
  });
}

}  // namespace kubescribe::record
