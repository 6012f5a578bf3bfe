#include "watch/frame_budget.h"

#include <vector>

namespace kubescribe::watch {

FrameBudget::FrameBudget(net::Scheduler& scheduler, std::size_t limit,
                         Micros stall)
    : scheduler_(scheduler),
      limit_(limit),
      stall_(stall),
      timer_(scheduler),
      wake_(scheduler) {}

bool FrameBudget::Hold(Holder* holder, const void* cluster, std::size_t bytes) {
  auto found = entries_.find(holder);
  if (bytes == 0) {
    if (found != entries_.end()) Drop(holder);
    return true;
  }
  if (found == entries_.end()) {
    found = entries_.emplace(holder, Entry{cluster, 0, ++last_age_, 0, false})
                .first;
  }
  Entry& entry = found->second;
  if (bytes < entry.bytes) entry.age = ++last_age_;  // another frame
  used_ += bytes - entry.bytes;
  clusters_[cluster] += bytes - entry.bytes;
  entry.bytes = bytes;
  entry.progress = scheduler_.clock().Mono();
  if (entry.waiting || MayGoOn(entry)) return !entry.waiting;
  entry.waiting = true;
  ++waiting_;
  if (!timer_.armed()) timer_.Set(stall_, [this] { CheckStall(); });
  return false;
}

void FrameBudget::Drop(Holder* holder) {
  const auto found = entries_.find(holder);
  if (found == entries_.end()) return;
  used_ -= found->second.bytes;
  clusters_[found->second.cluster] -= found->second.bytes;
  if (clusters_[found->second.cluster] == 0) {
    clusters_.erase(found->second.cluster);
  }
  if (found->second.waiting) --waiting_;
  entries_.erase(found);
  if (waiting_ > 0 && !wake_.armed()) {
    wake_.Set(0, [this] { WakeOthers(); });
  }
}

bool FrameBudget::MayGoOn(const Entry& entry) const {
  const bool all_used = used_ > limit_;
  const bool part_used = clusters_.at(entry.cluster) > limit_ / 4;
  if (!all_used && !part_used) return true;
  for (const auto& [other_holder, other] : entries_) {
    if (other.age < entry.age && (all_used || other.cluster == entry.cluster)) {
      return false;
    }
  }
  return true;
}

void FrameBudget::WakeOthers() {
  std::vector<Holder*> ready;
  for (auto& [holder, entry] : entries_) {
    if (!entry.waiting || !MayGoOn(entry)) continue;
    entry.waiting = false;
    --waiting_;
    entry.progress = scheduler_.clock().Mono();
    ready.push_back(holder);
  }
  for (Holder* holder : ready) {
    // An earlier one's call may have made this one let go.
    if (entries_.count(holder) > 0) holder->OnFrameRoom();
  }
}

void FrameBudget::CheckStall() {
  if (waiting_ == 0) return;
  timer_.Set(stall_ / 4 + 1, [this] { CheckStall(); });
  const Micros now = scheduler_.clock().Mono();
  std::vector<Holder*> stalled;
  for (const auto& [holder, entry] : entries_) {
    if (!entry.waiting && now - entry.progress >= stall_ && MayGoOn(entry)) {
      stalled.push_back(holder);
    }
  }
  for (Holder* holder : stalled) {
    if (entries_.count(holder) > 0) holder->OnFrameStalled();
  }
}

}  // namespace kubescribe::watch
