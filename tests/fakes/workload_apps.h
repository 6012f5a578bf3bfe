// Deployments: ReplicaSets, roll-outs Pod by Pod, Pods that die and are
// replaced, containers that crash.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "fakes/workload_pods.h"

namespace kubescribe::fakes {

class Deployments final : public Part {
 public:
  Deployments(World& world, Pods& pods) : world_(world), pods_(pods) {}
  void Fill(const Plan& plan) override;
  bool Act() override;

  // One that is put up, and taken down again, by queued changes; nothing else
  // happens to it.
  std::shared_ptr<Controller> QueueTransient(const std::string& ns,
                                             const std::string& name);
  void QueueRemoval(const std::shared_ptr<Controller>& app);

 private:
  void PutDeployment(const Controller& app, std::size_t updated);
  void PutReplicaSet(const Controller& app, unsigned int revision,
                     std::size_t replicas, std::size_t ready);
  void RollOut(const std::shared_ptr<Controller>& app);

  World& world_;
  Pods& pods_;
  std::vector<std::shared_ptr<Controller>> all_;
};

}  // namespace kubescribe::fakes
