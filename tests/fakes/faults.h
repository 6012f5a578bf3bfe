// FaultBook: which faults are waiting, and which of them a request, an event
// or a revision meets. Chances are drawn from a seed.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "fakes/sim_cluster.h"

namespace kubescribe::fakes {

// Where a fault strikes.
enum class FaultScope {
  kRequest,   // the answer as a whole
  kFrame,     // one event of a watch; with verb list, get or discovery: a body
  kBookmark,  // in place of a bookmark
  kCluster,   // everything; no request's doing
};

struct FaultKind {
  const char* name;
  FaultScope scope;
  const char* sentence;
};
// Null when there is no fault of that name.
const FaultKind* FindFaultKind(const std::string& name);

// What a chance is matched by.
struct FaultPlace {
  std::string resource;
  std::string ns;
  std::string verb;
  bool with_continue = false;  // a list page after the first
  bool deletion = false;       // the event is a DELETED
};

class FaultBook {
 public:
  FaultBook(std::uint64_t seed, const Clock& clock);

  // REQUIRES: the fault's name exists. Returns its id.
  int Add(const Fault& fault);
  void Remove(int id);
  void Clear();

  // Takes at most one fault. Each call is one chance. Any thread.
  std::optional<Fault> ForRequest(const FaultPlace& place);
  std::optional<Fault> ForBody(const FaultPlace& place);
  std::optional<Fault> ForFrame(const FaultPlace& place);
  std::optional<Fault> ForBookmark(const FaultPlace& place);
  // `revision` tells a chance from a mere look at the clock: a fault that only
  // waits for its time strikes at either, one that counts at revisions only.
  std::optional<Fault> ForCluster(bool revision);
  bool HasClusterFaults() const;

 private:
  struct Waiting {
    int id = 0;
    Fault fault;
    const FaultKind* kind = nullptr;
    std::uint64_t chances = 0;
    std::uint64_t served = 0;
    Micros since = 0;
  };
  bool Strikes(Waiting& waiting);
  static bool Fits(const Waiting& waiting, const FaultPlace& place);
  template <typename Matches>
  std::optional<Fault> Take(Matches matches);

  const Clock& clock_;
  mutable std::mutex mutex_;
  SeededRandom random_;  // this and below: guarded by mutex_
  std::vector<Waiting> waiting_;
  int next_id_ = 1;
};

}  // namespace kubescribe::fakes
