// Retention: how much history a file keeps, and which prune that asks for now.
//
//   Retention retention(policy);
//   const auto facts = ReadRetentionFacts(path);   // now and then
//   for (const PruneWish& wish : retention.Due(*facts)) ... one after the other
//
// An age is not kept to the second: a prune is due once a 32nd of it has come
// together. A size is undershot by a tenth. Counts of revisions are looked at
// once an hour.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "store/prune.h"
#include "store/types.h"

namespace kubescribe::store {

// What goes for some kinds instead of the general bounds; what it leaves out is
// as for all.
struct RetentionRule {
  std::optional<std::string> group;  // none: any
  std::string resource;              // "*": every kind of the group
  std::optional<Micros> age;
  std::optional<std::int64_t> revisions;
  bool operator==(const RetentionRule&) const = default;
};

struct RetentionPolicy {
  std::optional<Micros> age;
  std::optional<std::uint64_t> size;      // bytes of the file
  std::optional<std::int64_t> revisions;  // of each object
  std::vector<RetentionRule> resources;
  bool operator==(const RetentionPolicy&) const = default;

  bool bounded() const {
    return age || size || revisions || !resources.empty();
  }
};

struct RetentionFacts {
  Micros created_at = 0;
  Micros known_until = 0;
  std::uint64_t used_bytes = 0;
  std::vector<ResourceRow> resources;
  std::vector<PrunedRow> prunes;
};
// Errors as Reader::Open's. Also the writer's own thread.
Result<RetentionFacts> ReadRetentionFacts(const std::string& path);

// The bounds of one kind: those of the rule that names it most exactly.
struct KindBounds {
  std::optional<Micros> age;
  std::optional<std::int64_t> revisions;
};
KindBounds BoundsOf(const RetentionPolicy& policy, const ResourceRow& kind);

class Retention {
 public:
  explicit Retention(RetentionPolicy policy) : policy_(std::move(policy)) {}

  // Ages first, then counts, then the size. The same is not asked for again
  // before it is due again, whether anything was found or not.
  std::vector<PruneWish> Due(const RetentionFacts& facts);

 private:
  void AddAges(const RetentionFacts& facts, std::vector<PruneWish>& due);
  void AddCounts(const RetentionFacts& facts, std::vector<PruneWish>& due);
  void AddSize(const RetentionFacts& facts, std::vector<PruneWish>& due);

  const RetentionPolicy policy_;
  // The last cut that was asked for, by kinds.
  std::map<std::vector<std::int64_t>, Micros> asked_;
  std::optional<Micros> counted_at_;
  std::optional<Micros> sized_at_;
  std::uint64_t sized_ = 0;  // used_bytes then
};

}  // namespace kubescribe::store
