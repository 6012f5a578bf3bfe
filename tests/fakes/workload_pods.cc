#include "fakes/workload_pods.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "fakes/bodies.h"

namespace kubescribe::fakes {

std::string Controller::Hash(unsigned int of) const {
  // Of the text alone, so that it is the same everywhere.
  std::uint64_t hash = 14695981039346656037U + of * 7919;
  for (const char c : name) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  }
  return fmt::format("{:09x}", (hash >> 20) & 0xfffffffffU);
}

std::string Controller::OwnerName(unsigned int of) const {
  return kind == PodOwnerKind::kReplicaSet ? name + "-" + Hash(of) : name;
}

std::string Controller::Image(unsigned int of) const {
  return fmt::format("registry.example/team/{}:v1.{}.0", name, of);
}

std::string Pod::Name() const {
  if (owner->kind == PodOwnerKind::kStatefulSet) {
    return fmt::format("{}-{}", owner->name, index);
  }
  return fmt::format("{}-{:05x}", owner->OwnerName(revision), seed & 0xfffff);
}

std::shared_ptr<Pod> Pods::Add(const std::shared_ptr<Controller>& owner,
                               std::size_t index, std::size_t node) {
  auto pod = std::make_shared<Pod>();
  pod->owner = owner;
  pod->seed = world_.random.Next();
  pod->revision = owner->revision;
  pod->index = static_cast<std::uint32_t>(index);
  pod->node = static_cast<std::uint32_t>(node);
  pod->at = all_.size();
  all_.push_back(pod);
  owner->pods.push_back(pod.get());
  return pod;
}

void Pods::Forget(const Pod& pod) {
  std::erase(pod.owner->pods, &pod);
  const std::size_t at = pod.at;
  std::swap(all_[at], all_.back());
  all_[at]->at = at;
  all_.pop_back();
}

std::shared_ptr<Pod> Pods::Any() {
  if (all_.empty()) return nullptr;
  const std::shared_ptr<Pod>& pod = all_[world_.Below(all_.size())];
  return pod->stopping || pod->owner->transient ? nullptr : pod;
}

void Pods::Put(const Pod& pod, Phase phase, bool deleting) {
  const Controller& owner = *pod.owner;
  const PodOwnerTemplates& its = PodOwner(owner.kind);
  const std::string owner_name = owner.OwnerName(pod.revision);
  const std::string owner_uid =
      world_.UidOf(its.resource, owner.ns, owner_name);
  const bool done = phase == kDone;
  const bool running = phase == kRunning;
  const bool kubelet = phase >= kCreating;
  const std::string address =
      fmt::format("10.{}.{}.{}", (pod.seed >> 20) % 250, (pod.seed >> 28) % 250,
                  (pod.seed >> 36) % 250);
  const Template& state = done                ? TerminatedTemplate()
                          : phase == kCrashed ? CrashedTemplate()
                          : running           ? RunningTemplate()
                                              : WaitingTemplate();
  const Value nothing("");
  world_.Put(
      "pods", owner.ns, pod.Name(), PodTemplate(),
      {{"time", world_.Now()},
       {"deletion", deleting ? Value(DeletionTemplate()) : nothing},
       // The deadline, not the moment of the request.
       {"deadline",
        deleting ? Rfc3339(world_.clock.Wall() + 30 * kSecond) : ""},
       {"app", owner.name},
       {"labels", its.labels},
       {"label_fields", its.label_fields},
       {"hash", owner.Hash(pod.revision)},
       {"index",
        std::to_string(owner.kind == PodOwnerKind::kDaemonSet ? pod.revision
                                                              : pod.index)},
       {"suffix", fmt::format("{:05x}", (pod.seed >> 4) & 0xfffff)},
       {"image", owner.Image(pod.revision)},
       {"owner", owner_name},
       {"owner_uid", owner_uid},
       {"owner_api", its.api_version},
       {"owner_kind", its.kind},
       {"restart", owner.kind == PodOwnerKind::kJob ? "OnFailure" : "Always"},
       {"node_field", phase >= kScheduled
                          ? R"("nodeName":")" + NodeName(pod.node) + R"(",)"
                          : ""},
       {"phase", done                           ? "Succeeded"
                 : running || phase == kCrashed ? "Running"
                                                : "Pending"},
       {"status", kubelet               ? Value(PodStatusTemplate())
                  : phase == kScheduled ? Value(ScheduledStatusTemplate())
                                        : nothing},
       {"status_fields", kubelet ? Value(PodStatusFieldsTemplate()) : nothing},
       {"sandbox", done ? "False" : "True"},
       {"all_ready", running ? "True" : "False"},
       {"reason", done ? R"(,"reason":"PodCompleted")" : ""},
       {"host_ip", fmt::format("192.168.0.{}", pod.node % 250)},
       {"ip", address},
       {"state", state},
       {"last_state",
        pod.restarts > 0 ? Value(TerminatedTemplate()) : Value("{}")},
       {"exit_code", done ? "0" : "137"},
       {"exit_reason", done ? "Completed" : "OOMKilled"},
       {"ready", running ? "true" : "false"},
       {"restarts", std::to_string(pod.restarts)},
       {"image_hash", Value::Hex(pod.revision, 64)},
       {"container_id", Value::Hex(pod.seed + pod.restarts, 64)}});
}

void Pods::QueueStart(const std::shared_ptr<Pod>& pod, Phase last) {
  for (const Phase phase : {kPending, kScheduled, kCreating, kRunning}) {
    world_.QueuePut([this, pod, phase] { Put(*pod, phase); });
  }
  if (last == kDone) {
    world_.QueuePut([this, pod] { Put(*pod, kDone); });
  }
}

void Pods::QueueStop(const std::shared_ptr<Pod>& pod, Phase from) {
  pod->stopping = true;
  world_.QueuePut([this, pod, from] { Put(*pod, from, true); });
  world_.Queue([this, pod] {
    Forget(*pod);
    return world_.Delete("pods", pod->owner->ns, pod->Name());
  });
}

void Pods::QueueCrash(const std::shared_ptr<Pod>& pod) {
  // Whoever stops it meanwhile is right: the crash is not seen then.
  const auto put = [this, pod](Phase phase) {
    world_.Queue([this, pod, phase] {
      if (pod->stopping) return false;
      if (phase == kCrashed) ++pod->restarts;
      Put(*pod, phase);
      return true;
    });
  };
  put(kCrashed);
  put(kRunning);
}

}  // namespace kubescribe::fakes
