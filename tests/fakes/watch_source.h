// One open watch: turns the events of a kind's window into the steps of a
// chunked answer, bookmarks and faults included.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "fakes/answer.h"
#include "fakes/faults.h"
#include "fakes/selector.h"
#include "fakes/sick_frames.h"
#include "fakes/state.h"

namespace kubescribe::fakes {

struct WatchRequest {
  KindInfo kind;
  std::string ns;  // "": all
  Selector selector;
  State::Cursor cursor;
  // Objects to be sent as ADDED before anything else, and whether a bookmark
  // then says that they are all.
  std::vector<ObjectPtr> initial;
  std::uint64_t initial_rv = 0;
  bool initial_end = false;
  bool bookmarks = false;
  bool gzip = false;
  Micros deadline = 0;  // monotonic
  Micros bookmark_interval = 0;
  std::shared_ptr<void> open;  // let go of when the watch has ended
};

class WatchSource final : public StepSource {
 public:
  // `served` is told of each fault before it is sent, and of the event it hit
  // and what was made of it; both null when there is none.
  using Served =
      std::function<void(const Fault&, const Event*, const SickFrame*)>;
  WatchSource(WatchRequest request, const State& state, FaultBook& faults,
              Served served, Micros now);

  Step Next(Micros now) override;

 private:
  // What the next event is to this watch: a frame, or nothing.
  bool TakeFrame(std::string& frame, Event& event);
  void ApplyFault(const Fault& fault, std::string frame, const Event& event);
  Step TakeQueued();
  void Push(std::string bytes);
  std::string Bookmark(std::uint64_t rv, bool initial_end) const;
  void PushBookmarkIfDue(Micros now);

  WatchRequest request_;
  const State& state_;
  FaultBook& faults_;
  const Served served_;
  FaultPlace place_;
  std::deque<Step> queue_;
  std::unique_ptr<StepSource> flood_;  // goes on behind the queue
  std::string held_;                   // the frame of a reorder fault
  std::uint64_t last_rv_ = 0;          // of the last event
  std::size_t initial_at_ = 0;
  std::uint64_t position_ = 0;
  Micros next_bookmark_ = 0;
  bool last_bookmark_sent_ = false;
  bool done_ = false;
};

// The one ERROR event of a stream: `status` is a Status body.
std::string ErrorFrame(const std::string& status);

}  // namespace kubescribe::fakes
