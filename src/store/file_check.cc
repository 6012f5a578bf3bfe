#include "store/file_check.h"

#include <fmt/format.h>

#include "store/migrations.h"

namespace kubescribe::store {
namespace {

constexpr std::string_view kMagic("SQLite format 3\0", 16);

Error NotOurs(const std::string& path, std::string_view why) {
  return Error(Code::kCorruption,
               fmt::format("{}: not a kubescribe database ({}): name another "
                           "file, or move this one away",
                           path, why));
}

std::uint32_t BigEndian(const std::string& header, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    value = value << 8 | static_cast<unsigned char>(header[at + i]);
  }
  return value;
}

Error Damaged(const std::string& path, const std::string& how) {
  return Error(Code::kCorruption,
               fmt::format("{}: the database is damaged ({}): move it away or "
                           "restore a backup",
                           path, how));
}

}  // namespace

bool HeaderSaysWal(const std::string& header) {
  return header.size() >= 100 && header[18] == 2 && header[19] == 2;
}

Result<FileKind> IdentifyFile(Db& db, const std::string& path) {
  const std::string header = db.Header();
  // An empty file beside a WAL is a database whose first pages are still
  // there; SQLite knows.
  if (!header.empty()) {
    if (header.size() < 100 || !header.starts_with(kMagic)) {
      return NotOurs(path, "it is no SQLite database");
    }
    const std::uint32_t application = BigEndian(header, 68);
    if (application != 0 && application != kApplicationId) {
      return NotOurs(path, "it belongs to another program");
    }
  }
  const std::int64_t application = db.Int("PRAGMA application_id");
  const std::int64_t version = db.Int("PRAGMA user_version");
  if (application != kApplicationId) {
    if (application == 0 && version == 0 &&
        db.Int("SELECT count(*) FROM sqlite_schema") == 0) {
      return FileKind::kEmpty;
    }
    return NotOurs(path, "its tables are another program's");
  }
  const int newest = Migrations().back().version;
  if (version > newest) {
    return Error(Code::kUnsupported,
                 fmt::format("{}: its schema has version {}, this program "
                             "knows up to {}: use a newer kubescribe",
                             path, version, newest));
  }
  if (version < 1) return Damaged(path, "it has no schema version");
  return FileKind::kOurs;
}

Status CheckSequence(Db& db, const std::string& path, bool deep) {
  const std::int64_t last = db.Int("SELECT last_seq FROM meta WHERE id = 1");
  const std::int64_t highest = db.Int(
      "SELECT max(coalesce((SELECT max(seq) FROM revision), 0), "
      "coalesce((SELECT max(seq) FROM record), 0))");
  if (highest != last) {
    return Damaged(path, fmt::format("its records end at {}, but it had {}",
                                     highest, last));
  }
  if (!deep) return {};
  const std::int64_t count = db.Int(
      "SELECT (SELECT count(*) FROM revision) + "
      "(SELECT count(*) FROM record)");
  const bool prunes =
      db.Int("SELECT count(*) FROM sqlite_schema WHERE name = 'pruned'") > 0;
  const std::int64_t pruned =
      prunes ? db.Int("SELECT coalesce(sum(revisions), 0) FROM pruned") : 0;
  if (count + pruned != last) {
    return Damaged(path, fmt::format("{} of its {} records are missing",
                                     last - count - pruned, last));
  }
  const std::int64_t dangling = db.Int(
      "SELECT (SELECT count(*) FROM object o WHERE o.seq <> 0 AND NOT EXISTS "
      "(SELECT 1 FROM revision v WHERE v.seq = o.seq)) + "
      "(SELECT count(*) FROM revision v WHERE NOT EXISTS "
      "(SELECT 1 FROM object o WHERE o.id = v.object_id)) + "
      "(SELECT count(*) FROM gap g WHERE NOT EXISTS "
      "(SELECT 1 FROM record r WHERE r.seq = g.seq))");
  if (dangling != 0) {
    return Damaged(
        path, fmt::format("{} rows belong to rows that are missing", dangling));
  }
  return {};
}

Status CheckStructure(Db& db, const std::string& path, bool full) {
  const std::string found =
      db.Text(full ? "PRAGMA integrity_check(1)" : "PRAGMA quick_check(1)");
  if (found == "ok") return {};
  return Damaged(path, found);
}

}  // namespace kubescribe::store
