// The watch of a stream: what it does with each frame, and with each end.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/log.h"
#include "base/test_switches.h"
#include "watch/stream.h"

namespace kubescribe::watch {

using kube::GapCause;
using kube::Observation;
using kube::StreamState;

namespace {

// The type of an event of which only the beginning is at hand.
kube::WatchType TypeOfPrefix(std::string_view prefix) {
  const std::string_view front = prefix.substr(0, 64);
  if (front.find("\"DELETED\"") != std::string_view::npos) {
    return kube::WatchType::kDeleted;
  }
  if (front.find("\"ADDED\"") != std::string_view::npos) {
    return kube::WatchType::kAdded;
  }
  return kube::WatchType::kModified;
}

}  // namespace

void Stream::OpenWatch() {
  const std::string rv = position_.resume();
  if (rv.empty() || rv == "0") {
    // A watch from there would send the present in any order (k/k#74022).
    BeginList(GapCause::kStart, false, "");
    return;
  }
  Leave(Phase::kWatching);
  const Micros now = clock().Wall();
  last_watch_ = opened_ = last_byte_mono_ = clock().Mono();
  last_byte_ = whole_at_ = now;
  frames_ = frames_before_ = 0;
  bookmark_here_ = false;
  partial_since_.reset();
  error_event_.reset();
  unreadable_object_ = false;
  silence_probed_ = false;
  drained_ = false;
  interrupted_at_.reset();
  flow_.Connected(before_rv_, before_sent_, rv);
  ++counts_.watches;

  const Micros timeout = Between(options_.watch_min, options_.watch_max);
  net::Request request;
  request.target = WatchTarget(spec_, rv, timeout);
  request.accept = WatchAccept(spec_.level);
  request.watch = true;
  request.deadline = timeout + options_.watch_grace;
  request.idle_limit = expects_bookmarks_ ? options_.watch_idle : 0;
  watch_.Open(request);
}

void Stream::OnWatchOpen() {
  opened_ = last_byte_mono_ = clock().Mono();
  last_byte_ = whole_at_ = clock().Wall();
  retried_credential_ = false;
  bad_requests_ = 0;
  SetState(StreamState::kWatching, "");
  env_.host.OnWorking(id_);
  OnSilence();
  probe_timer_.Set(
      Between(options_.probe_interval, options_.probe_interval * 5 / 4),
      [this] { ProbeWhileWatching(); });
}

void Stream::OnWatchBytes(std::size_t size) {
  last_byte_ = clock().Wall();
  last_byte_mono_ = clock().Mono();
  silence_probed_ = false;
  drained_ = false;
  counts_.bytes += size;
  if (partial_since_ &&
      last_byte_mono_ - *partial_since_ > options_.frame_patience) {
    // What is being received happened when its first byte came, or before.
    EndFlow(whole_at_);
  }
}

bool Stream::AfterBytes() {
  if (watch_.AtBoundary()) {
    whole_at_ = last_byte_;
    partial_since_.reset();
  } else if (!partial_since_ || frames_ != frames_before_) {
    partial_since_ = last_byte_mono_;
  }
  frames_before_ = frames_;
  if (!env_.full) return true;
  held_ = true;
  EndFlow(clock().Wall());
  Interrupted();
  return false;
}

void Stream::OnWatchHeld() {
  EndFlow(whole_at_);
  Interrupted();
}

void Stream::Interrupted() {
  drained_ = false;
  if (!interrupted_at_) interrupted_at_ = counts_.bytes;
}

void Stream::OnWatchDrained() {
  drained_ = true;
  TryFlow();
}

void Stream::TryFlow() {
  if (!drained_ || held_ || flow_.flowing()) return;
  if (interrupted_at_) {
    // So much was waiting that the server itself may have been blocked: that
    // the socket is empty says nothing of what it still holds.
    const bool blocked = counts_.bytes - *interrupted_at_ > options_.backlog;
    interrupted_at_.reset();
    if (blocked) {
      flow_.Doubt();
      if (!probe_.running()) probe_.Start();
    }
  }
  const Micros accepted = clock().Mono() - opened_;
  if (frames_ == 0 && accepted < options_.settle) {
    settle_timer_.Set(options_.settle - accepted, [this] { TryFlow(); });
    return;
  }
  if (!flow_.Drained()) return;
  backoff_.Reset();
  refusals_ = 0;
  away_.reset();
  busy_since_.reset();
  Offer(Make(Observation::Kind::kFlowing));
}

void Stream::OnSilence() {
  const Micros quiet = clock().Mono() - last_byte_mono_;
  Micros next = options_.flow_silence;
  if (expects_bookmarks_ && !held_ && watch_.accepted()) {
    if (quiet >= options_.flow_silence) EndFlow(whole_at_);
    if (quiet >= options_.probe_silence && !silence_probed_) {
      silence_probed_ = true;
      ProbeWhileWatching();
    }
    if (quiet < options_.flow_silence) {
      next = options_.flow_silence - quiet;
    } else if (quiet < options_.probe_silence) {
      next = options_.probe_silence - quiet;
    }
  }
  silence_timer_.Set(next, [this] { OnSilence(); });
}

void Stream::OnFrame(std::string_view frame) {
  ++frames_;
  Result<kube::Frame> read = env_.reader.ReadFrame(frame);
  if (!read.ok()) {
    OfferStub(GapCause::kParse, frame.substr(0, options_.list.head_bytes),
              frame.size(), codec::Hex(codec::Sha256Of(frame)),
              read.error().message());
    AuditSoon();
    return;
  }
  switch (read->type) {
    case kube::FrameType::kAdded:
    case kube::FrameType::kModified:
    case kube::FrameType::kDeleted:
      if (!position_.Follows(read->head.resource_version)) {
        OfferStub(GapCause::kParse, frame.substr(0, options_.list.head_bytes),
                  frame.size(), codec::Hex(codec::Sha256Of(frame)),
                  "the event's object has no resourceVersion that could be "
                  "read");
        AuditSoon();
      } else {
        OnEvent(*read);
      }
      break;
    case kube::FrameType::kBookmark:
      OnBookmark(*read);
      break;
    case kube::FrameType::kError:
      error_event_ = ClassifyStatus(read->status);
      unreadable_object_ = read->status.reason == "StorageReadError" ||
                           read->status.reason == "StoreReadError";
      // What may follow it is not to be trusted.
      watch_.End();
      break;
  }
}

void Stream::OnLongFrame(LongObject frame) {
  ++frames_;
  OfferStub(GapCause::kOversize, frame.prefix, frame.size, frame.digest,
            "the object is larger than the limit");
  AuditSoon();
}

void Stream::Stamp(Observation& observation, const std::string& rv) {
  observation.flowing = flow_.flowing();
  if (!observation.flowing) observation.not_before = flow_.NotBefore(rv);
}

void Stream::Moved(const std::string& rv) {
  short_ends_ = 0;
  garbage_at_.clear();
  away_.reset();
  busy_since_.reset();
  flow_.Passed(position_.resume());
  flow_.PassedBelow(rv);
  CheckAuditReached(true);
}

void Stream::OnEvent(const kube::Frame& frame) {
  Observation event = Make(Observation::Kind::kEvent);
  switch (frame.type) {
    case kube::FrameType::kAdded:
      event.type = kube::WatchType::kAdded;
      break;
    case kube::FrameType::kDeleted:
      event.type = kube::WatchType::kDeleted;
      break;
    default:
      event.type = kube::WatchType::kModified;
      break;
  }
  event.head = frame.head;
  FillKind(event.head);
  event.body = std::string(frame.object);
  Stamp(event, frame.head.resource_version);
  ++counts_.events;
  last_event_at_ = event.received_at;
  const Micros now = clock().Mono();
  const double age =
      static_cast<double>(now - rate_at_) / static_cast<double>(kMinute);
  rate_ = rate_ * std::exp(-age) + 1.0 / 60.0;
  rate_at_ = now;
  Offer(std::move(event));
  position_.Saw(frame.head.resource_version);
  Moved(frame.head.resource_version);
}

void Stream::OnBookmark(const kube::Frame& frame) {
  const std::string& rv = frame.head.resource_version;
  bookmark_here_ = true;
  expects_bookmarks_ = true;
  ++counts_.bookmarks;
  if (!position_.Follows(rv) || rv == "0" || !position_.Complete(rv)) return;
  Observation bookmark = Make(Observation::Kind::kBookmark);
  bookmark.rv = rv;
  Offer(std::move(bookmark));
  Moved(rv);
}

void Stream::OfferStub(GapCause cause, std::string_view prefix,
                       std::uint64_t size, const std::string& digest,
                       const std::string& message) {
  ++counts_.stubs;
  Observation stub = Make(Observation::Kind::kStub);
  stub.type = TypeOfPrefix(prefix);
  stub.head = kube::EventReader::ReadTruncated(prefix);
  FillKind(stub.head);
  stub.cause = cause;
  stub.size = size;
  stub.digest = digest;
  stub.message = message;
  if (!position_.Follows(stub.head.resource_version)) {
    stub.head.resource_version.clear();
  }
  const std::string rv = stub.head.resource_version;
  Stamp(stub, rv);
  Log().warn("{}: {}: an event of {} bytes cannot be kept: {}", env_.cluster,
             spec_.Name(), size, message);
  Offer(std::move(stub));
  if (rv.empty()) return;
  position_.Saw(rv);
  Moved(rv);
}

void Stream::OnWatchEnd(WatchEnd end, const Failure& failure) {
  const Micros lived = clock().Mono() - opened_;
  if (!bookmark_here_ && lived >= options_.bookmark_patience) {
    expects_bookmarks_ = false;
  }
  switch (end) {
    case WatchEnd::kClean:
      EndFlow(clock().Wall());
      OnCleanEnd();
      return;
    case WatchEnd::kCut:
      EndFlow(whole_at_);
      HandleFailure(failure);
      return;
    case WatchEnd::kGarbage:
      EndFlow(whole_at_);
      OnGarbage(failure);
      return;
    case WatchEnd::kAsked:
      EndFlow(whole_at_);
      OnErrorEvent();
      return;
    case WatchEnd::kRefused:
      if (failure.kind == FailureKind::kGone) {
        OnGone(failure.message);
      } else if (failure.kind == FailureKind::kBadRequest &&
                 ++bad_requests_ >= 2) {
        // It does not take this position, and will not later.
        bad_requests_ = 0;
        OnGone(failure.message);
      } else {
        HandleFailure(failure);
      }
      return;
  }
}

void Stream::OnCleanEnd() {
  const bool empty =
      frames_ == 0 && clock().Mono() - opened_ < options_.short_watch;
  short_ends_ = empty ? short_ends_ + 1 : 0;
  if (short_ends_ > 2) {
    Wait(backoff_.Next(), StreamState::kBackoff,
         "the server ends watches at once");
  } else {
    Connect();
  }
}

void Stream::OnErrorEvent() {
  const Failure failure = *std::exchange(error_event_, std::nullopt);
  if (failure.kind == FailureKind::kGone) {
    OnGone(failure.message);
  } else if (unreadable_object_) {
    // The server cannot read one of its objects; a list shows the others.
    Observation stub = Make(Observation::Kind::kStub);
    stub.cause = GapCause::kParse;
    stub.message = failure.message;
    Stamp(stub, "");
    ++counts_.stubs;
    Offer(std::move(stub));
    BeginList(GapCause::kParse, false, position_.resume());
  } else {
    // TooLarge among them: the probe before the next watch decides.
    Failure copy = failure;
    if (copy.kind != FailureKind::kTooLarge) copy.kind = FailureKind::kServer;
    HandleFailure(copy);
  }
}

void Stream::OnGone(const std::string& message) {
  Log().info("{}: {}: history after {} is lost to us: {}", env_.cluster,
             spec_.Name(), position_.resume(), message);
  last_error_ = message;
  last_error_at_ = clock().Wall();
  if (Mutant(7)) {
    at_now_ = true;
    Connect();
    return;
  }
  BeginList(GoneCause(), false, position_.resume());
}

void Stream::OnGarbage(const Failure& failure) {
  if (!garbage_at_.empty() && garbage_at_ == position_.resume()) {
    garbage_at_.clear();
    last_error_ = failure.message;
    last_error_at_ = clock().Wall();
    Log().warn("{}: {}: {}; again at the same place: listing", env_.cluster,
               spec_.Name(), failure.message);
    BeginList(GapCause::kParse, false, position_.resume());
    return;
  }
  garbage_at_ = position_.resume();
  HandleFailure(failure);
}

}  // namespace kubescribe::watch
