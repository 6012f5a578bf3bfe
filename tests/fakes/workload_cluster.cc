#include "fakes/workload_cluster.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "fakes/bodies.h"

namespace kubescribe::fakes {
namespace {

constexpr char kLeases[] = "leases.coordination.k8s.io";
constexpr std::size_t kExpiredAtOnce = 12;

struct Reason {
  const char* reason;
  const char* message;
  const char* type;
  const char* component;
};
constexpr Reason kReasons[] = {
    {"Unhealthy",
     "Readiness probe failed: HTTP probe failed with statuscode: 503",
     "Warning", "kubelet"},
    {"BackOff", "Back-off restarting failed container app in pod", "Warning",
     "kubelet"},
    {"Pulled", "Container image already present on machine", "Normal",
     "kubelet"},
    {"Created", "Created container: app", "Normal", "kubelet"},
    {"Started", "Started container app", "Normal", "kubelet"},
    {"Scheduled", "Successfully assigned the pod to its node", "Normal",
     "default-scheduler"},
};

}  // namespace

void Nodes::PutNode(std::size_t index) {
  const std::string zone = std::to_string(index % 250);
  world_.Put("nodes", "", NodeName(index), NodeTemplate(),
             {{"time", world_.Now()},
              {"machine", fmt::format("{:032x}", index * 2654435761U)},
              {"zone", zone}});
}

void Nodes::PutLease(std::size_t index) {
  world_.Put(kLeases, "kube-node-lease", NodeName(index), LeaseTemplate(),
             {{"time", world_.Now()}, {"micros", world_.NowMicro()}});
}

void Nodes::Fill(const Plan& plan) {
  for (std::size_t i = 0; i < plan.nodes; ++i) {
    PutNode(i);
    PutLease(i);
  }
}

bool Nodes::Act() {
  const std::size_t turn = next_++;
  if (turn % 7 == 6) {
    PutNode(turn / 7 % world_.nodes);
  } else {
    PutLease(turn % world_.nodes);
  }
  return true;
}

void Events::Fill(const Plan& plan) {
  most_ = plan.events;
  // Chance may fail to find a Pod, but not for ever.
  for (std::size_t i = 0; i < 10 * most_ && standing_.size() < most_ * 2 / 3;
       ++i) {
    Put();
  }
}

bool Events::Put() {
  // About a third are repetitions of one that stands.
  Entry* entry = nullptr;
  if (!standing_.empty() && world_.Below(3) == 0) {
    entry = &standing_[world_.Below(standing_.size())];
    ++entry->count;
  } else {
    const std::shared_ptr<Pod> pod = pods_.Any();
    if (pod == nullptr) return false;
    Entry fresh;
    fresh.ns = pod->owner->ns;
    fresh.pod = pod->Name();
    fresh.suffix = world_.Hex(16);
    fresh.first = world_.Now();
    fresh.reason =
        static_cast<std::uint32_t>(world_.Below(std::size(kReasons)));
    fresh.node = pod->node;
    standing_.push_back(std::move(fresh));
    entry = &standing_.back();
  }
  const Reason& reason = kReasons[entry->reason];
  const ObjectPtr pod =
      world_.state.Get(world_.Kind("pods"), entry->ns, entry->pod);
  world_.Put("events", entry->ns, entry->Name(), EventTemplate(),
             {{"time", world_.Now()},
              {"first", entry->first},
              {"object", entry->pod},
              {"object_uid", pod ? pod->uid : ""},
              {"object_rv", pod ? std::to_string(pod->rv) : ""},
              {"reason", reason.reason},
              {"message", reason.message},
              {"node", NodeName(entry->node)},
              {"component", reason.component},
              {"count", std::to_string(entry->count)},
              {"type", reason.type}});
  return true;
}

bool Events::Act() {
  if (standing_.size() <= most_) return Put();
  State::Names expired;
  const std::size_t count = std::min(kExpiredAtOnce, standing_.size() / 2 + 1);
  for (std::size_t i = 0; i < count; ++i) {
    expired.emplace_back(standing_.front().ns, standing_.front().Name());
    standing_.pop_front();
  }
  return !world_.state.DeleteBatch(world_.Kind("events"), expired).empty();
}

void Namespaces::PutNamespace(const std::string& name, bool terminating) {
  static constexpr char kConditions[] =
      R"(,"conditions":[{"type":"NamespaceDeletionDiscoveryFailure",)"
      R"("status":"False","reason":"ResourcesDiscovered",)"
      R"("message":"All resources successfully discovered"},)"
      R"({"type":"NamespaceContentRemaining","status":"True",)"
      R"("reason":"SomeResourcesRemain",)"
      R"("message":"Some resources are remaining: pods. has 1 instances"}])";
  world_.Put(
      "namespaces", "", name, NamespaceTemplate(),
      {{"deletion",
        terminating ? R"("deletionTimestamp":")" + world_.Now() + R"(",)" : ""},
       {"phase", terminating ? "Terminating" : "Active"},
       {"conditions", terminating ? kConditions : ""}});
}

void Namespaces::PutAccount(const std::string& ns) {
  world_.Put("serviceaccounts", ns, "default", ServiceAccountTemplate(), {});
}

void Namespaces::PutRootCa(const std::string& ns) {
  world_.Put("configmaps", ns, "kube-root-ca.crt", RootCaTemplate(),
             {{"ca", Value::Base64(1, 1400)}});
}

void Namespaces::Fill(const Plan& plan) {
  PutNamespace("kube-node-lease", false);
  for (std::size_t i = 0; i < plan.namespaces; ++i) {
    const std::string name = fmt::format("team-{}", i);
    world_.namespaces.push_back(name);
    PutNamespace(name, false);
    PutAccount(name);
    PutRootCa(name);
  }
}

void Namespaces::Come() {
  const std::string name = fmt::format("preview-{}", made_++);
  world_.QueuePut([this, name] { PutNamespace(name, false); });
  world_.QueuePut([this, name] { PutRootCa(name); });
  world_.QueuePut([this, name] { PutAccount(name); });
  guests_.push_back(deployments_.QueueTransient(name, "web"));
}

void Namespaces::Go() {
  const std::shared_ptr<Controller> guest = std::move(guests_.front());
  guests_.pop_front();
  const std::string ns = guest->ns;
  world_.QueuePut([this, ns] { PutNamespace(ns, true); });
  deployments_.QueueRemoval(guest);
  world_.Queue([this, ns] {
    return world_.Delete("configmaps", ns, "kube-root-ca.crt");
  });
  world_.Queue(
      [this, ns] { return world_.Delete("serviceaccounts", ns, "default"); });
  world_.Queue([this, ns] { return world_.Delete("namespaces", "", ns); });
}

bool Namespaces::Act() {
  if (world_.Busy()) return false;
  if (guests_.size() < 2 || (guests_.size() < 5 && world_.Below(2) == 0)) {
    Come();
  } else {
    Go();
  }
  return false;
}

}  // namespace kubescribe::fakes
