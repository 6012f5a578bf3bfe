// Pruning: what may be asked for, and how far it is. See schema/005-prune.sql
// for what a prune is and what it leaves.
//
//   auto planned = EstimatePrune(path, wish);      // --dry-run; reads only
//   auto job = writer->StartPrune(wish);
//   while (writer->pruning()) writer->StepPrune();  // between commits
//
// A step is one transaction of about 15 ms. What was cut off anywhere goes on
// with the next writer's StepPrune.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "store/types.h"

namespace kubescribe::store {

// Exactly one of `before`, `keep` and `max_bytes` says what is to go.
struct PruneWish {
  std::vector<std::int64_t> resources;  // ids; none: all kinds
  // What was over by then. A time that is not recorded yet counts as the last
  // that is.
  std::optional<Micros> before;
  // All but the newest so many revisions of each object; at least 1.
  std::optional<std::int64_t> keep;
  // The oldest, until so many bytes of the file are in use.
  std::optional<std::uint64_t> max_bytes;
  std::string reason = "asked";  // as in the record
};

struct PruneProgress {
  std::int64_t job = 0;  // 0: there was none
  bool finished = true;
  // Its newest record; 0: nothing was found that may go (so far).
  Seq record = 0;
  std::int64_t revisions = 0;
  std::int64_t objects = 0;  // lives that had ended
  std::int64_t bytes = 0;    // of bodies
  // How far it is: objects looked at, of those that there are.
  std::int64_t looked_at = 0;
  std::int64_t of = 0;
  // Of the file: in use, and given back to the disk.
  std::uint64_t used_bytes = 0;
  std::uint64_t returned_bytes = 0;
  // max_bytes cannot be reached: what lives now takes more.
  bool out_of_reach = false;
};

// One prune that was begun.
struct PrunedRow {
  Seq seq = 0;
  std::vector<std::int64_t> resources;  // none: all
  std::optional<Micros> before_at;
  std::optional<Seq> before_seq;
  std::optional<std::int64_t> keep;
  std::string reason;
  std::int64_t revisions = 0;
  std::int64_t objects = 0;
  std::int64_t bytes = 0;
  bool done = false;
  std::int64_t at_object = 0;  // objects up to this id are through
};

// An object that was cut to a number of revisions, as schema/005-prune.sql has
// it.
struct PrunedObjectRow {
  std::int64_t object_id = 0;
  Micros from_at = 0;
  Micros before_at = 0;
  Seq before_seq = 0;
  std::string before_rv;
  std::int64_t epoch = 0;
};

// The highest resourceVersion of a kind and epoch that a prune touched.
struct PrunedRv {
  std::int64_t resource_id = 0;
  std::int64_t epoch = 0;
  std::string rv;
};

struct PruneCount {
  std::int64_t resource_id = 0;
  std::int64_t revisions = 0;
  std::int64_t objects = 0;
  std::int64_t bytes = 0;  // of bodies
};

struct PruneEstimate {
  std::optional<Micros> before;  // the cut
  std::vector<PruneCount> kinds;
  std::uint64_t used_bytes = 0;  // of the file, now
  // max_bytes cannot be reached: what lives now takes more.
  bool out_of_reach = false;
};

// What a prune would take now; nothing is written, and no snapshot is held:
// each object counts as it is when it is looked at. For max_bytes the sizes of
// rows are guessed. Errors as Reader::Open's.
Result<PruneEstimate> EstimatePrune(const std::string& path,
                                    const PruneWish& wish);

// kInvalid: not exactly one bound, or one out of range.
Status CheckWish(const PruneWish& wish);

}  // namespace kubescribe::store
