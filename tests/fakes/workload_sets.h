// StatefulSets, whose Pods come and go in order, and DaemonSets, with a Pod on
// each node; both with ControllerRevisions.
#pragma once

#include <memory>
#include <vector>

#include "fakes/workload_pods.h"

namespace kubescribe::fakes {

class StatefulSets final : public Part {
 public:
  StatefulSets(World& world, Pods& pods) : world_(world), pods_(pods) {}
  void Fill(const Plan& plan) override;
  bool Act() override;

 private:
  void PutSet(const Controller& set, std::size_t updated, std::size_t ready);
  void Update(const std::shared_ptr<Controller>& set);
  void Scale(const std::shared_ptr<Controller>& set, bool up);

  World& world_;
  Pods& pods_;
  std::vector<std::shared_ptr<Controller>> all_;
};

class DaemonSets final : public Part {
 public:
  DaemonSets(World& world, Pods& pods) : world_(world), pods_(pods) {}
  void Fill(const Plan& plan) override;
  bool Act() override;

 private:
  void PutSet(const Controller& set, std::size_t updated);
  // Replaces the Pods one by one, from node `at` on.
  void QueueNext(const std::shared_ptr<Controller>& set, std::size_t at);

  World& world_;
  Pods& pods_;
  std::vector<std::shared_ptr<Controller>> all_;
};

}  // namespace kubescribe::fakes
