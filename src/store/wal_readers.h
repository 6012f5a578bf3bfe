// Who holds a database's write-ahead log back: it cannot be begun anew as long
// as a snapshot of it is read.
#pragma once

#include <string>

namespace kubescribe::store {

// Other processes that read a snapshot of `database` now, for a message:
// "sqlite3 (pid 4711)", several with commas. "" where there is none, or the
// system does not say.
std::string WalReaders(const std::string& database);

}  // namespace kubescribe::store
