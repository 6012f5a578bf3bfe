// CrdTracker: what the stream of CustomResourceDefinitions tells of kinds that
// come and go. A kind whose 404 is to count as a removal must have been seen
// here to be deleted (P§2: 404 alone is not deletion).
#pragma once

#include <map>
#include <set>
#include <string>

#include "base/clock.h"
#include "kube/discovery.h"
#include "kube/observation.h"
#include "kube/resource.h"

namespace kubescribe::watch {

// Loop thread.
class CrdTracker {
 public:
  // One observation of the CRDs' own stream. True: something may have come or
  // gone, so that discovery is to be read again. `now`: mono.
  bool Note(const kube::Observation& observation, Micros now);

  // It was deleted and its streams are still to be ended.
  bool Deleted(const kube::GroupResource& kind) const {
    return deleted_.count(kind.ToString()) > 0;
  }
  // A CRD of that name stands (again).
  bool Stands(const kube::GroupResource& kind) const {
    return crds_.count(kind.ToString()) > 0;
  }
  // The deletion was dealt with.
  void Forget(const kube::GroupResource& kind) {
    deleted_.erase(kind.ToString());
  }
  // Deletions of kinds for which `wanted` is false need nothing any more.
  template <typename Wanted>
  void ForgetUnless(const Wanted& wanted) {
    std::erase_if(deleted_,
                  [&](const std::string& name) { return !wanted(name); });
  }
  bool AnyDeleted() const { return !deleted_.empty(); }
  // A CRD that appeared less than `patience` ago is not in discovery yet.
  bool Awaited(const kube::Discovery& discovery, Micros now,
               Micros patience) const;

 private:
  struct Crd {
    std::string uid;
    Micros seen = 0;
  };
  void Add(const kube::ObjectHead& head, Micros now);
  void Remove(const std::string& name);

  std::map<std::string, Crd> crds_;  // by name: "plural.group"
  std::set<std::string> deleted_;
  std::set<std::string> listed_;
  bool listing_ = false;
};

}  // namespace kubescribe::watch
