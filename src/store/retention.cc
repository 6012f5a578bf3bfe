#include "store/retention.h"

#include <algorithm>
#include <memory>

#include "store/certainty.h"
#include "store/db.h"
#include "store/prune_rule.h"
#include "store/reader.h"

namespace kubescribe::store {
namespace {

constexpr Micros kPartOfAge = 32;
constexpr Micros kCountInterval = kHour;
// A size that could not be reached is tried again then, or once the file grew
// by a 20th.
constexpr Micros kSizeInterval = kHour;

// How exactly a rule names a kind; 0: not at all.
int Exactness(const RetentionRule& rule, const ResourceRow& kind) {
  if (rule.group && *rule.group != kind.group) return 0;
  if (rule.resource == "*") return rule.group ? 2 : 1;
  if (rule.resource != kind.resource) return 0;
  return rule.group ? 4 : 3;
}

// The kinds by a bound; where all of them have the same, none is named.
template <typename Bound, typename BoundOf>
std::map<Bound, std::vector<std::int64_t>> KindsBy(
    const RetentionPolicy& policy, const RetentionFacts& facts,
    const std::optional<Bound>& general, BoundOf bound_of) {
  std::map<Bound, std::vector<std::int64_t>> kinds;
  bool same = general.has_value();
  for (const ResourceRow& kind : facts.resources) {
    const std::optional<Bound> bound = bound_of(BoundsOf(policy, kind));
    same = same && bound == general;
    if (bound) kinds[*bound].push_back(kind.id);
  }
  if (same && !kinds.empty()) return {{*general, {}}};
  for (auto& [bound, ids] : kinds) std::sort(ids.begin(), ids.end());
  return kinds;
}

// Up to when all of these kinds were pruned.
Micros CutOf(const RetentionFacts& facts,
             const std::vector<std::int64_t>& kinds) {
  const auto of = [&](std::int64_t id) {
    Micros cut = facts.created_at;
    for (const PrunedRow& prune : facts.prunes) {
      const bool concerns =
          id == 0 ? prune.resources.empty() : Concerns(prune, id);
      if (concerns && prune.before_at) cut = std::max(cut, *prune.before_at);
    }
    return cut;
  };
  if (kinds.empty()) return of(0);
  Micros cut = of(kinds.front());
  for (const std::int64_t id : kinds) cut = std::min(cut, of(id));
  return cut;
}

}  // namespace

Result<RetentionFacts> ReadRetentionFacts(const std::string& path) {
  RetentionFacts facts;
  {
    auto reader = Reader::Open(path, nullptr, false);
    if (!reader.ok()) return reader.error();
    facts.created_at = (*reader)->info().created_at;
    facts.known_until = (*reader)->info().known_until;
    auto resources = (*reader)->Resources();
    if (!resources.ok()) return resources.error();
    facts.resources = std::move(*resources);
    auto prunes = (*reader)->Prunes();
    if (!prunes.ok()) return prunes.error();
    facts.prunes = std::move(*prunes);
  }
  try {
    Db db(path, SQLite::OPEN_READONLY, kBusyMs, "");
    db.Harden();
    facts.used_bytes = UsedBytes(db);
  } catch (const std::exception& exception) {
    return ErrorFrom(exception, path, nullptr);
  }
  return facts;
}

KindBounds BoundsOf(const RetentionPolicy& policy, const ResourceRow& kind) {
  KindBounds bounds{policy.age, policy.revisions};
  int age = 0;
  int revisions = 0;
  for (const RetentionRule& rule : policy.resources) {
    const int exactness = Exactness(rule, kind);
    if (rule.age && exactness > age) {
      age = exactness;
      bounds.age = rule.age;
    }
    if (rule.revisions && exactness > revisions) {
      revisions = exactness;
      bounds.revisions = rule.revisions;
    }
  }
  return bounds;
}

std::vector<PruneWish> Retention::Due(const RetentionFacts& facts) {
  std::vector<PruneWish> due;
  AddAges(facts, due);
  AddCounts(facts, due);
  AddSize(facts, due);
  return due;
}

void Retention::AddAges(const RetentionFacts& facts,
                        std::vector<PruneWish>& due) {
  const auto kinds =
      KindsBy<Micros>(policy_, facts, policy_.age,
                      [](const KindBounds& bounds) { return bounds.age; });
  for (const auto& [age, ids] : kinds) {
    const Micros cut = facts.known_until - age;
    const auto [asked, first] = asked_.try_emplace(ids, facts.created_at);
    // A clock that was set back makes the last cut a future one.
    const Micros last = std::max(CutOf(facts, ids), asked->second);
    if (cut - last < std::max<Micros>(age / kPartOfAge, 1)) continue;
    asked->second = cut;
    PruneWish wish;
    wish.resources = ids;
    wish.before = cut;
    wish.reason = "age";
    due.push_back(std::move(wish));
  }
}

void Retention::AddCounts(const RetentionFacts& facts,
                          std::vector<PruneWish>& due) {
  if (counted_at_ && facts.known_until - *counted_at_ < kCountInterval &&
      facts.known_until >= *counted_at_) {
    return;
  }
  const auto kinds = KindsBy<std::int64_t>(
      policy_, facts, policy_.revisions,
      [](const KindBounds& bounds) { return bounds.revisions; });
  for (const auto& [keep, ids] : kinds) {
    PruneWish wish;
    wish.resources = ids;
    wish.keep = keep;
    wish.reason = "count";
    due.push_back(std::move(wish));
    counted_at_ = facts.known_until;
  }
}

void Retention::AddSize(const RetentionFacts& facts,
                        std::vector<PruneWish>& due) {
  if (!policy_.size || facts.used_bytes <= *policy_.size) return;
  const bool soon = sized_at_ && facts.known_until >= *sized_at_ &&
                    facts.known_until - *sized_at_ < kSizeInterval &&
                    facts.used_bytes > sized_ &&
                    facts.used_bytes - sized_ < sized_ / 20;
  const bool tried = sized_at_ && facts.used_bytes == sized_;
  if (soon || tried) return;
  sized_at_ = facts.known_until;
  sized_ = facts.used_bytes;
  PruneWish wish;
  wish.max_bytes = policy_.size;
  wish.reason = "size";
  due.push_back(std::move(wish));
}

}  // namespace kubescribe::store
