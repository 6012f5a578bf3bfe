// Pods: their phases, from being asked for to being gone, whoever owns them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "fakes/templates.h"
#include "fakes/workload_world.h"

namespace kubescribe::fakes {

struct Pod;

// What Pods belong to: a Deployment, StatefulSet, DaemonSet or Job.
struct Controller {
  PodOwnerKind kind = PodOwnerKind::kReplicaSet;
  std::string ns;
  std::string name;
  std::size_t replicas = 1;
  unsigned int revision = 1;
  bool changing = false;   // a roll-out or a replacement is under way
  bool transient = false;  // goes soon, with all that belongs to it
  std::vector<Pod*> pods;

  std::string Hash(unsigned int of) const;
  // Whom its Pods name as their owner.
  std::string OwnerName(unsigned int of) const;
  std::string Image(unsigned int of) const;
};

struct Pod {
  std::shared_ptr<Controller> owner;
  std::uint64_t seed = 0;  // of its suffix, address and container
  unsigned int revision = 1;
  std::uint32_t index = 0;  // its ordinal, if it has one
  std::uint32_t node = 0;
  std::uint32_t restarts = 0;
  std::size_t at = 0;  // where it stands among all
  bool stopping = false;

  std::string Name() const;
};

class Pods {
 public:
  // In the order they come. The last is for Jobs, kCrashed for none.
  enum Phase { kPending, kScheduled, kCreating, kRunning, kCrashed, kDone };

  explicit Pods(World& world) : world_(world) {}

  // Known from now on, and chosen by Any, until it is stopped.
  std::shared_ptr<Pod> Add(const std::shared_ptr<Controller>& owner,
                           std::size_t index, std::size_t node);
  std::shared_ptr<Pod> Add(const std::shared_ptr<Controller>& owner,
                           std::size_t index) {
    return Add(owner, index,
               world_.Below(std::max<std::size_t>(world_.nodes, 1)));
  }
  void Put(const Pod& pod, Phase phase, bool deleting = false);
  // Queued: a revision a phase, up to `last`.
  void QueueStart(const std::shared_ptr<Pod>& pod, Phase last = kRunning);
  void QueueStop(const std::shared_ptr<Pod>& pod, Phase from = kRunning);
  void QueueCrash(const std::shared_ptr<Pod>& pod);
  std::shared_ptr<Pod> Shared(const Pod* pod) const { return all_[pod->at]; }
  // One that runs and whose owner stays; null when chance finds none.
  std::shared_ptr<Pod> Any();

 private:
  void Forget(const Pod& pod);

  World& world_;
  std::vector<std::shared_ptr<Pod>> all_;
};

}  // namespace kubescribe::fakes
