// What a prune takes of each object (schema/005-prune.sql). Private to store;
// nothing is written here, so that a dry run and a prune cannot differ.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "store/db.h"
#include "store/prune.h"

namespace kubescribe::store {

// Either (at, seq) or keep.
struct PruneCut {
  std::optional<Micros> at;
  Seq seq = 0;
  std::optional<std::int64_t> keep;
  std::vector<std::int64_t> resources;  // none: all

  bool Concerns(std::int64_t resource_id) const;
};

// An object as far as the rule looks at it.
struct PruneObject {
  std::int64_t id = 0;
  std::int64_t resource_id = 0;
  Seq seq = 0;
  Micros born_at = 0;
};
// The next one by id; none: that was the last.
std::optional<PruneObject> NextObject(Db& db, std::int64_t after);

// What may go of an object: revisions with seq up to `last` that changed
// before `before`.
struct ObjectPlan {
  Seq last = 0;
  Micros before = 0;
  bool whole = false;  // the object itself too
  // Its oldest revision that stays, or where it goes as a whole the last.
  std::string rv;
  std::int64_t epoch = 0;
  Seq baseline = 0;
  Micros baseline_at = 0;
};
// None: nothing goes. The object with the highest id never goes as a whole, so
// that its id is not given again.
std::optional<ObjectPlan> PlanOf(Db& db, const PruneObject& object,
                                 const PruneCut& cut, std::int64_t highest_id);

// The highest seq that was recorded by then.
Seq SeqAt(Db& db, Micros at);
// The cut of everything up to a seq.
PruneCut CutAtSeq(Db& db, Seq seq);
// The cut that should bring the file from `used` bytes down to `wanted`; each
// further attempt takes twice as much. None: all of it was tried.
std::optional<PruneCut> CutForSize(Db& db, std::uint64_t used,
                                   std::uint64_t wanted, int attempt);

// Bytes of the file that hold something.
std::uint64_t UsedBytes(Db& db);
std::int64_t FreePages(Db& db);

// Whether the one resourceVersion is the lower; both are numbers.
bool LowerRv(const std::string& a, const std::string& b);
bool IsNumber(const std::string& rv);

}  // namespace kubescribe::store
