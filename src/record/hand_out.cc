#include "record/hand_out.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace kubescribe::record {

struct HandOut::State {
  Sink sink;
  std::mutex mutex;
  std::condition_variable ended;
  bool running = false;
  std::string note;            // the one that it has or had
  std::optional<Status> said;  // of it, until somebody asked
};

HandOut::HandOut(Sink sink) : state_(std::make_shared<State>()) {
  state_->sink = std::move(sink);
}

void HandOut::Run(const std::shared_ptr<State>& state) {
  // Nobody changes it while this runs.
  Status said = state->sink(state->note);
  const std::lock_guard<std::mutex> lock(state->mutex);
  state->said = std::move(said);
  state->running = false;
  state->ended.notify_all();
}

Status HandOut::Give(const std::string& note, Micros wait) {
  State& state = *state_;
  std::unique_lock<std::mutex> lock(state.mutex);
  if (!state.running && (!state.said || state.note != note)) {
    state.note = note;
    state.said.reset();
    state.running = true;
    std::thread([shared = state_] { Run(shared); }).detach();
  }
  state.ended.wait_for(lock, std::chrono::microseconds(wait),
                       [&state] { return !state.running; });
  if (state.running || state.note != note) {
    return Error(Code::kBusy,
                 "where it goes does not answer: a disk or a network may hang");
  }
  return *std::exchange(state.said, std::nullopt);
}

}  // namespace kubescribe::record
