#include "fakes/workload_sets.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

namespace kubescribe::fakes {
namespace {

constexpr char kStatefulSets[] = "statefulsets.apps";
constexpr char kDaemonSets[] = "daemonsets.apps";
constexpr char kRevisions[] = "controllerrevisions.apps";
constexpr unsigned int kOldRevisions = 3;  // so many are kept

std::string RevisionName(const Controller& set, unsigned int revision) {
  return set.name + "-" + set.Hash(revision);
}

void PutRevision(World& world, const char* owner, const char* kind,
                 const Controller& set) {
  world.Put(kRevisions, set.ns, RevisionName(set, set.revision),
            ControllerRevisionTemplate(),
            {{"app", set.name},
             {"hash", set.Hash(set.revision)},
             {"owner_kind", kind},
             {"owner", set.name},
             {"owner_uid", world.UidOf(owner, set.ns, set.name)},
             {"image", set.Image(set.revision)},
             {"revision", std::to_string(set.revision)}});
}

// Queued: the new revision's record, and the end of the oldest.
void QueueRevision(World& world, const char* owner, const char* kind,
                   const std::shared_ptr<Controller>& set) {
  world.QueuePut([&world, owner, kind, set] {
    ++set->revision;
    PutRevision(world, owner, kind, *set);
  });
  world.Queue([&world, set] {
    return set->revision > kOldRevisions &&
           world.Delete(kRevisions, set->ns,
                        RevisionName(*set, set->revision - kOldRevisions));
  });
}

// The Pod of that ordinal (or on that node) which is not about to go.
Pod* Standing(const Controller& set, std::size_t index) {
  const auto at = std::find_if(
      set.pods.begin(), set.pods.end(),
      [&](const Pod* pod) { return pod->index == index && !pod->stopping; });
  return at == set.pods.end() ? nullptr : *at;
}

}  // namespace

void StatefulSets::PutSet(const Controller& set, std::size_t updated,
                          std::size_t ready) {
  const bool whole = updated == set.replicas;
  const unsigned int old = whole ? set.revision : set.revision - 1;
  world_.Put(
      kStatefulSets, set.ns, set.name, StatefulSetTemplate(),
      {{"time", world_.Now()},
       {"applied", world_.Now()},
       {"api", "apps/v1"},
       {"app", set.name},
       {"image", set.Image(set.revision)},
       {"hash", set.Hash(set.revision)},
       {"old_hash", set.Hash(old)},
       {"replicas", std::to_string(set.replicas)},
       {"ready", std::to_string(ready)},
       {"current", std::to_string(whole ? updated : set.replicas - updated)},
       {"updated", std::to_string(updated)}},
      World::kNext);
}

void StatefulSets::Fill(const Plan& plan) {
  for (std::size_t i = 0; i < plan.stateful_sets; ++i) {
    auto set = std::make_shared<Controller>();
    set->kind = PodOwnerKind::kStatefulSet;
    set->ns = world_.namespaces[i % world_.namespaces.size()];
    set->name = fmt::format("db-{}", i);
    set->replicas = 2 + i % 2;
    PutSet(*set, set->replicas, set->replicas);
    PutRevision(world_, kStatefulSets, "StatefulSet", *set);
    for (std::size_t n = 0; n < set->replicas; ++n) {
      pods_.Put(*pods_.Add(set, n), Pods::kRunning);
    }
    all_.push_back(std::move(set));
  }
}

// From the last ordinal to the first; each is ready before the next goes.
void StatefulSets::Update(const std::shared_ptr<Controller>& set) {
  set->changing = true;
  const unsigned int revision = set->revision + 1;
  QueueRevision(world_, kStatefulSets, "StatefulSet", set);
  world_.QueuePut([this, set] { PutSet(*set, 0, set->replicas); });
  std::size_t updated = 0;
  for (std::size_t n = set->replicas; n-- > 0;) {
    Pod* const old = Standing(*set, n);
    if (old == nullptr) continue;
    pods_.QueueStop(pods_.Shared(old));
    const std::shared_ptr<Pod> fresh = pods_.Add(set, n, old->node);
    fresh->revision = revision;
    pods_.QueueStart(fresh);
    ++updated;
    world_.QueuePut(
        [this, set, updated] { PutSet(*set, updated, set->replicas); });
  }
  world_.Queue([set] {
    set->changing = false;
    return false;
  });
}

void StatefulSets::Scale(const std::shared_ptr<Controller>& set, bool up) {
  set->changing = true;
  world_.QueuePut([this, set, up] {
    const std::size_t ready = set->replicas;
    set->replicas = up ? ready + 1 : ready - 1;
    PutSet(*set, set->replicas, ready);
  });
  if (up) {
    pods_.QueueStart(pods_.Add(set, set->replicas));
  } else if (Pod* const last = Standing(*set, set->replicas - 1)) {
    pods_.QueueStop(pods_.Shared(last));
  }
  world_.QueuePut([this, set] {
    set->changing = false;
    PutSet(*set, set->replicas, set->replicas);
  });
}

bool StatefulSets::Act() {
  if (all_.empty() || world_.Busy()) return false;
  const auto& set = all_[world_.Below(all_.size())];
  if (set->changing) return false;
  const std::size_t dice = world_.Below(4);
  if (dice < 2) {
    Update(set);
  } else if (set->replicas < 2 || (set->replicas < 5 && dice == 2)) {
    Scale(set, true);
  } else {
    Scale(set, false);
  }
  return false;
}

void DaemonSets::PutSet(const Controller& set, std::size_t updated) {
  const std::string replicas = std::to_string(set.replicas);
  world_.Put(kDaemonSets, set.ns, set.name, DaemonSetTemplate(),
             {{"time", world_.Now()},
              {"applied", world_.Now()},
              {"api", "apps/v1"},
              {"app", set.name},
              {"image", set.Image(set.revision)},
              {"replicas", replicas},
              {"ready", replicas},
              {"updated", std::to_string(updated)}},
             set.revision);
}

void DaemonSets::Fill(const Plan& plan) {
  for (std::size_t i = 0; i < plan.daemon_sets; ++i) {
    auto set = std::make_shared<Controller>();
    set->kind = PodOwnerKind::kDaemonSet;
    set->ns = "kube-system";
    set->name = fmt::format("agent-{}", i);
    set->replicas = world_.nodes;
    PutSet(*set, set->replicas);
    PutRevision(world_, kDaemonSets, "DaemonSet", *set);
    for (std::size_t node = 0; node < world_.nodes; ++node) {
      pods_.Put(*pods_.Add(set, node, node), Pods::kRunning);
    }
    all_.push_back(std::move(set));
  }
}

void DaemonSets::QueueNext(const std::shared_ptr<Controller>& set,
                           std::size_t at) {
  if (at == set->replicas) {
    world_.QueuePut([this, set] {
      set->changing = false;
      PutSet(*set, set->replicas);
    });
    return;
  }
  // The Pods stand in the order of their nodes: the one to go is the first.
  if (!set->pods.empty()) {
    const Pod* const old = set->pods.front();
    const std::size_t node = old->node;
    pods_.QueueStop(pods_.Shared(old));
    pods_.QueueStart(pods_.Add(set, node, node));
  }
  world_.QueuePut([this, set, at] { PutSet(*set, at + 1); });
  world_.Queue([this, set, at] {
    QueueNext(set, at + 1);
    return false;
  });
}

bool DaemonSets::Act() {
  if (all_.empty() || world_.Busy()) return false;
  const auto& set = all_[world_.Below(all_.size())];
  if (set->changing) return false;
  set->changing = true;
  QueueRevision(world_, kDaemonSets, "DaemonSet", set);
  world_.Queue([this, set] {
    QueueNext(set, 0);
    return false;
  });
  return false;
}

}  // namespace kubescribe::fakes
