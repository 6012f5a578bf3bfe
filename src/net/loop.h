// Loop: the one thread that drives every transfer and every timer, over
// epoll and libcurl's multi interface.
//
//   Loop loop(SystemClock());
//   std::thread thread([&] { loop.Run(); });
//   loop.Post([&] { ... start streams ... });
//   ...
//   loop.Stop();
//   thread.join();
//
// Clients (client.h) must be destroyed before their loop, on its thread or
// after Run has returned.
#pragma once

#include <functional>
#include <memory>

#include "base/clock.h"
#include "net/http.h"

namespace kubescribe::net {

class Loop final : public Scheduler {
 public:
  explicit Loop(const Clock& clock = SystemClock());
  ~Loop() override;
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Works until Stop. Functions posted before Stop have been called then.
  void Run();
  // One turn: waits for something to do, `max_wait` at most, and does it. For
  // a program that has its own loop, and for tests.
  void Turn(Micros max_wait);

  // Any thread, also from within a signal-driven thread; not from a signal
  // handler. Run returns soon; called on the loop's thread, it is followed by
  // no timer and no transfer, so that what these refer to may go. May come
  // before Run.
  void Stop();
  // Any thread. Calls `fn` on the loop's thread, in order, not within Post.
  // What is still waiting when the loop is destroyed is not called.
  void Post(std::function<void()> fn);

  // Scheduler. Loop thread.
  const Clock& clock() const override;
  TimerId After(Micros delay, std::function<void()> fn) override;
  void Cancel(TimerId id) override;

  // Called on the loop's thread when it could not look at its sockets for more
  // than kStall (a slow handler, a stopped process, a machine asleep), before
  // anything that had been waiting meanwhile is handed over. `from_wall` is
  // when it last looked. After it every running transfer gets an OnDrained of
  // its own again once its socket is found empty.
  static constexpr Micros kStall = 1 * kSecond;
  void OnStall(std::function<void(Micros from_wall)> listener);

  class Impl;  // for the other files of net/
  Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace kubescribe::net
