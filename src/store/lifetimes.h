// Lifetimes: keeps what finds the objects alive at a time
// (schema/003-lifetimes.sql says how) in step with the revisions, within the
// transaction that writes them. Private to store.
//
//   const Lifetimes::Present before = lifetimes.Of(object_id);
//   ... changed_at must not lie before before.changed_at; the revision's row
//   ... lifetimes.Advance(object_id, before, {.seq = seq, ...});
//
// Only revisions that are not late go through here. Open lives are kept in a
// B-tree by their beginning and only ended ones in the R*Tree, because that
// takes half the time of an R*Tree with open ends (an object costs one insert
// there instead of an insert and an update), and boxes without end, which
// overlap all that comes after them, stay out of it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "store/db.h"
#include "store/types.h"

namespace kubescribe::store {

// The R*Tree's time: whole seconds since the one in which the file was made.
class LifeSeconds {
 public:
  explicit LifeSeconds(Micros created_at);
  // Rounded down and up. Throw std::out_of_range, saying so, for what does not
  // fit into 32 bits.
  std::int64_t Down(Micros at) const;
  std::int64_t Up(Micros at) const;
  // Rounded down, and where it does not fit the nearest that does: for
  // questions.
  std::int64_t Nearest(Micros at) const;

 private:
  Micros base_;
};

// A resourceVersion as a number; 0: it is none, or one of more than 18 digits.
std::int64_t RvNumber(std::string_view rv);

class Lifetimes {
 public:
  Lifetimes(Db& db, Micros created_at) : db_(db), seconds_(created_at) {}

  // An object as it stands: by its newest revision that is not late.
  struct Present {
    bool alive = false;
    Seq seq = 0;  // 0: there is none
    Micros changed_at = 0;
    Micros born_at = 0;
    std::int64_t epoch = 0;
    // The highest number that is the resourceVersion of one of its revisions
    // of this epoch, late ones too; 0: there is none.
    std::int64_t top_rv = 0;
  };
  Present Of(std::int64_t object_id);

  // The revision that it stands at now.
  struct Next {
    Seq seq = 0;
    Event event = Event::kModified;
    const std::string& rv;
    std::int64_t epoch = 0;
    Micros changed_at = 0;  // REQUIRES: not below that of Present
    Micros recorded_at = 0;
    // As Present has it, of all before it in its epoch.
    std::int64_t top_rv = 0;
  };
  // Answers what it is then.
  Present Advance(std::int64_t object_id, const Present& before,
                  const Next& next);

 private:
  void EnsureNamespace(std::int64_t object_id);
  void End(std::int64_t object_id, Micros since, Micros until);

  Db& db_;
  const LifeSeconds seconds_;
};

}  // namespace kubescribe::store
