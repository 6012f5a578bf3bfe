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
  kRequest,     // the answer as a whole
  kPage,        // one page of a list
  kFrame,       // one event of a watch
  kBookmark,    // in place of a bookmark
  kConnection,  // a new connection
  kCluster,     // everything; no request's doing
};

// The only chances that a fault takes.
enum class FaultLimit {
  kNone,
  kWatch,
  kList,
  kFirstPage,
  kLaterPage,
  kDeletion,
  kSharedRv,  // an event with the RV of the one before it
  kTls,
};

struct FaultKind {
  const char* name;
  FaultScope scope;
  FaultLimit limit;
  const char* sentence;
};
// Null when there is no fault of that name.
const FaultKind* FindFaultKind(const std::string& name);

// "*" is any.
bool Match(const std::string& pattern, const std::string& value);

// What a chance is matched by.
struct FaultPlace {
  std::string resource;
  std::string ns;
  std::string verb;
  bool with_continue = false;  // a list page after the first
  bool deletion = false;       // the event is a DELETED
  bool shared_rv = false;      // the event has the RV of the one before it
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
  // Of the body of an answer that is no watch.
  std::optional<Fault> ForBody(const FaultPlace& place);
  std::optional<Fault> ForPage(const FaultPlace& place);
  std::optional<Fault> ForFrame(const FaultPlace& place);
  std::optional<Fault> ForBookmark(const FaultPlace& place);
  // `tls`: the connection is to have it.
  std::optional<Fault> ForConnection(bool tls);
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
