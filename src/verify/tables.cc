#include "verify/tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <tuple>

#include "store/migrations.h"

namespace kubescribe::verify {
namespace {

using store::Query;
using store::Seq;

constexpr int kFirstWithSeeds = 7;  // schema/007-packed.sql

using Schema = std::set<std::tuple<std::string, std::string, std::string>>;

// Without comments and line breaks, which a later program may word otherwise.
std::string Normalized(const std::string& sql) {
  std::string text;
  for (std::size_t i = 0; i < sql.size(); ++i) {
    if (sql.compare(i, 2, "--") == 0)
      i = std::min(sql.find('\n', i), sql.size());
    const bool blank =
        i >= sql.size() || sql[i] == ' ' || sql[i] == '\n' || sql[i] == '\t';
    if (!blank) {
      text += sql[i];
    } else if (!text.empty() && text.back() != ' ') {
      text += ' ';
    }
  }
  return text;
}

Schema SchemaOf(store::Db& db) {
  Schema schema;
  Query rows(db,
             "SELECT type, name, coalesce(sql, '') FROM sqlite_schema "
             "WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'");
  while (rows.Step()) {
    schema.emplace(rows.Text(0), rows.Text(1), Normalized(rows.Text(2)));
  }
  return schema;
}

Schema SchemaOfVersion(int version) {
  static std::mutex mutex;
  static std::map<int, Schema> known;
  const std::lock_guard<std::mutex> lock(mutex);
  if (const auto at = known.find(version); at != known.end()) return at->second;
  store::Db fresh(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, 0,
                  "");
  fresh.Exec("BEGIN");
  for (const store::Migration& migration : store::Migrations()) {
    if (migration.version <= version) fresh.Exec(migration.sql);
  }
  return known[version] = SchemaOf(fresh);
}

void CheckSchema(store::Db& db, int version, Findings& findings) {
  const Schema expected = SchemaOfVersion(version);
  const Schema found = SchemaOf(db);
  for (const auto& [type, name, sql] : expected) {
    if (found.count({type, name, sql}) == 0) {
      findings.Altered(
          0, fmt::format("the {} {} is not that of the schema", type, name));
    }
  }
  for (const auto& [type, name, sql] : found) {
    if (expected.count({type, name, sql}) == 0) {
      findings.Altered(0, fmt::format("the {} {} is none of the schema, or "
                                      "another",
                                      type, name));
    }
  }
}

void Expect(store::Db& db, const char* sql, std::int64_t expected,
            const char* what, Findings& findings) {
  const std::int64_t found = db.Int(sql);
  if (found != expected) {
    findings.Altered(
        0, fmt::format("{}: {} where {} must be", what, found, expected));
  }
}

void CheckEpochs(store::Db& db, Findings& findings) {
  {
    Query first(db,
                "SELECT 1 FROM epoch e, meta m WHERE e.id = 1 AND "
                "e.stream_id = 0 AND e.cause = 'start' AND e.seq = 0 AND "
                "e.began_at = m.created_at");
    if (!first.Step()) findings.Altered(0, "the first epoch was changed");
  }
  Query streams(db,
                "SELECT id FROM stream s WHERE epoch <> coalesce((SELECT "
                "max(id) FROM epoch WHERE stream_id = s.id), 1)");
  while (streams.Step()) {
    findings.Altered(0, fmt::format("stream {} is in another epoch than its "
                                    "records say",
                                    streams.Int(0)));
  }
}

// What a watch brought is covered by the position, or it would come again. Of
// Events several may share a resourceVersion: their position stays behind until
// the next one has come.
void CheckPositions(store::Db& db, const Records::Derived& derived,
                    Findings& findings) {
  Query streams(db,
                "SELECT s.id, s.epoch, s.position, k.resource = 'events' "
                "FROM stream s JOIN resource k ON k.id = s.resource_id "
                "WHERE s.state = 'watching' AND s.position <> '' "
                "AND s.gap_cause = '' AND s.position NOT GLOB '*[^0-9]*'");
  while (streams.Step()) {
    const auto known = derived.watched.find({streams.Int(0), streams.Int(1)});
    if (known == derived.watched.end()) continue;
    const std::string position = streams.Text(2);
    const std::string& highest =
        streams.Bool(3) ? known->second.before : known->second.highest;
    if (highest.size() > position.size() ||
        (highest.size() == position.size() && highest > position)) {
      findings.Altered(0, fmt::format("the position of stream {} is {}, and "
                                      "{} is recorded",
                                      streams.Int(0), position, highest));
    }
  }
}

void CheckKinds(store::Db& db, const Records::Derived& derived,
                Findings& findings) {
  Query rows(db, "SELECT api_group, resource, kind, namespaced FROM resource");
  while (rows.Step()) {
    const auto known = derived.kinds.find({rows.Text(0), rows.Text(1)});
    if (known == derived.kinds.end() ||
        known->second.count({rows.Text(2), rows.Bool(3)}) != 0) {
      continue;
    }
    findings.Altered(0, fmt::format("the kind of {} is not as any discovery "
                                    "had it",
                                    rows.Text(1)));
  }
}

// As many hashes in each level as the records give, and no row more.
void CheckTileCount(store::Db& db, Findings& findings) {
  std::int64_t hashes = db.Int("SELECT last_seq FROM meta");
  std::int64_t rows = 0;
  for (std::int64_t level = 0; hashes > 0; ++level, hashes /= 256) {
    const std::int64_t tiles = (hashes + 255) / 256;
    rows += tiles;
    Query row(db,
              "SELECT count(*), coalesce(max(place), -1), "
              "coalesce(sum(length(hashes)), 0) FROM tile WHERE level = ?");
    if (!row.Bind(level).Step() || row.Int(0) != tiles ||
        row.Int(1) != tiles - 1 || row.Int(2) != hashes * 32) {
      findings.Altered(0, fmt::format("the tiles of level {} of the log are "
                                      "not as many as the records need",
                                      level));
    }
  }
  Expect(db, "SELECT count(*) FROM tile", rows, "tiles of the log", findings);
}

void CheckMeta(store::Db& db, Findings& findings) {
  const std::int64_t last = db.Int("SELECT last_seq FROM meta");
  Expect(db, "SELECT count(*) FROM meta", 1, "rows of meta", findings);
  // Those within were looked at one by one.
  Expect(db,
         "SELECT (SELECT count(*) FROM revision WHERE seq < 1) + "
         "(SELECT count(*) FROM record WHERE seq < 1)",
         0, "records before the first", findings);
  Expect(db,
         "SELECT max(coalesce((SELECT max(seq) FROM revision), 0), "
         "coalesce((SELECT max(seq) FROM record), 0))",
         last, "the last record's number", findings);
  Expect(db,
         "SELECT count(*) FROM body WHERE seq < 1 OR seq > "
         "(SELECT last_seq FROM meta)",
         0, "bodies of no record", findings);
  Expect(db,
         "SELECT count(*) FROM checkpoint WHERE size < 1 OR size > "
         "(SELECT last_seq FROM meta)",
         0, "checkpoints that cover more than there is", findings);
  Expect(db,
         "SELECT coalesce((SELECT m.server_version <> CASE json_valid(detail) "
         "WHEN 1 THEN coalesce(detail ->> 'version', '') ELSE '' END "
         "FROM record WHERE kind = 'server' ORDER BY seq DESC LIMIT 1), 0) "
         "FROM meta m",
         0, "server versions that no record tells", findings);
  // Files of before these records said so have none that does.
  Expect(db,
         "SELECT coalesce((SELECT CASE json_valid(detail) WHEN 1 THEN "
         "m.cluster <> detail ->> 'cluster' END FROM record WHERE kind IN "
         "('start', 'import') ORDER BY seq DESC LIMIT 1), 0) FROM meta m",
         0, "names of the cluster that no record tells", findings);
  Expect(db,
         "SELECT coalesce((SELECT CASE json_valid(detail) WHEN 1 THEN "
         "m.identity <> detail ->> 'identity' OR (m.identity_weak <> "
         "coalesce(detail ->> 'identityWeak', 0) AND "
         "detail ->> 'identity' IS NOT NULL) END FROM record WHERE kind IN "
         "('start', 'identity', 'import') ORDER BY seq DESC LIMIT 1), 0) "
         "FROM meta m",
         0, "identities of the cluster that no record tells", findings);
  if (db.Int("SELECT known_until < coalesce((SELECT recorded_at FROM revision "
             "WHERE seq = last_seq), (SELECT recorded_at FROM record WHERE seq "
             "= last_seq), known_until) FROM meta") != 0) {
    findings.Altered(0,
                     "the last record is newer than the file is known until");
  }
}

// A seed that nothing needs may be that of what was pruned.
void CheckSeeds(store::Db& db, Findings& findings) {
  if (db.Int("SELECT EXISTS (SELECT 1 FROM pruned WHERE done = 0)") != 0) {
    return;
  }
  Expect(db,
         "SELECT count(*) FROM salt_seed s WHERE NOT EXISTS "
         "(SELECT 1 FROM revision v WHERE v.seq > 256 * s.place "
         "AND v.seq <= 256 * s.place + 256 AND v.salt IS NULL)",
         0, "seeds of salts that no record needs", findings);
}

}  // namespace

Status CheckTables(Snapshot& snapshot, const Records::Derived& derived,
                   Findings& findings) {
  if (Status open = snapshot.Renew(); !open.ok()) return open;
  store::Db& db = snapshot.db();
  CheckMeta(db, findings);
  Expect(db, "SELECT count(*) FROM gap",
         db.Int("SELECT count(*) FROM record WHERE kind = 'gap'"), "gaps",
         findings);
  Expect(db, "SELECT count(*) FROM epoch",
         db.Int("SELECT count(*) FROM record WHERE kind = 'epoch'") + 1,
         "epochs", findings);
  CheckTileCount(db, findings);
  CheckEpochs(db, findings);
  derived.doubts.Check(snapshot, findings);
  CheckPositions(db, derived, findings);
  CheckKinds(db, derived, findings);
  if (snapshot.info().schema_version >= kFirstWithSeeds) {
    CheckSeeds(db, findings);
  }
  return {};
}

void CheckStructure(Snapshot& snapshot, Findings& findings) {
  store::Db& db = snapshot.db();
  CheckSchema(db, snapshot.info().schema_version, findings);
  if (snapshot.live()) {
    findings.Note(
        "the file is being recorded, so the structure of its pages and indexes "
        "was not checked: verify a backup for that");
    return;
  }
  for (const char* sql :
       {"PRAGMA integrity_check(1)", "SELECT rtreecheck('lifetime')"}) {
    const std::string found = db.Text(sql);
    if (found != "ok") {
      findings.Altered(0, "the database is damaged: " + found);
    }
  }
}

}  // namespace kubescribe::verify
