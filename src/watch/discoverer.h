// Discoverer: reads what a server serves, by the aggregated form of discovery
// where it has it and else by the legacy one (P§5).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kube/discovery.h"
#include "watch/fetch.h"

namespace kubescribe::watch {

// Everything of `next`, and what `previous` knew of the groups that `next`
// could not read: a group that fails is unknown, never removed.
kube::Discovery KeepUnknown(const kube::Discovery& previous,
                            kube::Discovery next);

// Loop thread.
class Discoverer {
 public:
  struct Answer {
    std::optional<Failure> failure;  // no root could be read
    kube::Discovery discovery;
  };
  // The discoverer may be started again from within, not destroyed.
  using Done = std::function<void(Answer)>;

  Discoverer(net::HttpClient& http, ListGate& gate, Micros deadline);

  void Start(Done done);
  void Cancel();
  bool running() const { return done_ != nullptr; }

 private:
  void GetRoot(std::size_t index);
  void GetNext();
  void Finish(std::optional<Failure> failure);

  Fetch fetch_;
  kube::DiscoveryBuilder builder_;
  std::vector<std::string> wanted_;  // paths still to be read, last first
  bool any_root_ = false;
  Done done_;
};

}  // namespace kubescribe::watch
