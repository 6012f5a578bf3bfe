#include "net/loop.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>

#include "net/loop_impl.h"

namespace kubescribe::net {
namespace {

// The longest sleep: so much shorter than kStall that a sleep which took
// longer than kStall can only be a stopped process.
constexpr Micros kLongestWait = 250 * kMillisecond;

void InitCurlOnce() {
  static const bool done = [] {
    // A peer that closes must not end the process: OpenSSL writes without
    // MSG_NOSIGNAL.
    std::signal(SIGPIPE, SIG_IGN);
    return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  }();
  if (!done) std::abort();
}

}  // namespace

Loop::Impl::Impl(const Clock& clock) : clock_(clock) {
  InitCurlOnce();
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  wake_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  multi_ = curl_multi_init();
  if (epoll_ < 0 || wake_ < 0 || multi_ == nullptr) std::abort();
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = wake_;
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event) != 0) std::abort();
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &SocketCallback);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &TimerCallback);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
}

Loop::Impl::~Impl() {
  // These may own transfers, which take themselves out of the multi handle.
  deferred_.clear();
  timers_.clear();
  posted_.clear();
  curl_multi_cleanup(multi_);
  close(wake_);
  close(epoll_);
}

void Loop::Impl::Run() {
  while (!stopped()) Turn(kLongestWait);
  RunPosted();
}

void Loop::Impl::Stop() {
  stop_.store(true, std::memory_order_release);
  Wake();
}

void Loop::Impl::Wake() {
  const std::uint64_t one = 1;
  // It can only fail when the counter is full, and then it wakes anyway.
  (void)!write(wake_, &one, sizeof one);
}

void Loop::Impl::Post(std::function<void()> fn) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    posted_.push_back(std::move(fn));
  }
  Wake();
}

TimerId Loop::Impl::After(Micros delay, std::function<void()> fn) {
  const TimerId id = next_timer_++;
  const Micros due = clock_.Mono() + std::max<Micros>(delay, 0);
  timers_.emplace(std::make_pair(due, id), std::move(fn));
  timer_due_.emplace(id, due);
  return id;
}

void Loop::Impl::Cancel(TimerId id) {
  const auto it = timer_due_.find(id);
  if (it == timer_due_.end()) return;
  timers_.erase({it->second, id});
  timer_due_.erase(it);
}

void Loop::Impl::Turn(Micros max_wait) {
  ++turn_;
  if (std::exchange(rest_due_, false) && hurried_ == 0) {
    max_wait -= Rest(max_wait);
  }
  // In whole milliseconds, rounded up: a timer must not be early.
  const Micros wait = WaitFor(max_wait);
  const int timeout = static_cast<int>((wait + 999) / 1000);
  epoll_event events[kMaxEvents];
  int ready = epoll_wait(epoll_, events, kMaxEvents, timeout);
  ready = std::max(ready, 0);
  LookedNow();
  // Before what was posted is taken: what comes from then on wakes again.
  std::uint64_t count = 0;
  (void)!read(wake_, &count, sizeof count);
  RunPosted();
  RunTimers();
  if (stopped()) return;
  in_curl_ = true;
  for (int i = 0; i < ready; ++i) {
    const int fd = events[i].data.fd;
    if (fd == wake_) continue;
    // An error or a hang-up is found by curl when it reads.
    int mask = 0;
    if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
      mask |= CURL_CSELECT_IN;
    }
    if (events[i].events & (EPOLLOUT | EPOLLERR)) mask |= CURL_CSELECT_OUT;
    int running = 0;
    curl_multi_socket_action(multi_, fd, mask, &running);
  }
  if (curl_due_ >= 0 && clock_.Mono() >= curl_due_) {
    curl_due_ = -1;
    int running = 0;
    curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &running);
  }
  in_curl_ = false;
  RunCompleted();
  RunDrained();
}

Micros Loop::Impl::WaitFor(Micros max_wait) {
  if (!deferred_.empty() || drain_soon_) return 0;
  Micros wait = std::clamp<Micros>(max_wait, 0, kLongestWait);
  const Micros now = clock_.Mono();
  if (!timers_.empty()) {
    wait = std::min(wait, timers_.begin()->first.first - now);
  }
  if (curl_due_ >= 0) wait = std::min(wait, curl_due_ - now);
  return std::max<Micros>(wait, 0);
}

// A timer, and what is posted, end it.
Micros Loop::Impl::Rest(Micros longest) {
  const Micros began = clock_.Mono();
  pollfd wake{.fd = wake_, .events = POLLIN, .revents = 0};
  const Micros wait = WaitFor(std::min(longest, kRest));
  (void)poll(&wake, 1, static_cast<int>((wait + 999) / 1000));
  return std::min(longest, clock_.Mono() - began);
}

void Loop::Impl::LookedNow() {
  const Micros mono = clock_.Mono();
  const Micros wall = clock_.Wall();
  stalled_in_turn_ = false;
  // A machine that sleeps stops the monotonic clock too: the wall clock shows
  // it (as it shows a step forward, where a false alarm does no harm).
  const Micros mono_passed = mono - looked_mono_;
  if (looked_mono_ >= 0 &&
      (mono_passed > kStall || wall - looked_wall_ - mono_passed > kStall)) {
    Stalled();
  }
  looked_mono_ = mono;
  looked_wall_ = wall;
}

void Loop::Impl::Stalled() {
  for (const auto& [easy, transfer] : running_) {
    if (transfer->received_in_ != 0) WantDrained(transfer);
  }
  if (stall_listener_) stall_listener_(looked_wall_);
}

void Loop::Impl::RunPosted() {
  std::vector<std::function<void()>> now;
  now.swap(deferred_);
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    std::move(posted_.begin(), posted_.end(), std::back_inserter(now));
    posted_.clear();
  }
  for (std::function<void()>& fn : now) {
    fn();
    fn = nullptr;
  }
}

void Loop::Impl::RunTimers() {
  const Micros now = clock_.Mono();
  // Only those that were there when this began: one that sets itself again
  // with no delay must not keep the sockets waiting.
  const TimerId last = next_timer_;
  auto it = timers_.begin();
  while (!stopped() && it != timers_.end() && it->first.first <= now) {
    if (it->first.second >= last) {
      ++it;
      continue;
    }
    const std::function<void()> fn = std::move(it->second);
    timer_due_.erase(it->first.second);
    timers_.erase(it);
    fn();
    it = timers_.begin();
  }
}

void Loop::Impl::RunCompleted() {
  int left = 0;
  while (CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    CURL* easy = message->easy_handle;
    const CURLcode code = message->data.result;  // gone after the removal
    const auto it = running_.find(easy);
    if (it == running_.end()) continue;
    LoopTransfer* transfer = it->second;
    Remove(transfer);
    transfer->OnComplete(code);
  }
}

void Loop::Impl::RunDrained() {
  std::vector<LoopTransfer*> due;
  due.swap(drain_due_);
  drain_soon_ = false;
  // By handle, because what is called here may take others out.
  std::vector<CURL*> quiet;
  for (LoopTransfer* transfer : due) {
    if (transfer->received_in_ == turn_) {
      drain_due_.push_back(transfer);
      drain_soon_ = true;
    } else {
      quiet.push_back(transfer->running_easy_);
    }
  }
  bool settled = false;
  for (CURL* easy : quiet) {
    const auto it = running_.find(easy);
    if (it == running_.end()) continue;
    LoopTransfer* transfer = it->second;
    // Only now: what was called before took time.
    if (!SocketEmpty(*transfer)) {
      drain_due_.push_back(transfer);  // epoll wakes us for what is there
      continue;
    }
    transfer->drain_due_ = false;
    settled = settled || !transfer->hurried_;
    transfer->OnEmpty();
  }
  if (settled) {
    const Micros now = clock_.Mono();
    rest_due_ = now - emptied_mono_ < 2 * kRest;
    emptied_mono_ = now;
  }
}

// Not by a read: that would take an error that curl is to see.
bool Loop::Impl::SocketEmpty(const LoopTransfer& transfer) {
  pollfd socket{.fd = transfer.socket_, .events = POLLIN, .revents = 0};
  return transfer.socket_ < 0 || poll(&socket, 1, 0) == 0;
}

void Loop::Impl::Add(LoopTransfer* transfer, CURL* easy) {
  transfer->running_easy_ = easy;
  running_.emplace(easy, transfer);
  if (transfer->hurried_) ++hurried_;
  curl_multi_add_handle(multi_, easy);
}

void Loop::Impl::Remove(LoopTransfer* transfer) {
  if (transfer->running_easy_ == nullptr) return;
  curl_multi_remove_handle(multi_, transfer->running_easy_);
  running_.erase(transfer->running_easy_);
  if (transfer->hurried_) --hurried_;
  if (transfer->drain_due_) std::erase(drain_due_, transfer);
  transfer->drain_due_ = false;
  transfer->running_easy_ = nullptr;
  transfer->socket_ = -1;
}

void Loop::Impl::Received(LoopTransfer* transfer) {
  transfer->received_in_ = turn_;
  WantDrained(transfer);
  if (!stalled_in_turn_ && clock_.Mono() - looked_mono_ > kStall) {
    stalled_in_turn_ = true;
    Stalled();
  }
}

void Loop::Impl::Settled(LoopTransfer* transfer) {
  if (!std::exchange(transfer->hurried_, false)) return;
  if (transfer->running_easy_ != nullptr) --hurried_;
}

void Loop::Impl::WantDrained(LoopTransfer* transfer) {
  if (transfer->drain_due_ || transfer->running_easy_ == nullptr) return;
  transfer->drain_due_ = true;
  drain_due_.push_back(transfer);
}

void Loop::Impl::Pause(CURL* easy, int bitmask) {
  in_curl_ = true;  // lifting a pause calls the write callback
  curl_easy_pause(easy, bitmask);
  in_curl_ = false;
}

int Loop::Impl::SocketCallback(CURL* easy, curl_socket_t fd, int what,
                               void* self, void*) {
  const int epoll = static_cast<Impl*>(self)->epoll_;
  const auto& running = static_cast<Impl*>(self)->running_;
  if (const auto it = running.find(easy); it != running.end()) {
    // It may also be of a connection that was tried and lost the race.
    int& socket = it->second->socket_;
    if ((what & CURL_POLL_IN) != 0) {
      socket = fd;
    } else if (socket == fd) {
      socket = -1;
    }
  }
  epoll_event event{};
  event.data.fd = fd;
  if (what == CURL_POLL_REMOVE || what == CURL_POLL_NONE) {
    epoll_ctl(epoll, EPOLL_CTL_DEL, fd, &event);
    return 0;
  }
  if (what & CURL_POLL_IN) event.events |= EPOLLIN;
  if (what & CURL_POLL_OUT) event.events |= EPOLLOUT;
  if (epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event) != 0) {
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
  }
  return 0;
}

int Loop::Impl::TimerCallback(CURLM*, long timeout_ms, void* self) {
  Impl* impl = static_cast<Impl*>(self);
  impl->curl_due_ =
      timeout_ms < 0 ? -1 : impl->clock_.Mono() + timeout_ms * kMillisecond;
  return 0;
}

Loop::Loop(const Clock& clock) : impl_(std::make_unique<Impl>(clock)) {}
Loop::~Loop() = default;
void Loop::Run() { impl_->Run(); }
void Loop::Turn(Micros max_wait) { impl_->Turn(max_wait); }
void Loop::Stop() { impl_->Stop(); }
void Loop::Post(std::function<void()> fn) { impl_->Post(std::move(fn)); }
const Clock& Loop::clock() const { return impl_->clock(); }
TimerId Loop::After(Micros delay, std::function<void()> fn) {
  return impl_->After(delay, std::move(fn));
}
void Loop::Cancel(TimerId id) { impl_->Cancel(id); }
void Loop::OnStall(std::function<void(Micros)> listener) {
  impl_->OnStall(std::move(listener));
}

}  // namespace kubescribe::net
