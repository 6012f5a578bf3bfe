// The rows of `doubt` as a record has them in its payload, for a file in which
// what they rest on is not there (schema/formats/records.md, "Doubts"). Private
// to store.
#pragma once

#include <string>

#include "base/clock.h"
#include "store/db.h"

namespace kubescribe::store {

// The rows that end before it are as records of the file have them already.
Micros DoubtsToldUntil(Db& db);
// The payload: the rows that end at `from` or later; "": there are none.
std::string DoubtsFrom(Db& db, Micros from);

}  // namespace kubescribe::store
