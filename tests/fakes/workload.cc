#include "fakes/workload.h"

#include <utility>

#include "fakes/workload_apps.h"
#include "fakes/workload_cluster.h"
#include "fakes/workload_config.h"
#include "fakes/workload_custom.h"
#include "fakes/workload_jobs.h"
#include "fakes/workload_pods.h"
#include "fakes/workload_sets.h"
#include "fakes/workload_world.h"

namespace kubescribe::fakes {
namespace {

// Of a hundred chances so many go to what is under way, while anything is.
constexpr std::size_t kTaskShare = 75;

}  // namespace

struct Workload::Parts {
  Parts(std::uint64_t seed, State& state, const Clock& clock)
      : world(seed, state, clock) {}

  struct Share {
    Part& part;
    std::size_t weight;
  };

  World world;
  Pods pods{world};
  Deployments deployments{world, pods};
  StatefulSets stateful_sets{world, pods};
  DaemonSets daemon_sets{world, pods};
  Jobs jobs{world, pods};
  Nodes nodes{world};
  Events events{world, pods};
  Namespaces namespaces{world, deployments};
  Settings settings{world};
  Releases releases{world};
  CustomResources custom{world};
  // In the order in which they are filled. Those that write at once come to
  // what their weights say; those that queue share what the queue can take.
  Share all[10] = {{namespaces, 4},  {nodes, 36},       {settings, 14},
                   {releases, 6},    {deployments, 40}, {stateful_sets, 10},
                   {daemon_sets, 2}, {jobs, 10},        {custom, 20},
                   {events, 30}};
  std::size_t weights = 0;
  bool filled = false;
};

Workload::Workload(std::uint64_t seed, State& state, const Clock& clock)
    : parts_(std::make_unique<Parts>(seed, state, clock)) {
  for (const Parts::Share& share : parts_->all) {
    parts_->weights += share.weight;
  }
}

Workload::~Workload() = default;

void Workload::Fill(std::size_t objects) {
  const State::Quiet quiet(parts_->world.state);
  const Plan plan(objects);
  parts_->world.nodes = plan.nodes;
  for (const Parts::Share& share : parts_->all) share.part.Fill(plan);
  parts_->filled = true;
}

bool Workload::Act() {
  World& world = parts_->world;
  if (!world.tasks.empty() && world.Below(100) < kTaskShare) {
    const Task task = std::move(world.tasks.front());
    world.tasks.pop_front();
    return task();
  }
  std::size_t dice = world.Below(parts_->weights);
  for (const Parts::Share& share : parts_->all) {
    if (dice < share.weight) return share.part.Act();
    dice -= share.weight;
  }
  return false;
}

void Workload::Step(std::size_t revisions) {
  if (!parts_->filled) Fill(0);
  while (revisions > 0) {
    if (Act()) --revisions;
  }
}

}  // namespace kubescribe::fakes
