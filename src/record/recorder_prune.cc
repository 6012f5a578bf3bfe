// The recorder and pruning: the writer thread takes one step between two
// commits, of what the retention asks for or what somebody asked for.
#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "record/recorder_impl.h"

namespace kubescribe::record {
namespace {

// How often the retention is looked at.
constexpr Micros kRetentionInterval = kMinute;
constexpr Micros kAfterFailure = 5 * kMinute;
// Of a prune in one turn.
constexpr int kMostSteps = 8;
constexpr auto kLookAgain = std::chrono::milliseconds(10);

}  // namespace

void RecorderImpl::SetRetention(const store::RetentionPolicy& policy) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (retention_policy_ == policy) return;
    retention_policy_ = policy;
    retention_ =
        policy.bounded() ? std::make_unique<store::Retention>(policy) : nullptr;
    wishes_.clear();
    retention_at_.reset();
  }
  queue_.Nudge();
}

void RecorderImpl::PruneTurn() {
  if (StepPrune()) return;
  const auto facts = store::ReadRetentionFacts(options_.path);
  const std::lock_guard<std::mutex> lock(mutex_);
  retention_at_ = Mono() + kRetentionInterval;
  if (!facts.ok()) {
    if (prune_errors_.Fail(facts.error().message())) {
      Log().warn("{}: cannot tell what is to be pruned: {}", options_.cluster,
                 facts.error().message());
    }
    return;
  }
  prune_errors_.Clear();
  if (retention_ == nullptr) return;
  wishes_ = retention_->Due(*facts);
  std::reverse(wishes_.begin(), wishes_.end());
  pruning_ = pruning_ || !wishes_.empty();
}

// Where the disk budget asks for it, pruning must be faster than recording.
void RecorderImpl::PruneAsMuchAs(std::uint64_t revisions) {
  const auto pruned = [this]() -> std::optional<std::uint64_t> {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!budget_prune_ || writer_ == nullptr || !writer_->pruning()) {
      return std::nullopt;
    }
    return static_cast<std::uint64_t>(writer_->prune_progress().revisions);
  };
  const auto before = pruned();
  for (int step = 0; before && step < kMostSteps; ++step) {
    const auto now = pruned();
    if (!now || *now - *before > 2 * revisions) return;
    StepPrune();
  }
}

// False: the retention is to be looked at.
bool RecorderImpl::StepPrune() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!begun_ || stopping_ || writer_ == nullptr || Mono() < prune_again_at_) {
    pruning_ = false;
    return true;
  }
  if (writer_->pruning()) {
    // What goes is under a checkpoint first.
    const std::int64_t job = writer_->prune_progress().job;
    if (signed_job_ != job && !Sign(true)) {
      NotePruned(
          Error(Code::kIo, options_.path +
                               ": nothing is pruned, for its log could not be "
                               "signed before that"),
          0);
      return true;
    }
    signed_job_ = job;
    const Micros from = Mono();
    const Status done = writer_->StepPrune();
    NotePruned(done, Mono() - from);
    // And its end, so that whoever has an older checkpoint can tell who did it.
    if (done.ok() && !writer_->pruning()) Sign(true);
  } else if (BudgetPruneDue()) {
    TurnBudgetPrune();
  } else if (!wishes_.empty() && !prune_asked_) {
    const store::PruneWish wish = std::move(wishes_.back());
    wishes_.pop_back();
    const auto job = writer_->StartPrune(wish);
    if (!job.ok()) NotePruned(job.error(), 0);
  }
  pruning_ = writer_ != nullptr &&
             (writer_->pruning() || !wishes_.empty() || BudgetPruneDue());
  if (pruning_ || prune_asked_ || retention_ == nullptr) return true;
  return retention_at_ && Mono() < *retention_at_;
}

void RecorderImpl::NotePruned(const Status& step, Micros took) {
  if (!step.ok()) {
    // Where only pruning fails, recording is not to be cut off by each step.
    // Where there was no room for it, others may have made some by then.
    const bool full = step.error().code() == Code::kNoSpace;
    prune_again_at_ = Mono() + (full ? kSecond : kAfterFailure);
    Failed(step.error());
    return;
  }
  NoteInfo();
  const store::PruneProgress progress = writer_->prune_progress();
  {
    const std::lock_guard<std::mutex> stats(stats_mutex_);
    stats_.prune_hold = std::max(stats_.prune_hold, took);
    stats_.last_seq = last_info_.last_seq;
    if (!progress.finished) return;
    stats_.pruned += static_cast<std::uint64_t>(progress.revisions);
  }
  if (progress.out_of_reach) {
    Log().warn(
        "{}: what lives now takes {} bytes: the size that is wished cannot be "
        "reached by pruning",
        options_.cluster, progress.used_bytes);
  }
  if (progress.record == 0) return;
  Log().info(
      "{}: pruned (record {}): {} revisions, {} objects, {} bytes of bodies; "
      "{} bytes given back",
      options_.cluster, progress.record, progress.revisions, progress.objects,
      progress.bytes, progress.returned_bytes);
}

Result<store::PruneProgress> RecorderImpl::Prune(
    const store::PruneWish& wish,
    const std::function<bool(const store::PruneProgress&)>& report) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (prune_asked_) {
      return Error(Code::kBusy, "it is being pruned already: try again later");
    }
    prune_asked_ = true;
  }
  Result<store::PruneProgress> done = PruneAsked(wish, report);
  const std::lock_guard<std::mutex> lock(mutex_);
  prune_asked_ = false;
  return done;
}

Result<store::PruneProgress> RecorderImpl::PruneAsked(
    const store::PruneWish& wish,
    const std::function<bool(const store::PruneProgress&)>& report) {
  std::int64_t job = 0;
  const store::Writer* writer = nullptr;
  while (true) {
    store::PruneProgress progress;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (writer_ == nullptr || stopping_ ||
          (job != 0 && writer_.get() != writer)) {
        return Error(Code::kUnavailable,
                     stopping_ ? "the recorder is stopping"
                               : "the store has failed: " + stats().error);
      }
      // What the retention has begun comes first.
      if (job == 0 && begun_ && !writer_->pruning()) {
        const auto started = writer_->StartPrune(wish);
        if (!started.ok()) return started.error();
        job = *started;
        writer = writer_.get();
        pruning_ = true;
        queue_.Nudge();
      }
      progress = writer_->prune_progress();
    }
    if (job != 0 && progress.finished) return progress;
    if (!report(job == 0 ? store::PruneProgress{} : progress)) {
      return Error(Code::kCancelled,
                   "nobody waits for the prune any more; it goes on");
    }
    std::this_thread::sleep_for(kLookAgain);
  }
}

}  // namespace kubescribe::record
