#include "fakes/watch_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "fakes/gzip.h"
#include "fakes/status_body.h"

namespace kubescribe::fakes {
namespace {

constexpr std::size_t kBatch = 64 << 10;

}  // namespace

std::string ErrorFrame(const std::string& status) {
  return Frame("ERROR", status);
}

WatchSource::WatchSource(WatchRequest request, const State& state,
                         FaultBook& faults, Served served, Micros now)
    : request_(std::move(request)),
      state_(state),
      faults_(faults),
      served_(std::move(served)),
      next_bookmark_(now + request_.bookmark_interval) {
  place_.resource = request_.kind.Id();
  place_.ns = request_.ns;
  place_.verb = "watch";
}

void WatchSource::Push(std::string bytes) {
  if (bytes.empty()) return;
  Step step;
  step.bytes = request_.gzip ? Gzip(bytes) : std::move(bytes);
  queue_.push_back(std::move(step));
}

std::string WatchSource::Bookmark(std::uint64_t rv, bool initial_end) const {
  const char* mark = R"(,"annotations":{"k8s.io/initial-events-end":"true"})";
  if (request_.kind.custom) {  // sorted keys
    return Frame(
        "BOOKMARK",
        fmt::format(R"({{"apiVersion":"{}","kind":"{}","metadata":)"
                    R"({{{}"resourceVersion":"{}"}}}})",
                    request_.kind.ApiVersion(), request_.kind.kind,
                    initial_end ? std::string(mark).substr(1) + "," : "", rv));
  }
  std::string object = fmt::format(
      R"({{"kind":"{}","apiVersion":"{}","metadata":{{"resourceVersion":"{}"{}}})",
      request_.kind.kind, request_.kind.ApiVersion(), rv,
      initial_end ? mark : "");
  object += BookmarkFields(request_.kind);
  return Frame("BOOKMARK", object + "}");
}

bool WatchSource::TakeFrame(std::string& frame, Event& event) {
  if (initial_at_ < request_.initial.size()) {
    event.object = request_.initial[initial_at_++];
    event.rv = event.object->rv;
    event.type = EventType::kAdded;
    frame = Frame("ADDED", FullText(request_.kind, *event.object));
    return true;
  }
  if (!request_.initial.empty()) {
    request_.initial.clear();
    initial_at_ = 0;
  }
  if (request_.initial_end) {
    request_.initial_end = false;
    Push(Bookmark(request_.initial_rv, true));
    return false;
  }
  while (true) {
    switch (state_.Next(request_.kind, request_.cursor, event, position_)) {
      case State::Tail::kNone:
        return false;
      case State::Tail::kEnded:
        done_ = true;
        return false;
      case State::Tail::kEvent:
        break;
    }
    if (!request_.ns.empty() && event.object->ns != request_.ns) continue;
    const char* type = EventName(event.type);
    if (!request_.selector.empty()) {
      // An object that leaves the selection is shown as deleted, with its
      // last selected content; one that enters it as added.
      const bool is = event.type != EventType::kDeleted &&
                      request_.selector.Matches(*event.object);
      const bool was = event.previous != nullptr &&
                       request_.selector.Matches(*event.previous);
      if (!is && !was) continue;
      type = is ? (was ? "MODIFIED" : "ADDED") : "DELETED";
      if (!is && event.type != EventType::kDeleted) {
        frame = WithRv(Frame(type, FullText(request_.kind, *event.previous)),
                       event.previous->rv, std::to_string(event.rv));
        return true;
      }
    }
    frame = Frame(type, FullText(request_.kind, *event.object));
    return true;
  }
}

void WatchSource::ApplyFault(const Fault& fault, std::string frame,
                             const Event& event) {
  SickFrame sick = MakeSickFrame(
      fault, {std::move(frame), Bookmark(event.rv, false), event});
  served_(fault, &event, &sick);
  for (Step& step : sick.steps) {
    const bool whole = step.kind == Step::Kind::kSend && !step.raw &&
                       step.announced == 0 && step.byte_delay == 0;
    if (request_.gzip && whole) step.bytes = Gzip(step.bytes);
    queue_.push_back(std::move(step));
  }
  flood_ = std::move(sick.flood);
  held_ += sick.held;
  done_ = sick.ends;
}

void WatchSource::PushBookmarkIfDue(Micros now) {
  if (!request_.bookmarks || !request_.kind.cached) return;
  // A server that has not reached the position yet has nothing to say of it.
  if (position_ < request_.cursor.after) return;
  const bool last =
      !last_bookmark_sent_ && now >= request_.deadline - 2 * kSecond;
  if (now < next_bookmark_ && !last) return;
  if (last) last_bookmark_sent_ = true;
  while (next_bookmark_ <= now) next_bookmark_ += request_.bookmark_interval;
  if (const auto fault = faults_.ForBookmark(place_)) {
    served_(*fault, nullptr, nullptr);
    return;
  }
  Push(Bookmark(position_, false));
}

// Of the queue, then of the flood. kWait: there is nothing.
Step WatchSource::TakeQueued() {
  Step step;
  if (!queue_.empty()) {
    step = std::move(queue_.front());
    queue_.pop_front();
    return step;
  }
  if (flood_ != nullptr) {
    step = flood_->Next(0);
    if (step.kind != Step::Kind::kEnd) return step;
    flood_.reset();
  }
  step.kind = Step::Kind::kWait;
  return step;
}

Step WatchSource::Next(Micros now) {
  Step step = TakeQueued();
  if (step.kind != Step::Kind::kWait) return step;
  if (!done_) {
    std::string batch;
    std::string frame;
    Event event;
    while (batch.size() < kBatch && queue_.empty() && flood_ == nullptr &&
           !done_ && TakeFrame(frame, event)) {
      place_.deletion = event.type == EventType::kDeleted;
      place_.shared_rv = event.rv == std::exchange(last_rv_, event.rv);
      const auto fault = faults_.ForFrame(place_);
      if (!fault) {
        batch += frame;
        batch += held_;
        held_.clear();
        continue;
      }
      Push(std::exchange(batch, ""));
      ApplyFault(*fault, frame, event);
    }
    if (!batch.empty()) {
      // Before what TakeFrame itself may have put into the queue.
      Step first;
      first.bytes = request_.gzip ? Gzip(batch) : std::move(batch);
      queue_.push_front(std::move(first));
    }
    if (queue_.empty() && flood_ == nullptr && !done_) {
      PushBookmarkIfDue(now);
      if (now >= request_.deadline) done_ = true;
    }
  }
  step = TakeQueued();
  if (step.kind != Step::Kind::kWait) return step;
  if (done_) {
    step.kind = Step::Kind::kEnd;
    return step;
  }
  step.kind = Step::Kind::kWait;
  step.until = request_.deadline;
  if (request_.bookmarks && request_.kind.cached) {
    step.until = std::min(step.until, next_bookmark_);
    if (!last_bookmark_sent_) {
      step.until = std::min(step.until, request_.deadline - 2 * kSecond);
    }
  }
  return step;
}

}  // namespace kubescribe::fakes
