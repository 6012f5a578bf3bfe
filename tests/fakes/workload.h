// Workload: makes a State look like a cluster at work. Deployments roll out,
// their Pods go through their phases, nodes report, people edit ConfigMaps.
//
// Same seed, options and clock: same revisions. One thread at a time.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "fakes/state.h"

namespace kubescribe::fakes {

class Workload {
 public:
  Workload(std::uint64_t seed, State& state, const Clock& clock);
  ~Workload();

  // The standing objects, about `objects` in all.
  void Fill(std::size_t objects);
  // Exactly so many more revisions. Fills first if that was not done.
  void Step(std::size_t revisions);

 private:
  struct App;
  struct Pod;
  // One change; false when there was nothing to be done.
  using Task = std::function<bool()>;

  void PutNamespace(const std::string& name);
  void PutNode(std::size_t index, bool heartbeat);
  void PutLease(std::size_t index);
  void PutConfigMap(std::size_t index);
  void PutSecret(std::size_t index);
  void PutDeployment(const App& app);
  void PutReplicaSet(const App& app, unsigned int revision,
                     std::size_t replicas);
  void PutPod(const Pod& pod, int phase, bool deleting);
  void PutEvent();
  bool DeleteOldEvent();

  std::shared_ptr<Pod> NewPod(const std::shared_ptr<App>& app);
  void QueueStart(const std::shared_ptr<Pod>& pod);
  void QueueStop(const std::shared_ptr<Pod>& pod);
  void RollOut();
  void KillPod();
  void RecreateConfigMap();
  bool Act();
  std::string Hex(std::size_t digits);

  SeededRandom random_;
  State& state_;
  const Clock& clock_;
  std::vector<std::string> namespaces_;
  std::size_t nodes_ = 0;
  std::size_t config_maps_ = 0;
  std::size_t secrets_ = 0;
  std::vector<std::shared_ptr<App>> apps_;
  std::vector<std::shared_ptr<Pod>> pods_;
  std::deque<std::pair<std::string, std::string>> events_;
  std::size_t max_events_ = 0;
  std::deque<Task> tasks_;
};

}  // namespace kubescribe::fakes
