// Audits: does the record hold what the server held (DESIGN §4, P§8)?
//
// An audit list is compared only when the stream's position has passed the
// list's own RV; until then items that are not recorded are held, since their
// events may still be on the way.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "kube/resource_version.h"
#include "record/ledger.h"

namespace kubescribe::record {
namespace {

using kube::CompareRv;
using kube::RvOrder;
using store::Event;
using store::ObjectRow;

constexpr std::size_t kMaxHeldBytes = std::size_t{16} << 20;
// So many findings are remembered for events that come after them.
constexpr std::size_t kMaxFindings = 4096;

// The state (uid, rv) is in the file, and what is there of the object does not
// deny it.
bool IsRecorded(store::Transaction& tx, const store::StreamRow& row,
                const std::optional<ObjectRow>& object, const std::string& rv) {
  if (!object || object->epoch != row.epoch) return false;
  if (object->rv == rv) return true;
  if (!object->alive && object->rv.empty()) return false;
  return tx.HasRevision(object->id, row.epoch, rv);
}

std::optional<Micros> Later(std::optional<Micros> a, Micros b) {
  return a ? std::max(*a, b) : b;
}

}  // namespace

struct Ledger::Differences {
  struct Unrecorded {
    std::shared_ptr<const Entry> entry;
    bool late = false;
  };
  std::vector<Unrecorded> unrecorded;
  std::vector<ObjectRow> missing;
};

void Ledger::DropAudit(Touched& t) {
  if (!t.memory.audit) return;
  t.memory.audit.reset();
  effects_.audited.emplace_back(t.row.id, -1);
}

void Ledger::OnAuditBegin(store::Transaction& tx, Touched& t,
                          const kube::Observation& seen) {
  DropAudit(t);
  if (t.memory.list || t.memory.rewound) {
    effects_.audited.emplace_back(t.row.id, -1);
    return;
  }
  t.memory.audit.emplace().began_at =
      std::min(seen.received_at, tx.recorded_at());
}

void Ledger::OnAuditItem(store::Transaction& tx, Touched& t,
                         const Entry& entry) {
  if (!t.memory.audit) return;
  AuditMemory& audit = *t.memory.audit;
  const kube::Observation& seen = entry.seen;
  const std::string& rv = seen.head.resource_version;
  ++audit.items;
  if (seen.head.uid.empty() || rv.empty()) {
    audit.unidentified = true;
    return;
  }
  const auto object = tx.FindObject(t.known.resource_id, seen.head.uid);
  if (object && object->epoch == t.row.epoch && object->alive &&
      CompareRv(rv, object->rv) == RvOrder::kLess &&
      CompareRv(object->rv, seen.rv) != RvOrder::kGreater) {
    DropAudit(t);
    Rewind(t, "an audit shows an object at a lower resourceVersion");
    return;
  }
  if (object) audit.seen.Insert(object->id);
  if (IsRecorded(tx, t.row, object, rv)) return;
  audit.held_bytes += seen.Bytes();
  if (audit.held_bytes > kMaxHeldBytes) {
    DropAudit(t);
    return;
  }
  audit.held.push_back(std::make_shared<const Entry>(entry));
}

void Ledger::OnAuditEnd(Touched& t, const kube::Observation& seen) {
  if (t.memory.audit) t.memory.audit->rv = seen.rv;
}

// False: the audit shows that the server was set back.
bool Ledger::Compare(store::Transaction& tx, Touched& t, Differences& found) {
  AuditMemory& audit = *t.memory.audit;
  for (const auto& entry : audit.held) {
    const kube::ObjectHead& head = entry->seen.head;
    const std::string& rv = head.resource_version;
    const auto object = tx.FindObject(t.known.resource_id, head.uid);
    if (object) audit.seen.Insert(object->id);
    if (IsRecorded(tx, t.row, object, rv)) continue;
    bool late = false;
    if (object && object->epoch == t.row.epoch &&
        CompareRv(rv, object->rv) == RvOrder::kLess) {
      if (CompareRv(object->rv, audit.rv) != RvOrder::kGreater) return false;
      late = true;
    }
    found.unrecorded.push_back({entry, late});
  }
  if (audit.unidentified) return true;
  tx.ForEachAlive(t.row.id, [&](const ObjectRow& object) {
    if (audit.seen.Contains(object.id)) return;
    if (object.epoch != t.row.epoch) return;
    const RvOrder order = CompareRv(object.rv, audit.rv);
    if (order == RvOrder::kGreater) return;
    // Without an order only what was recorded before the list began counts.
    if (order == RvOrder::kUnknown && object.recorded_at >= audit.began_at) {
      return;
    }
    found.missing.push_back(object);
  });
  return true;
}

void Ledger::Repair(store::Transaction& tx, Touched& t,
                    const Differences& found) {
  const AuditMemory& audit = *t.memory.audit;
  const std::optional<Micros> confirmed = t.row.confirmed_at;
  store::GapRow gap;
  gap.stream_id = t.row.id;
  gap.cause = kube::GapCauseName(kube::GapCause::kLost);
  gap.from_rv = t.memory.confirmed_rv;
  gap.to_rv = audit.rv;
  gap.from_at = tx.recorded_at();
  const auto reach_back = [&gap](std::optional<Micros> to) {
    if (!to || !gap.from_at) {
      gap.from_at.reset();
    } else {
      gap.from_at = std::min(*gap.from_at, *to);
    }
  };
  Finding finding;
  finding.source = store::Source::kAudit;
  finding.list_rv = audit.rv;
  const auto remember = [&](std::int64_t id) {
    if (t.memory.findings.size() < kMaxFindings) {
      t.memory.findings[id] = {finding.not_before, audit.rv};
    }
  };
  for (const auto& [entry, late] : found.unrecorded) {
    const kube::ObjectHead& head = entry->seen.head;
    bool added = false;
    const ObjectRow object = FindOrAdd(tx, t, head, &added);
    finding.late = late;
    finding.not_before =
        added || late ? confirmed : Later(confirmed, object.recorded_at);
    const bool appeared = added || (!object.alive && !late);
    // What was wrongly taken for gone comes back under an RV that is recorded.
    const std::string rv =
        !added && tx.HasRevision(object.id, t.row.epoch, head.resource_version)
            ? ""
            : head.resource_version;
    if (entry->body_kind == store::BodyKind::kStub) RecordStub(tx, t, *entry);
    Append(tx, t, object, appeared ? Event::kListed : Event::kRelisted, *entry,
           rv, finding);
    ++(appeared ? gap.appeared : gap.changed);
    reach_back(finding.not_before);
    if (!late) remember(object.id);
  }
  finding.late = false;
  for (const ObjectRow& object : found.missing) {
    finding.not_before = Later(confirmed, object.recorded_at);
    Vanish(tx, t, object, finding);
    ++gap.vanished;
    reach_back(finding.not_before);
    remember(object.id);
  }
  CloseGap(tx, std::move(gap));
}

void Ledger::OnAuditReached(store::Transaction& tx, Touched& t) {
  if (!t.memory.audit) return;
  Differences found;
  if (t.memory.audit->rv.empty()) {
    DropAudit(t);
    return;
  }
  if (!Compare(tx, t, found)) {
    DropAudit(t);
    Rewind(t, "an audit shows an object at a lower resourceVersion");
    return;
  }
  const AuditMemory& audit = *t.memory.audit;
  std::int64_t suspected = 0;
  if (t.known.spec.shared_rv) {
    // A lease's deletions may be under way still: what the last audit found as
    // well counts, the rest is remembered for the next.
    Suspects suspects;
    std::erase_if(found.unrecorded, [&](const auto& one) {
      const kube::ObjectHead& head = one.entry->seen.head;
      const std::pair key(head.uid, head.resource_version);
      if (t.memory.suspects.unrecorded.count(key) != 0) return false;
      suspects.unrecorded.insert(key);
      return true;
    });
    std::erase_if(found.missing, [&](const ObjectRow& object) {
      if (t.memory.suspects.missing.Contains(object.id)) return false;
      suspects.missing.Insert(object.id);
      return true;
    });
    suspected = static_cast<std::int64_t>(suspects.unrecorded.size()) +
                suspects.missing.size();
    t.memory.suspects = std::move(suspects);
  }
  const auto findings =
      static_cast<std::int64_t>(found.unrecorded.size() + found.missing.size());
  if (findings != 0) Repair(tx, t, found);
  nlohmann::ordered_json detail;
  detail["rv"] = audit.rv;
  detail["items"] = audit.items;
  detail["findings"] = findings;
  detail["unrecorded"] = found.unrecorded.size();
  detail["missing"] = found.missing.size();
  detail["suspected"] = suspected;
  tx.AppendRecord("audit", t.row.id, detail.dump());
  if (suspected == 0) {
    t.row.confirmed_at = audit.began_at;
    t.memory.confirmed_rv = audit.rv;
    t.dirty = true;
  }
  t.memory.audit.reset();
  effects_.audited.emplace_back(t.row.id, findings);
}

}  // namespace kubescribe::record
