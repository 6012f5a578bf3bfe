#include "store/migrate.h"

#include <fmt/format.h>

#include "base/test_switches.h"

namespace kubescribe::store {

void Migrate(Db& db, const std::vector<Migration>& migrations) {
  const std::int64_t version = db.Int("PRAGMA user_version");
  for (const Migration& migration : migrations) {
    if (migration.version <= version) continue;
    db.Exec(migration.sql);
    KUBESCRIBE_KILL_POINT("open.migrated");
    db.Exec(fmt::format("PRAGMA user_version = {}", migration.version));
  }
}

}  // namespace kubescribe::store
