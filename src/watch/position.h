// Position: up to where a stream was handed over, and from where to go on.
//
// Normally both are the last resourceVersion seen. Where several events may
// share one RV (Events whose etcd lease expires, k/k#110210), an RV is complete
// only once a greater one came, or a bookmark: the resume position is then the
// last distinct smaller one, and what comes twice is told apart by the record.
#pragma once

#include <string>

#include "kube/resource_version.h"

namespace kubescribe::watch {

class Position {
 public:
  explicit Position(bool shared_rv) : shared_rv_(shared_rv) {}

  // Where to watch from; "" when there is nothing to resume from.
  const std::string& resume() const { return resume_; }
  // The greatest RV seen.
  const std::string& newest() const { return newest_; }

  // Whether an RV can belong to what was seen so far: one is there, and it is a
  // number if those before it were. One that is not would never be resumed at.
  bool Follows(const std::string& rv) const {
    return !rv.empty() && (newest_.empty() || !kube::IsComparable(newest_) ||
                           kube::IsComparable(rv));
  }

  void Clear() { resume_ = newest_ = ""; }
  // All up to `rv` was seen: the end of a list, a stored position.
  void Set(const std::string& rv) { resume_ = newest_ = rv; }

  // A bookmark. False: it lies below the position and is ignored.
  bool Complete(const std::string& rv) {
    if (kube::CompareRv(rv, resume_) == kube::RvOrder::kLess) return false;
    resume_ = rv;
    if (kube::CompareRv(rv, newest_) != kube::RvOrder::kLess) newest_ = rv;
    return true;
  }

  // An event. One that is older than what was seen moves nothing.
  void Saw(const std::string& rv) {
    const kube::RvOrder order = kube::CompareRv(rv, newest_);
    if (order == kube::RvOrder::kLess || order == kube::RvOrder::kEqual) return;
    if (!shared_rv_) {
      resume_ = rv;
    } else if (!newest_.empty()) {
      resume_ = newest_;
    }
    newest_ = rv;
  }

 private:
  const bool shared_rv_;
  std::string resume_;
  std::string newest_;
};

}  // namespace kubescribe::watch
