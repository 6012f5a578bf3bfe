#include "record/ledger.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/log.h"
#include "base/test_switches.h"
#include "kube/resource_version.h"

namespace kubescribe::record {
namespace {

using Kind = kube::Observation::Kind;
using kube::CompareRv;
using kube::RvOrder;
using store::Event;

Event EventOf(kube::WatchType type, const StreamSpec& spec) {
  switch (type) {
    case kube::WatchType::kAdded:
      return Event::kAdded;
    case kube::WatchType::kModified:
      return Event::kModified;
    case kube::WatchType::kDeleted:
      return spec.selected ? Event::kLeft : Event::kDeleted;
  }
  return Event::kModified;
}

}  // namespace

void Ledger::AddStream(kube::StreamId id, std::int64_t resource_id,
                       const StreamSpec& spec) {
  streams_.insert_or_assign(id, Known{spec, resource_id});
  memory_.erase(id);
}

const StreamSpec* Ledger::FindSpec(kube::StreamId id) const {
  const auto known = streams_.find(id);
  return known == streams_.end() ? nullptr : &known->second.spec;
}

std::vector<kube::StreamId> Ledger::Streams() const {
  std::vector<kube::StreamId> ids;
  for (const auto& [id, known] : streams_) ids.push_back(id);
  return ids;
}

void Ledger::Begin(Micros known_until, Micros mono) {
  known_until_ = known_until;
  mono_ = mono;
  touched_.clear();
  effects_ = {};
}

Ledger::Touched* Ledger::Touch(store::Transaction& tx, kube::StreamId id) {
  const auto touched = touched_.find(id);
  if (touched != touched_.end()) return &touched->second;
  const auto known = streams_.find(id);
  if (known == streams_.end()) return nullptr;
  return &touched_
              .emplace(id, Touched{known->second, tx.GetStream(id), memory_[id],
                                   false, false, ""})
              .first->second;
}

void Ledger::Apply(store::Transaction& tx, const Entry& entry) {
  const kube::Observation& seen = entry.seen;
  if (seen.kind == Kind::kDiscovery) {
    OnDiscovery(tx, seen);
    return;
  }
  Touched* touched = Touch(tx, seen.stream);
  if (touched == nullptr) return;
  Touched& t = *touched;
  switch (seen.kind) {
    case Kind::kEvent:
      OnEvent(tx, t, entry);
      break;
    case Kind::kBookmark:
      if (t.memory.rewound || t.memory.list) break;
      MoveTo(t, seen.rv);
      if (CompareRv(t.memory.pending_rv, seen.rv) != RvOrder::kGreater) {
        t.memory.pending_rv.clear();
      }
      break;
    case Kind::kListBegin:
      OnListBegin(tx, t, seen);
      break;
    case Kind::kListItem:
      OnListItem(tx, t, entry);
      break;
    case Kind::kListEnd:
      OnListEnd(tx, t, seen);
      break;
    case Kind::kAuditBegin:
      OnAuditBegin(tx, t, seen);
      break;
    case Kind::kAuditItem:
      OnAuditItem(tx, t, entry);
      break;
    case Kind::kAuditEnd:
      OnAuditEnd(t, seen);
      break;
    case Kind::kAuditReached:
      OnAuditReached(tx, t);
      break;
    case Kind::kAuditAbort:
      // Someone may wait for it, also where it failed before it began.
      if (!t.memory.audit) effects_.audited.emplace_back(t.row.id, -1);
      DropAudit(t);
      break;
    case Kind::kFlowing:
    case Kind::kNotFlowing:
      OnFlow(tx, t, seen);
      break;
    case Kind::kStub:
      OnStub(tx, t, entry);
      break;
    case Kind::kState:
      OnState(t, seen);
      break;
    case Kind::kStreamEnd:
      OnStreamEnd(tx, t, seen);
      break;
    case Kind::kDiscovery:
      break;
  }
}

void Ledger::Finish(store::Transaction& tx) {
  for (auto& [id, t] : touched_) {
    if (!t.bound.empty()) CloseOpenGap(tx, t, t.bound, 0);
    if (t.dirty) {
      store::StreamRow row = t.row;
      if (Mutant(8)) row.position = tx.GetStream(id).position;
      tx.PutStream(row);
    }
    // While a clock that went back is waited out, transactions share one
    // reading, and the answer for that instant changes with each. (One that
    // went back further leaves all the time between in doubt.)
    if (t.recorded && tx.recorded_at() == known_until_) {
      tx.AddDoubt(id, tx.recorded_at(), tx.recorded_at() + 1);
    }
  }
}

void Ledger::FinishPositions(store::Transaction& tx) {
  for (const auto& [id, t] : touched_) {
    if (t.dirty) tx.PutStream(t.row);
  }
}

Effects Ledger::Commit() {
  for (auto& [id, t] : touched_) memory_[id] = std::move(t.memory);
  touched_.clear();
  return std::exchange(effects_, {});
}

void Ledger::Rollback() {
  touched_.clear();
  effects_ = {};
}

// -- positions

void Ledger::MoveTo(Touched& t, const std::string& rv) {
  if (rv.empty() || CompareRv(rv, t.row.position) == RvOrder::kLess ||
      rv == t.row.position) {
    return;
  }
  t.row.position = rv;
  t.dirty = true;
  // What OnUnplaced opened; a list closes its own.
  if (t.bound.empty() && !t.memory.list &&
      t.row.gap_cause == kube::GapCauseName(kube::GapCause::kParse) &&
      CompareRv(t.row.gap_from_rv, rv) == RvOrder::kLess) {
    t.bound = rv;
  }
}

void Ledger::Advance(Touched& t, const std::string& rv) {
  if (rv.empty()) return;
  if (!t.known.spec.shared_rv) {
    MoveTo(t, rv);
    return;
  }
  std::string& pending = t.memory.pending_rv;
  const RvOrder order = CompareRv(rv, pending);
  if (order == RvOrder::kLess || order == RvOrder::kEqual) return;
  MoveTo(t, pending);
  if (CompareRv(rv, t.row.position) != RvOrder::kLess) pending = rv;
}

// -- objects

store::ObjectRow Ledger::FindOrAdd(store::Transaction& tx, Touched& t,
                                   const kube::ObjectHead& head, bool* added) {
  std::optional<store::ObjectRow> found =
      tx.FindObject(t.known.resource_id, head.uid);
  *added = !found;
  if (found) {
    if (found->stream_id != t.row.id) {
      tx.AdoptObject(found->id, t.row.id);
      found->stream_id = t.row.id;
    }
    return *found;
  }
  store::ObjectRow row;
  row.resource_id = t.known.resource_id;
  row.stream_id = t.row.id;
  row.name_space = head.name_space;
  row.name = head.name;
  row.uid = head.uid;
  row.id = tx.AddObject(row);
  return row;
}

bool Ledger::IsLate(const Touched& t, const store::ObjectRow& object,
                    const std::string& rv) const {
  if (object.seq == 0 || object.epoch != t.row.epoch) return false;
  if (!object.rv.empty()) {
    return CompareRv(rv, object.rv) == RvOrder::kLess;
  }
  if (object.alive) return false;
  // It vanished, which has no RV of its own: what found it missing has.
  const auto finding = t.memory.findings.find(object.id);
  const std::string& missing_at = finding == t.memory.findings.end()
                                      ? t.row.position
                                      : finding->second.audit_rv;
  const RvOrder order = CompareRv(rv, missing_at);
  return order == RvOrder::kLess || order == RvOrder::kEqual;
}

void Ledger::Append(store::Transaction& tx, Touched& t,
                    const store::ObjectRow& object, Event event,
                    const Entry& entry, const std::string& rv,
                    const Finding& finding) {
  const kube::Observation& seen = entry.seen;
  Sighting sighting;
  sighting.recorded_at = tx.recorded_at();
  sighting.waited = mono_ - entry.offered_mono;
  sighting.flowing = finding.flowing;
  sighting.not_before = finding.not_before;
  sighting.event = event;
  if (entry.body_kind != store::BodyKind::kStub) sighting.object = seen.body;
  if (object.seq != 0) sighting.previous = object.changed_at;
  Happening happening = WhenHappened(sighting);
  if (finding.late) {
    // It lies before the current state, whatever its bytes say.
    happening.changed_at = std::min(object.changed_at, tx.recorded_at());
    happening.not_before = finding.not_before;
    if (happening.not_before) {
      happening.not_before =
          std::min(*happening.not_before, happening.changed_at);
    }
    happening.evidence = store::Evidence::kReceived;
  }
  store::NewRevision revision;
  revision.object_id = object.id;
  revision.stream_id = t.row.id;
  revision.epoch = t.row.epoch;
  revision.event = event;
  revision.source = finding.source;
  revision.rv = rv;
  revision.list_rv = finding.list_rv;
  revision.api_version = seen.head.api_version.empty()
                             ? t.known.spec.api_version
                             : seen.head.api_version;
  revision.not_before = happening.not_before;
  revision.changed_at = happening.changed_at;
  revision.evidence = happening.evidence;
  revision.late = finding.late;
  revision.body_kind = entry.body_kind;
  revision.body = seen.body;
  tx.AppendRevision(revision);
  t.recorded = true;
  ++effects_.revisions;
}

void Ledger::Vanish(store::Transaction& tx, Touched& t,
                    const store::ObjectRow& object, const Finding& finding) {
  store::NewRevision revision;
  revision.object_id = object.id;
  revision.stream_id = t.row.id;
  revision.epoch = t.row.epoch;
  revision.event = Event::kVanished;
  revision.source = finding.source;
  revision.list_rv = finding.list_rv;
  revision.api_version = t.known.spec.api_version;
  revision.not_before = std::min(
      finding.not_before.value_or(object.recorded_at), tx.recorded_at());
  revision.changed_at = std::max(tx.recorded_at(), object.changed_at);
  tx.AppendRevision(revision);
  t.recorded = true;
  ++effects_.revisions;
}

void Ledger::CloseGap(store::Transaction& tx, store::GapRow gap) {
  gap.to_at = tx.recorded_at();
  gap.seq = tx.AppendGap(gap);
  effects_.gaps.push_back(std::move(gap));
}

void Ledger::CloseOpenGap(store::Transaction& tx, Touched& t,
                          const std::string& to, std::int64_t vanished) {
  store::StreamRow& row = t.row;
  store::GapRow gap;
  gap.stream_id = row.id;
  gap.cause = row.gap_cause;
  gap.from_rv = row.gap_from_rv;
  gap.to_rv = to;
  gap.from_at = row.gap_from_at;
  gap.changed = row.gap_changed;
  gap.appeared = row.gap_appeared;
  gap.vanished = vanished;
  if (!Mutant(2)) CloseGap(tx, std::move(gap));
  row.gap_cause.clear();
  row.gap_from_rv.clear();
  row.gap_from_at.reset();
  row.gap_changed = 0;
  row.gap_appeared = 0;
  t.bound.clear();
  t.dirty = true;
}

// -- events

void Ledger::OnEvent(store::Transaction& tx, Touched& t, const Entry& entry) {
  if (t.memory.rewound) return;
  const kube::Observation& seen = entry.seen;
  const std::string& rv = seen.head.resource_version;
  t.row.last_event_at = tx.recorded_at();
  t.dirty = true;
  if (rv.empty()) {
    OnUnplaced(tx, t, entry);
    return;
  }
  if (seen.head.uid.empty()) {
    RecordStub(tx, t, entry);
    if (!t.memory.list) Advance(t, rv);
    return;
  }
  bool added = false;
  const store::ObjectRow object = FindOrAdd(tx, t, seen.head, &added);
  const Event event = EventOf(seen.type, t.known.spec);
  Finding finding;
  finding.flowing = seen.flowing;
  finding.not_before = seen.not_before;
  bool duplicate = !added && tx.HasRevision(object.id, t.row.epoch, rv);
  std::string stored_rv = rv;
  if (duplicate && store::IsGone(event) && object.alive && object.rv == rv) {
    // Old servers let DELETED carry the RV of the last state.
    duplicate = false;
    stored_rv.clear();
  }
  if (duplicate && Mutant(8)) {
    duplicate = false;
    stored_rv.clear();
  }
  if (duplicate) {
    ++effects_.duplicates;
  } else {
    finding.late = IsLate(t, object, rv);
    if (finding.late) {
      const auto known = t.memory.findings.find(object.id);
      finding.not_before = known == t.memory.findings.end()
                               ? t.row.confirmed_at
                               : known->second.not_before;
    }
    if (entry.body_kind == store::BodyKind::kStub) RecordStub(tx, t, entry);
    Append(tx, t, object, event, entry, stored_rv, finding);
  }
  if (!t.memory.list) Advance(t, rv);
}

// -- what cannot be kept

void Ledger::RecordStub(store::Transaction& tx, Touched& t,
                        const Entry& entry) {
  const kube::Observation& seen = entry.seen;
  tx.AppendRecord("stub", t.row.id, seen.body);
  const std::string& rv = seen.head.resource_version.empty()
                              ? t.row.position
                              : seen.head.resource_version;
  const bool ahead =
      kube::CompareRv(t.row.position, rv) == kube::RvOrder::kLess;
  store::GapRow gap;
  gap.stream_id = t.row.id;
  gap.cause = kube::GapCauseName(seen.cause);
  gap.from_rv = ahead ? t.row.position : rv;
  gap.to_rv = rv;
  gap.from_at = tx.recorded_at();
  if (!seen.flowing && seen.not_before) {
    gap.from_at = std::min(*seen.not_before, tx.recorded_at());
  }
  gap.changed = 1;
  CloseGap(tx, std::move(gap));
}

// An event whose RV cannot be read lies between the position and whatever comes
// next: until that is known the gap is open.
void Ledger::OnUnplaced(store::Transaction& tx, Touched& t,
                        const Entry& entry) {
  const kube::Observation& seen = entry.seen;
  tx.AppendRecord("stub", t.row.id, seen.body);
  store::StreamRow& row = t.row;
  if (!t.bound.empty()) CloseOpenGap(tx, t, t.bound, 0);
  if (row.gap_cause.empty()) {
    row.gap_cause = kube::GapCauseName(kube::GapCause::kParse);
    row.gap_from_rv =
        t.memory.pending_rv.empty() ? row.position : t.memory.pending_rv;
    row.gap_from_at = tx.recorded_at();
    if (!seen.flowing && seen.not_before) {
      row.gap_from_at = std::min(*seen.not_before, tx.recorded_at());
    }
  }
  ++row.gap_changed;
  t.dirty = true;
}

void Ledger::OnStub(store::Transaction& tx, Touched& t, const Entry& entry) {
  const kube::Observation& seen = entry.seen;
  if (t.memory.list) {
    OnListItem(tx, t, entry);
    return;
  }
  // Items carry their list's RV beside their own; events do not.
  const bool item = t.memory.audit && t.memory.audit->rv.empty() &&
                    !seen.rv.empty() && seen.rv != seen.head.resource_version;
  if (item) {
    OnAuditItem(tx, t, entry);
  } else {
    OnEvent(tx, t, entry);
  }
}

// -- the stream's row

void Ledger::OnFlow(store::Transaction& tx, Touched& t,
                    const kube::Observation& seen) {
  store::StreamRow& row = t.row;
  if (seen.kind == Kind::kFlowing) {
    if (row.flowing) return;
    row.flowing = true;
    t.dirty = true;
    return;
  }
  const Micros until =
      std::min(seen.not_before.value_or(seen.received_at), tx.recorded_at());
  if (row.flowing) {
    row.flowing = false;
    row.flowed_until = until;
    t.dirty = true;
  } else if (row.flowed_until && until < *row.flowed_until) {
    row.flowed_until = until;
    t.dirty = true;
  }
}

void Ledger::OnState(Touched& t, const kube::Observation& seen) {
  const std::string_view state = kube::StreamStateName(seen.state);
  if (t.row.state == state && t.row.message == seen.message) return;
  t.row.state = state;
  t.row.message = seen.message;
  t.dirty = true;
}

void Ledger::OnStreamEnd(store::Transaction& tx, Touched& t,
                         const kube::Observation& seen) {
  DropAudit(t);
  t.memory.list.reset();
  store::StreamRow& row = t.row;
  const Micros now = tx.recorded_at();
  const Micros until =
      std::min(seen.not_before.value_or(
                   row.flowing ? seen.received_at
                               : row.flowed_until.value_or(seen.received_at)),
               now);
  if (row.flowing) {
    row.flowing = false;
    row.flowed_until = until;
  }
  row.state = kube::StreamStateName(kube::StreamState::kEnded);
  row.message = seen.message;
  t.dirty = true;
  if (!seen.crd_deleted) return;
  std::vector<store::ObjectRow> gone;
  tx.ForEachAlive(row.id, [&gone](const store::ObjectRow& object) {
    gone.push_back(object);
  });
  Finding finding;
  finding.not_before = until;
  for (const store::ObjectRow& object : gone) Vanish(tx, t, object, finding);
  // A kind of the same name would be another one.
  row.position.clear();
  t.memory = {};
}

void Ledger::OnDiscovery(store::Transaction& tx,
                         const kube::Observation& seen) {
  if (seen.body.empty() || tx.LastDiscovery() == seen.body) return;
  nlohmann::ordered_json detail;
  detail["bytes"] = seen.body.size();
  tx.AppendRecord("discovery", 0, detail.dump(), seen.body);
}

}  // namespace kubescribe::record
