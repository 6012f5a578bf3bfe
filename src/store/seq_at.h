// Where a time lies in the sequence of a file's records. Private to store.
#pragma once

#include <optional>

#include "store/db.h"
#include "store/types.h"

namespace kubescribe::store {

// recorded_at of the first record with at least this seq, which `seq` becomes;
// none: there is no such record.
std::optional<Micros> RecordedFrom(Db& db, Seq& seq);

struct RecordedBy {
  // The last that was recorded by then, 0 where there is none: nothing behind
  // it was.
  Seq last = 0;
  // So was all before it: false where the clock was set back to before then.
  bool all = true;
};
RecordedBy FindRecordedBy(Db& db, Micros at);

}  // namespace kubescribe::store
