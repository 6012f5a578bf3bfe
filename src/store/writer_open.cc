// Writer::Open: every reason to refuse, then creation, migration and the
// opening mark, in this order, so that a refusal has changed nothing.

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <utility>

#include "base/test_switches.h"
#include "codec/digest.h"
#include "store/file_check.h"
#include "store/migrate.h"
#include "store/rows.h"
#include "store/test_vfs.h"
#include "store/writer_impl.h"

namespace kubescribe::store {
namespace {

// Files up to this size are checked as a whole whenever they are opened.
constexpr off_t kCheckedSize = off_t{64} << 20;

Error SystemError(const std::string& path, const std::string& what,
                  int error_number, const std::string& advice) {
  const bool full = error_number == ENOSPC || error_number == EDQUOT;
  return Error(full ? Code::kNoSpace : Code::kIo,
               fmt::format("{}: {}: {}: {}", path, what,
                           SystemMessage(error_number), advice));
}

// Is there a regular file (true) or nothing (false) where the database is to
// be? Anything else is refused.
Result<bool> LookAt(const std::string& path) {
  const std::string folder =
      std::filesystem::absolute(path).parent_path().string();
  struct stat info = {};
  if (stat(folder.c_str(), &info) != 0) {
    if (errno == ENOENT) {
      return Error(
          Code::kNotFound,
          fmt::format("{}: the folder does not exist: create it", folder));
    }
    return SystemError(folder, "cannot look at the folder", errno,
                       "check its rights");
  }
  if (!S_ISDIR(info.st_mode)) {
    return Error(Code::kInvalid, fmt::format("{}: not a folder", folder));
  }
  if (lstat(path.c_str(), &info) != 0) {
    if (errno == ENOENT) return false;
    return SystemError(path, "cannot look at the file", errno,
                       "check the rights of its folder");
  }
  if (S_ISLNK(info.st_mode)) {
    return Error(Code::kInvalid,
                 fmt::format("{}: a symbolic link; the WAL of a database lies "
                             "beside its file, so name the file itself",
                             path));
  }
  if (!S_ISREG(info.st_mode)) {
    return Error(Code::kInvalid, fmt::format("{}: not a file", path));
  }
  if (info.st_nlink > 1) {
    return Error(Code::kInvalid,
                 fmt::format("{}: has a second name (hard link), under which "
                             "it could be written without this one's WAL: "
                             "remove the other name",
                             path));
  }
  return true;
}

Status CreateFile(const std::string& path) {
  const int fd = open(path.c_str(),
                      O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) {
    return SystemError(path, "cannot create it", errno,
                       "recording needs a folder that can be written");
  }
  // The umask may have taken rights away.
  const bool done = fchmod(fd, 0600) == 0 && fsync(fd) == 0;
  const int error = errno;
  close(fd);
  if (!done) return SystemError(path, "cannot create it", error, "try again");
  KUBESCRIBE_KILL_POINT("open.created");
  return {};
}

// Puts the row of meta and the first epoch into a file that has only a schema.
void Fill(Db& db, const OpenOptions& options) {
  std::array<std::uint8_t, 16> id{};
  options.random->Fill(id);
  const Micros now = options.clock->Wall();
  Query(db,
        "INSERT INTO meta (id, file_id, cluster, identity, identity_weak, "
        "created_at, known_until, last_seq, clean_stop, server_version, opens, "
        "checkpoints) VALUES (1, ?, ?, ?, ?, ?, ?, 0, 0, '', 0, 0)")
      .Bind(codec::Hex(std::span<const std::uint8_t>(id)), options.cluster,
            options.identity, options.identity_weak, now, now)
      .Run();
  Query(db,
        "INSERT INTO epoch (id, stream_id, cause, began_at, seq) "
        "VALUES (1, 0, 'start', ?, 0)")
      .Bind(now)
      .Run();
}

// May what has `options.identity` be recorded into the file? A weak identity
// gives way to a strong one; nothing else can be told to be the same cluster.
Status CheckIdentity(const FileInfo& file, const OpenOptions& options) {
  if (options.identity.empty() || file.identity.empty()) return {};
  if (file.identity == options.identity) return {};
  if (file.identity_weak && !options.identity_weak) return {};
  const std::string hint =
      !file.identity_weak && options.identity_weak
          ? "the namespace kube-system can no longer be read, so this cannot "
            "be told to be the same cluster: allow it, or name another data "
            "folder"
          : "name another data folder, or move the file away to start anew";
  return Error(Code::kConflict,
               fmt::format("{}: records the cluster {} ({}), and this is "
                           "another one ({}): {}",
                           file.path, file.cluster, file.identity,
                           options.identity, hint));
}

void MarkOpened(Db& db, FileInfo& info) {
  info.clean_stop = false;
  db.Exec("UPDATE meta SET clean_stop = 0, opens = opens + 1 WHERE id = 1");
}

Status UseWal(Db& db, const std::string& path, const OpenOptions& options) {
  // EXTRA is FULL, and syncs the folder after a rollback journal is deleted:
  // the change to WAL mode has one, and were it back after a power cut it would
  // undo the whole file.
  db.Exec(options.synchronous_full ? "PRAGMA synchronous = EXTRA"
                                   : "PRAGMA synchronous = OFF");
  // What is pruned is to be gone, however this SQLite was built.
  db.Int("PRAGMA secure_delete = ON");
  const std::string mode = db.Text("PRAGMA journal_mode = WAL");
  if (mode != "wal") {
    return Error(Code::kIo,
                 fmt::format("{}: cannot use a write-ahead log here (the "
                             "journal mode stays {}): put the data on a local "
                             "file system",
                             path, mode));
  }
  KUBESCRIBE_KILL_POINT("open.wal");
  // Only the writer's own checkpoints; see RunCheckpoint.
  db.Exec(fmt::format("PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -{}",
                      options.cache_bytes / 1024));
  return {};
}

// After a crash, what the last process could not sync may be lost from the
// disk though it still reads well: it goes into the database before anything
// is written behind it (reliability, "PostgreSQL fsync episode").
void EmptyOldWal(Db& db) {
  int log = 0;
  int done = 0;
  const int code = sqlite3_wal_checkpoint_v2(
      db.raw(), "main", SQLITE_CHECKPOINT_TRUNCATE, &log, &done);
  if (code != SQLITE_OK && (code & 0xff) != SQLITE_BUSY) {
    throw SQLite::Exception(db.raw(), code);
  }
}

Result<FileInfo> Prepare(Db& db, const std::string& path,
                         const OpenOptions& options, off_t size) {
  const Result<FileKind> kind = IdentifyFile(db, path);
  if (!kind.ok()) return kind.error();
  if (sqlite3_db_readonly(db.raw(), "main") == 1) {
    return Error(Code::kIo,
                 fmt::format("{}: it can only be read: recording needs a file "
                             "and a folder that can be written",
                             path));
  }
  if (*kind == FileKind::kOurs) {
    FileInfo file = ReadInfo(db);
    file.path = path;
    for (const Status& check :
         {CheckIdentity(file, options),
          size <= kCheckedSize ? CheckStructure(db, path, false) : Status(),
          CheckSequence(db, path, false)}) {
      if (!check.ok()) return check.error();
    }
  }
  // Before the file has a page; one that has some stays as it is.
  if (*kind == FileKind::kEmpty) db.Exec("PRAGMA auto_vacuum = INCREMENTAL");
  if (const Status wal = UseWal(db, path, options); !wal.ok()) {
    return wal.error();
  }
  EmptyOldWal(db);
  db.Exec("BEGIN IMMEDIATE");
  Migrate(db, Migrations());
  if (*kind == FileKind::kEmpty) Fill(db, options);
  FileInfo info = ReadInfo(db);
  info.path = path;
  MarkOpened(db, info);
  KUBESCRIBE_KILL_POINT("open.before-commit");
  db.Exec("COMMIT");
  KUBESCRIBE_KILL_POINT("open.after-commit");
  return info;
}

}  // namespace

Result<std::unique_ptr<Writer>> Writer::Open(const std::string& path,
                                             const OpenOptions& options) {
  const UseDiskReserve reserve;
  const Result<bool> exists = LookAt(path);
  if (!exists.ok()) return exists.error();
  if (!*exists && !options.create) {
    return Error(Code::kNotFound, fmt::format("{}: no such file", path));
  }
  struct stat size = {};
  if (*exists && stat(path.c_str(), &size) == 0 && size.st_size == 0 &&
      !options.create) {
    return Error(Code::kCorruption,
                 fmt::format("{}: an empty file: nothing was recorded into it "
                             "yet",
                             path));
  }
  Result<LockFile> lock = LockFile::Take(path);
  if (!lock.ok()) return lock.error();
  if (!*exists) {
    if (const Status created = CreateFile(path); !created.ok()) {
      return created.error();
    }
  }
  if (stat(path.c_str(), &size) != 0) {
    return SystemError(path, "cannot look at the file", errno, "try again");
  }
  std::string vfs = options.vfs.empty() ? TestVfs() : options.vfs;
  if (options.disk) vfs = options.disk->VfsOver(vfs);
  std::unique_ptr<Db> db;
  try {
    db = std::make_unique<Db>(path, SQLite::OPEN_READWRITE, kBusyMs, vfs);
    db->Harden();
    Result<FileInfo> info = Prepare(*db, path, options, size.st_size);
    if (!info.ok()) return info.error();
    return std::unique_ptr<Writer>(std::make_unique<WriterImpl>(
        *std::move(lock), std::move(db), *std::move(info), options));
  } catch (const std::exception& exception) {
    return ErrorFrom(exception, path, db ? db->raw() : nullptr);
  }
}

}  // namespace kubescribe::store
