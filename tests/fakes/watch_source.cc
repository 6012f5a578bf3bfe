#include "fakes/watch_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "fakes/gzip.h"
#include "fakes/status_body.h"

namespace kubescribe::fakes {
namespace {

constexpr std::size_t kBatch = 64 << 10;
constexpr std::size_t kOversize = std::size_t{17} << 20;

std::string Frame(const char* type, const std::string& object) {
  return fmt::format(R"({{"type":"{}","object":{}}})"
                     "\n",
                     type, object);
}

std::string WithRv(std::string frame, std::uint64_t rv,
                   const std::string& digits) {
  const std::string field = fmt::format(R"("resourceVersion":"{}")", rv);
  const std::size_t at = frame.find(field);
  if (at == std::string::npos) return frame;
  return frame.replace(at, field.size(),
                       R"("resourceVersion":")" + digits + '"');
}

// `added` as the first field of the event's object.
std::string InsertIntoObject(std::string frame, const std::string& added) {
  const std::string mark = R"("object":{)";
  return frame.insert(frame.find(mark) + mark.size(), added);
}

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
  served_(fault, event.object->name);
  const std::string& name = fault.name;
  Step step;
  if (name == "cut" || name == "half-open") {
    step.announced = frame.size();
    step.bytes = frame.substr(0, std::min(fault.bytes, frame.size()));
    if (!step.bytes.empty()) queue_.push_back(step);
    Step last;
    last.kind = name == "half-open" ? Step::Kind::kHold
                : fault.reset       ? Step::Kind::kReset
                                    : Step::Kind::kCut;
    queue_.push_back(last);
  } else if (name == "trickle") {
    step.bytes = std::move(frame);
    step.byte_delay = fault.delay > 0 ? fault.delay : 10 * kMillisecond;
    queue_.push_back(std::move(step));
  } else if (name == "duplicate") {
    Push(frame + frame);
  } else if (name == "reorder") {
    held_ = std::move(frame);
  } else if (name == "null-deleted") {
    Push(Frame("DELETED", "null"));
  } else if (name == "oversize") {
    const std::size_t size = fault.bytes > 0 ? fault.bytes : kOversize;
    // Behind the metadata, as with real ones.
    frame.insert(frame.rfind("}}"),
                 R"(,"padding":")" + std::string(size, 'x') + "\"");
    Push(std::move(frame));
  } else if (name == "unparsable") {
    Push(InsertIntoObject(std::move(frame), R"("broken":tru,)"));
  } else if (name == "garbage") {
    Push(std::string("\0\xff<oops>\n", 9) + frame);
  } else if (name == "bad-rv") {
    Push(WithRv(std::move(frame), event.rv, "not-a-number"));
  } else if (name == "empty-rv") {
    Push(WithRv(std::move(frame), event.rv, ""));
  } else if (name == "unknown-type") {
    const std::size_t from = frame.find(":\"") + 2;
    Push(frame.replace(from, frame.find('"', from) - from, "PECULIAR"));
  } else if (name == "error-event") {
    StatusBody status;
    status.code = fault.code != 0 ? fault.code : 500;
    status.reason = status.code == 504   ? "Timeout"
                    : status.code == 410 ? "Expired"
                                         : "InternalError";
    status.message = "an error on the server: simulated";
    Push(ErrorFrame(Render(status)));
    done_ = true;
  } else if (name == "end") {
    done_ = true;
  } else if (name == "low-bookmark") {
    Push(frame + Bookmark(event.rv > 10 ? event.rv - 10 : 1, false));
  }
  // "drop" sends nothing.
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
    served_(*fault, "");
    return;
  }
  Push(Bookmark(position_, false));
}

Step WatchSource::Next(Micros now) {
  if (queue_.empty() && !done_) {
    std::string batch;
    std::string frame;
    Event event;
    while (batch.size() < kBatch && queue_.empty() && !done_ &&
           TakeFrame(frame, event)) {
      place_.deletion = event.type == EventType::kDeleted;
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
      Step step;
      step.bytes = request_.gzip ? Gzip(batch) : std::move(batch);
      queue_.push_front(std::move(step));
    }
    if (queue_.empty() && !done_) {
      PushBookmarkIfDue(now);
      if (now >= request_.deadline) done_ = true;
    }
  }
  if (!queue_.empty()) {
    Step step = std::move(queue_.front());
    queue_.pop_front();
    return step;
  }
  Step step;
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
