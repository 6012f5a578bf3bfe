// Api: what the simulated server answers to a request, faults of answers, and
// the log of requests; knows no sockets.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "fakes/access.h"
#include "fakes/answer.h"
#include "fakes/faults.h"
#include "fakes/lister.h"
#include "fakes/route.h"
#include "fakes/sick_frames.h"
#include "fakes/sim_cluster.h"
#include "fakes/state.h"
#include "fakes/writer.h"

namespace kubescribe::fakes {

class Api {
 public:
  // `changed` is called after each request and when a watch ends.
  Api(const SimOptions& options, State& state, FaultBook& faults,
      Journal& journal, const Clock& clock, std::function<void()> changed);

  // Server's thread. The sources in answers must not outlive the Api.
  Answer Handle(const Request& request);

  // Any thread, as the methods of SimCluster by these names.
  Access& access() { return access_; }
  void FailGroup(const std::string& group, bool failing);
  std::uint64_t EditCrd(const std::string& name, const std::string& patch) {
    return writer_.EditCrd(name, patch);
  }
  void ExpireContinueTokens() { lister_.ExpireTokens(); }
  void SetHook(RequestHook hook);
  std::vector<RequestRecord> Requests() const;
  std::size_t OpenWatches(const std::string& resource) const;

 private:
  // Open watches by resource; outlives the Api while answers are sent.
  struct Watches {
    mutable std::mutex mutex;
    std::map<std::string, std::size_t> open;
  };

  Answer Decide(const Request& request, const Route& route);
  // What a healthy server answers, but for a body that is spoilt.
  Answer Serve(const Request& request, const Route& route, bool gzip);
  Answer Fail(const Fault& fault, const Request& request, const Route& route);
  // The same list of some revisions ago, if the history reaches there.
  void AskForThePast(const Fault& fault, const Route& route,
                     Request& request) const;
  Answer Discovery(const Request& request);
  Answer List(const Request& request, const Route& route, bool force_gzip);
  Answer Watch(const Request& request, const Route& route, bool gzip);
  Answer Get(const Route& route);
  Answer Write(const Request& request, const Route& route);
  void SpoilBody(Answer& answer, const Request& request, const Route& route);
  // Into the journal: `sick` is what was made of `event`.
  void Served(const Fault& fault, const Route& route, const std::string& target,
              const Event* event = nullptr, const SickFrame* sick = nullptr);
  static FaultPlace Place(const Request& request, const Route& route);

  const SimOptions& options_;
  State& state_;
  FaultBook& faults_;
  Journal& journal_;
  const Clock& clock_;
  const std::function<void()> changed_;
  Lister lister_;
  Writer writer_;
  Access access_;
  const std::shared_ptr<Watches> watches_ = std::make_shared<Watches>();
  mutable std::mutex mutex_;  // guards what follows
  SeededRandom random_;
  std::set<std::string> failing_;
  RequestHook hook_;
  std::deque<RequestRecord> requests_;
};

}  // namespace kubescribe::fakes
