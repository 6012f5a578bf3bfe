#include "watch/flow_tracker.h"

#include <algorithm>

namespace kubescribe::watch {
namespace {

bool AtLeast(const std::string& rv, const std::string& bound) {
  const kube::RvOrder order = kube::CompareRv(rv, bound);
  return order == kube::RvOrder::kEqual || order == kube::RvOrder::kGreater;
}

}  // namespace

void FlowTracker::Connected(const std::string& probe_rv, Micros probe_sent,
                            const std::string& position) {
  flowing_ = false;
  flowed_here_ = false;
  Probed(probe_rv, probe_sent, position);
}

void FlowTracker::Probed(const std::string& probe_rv, Micros probe_sent,
                         const std::string& position) {
  probe_rv_ = probe_rv;
  probe_sent_ = probe_sent;
  doubted_ = false;
  passed_ = AtLeast(position, probe_rv);
}

void FlowTracker::Passed(const std::string& rv) {
  if (!passed_ && AtLeast(rv, probe_rv_)) passed_ = true;
}

void FlowTracker::PassedBelow(const std::string& rv) {
  if (kube::CompareRv(rv, probe_rv_) == kube::RvOrder::kGreater) passed_ = true;
}

bool FlowTracker::Drained() {
  if (flowing_ || !passed_ || doubted_) return false;
  flowing_ = true;
  flowed_here_ = true;
  return true;
}

bool FlowTracker::End(Micros instant) {
  if (flowing_) {
    flowing_ = false;
    last_flow_ = instant;
    return true;
  }
  if (flowed_here_ && last_flow_ && instant < *last_flow_) {
    last_flow_ = instant;
    return true;
  }
  return false;
}

std::optional<Micros> FlowTracker::NotBefore(const std::string& rv) const {
  if (!probe_rv_.empty() &&
      kube::CompareRv(rv, probe_rv_) == kube::RvOrder::kGreater) {
    return last_flow_ ? std::max(*last_flow_, probe_sent_) : probe_sent_;
  }
  return last_flow_;
}

}  // namespace kubescribe::watch
