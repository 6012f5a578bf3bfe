#include "store/object_pruner.h"

#include <algorithm>
#include <optional>
#include <unordered_set>
#include <utility>

#include "base/test_switches.h"
#include "store/body_reader.h"
#include "store/lifetimes.h"

namespace kubescribe::store {

void ObjectPruner::Begin(const PruneCut& cut) {
  by_count_ = cut.keep.has_value();
  rvs_.clear();
  taken_ = {};
}

bool ObjectPruner::TakeFrom(const PruneObject& object, const ObjectPlan& plan,
                            std::size_t limit, Micros now, std::size_t& taken) {
  std::vector<Row> going = Going(object.id, plan, limit + 1);
  const bool through = going.size() <= limit;
  if (!through) going.pop_back();
  if (!going.empty()) {
    Micros first = plan.baseline_at;
    if (by_count_) {
      Query oldest(db_, "SELECT changed_at FROM revision WHERE seq = ?");
      if (oldest.Bind(going.front().seq).Step()) {
        first = std::min(first, oldest.Int(0));
      }
      NoteObject(object, plan, first);
    } else {
      for (const Row& row : going) {
        NoteRv(object.resource_id, row.epoch, row.rv);
      }
      NoteRv(object.resource_id, plan.epoch, plan.rv);
    }
    CutChains(object.id, going, now);
    Remove(object.id, going);
  }
  taken += going.size();
  if (through && plan.whole) {
    RemoveObject(object.id);
  } else {
    FixLife(object);
  }
  if (through) KUBESCRIBE_KILL_POINT("prune.object");
  return through;
}

std::vector<ObjectPruner::Row> ObjectPruner::Going(std::int64_t object_id,
                                                   const ObjectPlan& plan,
                                                   std::size_t limit) {
  std::vector<Row> rows;
  Query going(db_,
              "SELECT seq, coalesce(nullif(rv, ''), list_rv), epoch "
              "FROM revision INDEXED BY revision_object WHERE object_id = ? "
              "AND seq <= ? AND changed_at < ? ORDER BY seq LIMIT ?");
  going.Bind(object_id, plan.last, plan.before,
             static_cast<std::int64_t>(limit));
  while (going.Step()) {
    rows.push_back({going.Int(0), going.Text(1), going.Int(2)});
  }
  return rows;
}

void ObjectPruner::CutChains(std::int64_t object_id,
                             const std::vector<Row>& going, Micros now) {
  std::unordered_set<Seq> gone;
  for (const Row& row : going) gone.insert(row.seq);
  const Seq last = going.back().seq;
  std::vector<Seq> cut;
  {
    // A base is the body before, stubs left out: behind the last one that goes
    // the first that is no stub is the only one that can build on any.
    Query later(db_,
                "SELECT v.seq, v.body_kind, b.base_seq FROM revision v "
                "INDEXED BY revision_object CROSS JOIN body b "
                "ON b.seq = v.seq WHERE v.object_id = ? AND v.seq > ? "
                "ORDER BY v.seq");
    later.Bind(object_id, going.front().seq);
    while (later.Step()) {
      const Seq seq = later.Int(0);
      if (gone.contains(seq)) continue;
      if (gone.contains(later.Int(2))) cut.push_back(seq);
      const bool stub =
          later.Int(1) == static_cast<std::int64_t>(BodyKind::kStub);
      if (seq > last && !stub) break;
    }
  }
  for (const Seq seq : cut) {
    std::optional<std::string> raw;
    try {
      raw = BodyReader(db_, nullptr).Read(seq);
    } catch (const SQLite::Exception&) {
      throw;
    } catch (const std::exception&) {
      // It is damaged, and stays so: reading it says so as before. (As does the
      // hash of its leaf where damage decodes to something.)
      continue;
    }
    if (raw) bodies_.Rewrite(seq, *raw, now);
    KUBESCRIBE_KILL_POINT("prune.keyframe");
  }
}

void ObjectPruner::Remove(std::int64_t object_id,
                          const std::vector<Row>& going) {
  for (const Row& row : going) {
    {
      Query body(db_, "DELETE FROM body WHERE seq = ? RETURNING length(data)");
      body.Bind(row.seq);
      while (body.Step()) taken_.bytes += body.Int(0);
    }
    Query(db_, "DELETE FROM revision WHERE seq = ?").Bind(row.seq).Run();
    bodies_.Removed(object_id, row.seq);
    KUBESCRIBE_KILL_POINT("prune.revision");
  }
  taken_.revisions += static_cast<std::int64_t>(going.size());
}

void ObjectPruner::RemoveObject(std::int64_t object_id) {
  Query(db_, "DELETE FROM lifetime WHERE object_id = ?").Bind(object_id).Run();
  Query(db_, "DELETE FROM pruned_object WHERE object_id = ?")
      .Bind(object_id)
      .Run();
  Query(db_, "DELETE FROM object WHERE id = ?").Bind(object_id).Run();
  ++taken_.objects;
  KUBESCRIBE_KILL_POINT("prune.life");
}

void ObjectPruner::FixLife(const PruneObject& object) {
  const LifeSeconds seconds(created_at_);
  std::optional<Micros> first;
  {
    Query oldest(db_,
                 "SELECT changed_at FROM revision WHERE object_id = ? "
                 "AND late = 0 ORDER BY seq LIMIT 1");
    if (oldest.Bind(object.id).Step()) first = oldest.Int(0);
  }
  if (!first) return;
  std::optional<std::pair<std::int64_t, std::int64_t>> sides;
  {
    Query box(db_,
              "SELECT begin_second, end_second FROM lifetime "
              "WHERE object_id = ?");
    if (box.Bind(object.id).Step()) sides = {box.Int(0), box.Int(1)};
  }
  if (sides) {
    if (!GoneIsLeft(object.id, *first, sides->second)) {
      Query(db_, "DELETE FROM lifetime WHERE object_id = ?")
          .Bind(object.id)
          .Run();
    } else if (sides->first != seconds.Down(*first)) {
      Query(db_, "UPDATE lifetime SET begin_second = ? WHERE object_id = ?")
          .Bind(seconds.Down(*first), object.id)
          .Run();
    }
    KUBESCRIBE_KILL_POINT("prune.box");
  }
  if (object.born_at == 0 || object.born_at > *first) return;
  // Its newest life began before all that is left, so that until its last
  // revision that is not gone nothing that is left is: now it begins with the
  // first of them. (Or with one of the same time, which may have gone too.)
  Query(db_,
        "UPDATE object SET born_at = coalesce((SELECT changed_at FROM revision "
        "WHERE object_id = ?1 AND late = 0 AND event NOT IN (3, 6, 7) "
        "ORDER BY seq LIMIT 1), 0) WHERE id = ?1")
      .Bind(object.id)
      .Run();
}

bool ObjectPruner::GoneIsLeft(std::int64_t object_id, Micros first,
                              std::int64_t end_second) {
  // It was gone last in the second before `end_second`, and what goes is what
  // changed first. To look for it among all that is left would take a busy
  // object's whole history, each time.
  const LifeSeconds seconds(created_at_);
  if (seconds.Up(first) < end_second) return true;
  Query left(db_,
             "SELECT changed_at, event FROM revision WHERE object_id = ? "
             "AND late = 0 ORDER BY seq");
  left.Bind(object_id);
  while (left.Step() && seconds.Down(left.Int(0)) <= end_second) {
    if (IsGone(static_cast<Event>(left.Int(1)))) return true;
  }
  return false;
}

void ObjectPruner::NoteRv(std::int64_t resource_id, std::int64_t epoch,
                          const std::string& rv) {
  if (!IsNumber(rv)) return;
  std::string& highest = rvs_[{resource_id, epoch}];
  if (highest.empty() || LowerRv(highest, rv)) highest = rv;
}

void ObjectPruner::NoteObject(const PruneObject& object, const ObjectPlan& plan,
                              Micros first) {
  Query(db_,
        "INSERT INTO pruned_object (object_id, from_at, before_at, before_seq, "
        "before_rv, epoch) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (object_id) DO UPDATE SET from_at = "
        "min(from_at, excluded.from_at), before_at = "
        "max(before_at, excluded.before_at), before_seq = excluded.before_seq, "
        "before_rv = excluded.before_rv, "
        "epoch = excluded.epoch")
      .Bind(object.id, first, plan.before, plan.baseline, plan.rv, plan.epoch)
      .Run();
}

ObjectPruner::Taken ObjectPruner::Put() {
  for (const auto& [key, rv] : rvs_) {
    Query(db_,
          "INSERT INTO pruned_rv (resource_id, epoch, rv) VALUES (?, ?, ?) "
          "ON CONFLICT (resource_id, epoch) DO UPDATE SET rv = excluded.rv "
          "WHERE length(rv) < length(excluded.rv) "
          "OR (length(rv) = length(excluded.rv) AND rv < excluded.rv)")
        .Bind(key.first, key.second, rv)
        .Run();
  }
  rvs_.clear();
  return std::exchange(taken_, {});
}

}  // namespace kubescribe::store
