// FailureLog: says what fails in a cluster once, not once a stream and try.
#pragma once

#include <set>
#include <string>

#include "base/log.h"
#include "kube/observation.h"

namespace kubescribe::watch {

// Loop thread.
class FailureLog {
 public:
  explicit FailureLog(std::string cluster) : cluster_(std::move(cluster)) {}

  // `what` failed again. `id` tells the failing things apart.
  void Fail(kube::StreamId id, const std::string& what,
            const std::string& message) {
    ++failures_;
    failing_.insert(id);
    last_ = message;
    // A bound against messages that differ every time.
    if (said_.size() < 64 && said_.insert(message).second) {
      Log().warn("{}: {}: {}", cluster_, what, message);
    }
  }
  // It works (again).
  void Work(kube::StreamId id) {
    if (failing_.erase(id) == 0 || !failing_.empty()) return;
    Log().info("{}: works again after {} failures", cluster_, failures_);
    failures_ = 0;
    said_.clear();
    last_.clear();
  }
  // Gone: neither fails nor works.
  void Forget(kube::StreamId id) { failing_.erase(id); }

  std::size_t failing() const { return failing_.size(); }
  const std::string& last() const { return last_; }

 private:
  const std::string cluster_;
  std::set<kube::StreamId> failing_;
  std::set<std::string> said_;
  std::string last_;
  unsigned long failures_ = 0;
};

}  // namespace kubescribe::watch
