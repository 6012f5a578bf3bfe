// Objects: is what `object` and `lifetime` repeat of the revisions what they
// make it? Private to verify.
//
// The life of each object is put together on the way, as the records' pass
// comes by its revisions, and compared when the newest is there. What cannot be
// compared so is looked up at the end. Where anything does not fit, all objects
// are judged one by one, which names those that are wrong; so they are where
// the file is being recorded, since one snapshot must decide, and where too
// many live at a time.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/clock.h"
#include "codec/digest.h"
#include "verify/findings.h"
#include "verify/leaf.h"
#include "verify/snapshot.h"

namespace kubescribe::verify {

// One object, recomputed from its revisions.
class Life {
 public:
  struct Revision {
    store::Seq seq = 0;
    std::int64_t event = 0;
    std::string_view rv;
    std::int64_t epoch = 0;
    Micros changed_at = 0;
    Micros recorded_at = 0;
    bool late = false;
  };
  // In order of seq.
  void Add(const Revision& revision);

  // The highest number that is a resourceVersion of that epoch; 0: none is.
  std::int64_t TopRv(std::int64_t epoch) const;

  bool empty = true;  // there is no revision, not even a late one
  bool alive = false;
  store::Seq seq = 0;
  std::string rv;
  std::int64_t epoch = 1;
  Micros changed_at = 0;
  Micros recorded_at = 0;
  Micros born_at = 0;
  // The box around what it went through until it was gone last.
  std::optional<std::pair<Micros, Micros>> box;
  bool in_order = true;
  // No resourceVersion was below one before it, so none is there twice.
  bool rising = true;

 private:
  // Most objects have one epoch.
  std::int64_t top_epoch_ = 0;
  std::int64_t top_rv_ = 0;
  std::map<std::int64_t, std::int64_t> other_tops_;
};

// Boxes of the R*Tree as a sum of their digests, which is the same for the same
// ones in any order: to look them up one by one takes thirty times as long. The
// key is made up for each sum, so that nobody can prepare others that give the
// same.
class BoxSum {
 public:
  struct Box {
    std::int64_t object = 0;
    std::int64_t begin_second = 0;
    std::int64_t end_second = 0;
    std::int64_t resource_low = 0;
    std::int64_t resource_high = 0;
    std::string_view name_space;
  };
  BoxSum();
  void Add(const Box& box);
  void Take(const Box& box);
  // Were those that were taken those that were added?
  bool even() const;

 private:
  using Words = std::array<std::uint64_t, 4>;
  Words Digest(const Box& box);

  codec::Sha256 sha_;
  std::array<std::uint8_t, 16> key_{};
  Words sum_{};
};

class Objects {
 public:
  Objects(Snapshot& snapshot, Findings& findings);

  // The next revision in order of seq. Answers what leaves call its object,
  // until the next call.
  const LeafTexts& Add(const RevisionRow& row);

  // After the last. Errors: of opening the file.
  Status Finish();

 private:
  struct Open {
    bool known = false;     // it has a row
    store::Seq newest = 0;  // by its row
    LeafTexts texts;
    Life life;
  };
  void Load(std::int64_t id, Open& object);
  // True: its row is as it must be. `first`: its box is added to the sum.
  bool Fits(std::int64_t id, const Life& life, bool first);
  // True: nothing needs to be judged one by one.
  bool AllFit();
  // The boxes that there are.
  bool BoxesFit();
  Status JudgeAll();
  // The next few hundred; false: those were the last.
  bool Judge();
  void Check(const store::Query& row, const Life& life);
  bool IsCut(std::int64_t id);
  bool Repeats(std::int64_t id);
  bool SameState(const store::Query& row, const Life& life) const;
  bool TopFits(const store::Query& row, const Life& life) const;
  bool SameBox(const store::Query& row, const Life& life);
  // The seconds of life.box, as the R*Tree counts them.
  std::pair<std::int64_t, std::int64_t> Seconds(const Life& life) const;

  Snapshot& snapshot_;
  Findings& findings_;
  Micros created_ = 0;
  bool compact_ = false;  // there is a column above_rv
  bool pruned_ = false;

  // On the way: those whose newest revision is to come. Where all are judged at
  // the end, only what they are called.
  bool at_the_end_ = false;
  std::unordered_map<std::int64_t, Open> open_;
  LeafTexts texts_;  // of one that is not open any more
  std::set<std::int64_t> doubtful_;
  // Those that were compared already, before late revisions of them came.
  std::set<std::int64_t> again_;
  std::int64_t good_ = 0;
  BoxSum boxes_;

  // Where they are judged one by one.
  std::int64_t last_ = 0;
  std::int64_t boxes_judged_ = 0;
};

}  // namespace kubescribe::verify
