// The lists of a stream: those that make up for a lost position, and audits.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "watch/stream.h"

namespace kubescribe::watch {

using kube::GapCause;
using kube::Observation;
using kube::StreamState;

void Stream::BeginList(GapCause cause, bool new_epoch,
                       const std::string& lost_rv) {
  AbortAudit();
  Leave(Phase::kListing);
  short_ends_ = 0;
  if (!list_) {
    list_.emplace();
    list_->cause = cause;
    list_->lost_rv = lost_rv;
    list_->not_before = flow_.last_flow();
  }
  if (new_epoch && !list_->new_epoch) {
    list_->cause = GapCause::kRewind;
    list_->new_epoch = true;
  }
  position_.Clear();
  OfferListBegin();
  TryList();
}

void Stream::OfferListBegin() {
  Observation begin = Make(Observation::Kind::kListBegin);
  begin.cause = list_->cause;
  begin.rv = list_->lost_rv;
  begin.not_before = list_->not_before;
  begin.new_epoch = list_->new_epoch;
  Offer(std::move(begin));
  list_->dirty = false;
}

void Stream::TryList() {
  Leave(Phase::kListing);
  SetState(StreamState::kListing, "");
  Micros delay = 0;
  if (last_list_) {
    delay = std::max<Micros>(
        0, *last_list_ + options_.list_spacing - clock().Mono());
  }
  // Other streams lost their position by the same event.
  if (list_->cause != GapCause::kStart) {
    delay += Between(0, options_.list_jitter);
  }
  const auto start = [this] {
    env_.host.WhenReady(id_, [this, turn = turn_] {
      if (turn != turn_ || phase_ != Phase::kListing) return;
      lister_.Start(list_->restarts >= 2);
    });
  };
  if (delay > 0) {
    timer_.Set(delay, start);
  } else {
    start();
  }
}

void Stream::ListSide::OnListSent() {
  stream_.list_sent_ = stream_.clock().Wall();
  stream_.list_sent_mono_ = stream_.clock().Mono();
  if (stream_.list_->dirty) stream_.OfferListBegin();
}

void Stream::ListSide::OnListRv(const std::string& rv) {
  Stream& s = stream_;
  s.last_list_ = s.clock().Mono();
  PendingList& list = *s.list_;
  if (list.new_epoch ||
      kube::CompareRv(rv, list.lost_rv) != kube::RvOrder::kLess) {
    return;
  }
  ++s.counts_.rewinds;
  Log().warn(
      "{}: {}: the server's history went back (list at {}, record at {})",
      s.env_.cluster, s.spec_.Name(), rv, list.lost_rv);
  list.cause = GapCause::kRewind;
  list.new_epoch = true;
  const bool dirty = list.dirty;
  s.OfferListBegin();
  // What an unpaged list has shown already counted for the old epoch.
  if (dirty) s.TryList();
}

void Stream::ListSide::OnListItem(std::string item, const std::string& rv) {
  Stream& s = stream_;
  s.list_->dirty = true;
  Result<kube::ObjectHead> head = s.env_.reader.ReadHead(item);
  if (!head.ok() || head->resource_version.empty()) {
    LongObject object;
    object.size = item.size();
    object.digest = codec::Hex(codec::Sha256Of(item));
    object.prefix = item.substr(0, s.options_.list.head_bytes);
    s.OfferListStub(
        GapCause::kParse, object, rv,
        head.ok() ? "the item has no resourceVersion" : head.error().message());
    return;
  }
  ++s.counts_.items;
  Observation observation = s.Make(Observation::Kind::kListItem);
  observation.head = std::move(*head);
  s.FillKind(observation.head);
  observation.body = std::move(item);
  observation.rv = rv;
  s.Offer(std::move(observation));
}

void Stream::ListSide::OnListLongItem(LongObject item, const std::string& rv) {
  stream_.list_->dirty = true;
  stream_.OfferListStub(GapCause::kOversize, item, rv,
                        "the object is larger than the limit");
}

void Stream::OfferListStub(GapCause cause, const LongObject& object,
                           const std::string& rv, const std::string& message) {
  ++counts_.stubs;
  Observation stub = Make(Observation::Kind::kStub);
  stub.type = kube::WatchType::kModified;
  stub.head = kube::EventReader::ReadTruncated(object.prefix);
  FillKind(stub.head);
  stub.cause = cause;
  stub.size = object.size;
  stub.digest = object.digest;
  stub.rv = rv;  // of a list: it moves no position
  stub.message = message;
  Offer(std::move(stub));
}

void Stream::ListSide::OnListEnd(const std::string& rv) {
  Stream& s = stream_;
  Observation end = s.Make(Observation::Kind::kListEnd);
  end.rv = rv;
  s.Offer(std::move(end));
  ++s.counts_.lists;
  Log().info("{}: {}: listed at {} ({})", s.env_.cluster, s.spec_.Name(), rv,
             kube::GapCauseName(s.list_->cause));
  s.list_.reset();
  s.away_.reset();
  s.busy_since_.reset();
  s.retried_credential_ = false;
  s.garbage_at_.clear();
  s.position_.Set(rv);
  s.env_.host.OnWorking(s.id_);
  // A short list is as good as a probe. Since a long one began much may have
  // happened that the watch has to catch up with.
  const Micros now = s.clock().Mono();
  const bool spaced =
      !s.last_watch_ || now - *s.last_watch_ >= s.options_.watch_spacing;
  if (spaced && now - s.list_sent_mono_ <= s.options_.fresh) {
    s.before_rv_ = rv;
    s.before_sent_ = s.list_sent_;
    s.OpenWatch();
  } else {
    s.Connect();
  }
}

void Stream::ListSide::OnListFailed(Lister::Problem problem,
                                    const Failure& failure) {
  Stream& s = stream_;
  // It cost the server a list; the next one waits as after any other.
  if (failure.kind == FailureKind::kGone) s.last_list_ = s.clock().Mono();
  if (problem == Lister::Problem::kRequest) {
    s.HandleFailure(failure);
    return;
  }
  ++s.list_->restarts;
  ++s.counts_.failures;
  s.last_error_ = failure.message;
  s.last_error_at_ = s.clock().Wall();
  Log().info("{}: {}: the list starts over: {}", s.env_.cluster, s.spec_.Name(),
             failure.message);
  s.TryList();
}

bool Stream::Audit() {
  if (phase_ != Phase::kWatching || !watch_.accepted() ||
      audit_ != AuditPhase::kNone) {
    return false;
  }
  StartAudit();
  return true;
}

void Stream::ArmAudit(Micros delay) {
  if (options_.audit_interval <= 0) return;
  audit_timer_.Set(delay, [this] {
    // One list in so long, of whatever kind.
    if (last_list_ && clock().Mono() - *last_list_ < options_.list_spacing) {
      ArmAudit(options_.list_spacing);
      return;
    }
    ArmAudit(Between(options_.audit_interval * 4 / 5,
                     options_.audit_interval * 6 / 5));
    if (!Audit() && audit_ == AuditPhase::kNone) {
      ArmAudit(Between(options_.audit_soon, options_.audit_soon * 2));
    }
  });
}

void Stream::AuditSoon() {
  // Not again and again for a server that does it all the time.
  if (last_audit_ != 0 && clock().Mono() - last_audit_ < kMinute) return;
  ArmAudit(options_.audit_soon);
}

void Stream::StartAudit() {
  audit_ = AuditPhase::kListing;
  audit_begun_ = false;
  audit_side_.broken_ = false;
  last_audit_ = clock().Mono();
  auditor_.Start(false);
}

void Stream::AbortAudit() {
  auditor_.Cancel();
  reach_timer_.Cancel();
  audit_begun_ = false;
  if (std::exchange(audit_, AuditPhase::kNone) != AuditPhase::kNone) {
    Offer(Make(Observation::Kind::kAuditAbort));
  }
}

void Stream::AuditSide::OnListSent() {
  sent_position_ = stream_.position_.newest();
}

void Stream::AuditSide::OnListRv(const std::string& rv) {
  Stream& s = stream_;
  s.last_list_ = s.clock().Mono();
  if (kube::CompareRv(rv, sent_position_) == kube::RvOrder::kLess) {
    ++s.counts_.rewinds;
    s.BeginList(GapCause::kRewind, true, s.position_.resume());
    return;
  }
  s.audit_begun_ = true;
  Observation begin = s.Make(Observation::Kind::kAuditBegin);
  begin.rv = rv;
  s.Offer(std::move(begin));
}

void Stream::AuditSide::OnListItem(std::string item, const std::string& rv) {
  Stream& s = stream_;
  Result<kube::ObjectHead> head = s.env_.reader.ReadHead(item);
  if (!head.ok() || head->resource_version.empty()) {
    LongObject object;
    object.size = item.size();
    object.digest = codec::Hex(codec::Sha256Of(item));
    object.prefix = item.substr(0, s.options_.list.head_bytes);
    Unreadable(GapCause::kParse, object, rv);
    return;
  }
  Observation observation = s.Make(Observation::Kind::kAuditItem);
  observation.head = std::move(*head);
  s.FillKind(observation.head);
  observation.body = std::move(item);
  observation.rv = rv;
  s.Offer(std::move(observation));
}

void Stream::AuditSide::OnListLongItem(LongObject item, const std::string& rv) {
  Unreadable(GapCause::kOversize, item, rv);
}

void Stream::AuditSide::Unreadable(GapCause cause, const LongObject& object,
                                   const std::string& rv) {
  const kube::ObjectHead head = kube::EventReader::ReadTruncated(object.prefix);
  // Without knowing which object it is, nothing can be said of what is
  // missing; with the list's own RV it would pass for an event.
  if (head.uid.empty() || head.resource_version.empty() ||
      head.resource_version == rv) {
    broken_ = true;
    return;
  }
  stream_.OfferListStub(cause, object, rv, "the object cannot be kept");
}

void Stream::AuditSide::OnListEnd(const std::string& rv) {
  Stream& s = stream_;
  if (broken_) {
    Log().warn("{}: {}: audit given up: an object could not be read",
               s.env_.cluster, s.spec_.Name());
    s.AbortAudit();
    return;
  }
  Observation end = s.Make(Observation::Kind::kAuditEnd);
  end.rv = rv;
  s.Offer(std::move(end));
  s.audit_ = AuditPhase::kReaching;
  s.audit_rv_ = rv;
  s.audit_since_ = s.clock().Mono();
  s.CheckAuditReached(false);
  if (s.audit_ == AuditPhase::kReaching) s.WaitForAudit();
}

void Stream::AuditSide::OnListFailed(Lister::Problem, const Failure& failure) {
  Stream& s = stream_;
  Log().info("{}: {}: audit given up: {}", s.env_.cluster, s.spec_.Name(),
             failure.message);
  s.AbortAudit();
}

void Stream::CheckAuditReached(bool after_frame) {
  if (audit_ != AuditPhase::kReaching) return;
  const kube::RvOrder complete = kube::CompareRv(position_.resume(), audit_rv_);
  const bool reached = complete == kube::RvOrder::kEqual ||
                       complete == kube::RvOrder::kGreater ||
                       kube::CompareRv(position_.newest(), audit_rv_) ==
                           kube::RvOrder::kGreater ||
                       (after_frame && complete == kube::RvOrder::kUnknown);
  if (!reached) return;
  reach_timer_.Cancel();
  audit_ = AuditPhase::kNone;
  audit_begun_ = false;
  ++counts_.audits;
  Observation observation = Make(Observation::Kind::kAuditReached);
  observation.rv = audit_rv_;
  Offer(std::move(observation));
}

void Stream::WaitForAudit() {
  reach_timer_.Set(options_.audit_settle, [this] {
    const Micros now = clock().Mono();
    const Micros quiet =
        now - std::max({last_byte_mono_, audit_since_, opened_});
    const bool settled = phase_ == Phase::kWatching && watch_.accepted() &&
                         watch_.AtBoundary() && !held_ &&
                         quiet >= options_.audit_settle;
    const bool late = now - audit_since_ >= options_.audit_patience;
    // Where no bookmarks come, or too slowly, silence says that everything up
    // to then was delivered.
    if (settled && (!expects_bookmarks_ || late)) {
      audit_ = AuditPhase::kNone;
      audit_begun_ = false;
      ++counts_.audits;
      Observation observation = Make(Observation::Kind::kAuditReached);
      observation.rv = audit_rv_;
      Offer(std::move(observation));
    } else if (late) {
      AbortAudit();
    } else {
      WaitForAudit();
    }
  });
}

}  // namespace kubescribe::watch
