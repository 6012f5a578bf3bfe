#include "watch/stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/log.h"

namespace kubescribe::watch {

using kube::GapCause;
using kube::Observation;
using kube::StreamState;

namespace {

std::optional<Micros> FlowedUntil(const StoredPosition& stored) {
  return stored.flowing ? stored.known_until : stored.flowed_until;
}

bool CanResume(const std::string& rv) { return !rv.empty() && rv != "0"; }

}  // namespace

Stream::Stream(StreamSpec spec, kube::StreamId id, StoredPosition stored,
               const StreamOptions& options, const StreamEnv& env)
    : spec_(std::move(spec)),
      id_(id),
      stored_(std::move(stored)),
      options_(options),
      env_(env),
      position_(spec_.shared_rv()),
      flow_(FlowedUntil(stored_)),
      backoff_(options.backoff, env.scheduler.clock(), env.random),
      probe_(spec_, env.http, env.gate, *this, options.request_deadline),
      list_side_(*this),
      lister_(spec_, options.list, env.http, env.gate, env.frames, &env.full,
              list_side_),
      watch_(options.list.max_object, options.list.head_bytes, env.http,
             env.frames, &env.full, *this),
      expects_bookmarks_(spec_.bookmarks()),
      audit_side_(*this),
      auditor_(spec_, options.list, env.http, env.gate, env.frames, &env.full,
               audit_side_),
      timer_(env.scheduler),
      silence_timer_(env.scheduler),
      settle_timer_(env.scheduler),
      probe_timer_(env.scheduler),
      audit_timer_(env.scheduler),
      reach_timer_(env.scheduler) {}

Stream::~Stream() = default;

void Stream::Start() {
  if (phase_ != Phase::kIdle) return;
  if (stored_.state == StreamState::kForbidden) away_ = GapCause::kForbidden;
  if (stored_.state == StreamState::kUnavailable) {
    away_ = GapCause::kUnavailable;
  }
  // Ended with its position: it was taken out of the configuration. Without
  // one its kind had been removed.
  const bool ended = stored_.state == StreamState::kEnded;
  if (ended) away_ = GapCause::kConfig;
  ArmAudit(Between(options_.audit_interval / 2, options_.audit_interval));
  if (stored_.gap) {
    BeginList(*stored_.gap, *stored_.gap == GapCause::kRewind,
              stored_.gap_from_rv);
  } else if (!CanResume(stored_.position)) {
    BeginList(ended ? GapCause::kUnavailable : GapCause::kStart, false, "");
  } else {
    position_.Set(stored_.position);
    Log().info("{}: {}: resuming at {}", env_.cluster, spec_.Name(),
               stored_.position);
    Connect();
  }
}

void Stream::Stop() {
  if (phase_ == Phase::kStopped) return;
  AbortAudit();
  watch_.Close();
  EndFlow(clock().Wall());
  Leave(Phase::kStopped);
  audit_timer_.Cancel();
}

void Stream::End(GapCause cause, bool crd_deleted) {
  if (phase_ == Phase::kStopped) return;
  Stop();
  state_ = StreamState::kEnded;
  message_ = crd_deleted ? "its CustomResourceDefinition was deleted" : "";
  Observation end = Make(Observation::Kind::kStreamEnd);
  end.cause = cause;
  end.crd_deleted = crd_deleted;
  end.not_before = flow_.last_flow();
  Offer(std::move(end));
  Log().info("{}: {}: stream ended{}", env_.cluster, spec_.Name(),
             crd_deleted ? ", its CustomResourceDefinition was deleted" : "");
}

void Stream::RoomAgain() {
  if (std::exchange(held_, false)) {
    // What silence there was is ours.
    last_byte_mono_ = clock().Mono();
  }
  lister_.RoomAgain();
  auditor_.RoomAgain();
  watch_.RoomAgain();
}

void Stream::Stalled(Micros from_wall) {
  EndFlow(from_wall);
  if (watch_.open()) Interrupted();
}

void Stream::Relist(GapCause cause) {
  if (phase_ == Phase::kStopped) return;
  const bool rewind = cause == GapCause::kRewind;
  if (rewind) {
    ++counts_.rewinds;
    EndFlow(whole_at_);
  }
  // A list that is under way will do, unless it counts in the wrong epoch.
  if (list_ && (!rewind || list_->new_epoch)) return;
  BeginList(cause, rewind, position_.resume());
}

void Stream::Retry() {
  if (phase_ != Phase::kWaiting) return;
  timer_.Set(Between(0, options_.backoff.first / 4), [this] { Proceed(); });
}

void Stream::Proceed() {
  if (phase_ == Phase::kStopped) return;
  if (std::exchange(poll_, false) && !list_) {
    BeginList(GapCause::kUnavailable, false, position_.resume());
  } else if (list_) {
    TryList();
  } else {
    Connect();
  }
}

void Stream::Connect() {
  Leave(Phase::kProbing);
  const auto probe = [this] {
    env_.host.WhenReady(id_, [this, turn = turn_] {
      if (turn == turn_ && phase_ == Phase::kProbing) probe_.Start();
    });
  };
  // The wait comes before the probe, so that the probe is fresh.
  const Micros delay =
      last_watch_ ? *last_watch_ + options_.watch_spacing - clock().Mono() : 0;
  if (delay > 0) {
    timer_.Set(delay, probe);
  } else {
    probe();
  }
}

void Stream::Leave(Phase next) {
  ++turn_;
  timer_.Cancel();
  silence_timer_.Cancel();
  settle_timer_.Cancel();
  probe_timer_.Cancel();
  probe_.Cancel();
  lister_.Cancel();
  if (watch_.open()) EndFlow(whole_at_);
  watch_.Close();
  held_ = false;
  phase_ = next;
}

void Stream::Wait(Micros delay, StreamState state, const std::string& message) {
  Leave(Phase::kWaiting);
  SetState(state, message);
  timer_.Set(delay, [this] { Proceed(); });
}

void Stream::OnProbeSent() {
  probe_position_ = position_.newest();
  probe_audit_rv_ = audit_ == AuditPhase::kReaching ? audit_rv_ : "";
  probe_sent_ = clock().Wall();
}

bool Stream::Rewound(const std::string& rv) const {
  return CanResume(rv) &&
         kube::CompareRv(rv, probe_position_) == kube::RvOrder::kLess;
}

void Stream::OnProbed(const std::string& rv) {
  env_.host.OnWorking(id_);
  if (Rewound(rv)) {
    ++counts_.rewinds;
    Log().warn(
        "{}: {}: the server's history went back (it is at {}, the record at "
        "{}): listing again in a new epoch",
        env_.cluster, spec_.Name(), rv, probe_position_);
    BeginList(GapCause::kRewind, true, position_.resume());
    return;
  }
  if (audit_ == AuditPhase::kReaching && audit_rv_ == probe_audit_rv_ &&
      kube::CompareRv(rv, audit_rv_) == kube::RvOrder::kLess) {
    // The record is older than where the history parts, the audit is not.
    Log().warn(
        "{}: {}: audit given up: the server's history went back (it is at {}, "
        "the audit was at {})",
        env_.cluster, spec_.Name(), rv, audit_rv_);
    AbortAudit();
  }
  if (phase_ != Phase::kProbing) {
    const kube::RvOrder order = kube::CompareRv(position_.resume(), rv);
    const bool passed =
        order == kube::RvOrder::kEqual || order == kube::RvOrder::kGreater;
    if (!flow_.flowing() && (passed || flow_.doubted())) {
      flow_.Probed(rv, probe_sent_, position_.resume());
      TryFlow();
    }
    return;
  }
  if (kube::IsComparable(rv) && !kube::IsComparable(position_.resume())) {
    // It would be refused, by some servers with an error that looks like one
    // that passes.
    OnGone("the position is no number, as the server's are");
    return;
  }
  if (std::exchange(at_now_, false)) position_.Set(rv);
  // Events' watches that start too far back end at once without a word
  // (k/k#104171).
  if (short_ends_ >= 2 &&
      kube::CompareRv(rv, position_.resume()) == kube::RvOrder::kGreater) {
    short_ends_ = 0;
    OnGone("watches end at once and without an event");
    return;
  }
  before_rv_ = rv;
  before_sent_ = probe_sent_;
  OpenWatch();
}

void Stream::OnProbeFailed(const Failure& failure) {
  if (phase_ == Phase::kProbing) {
    HandleFailure(failure);
    return;
  }
  // A watch that works is not disturbed; the next probe is the timer's.
  last_error_ = failure.message;
  last_error_at_ = clock().Wall();
  if (failure.kind == FailureKind::kUnauthorized) {
    env_.http.CredentialRejected();
  } else if (failure.kind == FailureKind::kNotFound) {
    env_.host.OnKindNotFound(id_);
  }
}

void Stream::ProbeWhileWatching() {
  if (phase_ == Phase::kWatching && watch_.accepted() && !probe_.running()) {
    probe_.Start();
  }
  probe_timer_.Set(
      Between(options_.probe_interval, options_.probe_interval * 5 / 4),
      [this] { ProbeWhileWatching(); });
}

void Stream::NoteAway(const Failure& failure) {
  const Micros now = clock().Mono();
  if (failure.kind == FailureKind::kForbidden) {
    away_ = GapCause::kForbidden;
  } else if (failure.kind == FailureKind::kNotFound) {
    away_ = GapCause::kUnavailable;
  } else if (failure.kind == FailureKind::kServer &&
             failure.http_status == 503) {
    if (!busy_since_) busy_since_ = now;
    if (now - *busy_since_ >= options_.unavailable_after && !away_) {
      away_ = GapCause::kUnavailable;
    }
  } else {
    busy_since_.reset();
  }
}

GapCause Stream::GoneCause() const { return away_.value_or(GapCause::kGone); }

void Stream::HandleFailure(const Failure& failure) {
  ++counts_.failures;
  last_error_ = failure.message;
  last_error_at_ = clock().Wall();
  NoteAway(failure);
  const std::string message = failure.message;
  switch (failure.kind) {
    case FailureKind::kUnauthorized: {
      // Once at once with a fresh credential, then slower.
      env_.http.CredentialRejected();
      const bool first = !std::exchange(retried_credential_, true);
      Wait(first ? Between(0, options_.backoff.first / 4) : backoff_.Next(),
           StreamState::kBackoff, message);
      if (first) return;
      break;
    }
    case FailureKind::kForbidden: {
      Micros wait = options_.forbidden_soon;
      for (int i = 0; i < refusals_ && wait < options_.forbidden_retry; ++i) {
        wait *= 4;
      }
      wait = std::min(wait, options_.forbidden_retry);
      ++refusals_;
      Wait(Between(wait, wait * 2), StreamState::kForbidden, message);
      break;
    }
    case FailureKind::kNoWatch:
      poll_ = true;
      Wait(Between(options_.forbidden_retry, options_.forbidden_retry * 2),
           StreamState::kUnavailable, message);
      break;
    case FailureKind::kNotFound:
      Wait(backoff_.Next(), StreamState::kUnavailable, message);
      env_.host.OnKindNotFound(id_);
      break;
    case FailureKind::kNetwork:
    case FailureKind::kGone:
    case FailureKind::kBadRequest:
    case FailureKind::kTooLarge:
    case FailureKind::kServer:
    case FailureKind::kBadAnswer:
      Wait(backoff_.Next(failure.retry_after), StreamState::kBackoff, message);
      break;
  }
  env_.host.OnFailing(id_, message, failure.kind == FailureKind::kNetwork);
}

void Stream::SetState(StreamState state, const std::string& message) {
  if (state == state_ && message == message_) return;
  state_ = state;
  message_ = message;
  Observation observation = Make(Observation::Kind::kState);
  observation.state = state;
  observation.message = message;
  Offer(std::move(observation));
}

Micros Stream::Between(Micros low, Micros high) {
  if (high <= low) return low;
  return low + static_cast<Micros>(
                   env_.random.Below(static_cast<std::uint64_t>(high - low)));
}

Observation Stream::Make(Observation::Kind kind) const {
  Observation observation;
  observation.kind = kind;
  observation.stream = id_;
  observation.received_at = clock().Wall();
  return observation;
}

void Stream::Offer(Observation observation) {
  if (env_.sink.Offer(std::move(observation)) == Room::kFull) env_.full = true;
}

void Stream::EndFlow(Micros instant) {
  if (!flow_.End(instant)) return;
  Observation observation = Make(Observation::Kind::kNotFlowing);
  observation.not_before = flow_.last_flow();
  Offer(std::move(observation));
}

void Stream::FillKind(kube::ObjectHead& head) const {
  // List items carry neither (P§1), and reduced objects say what they are
  // reduced to.
  if (head.kind.empty() || spec_.level == Level::kMetadata) {
    head.kind = spec_.resource.kind;
  }
  if (head.api_version.empty() || spec_.level == Level::kMetadata) {
    head.api_version = spec_.resource.group_version();
  }
}

std::optional<Micros> Stream::flowed_until() const {
  if (flow_.flowing()) return clock().Wall();
  return flow_.last_flow();
}

StoredPosition Stream::standing() const {
  StoredPosition stored;
  stored.flowed_until = flowed_until();
  stored.state = state_;
  stored.position = position_.resume();
  if (list_) {
    stored.gap = list_->cause;
    stored.gap_from_rv = list_->lost_rv;
  }
  return stored;
}

StreamStatus Stream::status() const {
  StreamStatus status;
  status.id = id_;
  status.name = spec_.Name();
  status.group = spec_.resource.group;
  status.resource = spec_.resource.resource;
  status.name_space = spec_.name_space;
  status.state = state_;
  status.message = message_;
  status.position = position_.resume();
  status.flowing = flow_.flowing();
  status.flowed_until = flowed_until();
  status.last_event_at = last_event_at_;
  if (!flow_.flowing() && flow_.last_flow()) {
    status.lag = std::max<Micros>(0, clock().Wall() - *flow_.last_flow());
  }
  const double age = static_cast<double>(clock().Mono() - rate_at_) /
                     static_cast<double>(kMinute);
  status.events_per_second = rate_ * std::exp(-age);
  status.last_error = last_error_;
  status.last_error_at = last_error_at_;
  status.counts = counts_;
  return status;
}

}  // namespace kubescribe::watch
