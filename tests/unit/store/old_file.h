// Makes the file that an older program would have left: the schema before a
// migration, with the rows of a newer file.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <string>

#include "store/migrations.h"

namespace kubescribe::store {

// Writes the rows of the cleanly stopped file `path` into a new file `old`
// whose schema ends before the first migration that says `word`.
inline void MakeOldFile(const std::string& path, const std::string& old,
                        const std::string& word) {
  SQLite::Database db(old, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  for (const Migration& migration : Migrations()) {
    if (migration.version > 1 &&
        migration.sql.find(word) != std::string::npos) {
      break;
    }
    db.exec(migration.sql);
    db.exec("PRAGMA user_version = " + std::to_string(migration.version));
  }
  db.exec("ATTACH '" + path + "' AS new");
  SQLite::Statement tables(db,
                           "SELECT name FROM main.sqlite_schema "
                           "WHERE type = 'table' AND rootpage > 0");
  while (tables.executeStep()) {
    const std::string table = tables.getColumn(0).getString();
    const std::string columns =
        db.execAndGet(
              "SELECT group_concat('\"' || name || '\"') FROM "
              "pragma_table_info('" +
              table + "', 'main')")
            .getString();
    db.exec("INSERT OR REPLACE INTO main.\"" + table + "\" (" + columns +
            ") SELECT " + columns + " FROM new.\"" + table + "\"");
  }
}

}  // namespace kubescribe::store
