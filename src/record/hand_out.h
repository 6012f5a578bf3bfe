// HandOut: gives notes to a sink on a thread of the sink's own, so that one
// that hangs (a network mount, a dying disk) holds nobody up. Private to
// record.
//
//   Status given = hand_out.Give(note, 50 * kMillisecond);
//   // kBusy: it goes on; ask again later, with the same note
//
// A sink that never comes back is left alone with its thread: the HandOut may
// go all the same. One thread uses it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"

namespace kubescribe::record {

class HandOut {
 public:
  using Sink = std::function<Status(const std::string& note)>;

  // May be empty: then nothing is to be given. It is called for one note at a
  // time, and may be called when this is gone.
  explicit HandOut(Sink sink);

  // What the sink said of this note; kBusy: it has not said it within `wait`
  // (of real time), or has not come back from another note.
  Status Give(const std::string& note, Micros wait);

 private:
  struct State;
  static void Run(const std::shared_ptr<State>& state);

  // Shared with the thread, which may outlive this.
  const std::shared_ptr<State> state_;
};

}  // namespace kubescribe::record
