// Lists: a diff by uid against what the file knows (DESIGN §4).
#include <algorithm>

#include "base/log.h"
#include "base/test_switches.h"
#include "kube/resource_version.h"
#include "record/ledger.h"

namespace kubescribe::record {
namespace {

using kube::CompareRv;
using kube::RvOrder;
using store::Event;

bool Selects(const store::StreamKey& key) {
  return !key.label_selector.empty() || !key.field_selector.empty();
}

}  // namespace

// A stream of the same kind that the configuration no longer names, with a part
// of its objects in the namespace that `t` lists.
struct Ledger::Orphan {
  store::StreamRow row;
  std::vector<store::ObjectRow> alive;  // within what is listed
};

void Ledger::OnListBegin(store::Transaction& tx, Touched& t,
                         const kube::Observation& seen) {
  DropAudit(t);
  store::StreamRow& row = t.row;
  const Micros now = tx.recorded_at();
  if (!t.bound.empty()) CloseOpenGap(tx, t, t.bound, 0);
  if (row.gap_cause == kube::GapCauseName(kube::GapCause::kParse)) {
    // OnUnplaced's: the list's gap begins where it does, and may be of more.
    row.gap_cause = kube::GapCauseName(seen.cause);
  } else if (row.gap_cause.empty()) {
    row.gap_cause = kube::GapCauseName(seen.cause);
    row.gap_from_rv = row.position.empty() ? seen.rv : row.position;
    row.gap_changed = 0;
    row.gap_appeared = 0;
    row.gap_from_at.reset();
    if (seen.cause != kube::GapCause::kStart) {
      row.gap_from_at =
          seen.not_before
              ? seen.not_before
              : (row.flowing ? std::optional<Micros>(now) : row.flowed_until);
      if (row.gap_from_at) row.gap_from_at = std::min(*row.gap_from_at, now);
    }
  }
  if (row.flowing) {
    row.flowing = false;
    row.flowed_until = std::min(seen.not_before.value_or(now), now);
  }
  const bool again =
      t.memory.list && t.memory.list->began_epoch && !t.memory.rewound;
  if (seen.new_epoch && !again) {
    row.epoch = tx.AppendEpoch(row.id, std::string(GapCauseName(seen.cause)));
  }
  // Until the list's end there is nothing to go on from.
  row.position.clear();
  t.dirty = true;
  StreamMemory fresh;
  fresh.list.emplace().began_epoch = seen.new_epoch || again;
  fresh.list->began_at = std::min(seen.received_at, now);
  t.memory = std::move(fresh);
}

void Ledger::OnListItem(store::Transaction& tx, Touched& t,
                        const Entry& entry) {
  if (!t.memory.list || t.memory.rewound) return;
  ListMemory& list = *t.memory.list;
  store::StreamRow& row = t.row;
  const kube::Observation& seen = entry.seen;
  const std::string& rv = seen.head.resource_version;
  if (seen.head.uid.empty() || rv.empty()) {
    list.unidentified = true;
    RecordStub(tx, t, entry);
    return;
  }
  bool added = false;
  const store::ObjectRow object = FindOrAdd(tx, t, seen.head, &added);
  Finding finding;
  finding.source = store::Source::kList;
  finding.list_rv = seen.rv;
  finding.not_before = row.gap_from_at;
  Event event = added || !object.alive ? Event::kListed : Event::kRelisted;
  std::string stored_rv = rv;
  if (!added && object.epoch == row.epoch && object.seq != 0) {
    const RvOrder order = CompareRv(rv, object.rv);
    if (order == RvOrder::kLess) {
      // Stale, unless the list is as new as the record.
      if (CompareRv(seen.rv, row.gap_from_rv) == RvOrder::kLess) {
        list.seen.Insert(object.id);
        return;
      }
      Rewind(t, "a list shows an object at a lower resourceVersion");
      return;
    }
    const bool recorded =
        order == RvOrder::kEqual || tx.HasRevision(object.id, row.epoch, rv);
    if (recorded && object.alive && !Mutant(5)) {
      list.seen.Insert(object.id);
      ++effects_.duplicates;
      return;
    }
    // It was taken for gone and is still there: alive again, in the state
    // that is recorded under this RV.
    if (recorded) stored_rv.clear();
  } else if (!added && object.seq != 0) {
    // A new epoch: nothing tells when it came to be so.
    finding.not_before.reset();
  }
  list.seen.Insert(object.id);
  if (entry.body_kind == store::BodyKind::kStub) RecordStub(tx, t, entry);
  Append(tx, t, object, event, entry, stored_rv, finding);
  ++(event == Event::kListed ? row.gap_appeared : row.gap_changed);
  t.dirty = true;
  KUBESCRIBE_KILL_POINT("list.recorded");
  if (Mutant(4)) {
    row.position = seen.rv;
    row.gap_cause.clear();
  }
}

void Ledger::OnListEnd(store::Transaction& tx, Touched& t,
                       const kube::Observation& seen) {
  if (!t.memory.list || t.memory.rewound) return;
  store::StreamRow& row = t.row;
  const ListMemory& list = *t.memory.list;
  std::vector<store::ObjectRow> missing;
  const std::vector<Orphan> orphans = OrphansOf(tx, t);
  if (!list.unidentified && !Mutant(6)) {
    const auto look = [&](const store::ObjectRow& object) {
      if (list.seen.Contains(object.id)) return;
      if (object.epoch == row.epoch &&
          CompareRv(object.rv, seen.rv) == RvOrder::kGreater) {
        return;
      }
      missing.push_back(object);
    };
    tx.ForEachAlive(row.id, look);
    for (const Orphan& orphan : orphans) {
      for (const store::ObjectRow& object : orphan.alive) look(object);
    }
  }
  Finding finding;
  finding.source = store::Source::kList;
  finding.list_rv = seen.rv;
  finding.not_before = row.gap_from_at;
  for (const store::ObjectRow& object : missing) {
    if (object.stream_id != row.id) tx.AdoptObject(object.id, row.id);
    Vanish(tx, t, object, finding);
  }
  TakeOver(tx, t, seen.rv, orphans);
  CloseOpenGap(tx, t, seen.rv, static_cast<std::int64_t>(missing.size()));
  row.position = seen.rv;
  // The list shows what was when it was asked for.
  row.confirmed_at = list.began_at;
  t.memory = {};
  t.memory.confirmed_rv = seen.rv;
  KUBESCRIBE_KILL_POINT("list.end");
}

// What was seen through streams of another scope goes on in this one: a change
// of the configuration must leave nobody alive for ever.
std::vector<Ledger::Orphan> Ledger::OrphansOf(store::Transaction& tx,
                                              const Touched& t) {
  const store::StreamRow& mine = t.row;
  std::vector<Orphan> orphans;
  // A selector's list says nothing of what it does not pick.
  if (Selects(mine.key)) return orphans;
  const std::string_view ended =
      kube::StreamStateName(kube::StreamState::kEnded);
  for (store::StreamRow& row : tx.Streams()) {
    if (row.id == mine.id || row.resource_id != mine.resource_id) continue;
    if (const auto at = touched_.find(row.id); at != touched_.end()) {
      row = at->second.row;
    }
    if (streams_.count(row.id) != 0 && row.state != ended) continue;
    const std::string& space = mine.key.name_space;
    if (!space.empty() && !row.key.name_space.empty() &&
        row.key.name_space != space) {
      continue;
    }
    Orphan orphan;
    tx.ForEachAlive(row.id, [&](const store::ObjectRow& object) {
      if (space.empty() || object.name_space == space) {
        orphan.alive.push_back(object);
      }
    });
    orphan.row = std::move(row);
    orphans.push_back(std::move(orphan));
  }
  return orphans;
}

void Ledger::TakeOver(store::Transaction& tx, Touched& t,
                      const std::string& list_rv,
                      const std::vector<Orphan>& orphans) {
  const std::string_view ended =
      kube::StreamStateName(kube::StreamState::kEnded);
  const bool first =
      t.row.gap_cause == kube::GapCauseName(kube::GapCause::kStart);
  for (const Orphan& orphan : orphans) {
    store::StreamRow row = orphan.row;
    // Of what it had seen something may be missing in between.
    if (first && row.flowed_until) {
      store::GapRow gap;
      gap.stream_id = t.row.id;
      gap.cause = kube::GapCauseName(kube::GapCause::kConfig);
      gap.from_rv = row.position.empty() ? row.gap_from_rv : row.position;
      gap.to_rv = list_rv;
      gap.from_at = std::min(*row.flowed_until, tx.recorded_at());
      CloseGap(tx, std::move(gap));
    }
    if (row.state == ended) continue;
    row.state = ended;
    row.message = "the configuration no longer names it";
    const auto at = touched_.find(row.id);
    if (at != touched_.end()) {
      at->second.row = row;
      at->second.dirty = true;
    } else {
      tx.PutStream(row);
    }
  }
}

void Ledger::Rewind(Touched& t, const std::string& why) {
  Log().warn("{}{}: {} than recorded; the server was set back, listing anew",
             t.row.key.resource,
             t.row.key.group.empty() ? "" : "." + t.row.key.group, why);
  t.memory.rewound = true;
  effects_.relist.emplace_back(t.row.id, kube::GapCause::kRewind);
}

}  // namespace kubescribe::record
