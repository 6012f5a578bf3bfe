// The rows of `doubt` as a record has them in its payload, for a file in which
// what they rest on is not there (schema/formats/records.md, "Doubts"). Private
// to store.
#pragma once

#include <string>

#include "base/clock.h"
#include "store/db.h"

namespace kubescribe::store {

// Rows that end before this time are in the payloads that there are already; 0:
// there is none since the file was made or imported. Throws SQLite::Exception.
Micros DoubtsToldUntil(Db& db);
// The payload: the rows that end at `from` or later; "": there are none. Throws
// SQLite::Exception.
std::string DoubtsFrom(Db& db, Micros from);

}  // namespace kubescribe::store
