#include "store/seq_at.h"

#include <limits>
#include <vector>

namespace kubescribe::store {
namespace {

// Beginnings of parts in which recorded_at does not go back: it does so at a
// record `clock` only.
std::vector<Seq> Parts(Db& db) {
  std::vector<Seq> starts{1};
  Query records(db, "SELECT seq FROM record WHERE kind = 'clock' ORDER BY seq");
  while (records.Step()) starts.push_back(records.Int(0));
  return starts;
}

// The last seq within [low, high] that was recorded by `at`, 0 where none was.
// REQUIRES: recorded_at does not go back there.
Seq LastWithin(Db& db, Seq low, Seq high, Micros at) {
  const std::optional<Micros> first = RecordedFrom(db, low);
  if (!first || low > high || *first > at) return 0;
  while (low < high) {
    const Seq middle = low + (high - low + 1) / 2;
    Seq found = middle;
    const std::optional<Micros> recorded = RecordedFrom(db, found);
    if (recorded && found <= high && *recorded <= at) {
      low = found;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

}  // namespace

std::optional<Micros> RecordedFrom(Db& db, Seq& seq) {
  std::optional<Micros> at;
  Seq found = std::numeric_limits<Seq>::max();
  for (const char* sql :
       {"SELECT seq, recorded_at FROM revision WHERE seq >= ? ORDER BY seq "
        "LIMIT 1",
        "SELECT seq, recorded_at FROM record WHERE seq >= ? ORDER BY seq "
        "LIMIT 1"}) {
    Query query(db, sql);
    if (query.Bind(seq).Step() && query.Int(0) < found) {
      found = query.Int(0);
      at = query.Int(1);
    }
  }
  if (at) seq = found;
  return at;
}

RecordedBy FindRecordedBy(Db& db, Micros at) {
  const std::vector<Seq> starts = Parts(db);
  RecordedBy found;
  Seq high = db.Int("SELECT last_seq FROM meta WHERE id = 1");
  for (auto start = starts.rbegin(); start != starts.rend(); ++start) {
    const Seq last = LastWithin(db, *start, high, at);
    if (found.last == 0) {
      found.last = last;
    } else if (last < high) {
      found.all = false;
    }
    high = *start - 1;
  }
  return found;
}

}  // namespace kubescribe::store
