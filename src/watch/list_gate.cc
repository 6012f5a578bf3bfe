#include "watch/list_gate.h"

#include <algorithm>
#include <utility>

namespace kubescribe::watch {

ListGate::ListGate(const ListGateOptions& options, net::Scheduler& scheduler)
    : options_(options),
      scheduler_(scheduler),
      tokens_(options.burst),
      refilled_(scheduler.clock().Mono()),
      timer_(scheduler) {}

ListGate::Ticket ListGate::Enter(std::function<void()> fn) {
  entering_.push_back({++last_ticket_, std::move(fn)});
  Schedule();
  return last_ticket_;
}

ListGate::Ticket ListGate::Pass(std::function<void()> fn) {
  passing_.push_back({++last_ticket_, std::move(fn)});
  Schedule();
  return last_ticket_;
}

void ListGate::Leave() {
  if (inside_ > 0) --inside_;
  Schedule();
}

void ListGate::Forget(Ticket ticket) {
  const auto same = [ticket](const Waiting& w) { return w.ticket == ticket; };
  std::erase_if(entering_, same);
  std::erase_if(passing_, same);
}

void ListGate::Refill() {
  const Micros now = scheduler_.clock().Mono();
  const double seconds =
      static_cast<double>(now - refilled_) / static_cast<double>(kSecond);
  tokens_ = std::min(options_.burst, tokens_ + seconds * options_.qps);
  refilled_ = now;
}

void ListGate::Pump() {
  Refill();
  // Requests of lists and probes under way go before new lists.
  while (tokens_ >= 1) {
    std::deque<Waiting>* queue = nullptr;
    if (!passing_.empty()) {
      queue = &passing_;
    } else if (!entering_.empty() && inside_ < options_.concurrency) {
      queue = &entering_;
      ++inside_;
    } else {
      break;
    }
    tokens_ -= 1;
    const std::function<void()> fn = std::move(queue->front().fn);
    queue->pop_front();
    fn();
  }
  Schedule();
}

void ListGate::Schedule() {
  if (timer_.armed()) return;
  const bool work = !passing_.empty() ||
                    (!entering_.empty() && inside_ < options_.concurrency);
  if (!work) return;
  Refill();
  Micros delay = 0;
  if (tokens_ < 1) {
    delay = static_cast<Micros>((1 - tokens_) / options_.qps *
                                static_cast<double>(kSecond)) +
            1;
  }
  timer_.Set(delay, [this] { Pump(); });
}

}  // namespace kubescribe::watch
