// What the recorder says of itself: the answer to `status` on the control
// socket (control/protocol.h), progress of first lists, and the totals at the
// end.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "kubescribed/cluster_runner.h"
#include "store/disk_budget.h"

namespace kubescribe::daemon {

using Runners = std::vector<std::unique_ptr<ClusterRunner>>;

// A JSON object. Loop thread.
std::string StatusJson(const Runners& runners, store::DiskBudget& disk,
                       Micros started_at, const Clock& clock);

// Shows how far the first lists are: on a terminal a bar a cluster, redrawn in
// place; otherwise a log line when 5 s have passed since the last. Loop thread.
class Progress {
 public:
  explicit Progress(const Clock& clock);
  // How often Show is to be called.
  Micros interval() const;
  void Show(const Runners& runners);
  // Ends the line of the bar, if one is on the screen.
  void End();

 private:
  const Clock& clock_;
  const bool terminal_;
  Micros last_ = 0;
  std::size_t lines_ = 0;
};

// "prod: 1203 revisions, 1 gap, file /…/prod.db, last seq 1240".
std::string Totals(const ClusterRunner& runner);

}  // namespace kubescribe::daemon
