// Timer: one pending call on the loop, cancelled when its owner goes away.
#pragma once

#include <functional>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "net/http.h"

namespace kubescribe::watch {

// Loop thread.
class Timer {
 public:
  explicit Timer(net::Scheduler& scheduler) : scheduler_(scheduler) {}
  ~Timer() { Cancel(); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  // Calls `fn` once after `delay`, never from within Set; replaces what was
  // pending. `fn` may set the timer again.
  void Set(Micros delay, std::function<void()> fn) {
    Cancel();
    id_ = scheduler_.After(delay < 0 ? 0 : delay, [this, call = std::move(fn)] {
      id_.reset();
      call();
    });
  }
  void Cancel() {
    if (id_) scheduler_.Cancel(*std::exchange(id_, std::nullopt));
  }
  bool armed() const { return id_.has_value(); }

 private:
  net::Scheduler& scheduler_;
  std::optional<net::TimerId> id_;
};

}  // namespace kubescribe::watch
