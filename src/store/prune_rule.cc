#include "store/prune_rule.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "store/seq_at.h"

namespace kubescribe::store {
namespace {

// A size is undershot by a tenth, so that the next record does not ask for the
// next prune.
constexpr double kAim = 0.9;
constexpr double kLeastPart = 0.05;

bool AnyRow(Db& db, std::int64_t object_id, Seq last, Micros before) {
  Query query(db,
              "SELECT 1 FROM revision INDEXED BY revision_object "
              "WHERE object_id = ? AND seq <= ? AND changed_at < ? LIMIT 1");
  return query.Bind(object_id, last, before).Step();
}

// Of an object whose newest revision, but for late ones, is at or below the
// cut: the others are in order of time, so only late ones can lie beyond it.
bool AnyBeyond(Db& db, std::int64_t object_id, Seq last, Micros before) {
  Query query(db,
              "SELECT 1 FROM revision INDEXED BY revision_odd "
              "WHERE object_id = ? AND (late = 1 OR changed_lag < 0) "
              "AND (seq > ? OR changed_at >= ?) LIMIT 1");
  return query.Bind(object_id, last, before).Step();
}

// What comes while the prune goes on is none of its business: it is behind the
// record that tells of it.
std::optional<ObjectPlan> PlanByCount(Db& db, const PruneObject& object,
                                      std::int64_t keep, Seq last) {
  ObjectPlan plan;
  {
    Query oldest(db,
                 "SELECT seq, changed_at, coalesce(nullif(rv, ''), list_rv), "
                 "epoch FROM revision INDEXED BY revision_object "
                 "WHERE object_id = ? AND late = 0 AND seq <= ? "
                 "ORDER BY seq DESC LIMIT 1 OFFSET ?");
    if (!oldest.Bind(object.id, last, keep - 1).Step()) return std::nullopt;
    plan.baseline = oldest.Int(0);
    plan.baseline_at = oldest.Int(1);
    plan.rv = oldest.Text(2);
    plan.epoch = oldest.Int(3);
  }
  plan.last = plan.baseline - 1;
  plan.before = plan.baseline_at;
  // Several that changed in one instant go too; then not even of that instant
  // all is known.
  Query same(db,
             "SELECT changed_at FROM revision INDEXED BY revision_object "
             "WHERE object_id = ? AND late = 0 AND seq < ? "
             "ORDER BY seq DESC LIMIT 1");
  if (same.Bind(object.id, plan.baseline).Step() &&
      same.Int(0) == plan.baseline_at) {
    ++plan.before;
  }
  if (!AnyRow(db, object.id, plan.last, plan.before)) return std::nullopt;
  return plan;
}

}  // namespace

bool PruneCut::Concerns(std::int64_t resource_id) const {
  return resources.empty() || std::find(resources.begin(), resources.end(),
                                        resource_id) != resources.end();
}

std::optional<PruneObject> NextObject(Db& db, std::int64_t after) {
  Query next(db,
             "SELECT id, resource_id, seq, born_at FROM object WHERE id > ? "
             "ORDER BY id LIMIT 1");
  if (!next.Bind(after).Step()) return std::nullopt;
  return PruneObject{next.Int(0), next.Int(1), next.Int(2), next.Int(3)};
}

std::optional<ObjectPlan> PlanOf(Db& db, const PruneObject& object,
                                 const PruneCut& cut, std::int64_t highest_id) {
  if (cut.keep) return PlanByCount(db, object, *cut.keep, cut.seq);
  ObjectPlan plan;
  plan.before = *cut.at;
  bool over = object.seq == 0;  // nothing but late revisions
  if (over) {
    plan.last = cut.seq;
  } else {
    Query newest(db,
                 "SELECT seq, changed_at, event, "
                 "coalesce(nullif(rv, ''), list_rv), epoch FROM revision "
                 "INDEXED BY revision_object "
                 "WHERE object_id = ? AND late = 0 AND changed_at <= ? "
                 "AND seq <= ? ORDER BY seq DESC LIMIT 1");
    if (!newest.Bind(object.id, *cut.at, cut.seq).Step()) return std::nullopt;
    plan.baseline = newest.Int(0);
    plan.baseline_at = newest.Int(1);
    plan.rv = newest.Text(3);
    plan.epoch = newest.Int(4);
    plan.last = plan.baseline - 1;
    over = IsGone(static_cast<Event>(newest.Int(2))) &&
           plan.baseline == object.seq && plan.baseline_at < *cut.at;
  }
  plan.whole = over && object.id != highest_id &&
               !AnyBeyond(db, object.id, cut.seq, *cut.at);
  if (plan.whole) {
    plan.last = cut.seq;
  } else if (!AnyRow(db, object.id, plan.last, plan.before)) {
    return std::nullopt;
  }
  return plan;
}

Seq SeqAt(Db& db, Micros at) {
  Seq low = 0;
  Seq high = db.Int("SELECT last_seq FROM meta WHERE id = 1");
  while (low < high) {
    const Seq middle = low + (high - low + 1) / 2;
    Seq found = middle;
    const std::optional<Micros> recorded = RecordedFrom(db, found);
    if (recorded && *recorded <= at && found <= high) {
      low = found;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

PruneCut CutAtSeq(Db& db, Seq seq) {
  PruneCut cut;
  Seq found = seq;
  cut.at = RecordedFrom(db, found).value_or(
      db.Int("SELECT known_until FROM meta WHERE id = 1"));
  cut.seq = seq;
  return cut;
}

std::optional<PruneCut> CutForSize(Db& db, std::uint64_t used,
                                   std::uint64_t wanted, int attempt) {
  const double over =
      1.0 - kAim * static_cast<double>(wanted) / static_cast<double>(used);
  const double part =
      std::ldexp(std::clamp(over, kLeastPart, 1.0), std::min(attempt, 10));
  // The attempt before this one took all of it.
  if (attempt > 0 && part >= 2.0) return std::nullopt;
  const Seq last = db.Int("SELECT last_seq FROM meta WHERE id = 1");
  // Below that there are only baselines.
  const Seq first = db.Int(
      "SELECT coalesce(max(before_seq), 0) FROM pruned p WHERE NOT EXISTS "
      "(SELECT 1 FROM pruned_resource r WHERE r.seq = p.seq)");
  const Seq seq = first + static_cast<Seq>(std::min(part, 1.0) *
                                           static_cast<double>(last - first));
  if (seq <= 0) return std::nullopt;
  return CutAtSeq(db, seq);
}

std::uint64_t UsedBytes(Db& db) {
  return static_cast<std::uint64_t>(
      (db.Int("PRAGMA page_count") - FreePages(db)) *
      db.Int("PRAGMA page_size"));
}

std::int64_t FreePages(Db& db) { return db.Int("PRAGMA freelist_count"); }

bool LowerRv(const std::string& a, const std::string& b) {
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

bool IsNumber(const std::string& rv) {
  return !rv.empty() && rv.find_first_not_of("0123456789") == std::string::npos;
}

}  // namespace kubescribe::store
