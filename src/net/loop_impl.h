// Loop::Impl: what the other files of net/ use of the loop. Includes curl.
// Loop thread only, but for Post and Stop.
#pragma once

#include <curl/curl.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "net/loop.h"

namespace kubescribe::net {

// One easy handle that runs in the loop. The loop does not own it.
class LoopTransfer {
 public:
  virtual ~LoopTransfer() = default;
  // The handle is done and already taken out of the loop.
  virtual void OnComplete(CURLcode code) = 0;
  // The socket is empty (see ResponseHandler::OnDrained).
  virtual void OnEmpty() = 0;

 private:
  friend class Loop::Impl;
  CURL* running_easy_ = nullptr;
  int socket_ = -1;                // that curl wants to read; -1: none
  std::uint64_t received_in_ = 0;  // the turn that last brought bytes
  bool drain_due_ = false;
  bool hurried_ = true;  // see Settled
};

class Loop::Impl {
 public:
  explicit Impl(const Clock& clock);
  ~Impl();
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void Run();
  void Turn(Micros max_wait);
  void Stop();
  void Post(std::function<void()> fn);
  const Clock& clock() const { return clock_; }
  TimerId After(Micros delay, std::function<void()> fn);
  void Cancel(TimerId id);
  void OnStall(std::function<void(Micros)> listener) {
    stall_listener_ = std::move(listener);
  }

  // Calls `fn` in the next turn.
  void Defer(std::function<void()> fn) { deferred_.push_back(std::move(fn)); }
  // Whether a callback of curl is on the stack: handles may neither be added
  // nor removed then.
  bool in_curl() const { return in_curl_; }
  // REQUIRES: !in_curl().
  void Add(LoopTransfer* transfer, CURL* easy);
  // The transfer is not called any more. Ignored when it does not run.
  // REQUIRES: !in_curl().
  void Remove(LoopTransfer* transfer);
  // To be called first by a transfer that got bytes: notes it, and finds the
  // stall when handlers before it in this turn took too long.
  void Received(LoopTransfer* transfer);
  // From now on nobody waits for what comes next: a watch that was answered.
  void Settled(LoopTransfer* transfer);
  // An OnEmpty is wanted once the socket is found empty.
  void WantDrained(LoopTransfer* transfer);
  // REQUIRES: !in_curl(). Lifts or sets the pause of a handle.
  void Pause(CURL* easy, int bitmask);

 private:
  static int SocketCallback(CURL* easy, curl_socket_t fd, int what, void* self,
                            void*);
  static int TimerCallback(CURLM*, long timeout_ms, void* self);
  bool stopped() const { return stop_.load(std::memory_order_acquire); }
  void Wake();
  Micros WaitFor(Micros max_wait);
  // Answers how long it was.
  Micros Rest(Micros longest);
  void LookedNow();
  void Stalled();
  void RunPosted();
  void RunTimers();
  void RunCompleted();
  void RunDrained();
  static bool SocketEmpty(const LoopTransfer& transfer);

  static constexpr int kMaxEvents = 256;
  // To be woken by each of many small events costs more than to take it: where
  // all are watches that were answered, and some are found empty so soon after
  // another, the sockets are left alone for so long. What comes meanwhile is
  // committed with what came before it.
  static constexpr Micros kRest = 10 * kMillisecond;

  const Clock& clock_;
  int epoll_ = -1;
  int wake_ = -1;
  CURLM* multi_ = nullptr;
  Micros curl_due_ = -1;  // mono; -1: no timeout asked for
  bool in_curl_ = false;

  std::unordered_map<CURL*, LoopTransfer*> running_;
  std::size_t hurried_ = 0;  // of these, those that are not settled
  std::vector<LoopTransfer*> drain_due_;
  bool drain_soon_ = false;  // one of them is to be looked at without a wait
  std::vector<std::function<void()>> deferred_;

  TimerId next_timer_ = 1;
  std::map<std::pair<Micros, TimerId>, std::function<void()>> timers_;
  std::unordered_map<TimerId, Micros> timer_due_;

  Micros emptied_mono_ = 0;  // when a watch was last found empty
  bool rest_due_ = false;

  std::uint64_t turn_ = 0;
  Micros looked_mono_ = -1;  // when this turn looked at its sockets
  Micros looked_wall_ = 0;
  bool stalled_in_turn_ = false;
  std::function<void(Micros)> stall_listener_;

  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::vector<std::function<void()>> posted_;  // guarded by mutex_
};

}  // namespace kubescribe::net
