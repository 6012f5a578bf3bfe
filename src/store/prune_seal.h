// PruneSeal: the hashes by which whoever verifies the file sees that prunes
// took nothing else than they say (schema/formats/log.md): of which revisions
// are left below the cuts of all prunes so far, and of what is not known any
// more. Private to store.
//
//   PruneSeal seal(db, clock);
//   seal.Begin();
//   while (!seal.Step(clock.Mono() + some_time)) { ... let others write ... }
//   ... seal.Finish() into the record of the prune's end
//
// What is written between two steps must lie behind the cuts. Throws what
// SQLite throws. One thread.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "codec/digest.h"
#include "store/db.h"
#include "store/types.h"

namespace kubescribe::store {

class PruneSeal {
 public:
  PruneSeal(Db& db, const Clock& clock) : db_(db), clock_(clock) {}

  // Nothing is hashed yet.
  void Begin() {
    part_ = Part::kBegin;
    kept_seq_ = cuts_object_ = 0;
    kept_ = {};
    cuts_ = {};
  }
  // True: all is hashed. It ends soon after `deadline` (mono): the clock is
  // looked at each 1024 rows.
  bool Step(Micros deadline);
  // REQUIRES: Step answered true. Once for each Begin.
  struct Sealed {
    Seq up_to = 0;     // of the revisions, in all prunes
    std::string kept;  // in hex, as all that follows
    std::string cuts;
  };
  Sealed Finish();

 private:
  enum class Part { kBegin, kKept, kCuts, kDone };

  bool StepKept(Micros deadline);
  bool StepCuts(Micros deadline);

  Db& db_;
  const Clock& clock_;
  Part part_ = Part::kBegin;
  Seq up_to_ = 0;
  // How far each is, and its hash so far.
  Seq kept_seq_ = 0;
  codec::Sha256 kept_;
  std::int64_t cuts_object_ = 0;
  codec::Sha256 cuts_;
};

}  // namespace kubescribe::store
