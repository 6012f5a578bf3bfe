// The recorder and the disk budget: before each commit it looks whether there
// is room; where there is none it has the oldest history pruned, or holds.
#include <algorithm>
#include <utility>

#include "record/recorder_impl.h"
#include "store/wal_readers.h"

namespace kubescribe::record {
namespace {

using store::DiskBudget;
using store::WhenFull;

// What a revision takes beside its body, in the WAL and in the database: pages
// of the tables and indexes. Larger than it is; where it is not enough, the
// commit is refused and more is asked for.
constexpr std::uint64_t kRowPages = std::uint64_t{12} << 10;
constexpr std::uint64_t kLeastCommit = std::uint64_t{256} << 10;
// One batch takes no more than this part of the budget.
constexpr std::uint64_t kBatchPart = 16;
constexpr std::size_t kLeastBatch = std::size_t{256} << 10;
constexpr std::size_t kFewestItems = 16;
constexpr std::uint64_t kLargeWal = std::uint64_t{256} << 20;
// A batch that waits longer for pruning to make room is held, and that is said.
constexpr Micros kLongWait = 2 * kSecond;

std::uint64_t MiB(std::uint64_t bytes) { return bytes >> 20; }

}  // namespace

std::size_t RecorderImpl::BatchBytes() const {
  const DiskBudget* disk = options_.store.disk.get();
  const auto all = disk == nullptr ? std::nullopt : disk->ForRevisions();
  if (!all) return options_.batch_bytes;
  return std::min(
      options_.batch_bytes,
      std::max(static_cast<std::size_t>(*all / kBatchPart), kLeastBatch));
}

std::size_t RecorderImpl::BatchItems() const {
  const DiskBudget* disk = options_.store.disk.get();
  const auto all = disk == nullptr ? std::nullopt : disk->ForRevisions();
  if (!all) return options_.batch_items;
  return std::min(
      options_.batch_items,
      std::max(static_cast<std::size_t>(*all / kBatchPart / kRowPages),
               kFewestItems));
}

bool RecorderImpl::RoomForBatch() {
  std::uint64_t bytes = 0;
  for (const Entry& entry : pending_) {
    bytes += kRowPages + entry.seen.body.size();
  }
  bytes = std::max(bytes, kLeastCommit) << refusals_;
  return HaveRoom(bytes);
}

bool RecorderImpl::HaveRoom(std::uint64_t bytes) {
  DiskBudget* disk = options_.store.disk.get();
  if (disk == nullptr) return true;
  NoteReach();
  const auto room = writer_->MakeRoom(bytes);
  if (!room.ok()) {
    Failed(room.error());
    return false;
  }
  const bool made = disk->Ask(bytes);
  if (made) pruning_ = pruning_ || disk->CutFor(options_.path).has_value();
  if (*room) {
    waits_since_.reset();
    EndHold();
    return true;
  }
  // A round under way makes room; the batch waits for it as for a slow disk.
  if (!waits_since_) waits_since_ = Mono();
  if (!made || Mono() - *waits_since_ > kLongWait) BeginHold(made);
  return false;
}

// Says which history of this file could be pruned.
void RecorderImpl::NoteReach() {
  const store::FileInfo info = writer_->info();
  if (!reach_from_) {
    reach_from_ = info.created_at;
    const auto facts = store::ReadRetentionFacts(options_.path);
    for (const store::PrunedRow& prune :
         facts.ok() ? facts->prunes : std::vector<store::PrunedRow>()) {
      if (prune.resources.empty() && prune.before_at && prune.done) {
        reach_from_ = std::max(*reach_from_, *prune.before_at);
      }
    }
  }
  options_.store.disk->Reaches(options_.path, *reach_from_, info.known_until);
}

void RecorderImpl::BeginHold(bool pruning) {
  if (held_) return;
  held_ = true;
  held_at_ = Mono();
  for (const kube::StreamId stream : ledger_.Streams()) {
    held_streams_.insert(stream);
  }
  const store::DiskUse use = options_.store.disk->use();
  const bool prunes = use.limit.when_full == WhenFull::kPrune;
  const std::string reader = store::WalReaders(options_.path);
  Log().warn(
      "{}: held: {} of {} MiB of the disk budget are used, of which {} MiB are "
      "kept free{}{}; nothing is lost as long as the API server keeps its "
      "history; make room, or raise disk.budget and reload",
      options_.cluster, MiB(use.used), MiB(use.limit.budget.value_or(0)),
      MiB(DiskBudget::kReserve),
      pruning  ? ", until pruning has made room"
      : prunes ? ", and pruning does not make room"
               : "",
      reader.empty() ? "" : ", and the write-ahead log is read by " + reader);
  const std::lock_guard<std::mutex> lock(stats_mutex_);
  stats_.held = true;
}

void RecorderImpl::EndHold() {
  if (!held_) return;
  held_ = false;
  Log().info("{}: recording again after {} s", options_.cluster,
             (Mono() - held_at_) / kSecond);
  const std::lock_guard<std::mutex> lock(stats_mutex_);
  stats_.held = false;
}

// What the server no longer has after a hold was lost to the disk.
void RecorderImpl::NameCause(kube::Observation& seen) {
  if (held_streams_.empty()) return;
  if (seen.kind == kube::Observation::Kind::kFlowing) {
    held_streams_.erase(seen.stream);
  }
  if (seen.kind == kube::Observation::Kind::kListBegin &&
      seen.cause == kube::GapCause::kGone &&
      held_streams_.contains(seen.stream)) {
    seen.cause = kube::GapCause::kStorage;
  }
}

bool RecorderImpl::Refused(const Error& error) {
  DiskBudget* disk = options_.store.disk.get();
  return disk != nullptr && error.code() == Code::kNoSpace &&
         disk->TakeRefusal(options_.path);
}

bool RecorderImpl::BudgetPruneDue() {
  const DiskBudget* disk = options_.store.disk.get();
  return disk != nullptr &&
         (budget_prune_ || disk->CutFor(options_.path).has_value());
}

// The writer prunes nothing now.
void RecorderImpl::TurnBudgetPrune() {
  DiskBudget& disk = *options_.store.disk;
  if (budget_prune_) {
    budget_prune_ = false;
    // What was given back goes from the disk with the checkpoint.
    const Status done = writer_->Checkpoint();
    const auto cut = disk.CutFor(options_.path);
    if (cut && reach_from_) reach_from_ = std::max(*reach_from_, *cut);
    disk.Done(options_.path);
    if (!done.ok()) Failed(done.error());
    return;
  }
  const auto cut = disk.CutFor(options_.path);
  if (!cut) return;
  store::PruneWish wish;
  wish.before = *cut;
  wish.reason = "budget";
  const auto job = writer_->StartPrune(wish);
  if (!job.ok()) {
    NotePruned(job.error(), 0);
    return;
  }
  budget_prune_ = true;
}

void RecorderImpl::LookAtWal() {
  const std::uint64_t bytes = writer_->wal_bytes();
  {
    const std::lock_guard<std::mutex> lock(stats_mutex_);
    stats_.wal_bytes = bytes;
  }
  if (bytes < kLargeWal) {
    wal_errors_.Clear();
    return;
  }
  if (wal_errors_.count() > 0) return;
  const std::string reader = store::WalReaders(options_.path);
  if (reader.empty()) return;
  wal_errors_.Fail(reader);
  Log().warn(
      "{}: the write-ahead log has grown to {} MiB, because {} reads one "
      "snapshot of {} all the time: end it",
      options_.cluster, MiB(bytes), reader, options_.path);
}

}  // namespace kubescribe::record
