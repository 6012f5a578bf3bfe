#include "fakes/workload_custom.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string>

#include "fakes/bodies.h"
#include "fakes/sim_cluster.h"
#include "fakes/templates.h"

namespace kubescribe::fakes {
namespace {

struct Stage {
  const char* message;
  const char* reason;
  const char* status;
  const char* ready;
};

struct Operator {
  const char* group;
  const char* version;
  const char* plural;
  const char* kind;
  const char* prefix;  // of its objects' names
  const Template& (*whole)();
  int stages;  // of a change; the last one is the first of these
  Stage at[3];
};

constexpr Operator kOperators[] = {
    {"cert-manager.io",
     "v1",
     "certificates",
     "Certificate",
     "site",
     CertificateTemplate,
     2,
     {{"Certificate is up to date and has not expired", "Ready", "True", "1"},
      {"Renewing certificate as renewal was scheduled", "Issuing", "False",
       "0"}}},
    {"monitoring.coreos.com",
     "v1",
     "servicemonitors",
     "ServiceMonitor",
     "web",
     ServiceMonitorTemplate,
     1,
     {{"", "", "", ""}}},
    {"argoproj.io",
     "v1alpha1",
     "applications",
     "Application",
     "web",
     ApplicationTemplate,
     3,
     {{"Healthy", "", "Synced", "1"},
      {"Healthy", "", "OutOfSync", "1"},
      {"Progressing", "", "Synced", "0"}}},
    {"postgresql.cnpg.io",
     "v1",
     "clusters",
     "Cluster",
     "pg",
     PostgresTemplate,
     3,
     {{"Cluster in healthy state", "ClusterIsReady", "True", "3"},
      {"Failing over", "ClusterIsNotReady", "False", "2"},
      {"Waiting for the instances to become active", "ClusterIsNotReady",
       "False", "2"}}},
};

std::string IdOf(const Operator& its) {
  return std::string(its.plural) + "." + its.group;
}

}  // namespace

void CustomResources::Put(const Resource& resource, int step) {
  const Operator& its = kOperators[resource.kind];
  const Stage& stage = its.at[step];
  world_.Put(
      IdOf(its), resource.ns, resource.name, its.whole(),
      {{"time", world_.Now()},
       {"after", Rfc3339(world_.clock.Wall() + 90 * 24 * 3600 * kSecond)},
       {"message", stage.message},
       {"reason", stage.reason},
       {"status", stage.status},
       {"ready", stage.ready},
       {"revision", std::to_string(resource.revision)},
       {"interval", std::to_string(15 + resource.revision % 4 * 15)},
       {"primary", std::to_string(1 + resource.revision % 3)},
       {"commit",
        Value::Hex(resource.revision * 31 + resource.name.size(), 40)}},
      // Only a ServiceMonitor's spec is what changes.
      its.stages == 1 ? World::kNext : World::kSame);
}

bool CustomResources::Served(const Resource& resource) const {
  return world_.state.FindKind(IdOf(kOperators[resource.kind])).has_value();
}

void CustomResources::Fill(const Plan& plan) {
  if (plan.custom == 0) return;
  for (const Operator& its : kOperators) {
    CustomKind kind;
    kind.group = its.group;
    kind.version = its.version;
    kind.plural = its.plural;
    kind.kind = its.kind;
    PutCrd(world_.state, kind, world_.clock.Wall());
  }
  for (std::size_t i = 0; i < plan.custom; ++i) {
    Resource resource;
    resource.kind = i % std::size(kOperators);
    resource.ns = world_.namespaces[i % world_.namespaces.size()];
    resource.name = fmt::format("{}-{}", kOperators[resource.kind].prefix,
                                i / std::size(kOperators));
    Put(resource, 0);
    all_.push_back(std::move(resource));
  }
}

bool CustomResources::Act() {
  if (all_.empty() || world_.Busy()) return false;
  const std::size_t index = world_.Below(all_.size());
  Resource& resource = all_[index];
  if (resource.changing || !Served(resource)) return false;
  resource.changing = true;
  for (int step = 1; step <= kOperators[resource.kind].stages; ++step) {
    world_.Queue([this, index, step] {
      Resource& its = all_[index];
      const int stages = kOperators[its.kind].stages;
      if (step == stages) its.changing = false;
      if (!Served(its)) return false;
      if (step == 1) ++its.revision;
      Put(its, step % stages);
      return true;
    });
  }
  return false;
}

}  // namespace kubescribe::fakes
