// What the ledger remembers of a stream between transactions. Losing it (a
// crash) costs a list or an audit that has to begin again, nothing else.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "record/id_set.h"
#include "record/intake.h"

namespace kubescribe::record {

// A list under way.
struct ListMemory {
  IdSet seen;  // the objects that it showed
  Micros began_at = 0;
  bool began_epoch = false;
  // An item could not be told whose it is: nothing may be inferred from what
  // is missing.
  bool unidentified = false;
};

// An audit list under way or waiting for the position to reach it.
struct AuditMemory {
  Micros began_at = 0;
  IdSet seen;
  // Items that are not recorded (yet). Shared because copies of the memory are
  // made and these are large; never changed.
  std::vector<std::shared_ptr<const Entry>> held;
  std::size_t held_bytes = 0;
  std::int64_t items = 0;
  bool unidentified = false;
  std::string rv;  // "": its end has not come
};

// What an audit of a stream with shared RVs found once; it counts when the
// next one finds it again.
struct Suspects {
  std::set<std::pair<std::string, std::string>> unrecorded;  // (uid, rv)
  IdSet missing;
};

// What an audit inferred of an object: a later event that is older than it
// belongs into the same interval.
struct AuditFinding {
  std::optional<Micros> not_before;
  std::string audit_rv;
};

struct StreamMemory {
  std::optional<ListMemory> list;
  std::optional<AuditMemory> audit;
  Suspects suspects;
  std::map<std::int64_t, AuditFinding> findings;  // by object
  // Streams with shared RVs: the highest RV seen, which may have more events.
  std::string pending_rv;
  // The RV of the last complete list or audit, if it was in this run.
  std::string confirmed_rv;
  // What it shows contradicts the record: nothing of it counts until the list
  // that was asked for begins.
  bool rewound = false;
};

}  // namespace kubescribe::record
