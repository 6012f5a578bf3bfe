// CronJobs, whose Jobs run a Pod to its end and are cleaned up some time later.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "fakes/workload_pods.h"

namespace kubescribe::fakes {

class Jobs final : public Part {
 public:
  Jobs(World& world, Pods& pods) : world_(world), pods_(pods) {}
  void Fill(const Plan& plan) override;
  bool Act() override;

 private:
  struct Cron;
  using Job = std::shared_ptr<Controller>;

  void PutCron(const Cron& cron, const Job& active);
  void PutJob(const Cron& cron, const Job& job, bool done, bool deleting);
  void Run(const std::shared_ptr<Cron>& cron);
  void CleanUp();

  World& world_;
  Pods& pods_;
  std::vector<std::shared_ptr<Cron>> all_;
  std::deque<std::pair<std::shared_ptr<Cron>, Job>> finished_;
};

}  // namespace kubescribe::fakes
