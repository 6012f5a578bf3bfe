// Api: what the simulated server answers to a request. Routes, access, faults
// of answers, the log of requests; knows no sockets.
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

#include "fakes/answer.h"
#include "fakes/faults.h"
#include "fakes/lister.h"
#include "fakes/sim_cluster.h"
#include "fakes/state.h"

namespace kubescribe::fakes {

class Api {
 public:
  // `changed` is called after each request and when a watch ends.
  Api(const SimOptions& options, State& state, FaultBook& faults,
      Journal& journal, const Clock& clock, std::function<void()> changed);

  // Server's thread. The sources in answers must not outlive the Api.
  Answer Handle(const Request& request);

  // Any thread, as the methods of SimCluster by these names.
  void SetToken(const std::string& token);
  void ExpireToken();
  void Forbid(const AccessRule& rule);
  void AllowAll();
  void FailGroup(const std::string& group, bool failing);
  void ExpireContinueTokens() { lister_.ExpireTokens(); }
  void SetHook(RequestHook hook);
  std::vector<RequestRecord> Requests() const;
  std::size_t OpenWatches(const std::string& resource) const;

 private:
  struct Route {
    std::optional<KindInfo> kind;
    std::string group;
    std::string ns;
    std::string name;
    std::string verb;  // as in RequestRecord
    bool unknown_resource = false;
  };
  // Open watches by resource; outlives the Api while answers are sent.
  struct Watches {
    mutable std::mutex mutex;
    std::map<std::string, std::size_t> open;
  };

  Route Parse(const Request& request) const;
  Answer Decide(const Request& request, const Route& route);
  std::optional<Answer> Refuse(const Request& request, const Route& route);
  Answer Fail(const Fault& fault, const Request& request, const Route& route);
  Answer Discovery(const Request& request);
  Answer List(const Request& request, const Route& route, bool force_gzip);
  Answer Watch(const Request& request, const Route& route, bool gzip);
  Answer Get(const Route& route);
  void SpoilBody(Answer& answer, const Request& request, const Route& route);
  void Served(const Fault& fault, const Route& route, std::uint64_t rv,
              const std::string& name, const std::string& detail);
  static FaultPlace Place(const Request& request, const Route& route);

  const SimOptions& options_;
  State& state_;
  FaultBook& faults_;
  Journal& journal_;
  const Clock& clock_;
  const std::function<void()> changed_;
  Lister lister_;
  const std::shared_ptr<Watches> watches_ = std::make_shared<Watches>();
  mutable std::mutex mutex_;  // guards what follows
  SeededRandom random_;
  std::string token_;
  bool token_expired_ = false;
  std::vector<AccessRule> forbidden_;
  std::set<std::string> failing_;
  RequestHook hook_;
  std::deque<RequestRecord> requests_;
};

}  // namespace kubescribe::fakes
