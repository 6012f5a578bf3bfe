// Bringing a file's schema up to date. Private to store.
#pragma once

#include <vector>

#include "store/db.h"
#include "store/migrations.h"

namespace kubescribe::store {

// Runs those of `migrations` that are newer than the file's version, in order,
// and sets the version. REQUIRES: within a transaction, so that a file is
// either migrated or as before. Throws SQLite::Exception.
void Migrate(Db& db, const std::vector<Migration>& migrations);

}  // namespace kubescribe::store
