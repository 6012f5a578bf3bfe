// BoundedQueue: hands items from the network thread to a cluster's writer and
// bounds what lies between them, in bytes and in items.
//
// The producer never blocks and nothing is dropped: Push always takes the item
// and says whether there is room for more. When there is not, the producer
// pauses its sources (the network transfer), and the `on_room` callback tells
// it when half of the queue is free again. The bound may thus be overrun by
// what one source had already read.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

namespace kubescribe {

enum class Room { kMore, kFull };

template <typename T>
class BoundedQueue {
 public:
  // `on_room` is called on the consumer's thread, without the queue's lock,
  // once after each time that Push answered kFull.
  BoundedQueue(std::size_t max_bytes, std::size_t max_items,
               std::function<void()> on_room)
      : max_bytes_(max_bytes),
        max_items_(max_items),
        on_room_(std::move(on_room)) {}
  BoundedQueue(const BoundedQueue&) = delete;
  BoundedQueue& operator=(const BoundedQueue&) = delete;

  // Any thread. `bytes` is what the item counts for.
  Room Push(T item, std::size_t bytes) {
    const std::lock_guard<std::mutex> lock(mutex_);
    items_.emplace_back(std::move(item), bytes);
    bytes_ += bytes;
    const bool full = bytes_ >= max_bytes_ || items_.size() >= max_items_;
    full_ = full_ || full;
    if (Enough()) wake_.notify_one();
    return full ? Room::kFull : Room::kMore;
  }

  // Takes items in order, up to `max_items`, and up to the one with which they
  // come to `max_bytes`. Waits until there is one, or the queue is closed, or
  // `wait` has passed; the answer may be empty then. After the first it waits
  // for at most `linger` until there are so many or the queue is full: to be
  // woken by each would cost more than to take it.
  std::vector<T> Pop(std::size_t max_items, std::size_t max_bytes,
                     std::chrono::microseconds wait,
                     std::chrono::microseconds linger = {}) {
    std::vector<T> out;
    bool room = false;
    {
      std::unique_lock<std::mutex> lock(mutex_);
      const auto ready = [this] { return Enough() || closed_ || nudged_; };
      // The system makes of a wait for nothing a short one.
      if (wait.count() > 0) wake_.wait_for(lock, wait, ready);
      if (linger.count() > 0 && !items_.empty()) {
        enough_items_ = max_items;
        enough_bytes_ = max_bytes;
        wake_.wait_for(lock, linger, ready);
        enough_items_ = 1;
        enough_bytes_ = 0;
      }
      nudged_ = false;
      std::size_t taken = 0;
      while (!items_.empty() && out.size() < max_items && taken < max_bytes) {
        taken += items_.front().second;
        bytes_ -= items_.front().second;
        out.push_back(std::move(items_.front().first));
        items_.pop_front();
      }
      if (full_ && bytes_ <= max_bytes_ / 2 &&
          items_.size() <= max_items_ / 2) {
        full_ = false;
        room = true;
      }
    }
    if (room && on_room_) on_room_();
    return out;
  }

  // Wakes a waiting Pop although there is nothing. Any thread.
  void Nudge() {
    const std::lock_guard<std::mutex> lock(mutex_);
    nudged_ = true;
    wake_.notify_all();
  }

  // No more items come; Pop hands out what is left, then answers empty at once.
  void Close() {
    const std::lock_guard<std::mutex> lock(mutex_);
    closed_ = true;
    wake_.notify_all();
  }

  bool closed() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return closed_;
  }
  std::size_t size() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return items_.size();
  }
  std::size_t bytes() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return bytes_;
  }

 private:
  // What the consumer waits for is there. REQUIRES: mutex_ is held.
  bool Enough() const {
    return full_ || (!items_.empty() && (items_.size() >= enough_items_ ||
                                         bytes_ >= enough_bytes_));
  }

  const std::size_t max_bytes_;
  const std::size_t max_items_;
  const std::function<void()> on_room_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::pair<T, std::size_t>> items_;  // guarded by mutex_
  std::size_t bytes_ = 0;                        // guarded by mutex_
  std::size_t enough_items_ = 1;                 // guarded by mutex_
  std::size_t enough_bytes_ = 0;                 // guarded by mutex_
  bool full_ = false;                            // guarded by mutex_
  bool closed_ = false;                          // guarded by mutex_
  bool nudged_ = false;                          // guarded by mutex_
};

}  // namespace kubescribe
