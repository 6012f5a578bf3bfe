#include "fakes/workload.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "fakes/bodies.h"
#include "fakes/templates.h"

namespace kubescribe::fakes {
namespace {

// Phases of a Pod, in the order they come.
enum : int { kPending, kScheduled, kCreating, kRunning, kPhases };

KindInfo Kind(const State& state, const char* id) {
  return *state.FindKind(std::string(id));
}

}  // namespace

struct Workload::App {
  std::string ns;
  std::string name;
  std::size_t replicas = 1;
  std::size_t ready = 0;
  std::size_t updated = 0;
  unsigned int revision = 1;
  bool changing = false;  // a roll-out or a replacement is under way

  std::string Hash(unsigned int of) const {
    return fmt::format(
        "{:x}", (std::hash<std::string>()(name) + of * 7919) % 0xfffffffffU);
  }
  std::string ReplicaSet(unsigned int of) const {
    return name + "-" + Hash(of);
  }
  std::string Image(unsigned int of) const {
    return fmt::format("registry.example/team/{}:v1.{}.0", name, of);
  }
};

struct Workload::Pod {
  std::shared_ptr<App> app;
  unsigned int revision = 1;
  std::string suffix;
  std::size_t node = 0;
  std::string ip;
  std::string container_id;
  bool stopping = false;

  std::string Name() const { return app->ReplicaSet(revision) + "-" + suffix; }
};

Workload::Workload(std::uint64_t seed, State& state, const Clock& clock)
    : random_(seed), state_(state), clock_(clock) {}

Workload::~Workload() = default;

std::string Workload::Hex(std::size_t digits) {
  std::string out;
  for (std::size_t i = 0; i < digits; ++i) {
    out += "0123456789abcdef"[random_.Below(16)];
  }
  return out;
}

void Workload::PutNamespace(const std::string& name) {
  state_.Put(Kind(state_, "namespaces"), "", name,
             [&](Object& meta, const Object*) {
               return fakes::Fill(NamespaceTemplate(),
                                  {{"name", name},
                                   {"uid", meta.uid},
                                   {"created", Rfc3339(meta.created)}});
             });
}

void Workload::PutNode(std::size_t index, bool) {
  const std::string name = fmt::format("node-{:04}", index);
  const std::string machine = fmt::format("{:032x}", index * 2654435761U);
  state_.Put(Kind(state_, "nodes"), "", name, [&](Object& meta, const Object*) {
    return fakes::Fill(NodeTemplate(), {{"name", name},
                                        {"uid", meta.uid},
                                        {"created", Rfc3339(meta.created)},
                                        {"time", Rfc3339(clock_.Wall())},
                                        {"machine", machine},
                                        {"zone", std::to_string(index % 250)}});
  });
}

void Workload::PutLease(std::size_t index) {
  const std::string name = fmt::format("node-{:04}", index);
  const Micros now = clock_.Wall();
  std::string micros = Rfc3339(now);
  micros.insert(micros.size() - 1, fmt::format(".{:06}", now % kSecond));
  state_.Put(Kind(state_, "leases.coordination.k8s.io"), "kube-node-lease",
             name, [&](Object& meta, const Object*) {
               return fakes::Fill(LeaseTemplate(),
                                  {{"name", name},
                                   {"ns", meta.ns},
                                   {"uid", meta.uid},
                                   {"created", Rfc3339(meta.created)},
                                   {"time", Rfc3339(now)},
                                   {"micros", micros}});
             });
}

void Workload::PutConfigMap(std::size_t index) {
  const std::string& ns = namespaces_[index % namespaces_.size()];
  const std::string name = fmt::format("settings-{}", index);
  const std::string value = Hex(12);
  state_.Put(Kind(state_, "configmaps"), ns, name,
             [&](Object& meta, const Object*) {
               return fakes::Fill(ConfigMapTemplate(),
                                  {{"name", name},
                                   {"ns", ns},
                                   {"uid", meta.uid},
                                   {"created", Rfc3339(meta.created)},
                                   {"time", Rfc3339(clock_.Wall())},
                                   {"value", value}});
             });
}

void Workload::PutSecret(std::size_t index) {
  const std::string& ns = namespaces_[index % namespaces_.size()];
  const std::string name = fmt::format("credentials-{}", index);
  const std::string secret = Hex(64);
  state_.Put(Kind(state_, "secrets"), ns, name,
             [&](Object& meta, const Object*) {
               return fakes::Fill(SecretTemplate(),
                                  {{"name", name},
                                   {"ns", ns},
                                   {"uid", meta.uid},
                                   {"created", Rfc3339(meta.created)},
                                   {"time", Rfc3339(clock_.Wall())},
                                   {"secret", secret}});
             });
}

void Workload::PutDeployment(const App& app) {
  state_.Put(Kind(state_, "deployments.apps"), app.ns, app.name,
             [&](Object& meta, const Object*) {
               meta.generation = app.revision;
               const std::string generation = std::to_string(meta.generation);
               return fakes::Fill(DeploymentTemplate(),
                                  {{"name", app.name},
                                   {"ns", app.ns},
                                   {"uid", meta.uid},
                                   {"created", Rfc3339(meta.created)},
                                   {"time", Rfc3339(clock_.Wall())},
                                   {"app", app.name},
                                   {"image", app.Image(app.revision)},
                                   {"generation", generation},
                                   {"revision", generation},
                                   {"replicas", std::to_string(app.replicas)},
                                   {"updated", std::to_string(app.updated)},
                                   {"ready", std::to_string(app.ready)}});
             });
}

void Workload::PutReplicaSet(const App& app, unsigned int revision,
                             std::size_t replicas) {
  const ObjectPtr owner =
      state_.Get(Kind(state_, "deployments.apps"), app.ns, app.name);
  state_.Put(Kind(state_, "replicasets.apps"), app.ns, app.ReplicaSet(revision),
             [&](Object& meta, const Object* previous) {
               if (previous != nullptr) ++meta.generation;
               return fakes::Fill(
                   ReplicaSetTemplate(),
                   {{"name", meta.name},
                    {"ns", app.ns},
                    {"uid", meta.uid},
                    {"created", Rfc3339(meta.created)},
                    {"time", Rfc3339(clock_.Wall())},
                    {"app", app.name},
                    {"hash", app.Hash(revision)},
                    {"image", app.Image(revision)},
                    {"generation", std::to_string(meta.generation)},
                    {"revision", std::to_string(revision)},
                    {"replicas", std::to_string(replicas)},
                    {"owner", app.name},
                    {"owner_uid", owner ? owner->uid : ""}});
             });
}

void Workload::PutPod(const Pod& pod, int phase, bool deleting) {
  const App& app = *pod.app;
  const std::string set = app.ReplicaSet(pod.revision);
  const ObjectPtr owner =
      state_.Get(Kind(state_, "replicasets.apps"), app.ns, set);
  const Micros now = clock_.Wall();
  const std::string time = Rfc3339(now);
  const bool running = phase >= kRunning;
  const std::string image = app.Image(pod.revision);
  state_.Put(Kind(state_, "pods"), app.ns, pod.Name(),
             [&](Object& meta, const Object*) {
               const std::string created = Rfc3339(meta.created);
               std::string status;
               std::string fields;
               if (phase >= kCreating) {
                 const char* ready = running ? "True" : "False";
                 const std::string state =
                     running ? R"({"running":{"startedAt":")" + time + R"("}})"
                             : R"({"waiting":{"reason":"ContainerCreating"}})";
                 status = fakes::Fill(
                     PodStatusTemplate(),
                     {{"s0", "True"},
                      {"s1", "True"},
                      {"s2", ready},
                      {"s3", ready},
                      {"s4", "True"},
                      {"time", time},
                      {"created", created},
                      {"host_ip", fmt::format("192.168.0.{}", pod.node % 250)},
                      {"ip", pod.ip},
                      {"state", state},
                      {"ready", running ? "true" : "false"},
                      {"restarts", "0"},
                      {"image", image},
                      {"image_hash", pod.container_id},
                      {"container_id", "containerd://" + pod.container_id}});
                 fields = fakes::Fill(PodStatusFieldsTemplate(),
                                      {{"time", time}, {"ip", pod.ip}});
               }
               // The deadline, not the moment of the request.
               const std::string deletion =
                   deleting ? R"("deletionTimestamp":")" +
                                  Rfc3339(now + 30 * kSecond) +
                                  R"(","deletionGracePeriodSeconds":30,)"
                            : "";
               const std::string node =
                   phase >= kScheduled
                       ? fmt::format(R"("nodeName":"node-{:04}",)", pod.node)
                       : "";
               return fakes::Fill(PodTemplate(),
                                  {{"name", meta.name},
                                   {"ns", app.ns},
                                   {"uid", meta.uid},
                                   {"created", created},
                                   {"deletion", deletion},
                                   {"app", app.name},
                                   {"hash", app.Hash(pod.revision)},
                                   {"suffix", pod.suffix},
                                   {"image", image},
                                   {"owner", set},
                                   {"owner_uid", owner ? owner->uid : ""},
                                   {"node_field", node},
                                   {"phase", running ? "Running" : "Pending"},
                                   {"status", status},
                                   {"status_fields", fields}});
             });
}

void Workload::PutEvent() {
  const KindInfo kind = Kind(state_, "events");
  // Half of them are repetitions of one that stands.
  std::string ns;
  std::string name;
  if (!events_.empty() && random_.Below(2) == 0) {
    std::tie(ns, name) = events_[random_.Below(events_.size())];
  } else {
    const Pod& pod = *pods_[random_.Below(pods_.size())];
    ns = pod.app->ns;
    name = pod.Name() + "." + Hex(16);
    events_.emplace_back(ns, name);
  }
  const std::string pod_name = name.substr(0, name.rfind('.'));
  const ObjectPtr pod = state_.Get(Kind(state_, "pods"), ns, pod_name);
  const std::string count = std::to_string(1 + random_.Below(9));
  state_.Put(kind, ns, name, [&](Object& meta, const Object*) {
    return fakes::Fill(EventTemplate(),
                       {{"name", name},
                        {"ns", ns},
                        {"uid", meta.uid},
                        {"created", Rfc3339(meta.created)},
                        {"time", Rfc3339(clock_.Wall())},
                        {"object", pod_name},
                        {"object_uid", pod ? pod->uid : ""},
                        {"object_rv", pod ? std::to_string(pod->rv) : ""},
                        {"reason", "Unhealthy"},
                        {"message",
                         "Readiness probe failed: HTTP probe failed with "
                         "statuscode: 503"},
                        {"node", "node-0000"},
                        {"count", count},
                        {"type", "Warning"}});
  });
}

bool Workload::DeleteOldEvent() {
  if (events_.empty()) return false;
  const auto [ns, name] = events_.front();
  events_.pop_front();
  return state_.Delete(Kind(state_, "events"), ns, name).has_value();
}

std::shared_ptr<Workload::Pod> Workload::NewPod(
    const std::shared_ptr<App>& app) {
  auto pod = std::make_shared<Pod>();
  pod->app = app;
  pod->revision = app->revision;
  pod->suffix = Hex(5);
  pod->node = random_.Below(std::max<std::size_t>(nodes_, 1));
  pod->ip = fmt::format("10.{}.{}.{}", random_.Below(250), random_.Below(250),
                        random_.Below(250));
  pod->container_id = Hex(64);
  pods_.push_back(pod);
  return pod;
}

void Workload::QueueStart(const std::shared_ptr<Pod>& pod) {
  for (int phase = kPending; phase < kPhases; ++phase) {
    tasks_.push_back([this, pod, phase] {
      PutPod(*pod, phase, false);
      return true;
    });
  }
}

void Workload::QueueStop(const std::shared_ptr<Pod>& pod) {
  pod->stopping = true;
  tasks_.push_back([this, pod] {
    PutPod(*pod, kRunning, true);
    return true;
  });
  tasks_.push_back([this, pod] {
    std::erase(pods_, pod);
    return state_.Delete(Kind(state_, "pods"), pod->app->ns, pod->Name())
        .has_value();
  });
}

void Workload::RollOut() {
  const std::shared_ptr<App> app = apps_[random_.Below(apps_.size())];
  if (app->changing) return;
  app->changing = true;
  const unsigned int old_revision = app->revision++;
  app->updated = 0;
  tasks_.push_back([this, app] {
    PutDeployment(*app);
    return true;
  });
  tasks_.push_back([this, app] {
    PutReplicaSet(*app, app->revision, app->replicas);
    return true;
  });
  const std::vector<std::shared_ptr<Pod>> standing = pods_;
  for (const std::shared_ptr<Pod>& old : standing) {
    if (old->app != app || old->stopping) continue;
    QueueStart(NewPod(app));
    QueueStop(old);
  }
  tasks_.push_back([this, app, old_revision] {
    PutReplicaSet(*app, old_revision, 0);
    return true;
  });
  if (old_revision > 2) {
    // History is short: older sets go.
    tasks_.push_back([this, app, old_revision] {
      return state_
          .Delete(Kind(state_, "replicasets.apps"), app->ns,
                  app->ReplicaSet(old_revision - 2))
          .has_value();
    });
  }
  tasks_.push_back([this, app] {
    app->updated = app->replicas;
    app->changing = false;
    PutDeployment(*app);
    return true;
  });
}

void Workload::KillPod() {
  const std::shared_ptr<Pod> pod = pods_[random_.Below(pods_.size())];
  if (pod->stopping || pod->app->changing) return;
  QueueStop(pod);
  QueueStart(NewPod(pod->app));
}

void Workload::RecreateConfigMap() {
  const std::size_t index = random_.Below(config_maps_);
  tasks_.push_back([this, index] {
    return state_
        .Delete(Kind(state_, "configmaps"),
                namespaces_[index % namespaces_.size()],
                fmt::format("settings-{}", index))
        .has_value();
  });
  tasks_.push_back([this, index] {
    PutConfigMap(index);
    return true;
  });
}

void Workload::Fill(std::size_t objects) {
  objects = std::max<std::size_t>(objects, 20);
  const std::size_t namespaces = std::clamp<std::size_t>(objects / 100, 2, 200);
  nodes_ = std::clamp<std::size_t>(objects / 100, 1, 5000);
  config_maps_ = std::max<std::size_t>(objects * 15 / 100, 2);
  secrets_ = std::max<std::size_t>(objects / 10, 2);
  max_events_ = objects / 10 + 1;
  const std::size_t apps = std::max<std::size_t>(objects * 6 / 100, 1);
  const std::size_t pods = std::max<std::size_t>(objects * 45 / 100, 1);
  PutNamespace("kube-node-lease");
  for (std::size_t i = 0; i < namespaces; ++i) {
    namespaces_.push_back(fmt::format("team-{}", i));
    PutNamespace(namespaces_.back());
  }
  for (std::size_t i = 0; i < nodes_; ++i) {
    PutNode(i, false);
    PutLease(i);
  }
  for (std::size_t i = 0; i < config_maps_; ++i) PutConfigMap(i);
  for (std::size_t i = 0; i < secrets_; ++i) PutSecret(i);
  for (std::size_t i = 0; i < apps; ++i) {
    auto app = std::make_shared<App>();
    app->ns = namespaces_[i % namespaces_.size()];
    app->name = fmt::format("web-{}", i);
    app->replicas = pods / apps + (i < pods % apps ? 1 : 0);
    app->ready = app->replicas;
    app->updated = app->replicas;
    PutDeployment(*app);
    PutReplicaSet(*app, 1, app->replicas);
    for (std::size_t n = 0; n < app->replicas; ++n) {
      PutPod(*NewPod(app), kRunning, false);
    }
    apps_.push_back(std::move(app));
  }
  while (events_.size() < max_events_ / 2) PutEvent();
}

bool Workload::Act() {
  if (!tasks_.empty() && random_.Below(10) < 7) {
    const Task task = std::move(tasks_.front());
    tasks_.pop_front();
    return task();
  }
  const std::uint64_t dice = random_.Below(100);
  if (dice < 25) {
    // Roll-outs wait until the last ones are nearly through.
    if (tasks_.size() < 200) RollOut();
    return false;
  }
  if (dice < 40) {
    KillPod();
    return false;
  }
  if (dice < 45) {
    RecreateConfigMap();
    return false;
  }
  if (dice < 60) {
    PutConfigMap(random_.Below(config_maps_));
  } else if (dice < 65) {
    PutSecret(random_.Below(secrets_));
  } else if (dice < 75) {
    PutNode(random_.Below(nodes_), true);
  } else if (dice < 80) {
    PutLease(random_.Below(nodes_));
  } else if (events_.size() > max_events_) {
    return DeleteOldEvent();
  } else {
    PutEvent();
  }
  return true;
}

void Workload::Step(std::size_t revisions) {
  if (apps_.empty()) Fill(0);
  while (revisions > 0) {
    if (Act()) --revisions;
  }
}

}  // namespace kubescribe::fakes
