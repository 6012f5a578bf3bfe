// ListGate: how much a cluster's API server is asked at a time. Every request
// that is not a watch takes a token (QPS with a burst); a list also holds one
// of few places from its first page to its last, so that a restarted server is
// not met by the lists of all streams at once (P§8, aligned re-lists).
#pragma once

#include <cstdint>
#include <deque>
#include <functional>

#include "base/clock.h"
#include "net/http.h"
#include "watch/timer.h"

namespace kubescribe::watch {

struct ListGateOptions {
  int concurrency = 3;
  double qps = 20;
  double burst = 40;
};

// Loop thread. Shared by the streams of a cluster; outlives them.
class ListGate {
 public:
  using Ticket = std::uint64_t;

  ListGate(const ListGateOptions& options, net::Scheduler& scheduler);

  // Calls `fn` once there is a place and a token, in the order of asking and
  // never from within Enter. The place is held until Leave().
  Ticket Enter(std::function<void()> fn);
  void Leave();
  // Calls `fn` once there is a token; never from within Pass.
  Ticket Pass(std::function<void()> fn);
  // The function is not called any more. Unknown tickets are ignored.
  void Forget(Ticket ticket);

  int inside() const { return inside_; }

 private:
  struct Waiting {
    Ticket ticket = 0;
    std::function<void()> fn;
  };
  void Pump();
  void Refill();
  void Schedule();

  const ListGateOptions options_;
  net::Scheduler& scheduler_;
  std::deque<Waiting> entering_;
  std::deque<Waiting> passing_;
  Ticket last_ticket_ = 0;
  int inside_ = 0;
  double tokens_;
  Micros refilled_;  // mono
  Timer timer_;
};

}  // namespace kubescribe::watch
