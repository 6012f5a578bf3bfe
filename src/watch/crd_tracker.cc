#include "watch/crd_tracker.h"

#include <vector>

namespace kubescribe::watch {

bool CrdTracker::Note(const kube::Observation& observation, Micros now) {
  using Kind = kube::Observation::Kind;
  switch (observation.kind) {
    case Kind::kEvent:
    case Kind::kStub:
      if (observation.head.name.empty()) return false;
      if (observation.type == kube::WatchType::kDeleted) {
        Remove(observation.head.name);
      } else {
        Add(observation.head, now);
      }
      return true;
    case Kind::kListBegin:
      listed_.clear();
      listing_ = true;
      return false;
    case Kind::kListItem:
      Add(observation.head, now);
      listed_.insert(observation.head.name);
      return false;
    case Kind::kListEnd: {
      if (!listing_) return false;
      listing_ = false;
      std::vector<std::string> missing;
      for (const auto& [name, crd] : crds_) {
        if (listed_.count(name) == 0) missing.push_back(name);
      }
      for (const std::string& name : missing) Remove(name);
      return true;
    }
    default:
      return false;
  }
}

void CrdTracker::Add(const kube::ObjectHead& head, Micros now) {
  const auto [found, added] = crds_.try_emplace(head.name, Crd{head.uid, now});
  if (added || found->second.uid == head.uid) return;
  // Another one in the place of one whose deletion we did not see.
  deleted_.insert(head.name);
  found->second = {head.uid, now};
}

void CrdTracker::Remove(const std::string& name) {
  crds_.erase(name);
  deleted_.insert(name);
}

bool CrdTracker::Awaited(const kube::Discovery& discovery, Micros now,
                         Micros patience) const {
  std::set<std::string> served;
  for (const kube::ResourceInfo& resource : discovery.resources) {
    served.insert(resource.group_resource().ToString());
  }
  for (const auto& [name, crd] : crds_) {
    if (now - crd.seen < patience && served.count(name) == 0) return true;
  }
  return false;
}

}  // namespace kubescribe::watch
