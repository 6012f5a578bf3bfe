#include "fakes/workload_apps.h"

#include <fmt/format.h>

namespace kubescribe::fakes {
namespace {

constexpr char kDeployments[] = "deployments.apps";
constexpr char kReplicaSets[] = "replicasets.apps";
constexpr unsigned int kOldSets = 2;  // so many are kept

}  // namespace

void Deployments::PutDeployment(const Controller& app, std::size_t updated) {
  const std::string replicas = std::to_string(app.replicas);
  world_.Put(kDeployments, app.ns, app.name, DeploymentTemplate(),
             {{"time", world_.Now()},
              {"app", app.name},
              {"image", app.Image(app.revision)},
              {"revision", std::to_string(app.revision)},
              {"replicas", replicas},
              {"updated", std::to_string(updated)},
              {"ready", replicas}},
             app.revision);
}

void Deployments::PutReplicaSet(const Controller& app, unsigned int revision,
                                std::size_t replicas, std::size_t ready) {
  world_.Put(kReplicaSets, app.ns, app.OwnerName(revision),
             ReplicaSetTemplate(),
             {{"time", world_.Now()},
              {"app", app.name},
              {"hash", app.Hash(revision)},
              {"image", app.Image(revision)},
              {"revision", std::to_string(revision)},
              {"replicas", std::to_string(replicas)},
              {"ready", std::to_string(ready)},
              {"owner", app.name},
              {"owner_uid", world_.UidOf(kDeployments, app.ns, app.name)}},
             World::kNext);
}

void Deployments::Fill(const Plan& plan) {
  for (std::size_t i = 0; i < plan.deployments; ++i) {
    auto app = std::make_shared<Controller>();
    app->ns = world_.namespaces[i % world_.namespaces.size()];
    app->name = fmt::format("web-{}", i);
    app->replicas = plan.deployment_pods / plan.deployments +
                    (i < plan.deployment_pods % plan.deployments ? 1 : 0);
    PutDeployment(*app, app->replicas);
    PutReplicaSet(*app, 1, app->replicas, app->replicas);
    for (std::size_t n = 0; n < app->replicas; ++n) {
      pods_.Put(*pods_.Add(app, n), Pods::kRunning);
    }
    all_.push_back(std::move(app));
  }
}

void Deployments::RollOut(const std::shared_ptr<Controller>& app) {
  app->changing = true;
  const unsigned int old_revision = app->revision;
  world_.QueuePut([this, app] {
    ++app->revision;
    PutDeployment(*app, 0);
  });
  world_.QueuePut(
      [this, app] { PutReplicaSet(*app, app->revision, app->replicas, 0); });
  // The Pods are chosen now, and go one after the other.
  const std::vector<Pod*> standing = app->pods;
  std::size_t updated = 0;
  for (const Pod* old : standing) {
    if (old->stopping) continue;
    ++updated;
    const std::shared_ptr<Pod> fresh = pods_.Add(app, updated);
    fresh->revision = old_revision + 1;
    pods_.QueueStart(fresh);
    world_.QueuePut([this, app, updated] { PutDeployment(*app, updated); });
    pods_.QueueStop(pods_.Shared(old));
    world_.QueuePut([this, app, updated] {
      PutReplicaSet(*app, app->revision, app->replicas, updated);
    });
  }
  world_.QueuePut(
      [this, app, old_revision] { PutReplicaSet(*app, old_revision, 0, 0); });
  if (old_revision > kOldSets) {
    world_.Queue([this, app, old_revision] {
      return world_.Delete(kReplicaSets, app->ns,
                           app->OwnerName(old_revision - kOldSets));
    });
  }
  world_.QueuePut([this, app] {
    app->changing = false;
    PutDeployment(*app, app->replicas);
  });
}

bool Deployments::Act() {
  if (world_.Busy()) return false;
  const std::size_t dice = world_.Below(10);
  if (dice < 5) {
    const auto& app = all_[world_.Below(all_.size())];
    if (!app->changing) RollOut(app);
    return false;
  }
  const std::shared_ptr<Pod> pod = pods_.Any();
  if (pod == nullptr || pod->owner->changing) return false;
  if (dice < 8) {
    pods_.QueueCrash(pod);
  } else if (pod->owner->kind == PodOwnerKind::kReplicaSet) {
    pods_.QueueStop(pod);
    pods_.QueueStart(pods_.Add(pod->owner, 0));
  }
  return false;
}

std::shared_ptr<Controller> Deployments::QueueTransient(
    const std::string& ns, const std::string& name) {
  auto app = std::make_shared<Controller>();
  app->ns = ns;
  app->name = name;
  app->transient = true;
  app->changing = true;
  world_.QueuePut([this, app] { PutDeployment(*app, 0); });
  world_.QueuePut([this, app] { PutReplicaSet(*app, 1, 1, 0); });
  pods_.QueueStart(pods_.Add(app, 0));
  world_.QueuePut([this, app] { PutReplicaSet(*app, 1, 1, 1); });
  world_.QueuePut([this, app] { PutDeployment(*app, 1); });
  return app;
}

void Deployments::QueueRemoval(const std::shared_ptr<Controller>& app) {
  for (const Pod* pod : app->pods) pods_.QueueStop(pods_.Shared(pod));
  world_.Queue([this, app] {
    return world_.Delete(kReplicaSets, app->ns, app->OwnerName(1));
  });
  world_.Queue(
      [this, app] { return world_.Delete(kDeployments, app->ns, app->name); });
}

}  // namespace kubescribe::fakes
