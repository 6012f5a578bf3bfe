// Makes the file that an older program would have left: the schema before a
// migration, with the rows of a newer file.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <string>

#include "store/db.h"
#include "store/migrations.h"
#include "store/salts.h"

namespace kubescribe::store {

// Of each revision whose salt comes from a seed in the file `path`.
inline void PutSalts(const std::string& path, SQLite::Database& old) {
  Db db(path, SQLite::OPEN_READONLY, 0, "");
  Query rows(db, "SELECT seq FROM revision WHERE salt IS NULL");
  SQLite::Statement put(old, "UPDATE revision SET salt = ? WHERE seq = ?");
  while (rows.Step()) {
    const auto salt = SaltOfRevision(db, rows.Int(0), "");
    put.bind(1, salt->data(), static_cast<int>(salt->size()));
    put.bind(2, rows.Int(0));
    put.exec();
    put.reset();
  }
}

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
    // What has none gets one below.
    std::string values = columns;
    const auto salt = values.find("\"salt\"");
    if (salt != std::string::npos) {
      values.replace(salt, 6, "coalesce(salt, zeroblob(16))");
    }
    db.exec("INSERT OR REPLACE INTO main.\"" + table + "\" (" + columns +
            ") SELECT " + values + " FROM new.\"" + table + "\"");
  }
  PutSalts(path, db);
}

}  // namespace kubescribe::store
