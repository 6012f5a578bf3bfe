// FrameBudget: bounds the bytes of half-received frames of all streams of the
// process together (DESIGN §4).
//
// No cluster holds more than a quarter. When the budget, or a cluster's part,
// is used up, the oldest frame goes on alone and the others' transfers wait;
// should it stall meanwhile, it is cut.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>

#include "base/clock.h"
#include "net/http.h"
#include "watch/timer.h"

namespace kubescribe::watch {

// Loop thread. Shared by all streams of the process; outlives them.
class FrameBudget {
 public:
  class Holder {
   public:
    virtual ~Holder() = default;
    // There is room: go on with the transfer.
    virtual void OnFrameRoom() = 0;
    // Others wait for this frame and no byte of it came for too long: give it
    // up. Called from a timer.
    virtual void OnFrameStalled() = 0;
  };

  explicit FrameBudget(net::Scheduler& scheduler,
                       std::size_t limit = std::size_t{64} << 20,
                       Micros stall = 30 * kSecond);

  // The holder now has `bytes` of an unfinished frame (0: none). False: it is
  // to stop reading until OnFrameRoom. `cluster` is any value that tells
  // clusters apart.
  bool Hold(Holder* holder, const void* cluster, std::size_t bytes);
  // The holder has nothing, and is gone or starts anew.
  void Drop(Holder* holder);

  std::size_t used() const { return used_; }

 private:
  struct Entry {
    const void* cluster = nullptr;
    std::size_t bytes = 0;
    std::uint64_t age = 0;  // order of the frames' beginnings
    Micros progress = 0;    // mono
    bool waiting = false;
  };
  bool MayGoOn(const Entry& entry) const;
  void WakeOthers();
  void CheckStall();

  net::Scheduler& scheduler_;
  const std::size_t limit_;
  const Micros stall_;
  std::map<Holder*, Entry> entries_;
  std::map<const void*, std::size_t> clusters_;
  std::size_t used_ = 0;
  std::size_t waiting_ = 0;
  std::uint64_t last_age_ = 0;
  Timer timer_;
  Timer wake_;
};

}  // namespace kubescribe::watch
