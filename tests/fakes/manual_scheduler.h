// ManualScheduler: a time that a test turns by hand.
//
//   ManualScheduler time;
//   time.After(kSecond, [] { ... });
//   time.Advance(2 * kSecond);
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <unordered_map>
#include <utility>

#include "base/clock.h"
#include "net/http.h"

namespace kubescribe::fakes {

// Time stands still but for Advance. Wall time starts in 2026.
class ManualScheduler final : public net::Scheduler {
 public:
  const Clock& clock() const override { return clock_; }

  net::TimerId After(Micros delay, std::function<void()> fn) override {
    const Micros due = clock_.mono + std::max<Micros>(delay, 0);
    timers_.emplace(std::pair(due, ++last_), std::move(fn));
    due_.emplace(last_, due);
    return last_;
  }
  void Cancel(net::TimerId id) override {
    const auto at = due_.find(id);
    if (at == due_.end()) return;
    timers_.erase({at->second, id});
    due_.erase(at);
  }

  // Runs what is due now, and what that makes due.
  void Run() {
    while (!timers_.empty() && timers_.begin()->first.first <= clock_.mono) {
      const std::function<void()> fn = std::move(timers_.begin()->second);
      due_.erase(timers_.begin()->first.second);
      timers_.erase(timers_.begin());
      fn();
    }
  }
  // Lets time pass, running each timer at its own moment.
  void Advance(Micros by) {
    const Micros end = clock_.mono + by;
    while (!timers_.empty() && timers_.begin()->first.first <= end) {
      Set(std::max(clock_.mono, timers_.begin()->first.first));
      Run();
    }
    Set(end);
  }
  // Somebody sets the clock on the wall.
  void JumpWall(Micros by) { clock_.wall += by; }
  std::size_t timers() const { return timers_.size(); }

 private:
  struct TurnedClock final : Clock {
    Micros wall = 1'790'000'000 * kSecond;
    Micros mono = 1000 * kSecond;
    Micros Wall() const override { return wall; }
    Micros Mono() const override { return mono; }
  };
  void Set(Micros mono) {
    clock_.wall += mono - clock_.mono;
    clock_.mono = mono;
  }

  TurnedClock clock_;
  std::map<std::pair<Micros, net::TimerId>, std::function<void()>> timers_;
  std::unordered_map<net::TimerId, Micros> due_;
  net::TimerId last_ = 0;
};

}  // namespace kubescribe::fakes
