// Workload: makes a State look like a cluster at work. Controllers roll out
// and Pods go through their phases, Jobs run and are cleaned up, Nodes report,
// Events expire, people edit ConfigMaps, Helm upgrades, operators reconcile,
// namespaces come and go. Its parts are in workload_*.h.
//
// Same seed, options and clock: same revisions. One thread at a time.
#pragma once

#include <cstddef>
#include <memory>

#include "base/clock.h"
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
  struct Parts;
  bool Act();

  std::unique_ptr<Parts> parts_;
};

}  // namespace kubescribe::fakes
