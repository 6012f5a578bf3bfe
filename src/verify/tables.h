// The second half of a verification: what is derived from the records is what
// they give. Private to verify.
#pragma once

#include <functional>

#include "verify/findings.h"
#include "verify/records.h"
#include "verify/snapshot.h"

namespace kubescribe::verify {

// All but objects and their lives: no rows but those of records, doubts,
// epochs, streams, kinds, the tiles' number, and what the file says of itself.
// In one snapshot.
Status CheckTables(Snapshot& snapshot, const Records::Derived& derived,
                   Findings& findings);

// The schema is that of the migrations, and SQLite finds the file whole,
// indexes and R*Tree included. Not while it is recorded, when that would hold
// a snapshot for too long.
void CheckStructure(Snapshot& snapshot, Findings& findings);

}  // namespace kubescribe::verify
