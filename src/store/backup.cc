#include "store/backup.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "base/test_switches.h"
#include "store/sync_folder.h"

namespace kubescribe::store {
namespace {

Error System(const std::string& path, const char* what, int error) {
  return Error(
      error == ENOSPC || error == EDQUOT ? Code::kNoSpace : Code::kIo,
      fmt::format("{}: cannot {}: {}", path, what, SystemMessage(error)));
}

Error AlreadyThere(const std::string& path) {
  return Error(Code::kConflict,
               fmt::format("{}: there is such a file already; name a new one, "
                           "or move it away",
                           path));
}

// Made here, so that it is never readable by others.
Status MakeEmpty(const std::string& path) {
  // One that a killed backup left.
  unlink(path.c_str());
  const int fd =
      open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return System(path, "make it", errno);
  close(fd);
  return {};
}

// Through SQLite's own handle, so that its VFS sees it too.
void Sync(Db& db) {
  sqlite3_file* file = nullptr;
  sqlite3_file_control(db.raw(), "main", SQLITE_FCNTL_FILE_POINTER,
                       static_cast<void*>(&file));
  const int code = file == nullptr || file->pMethods == nullptr
                       ? SQLITE_IOERR_FSYNC
                       : file->pMethods->xSync(file, SQLITE_SYNC_FULL);
  if (code != SQLITE_OK) throw SQLite::Exception("syncing it", code);
}

// Out of WAL mode, whose mark the copied header has, and as a clean stop
// leaves a file; all of it on disk.
void MakeStandAlone(const std::string& path, const std::string& vfs) {
  Db copy(path, SQLite::OPEN_READWRITE, kBusyMs, vfs);
  copy.Harden();
  copy.Text("PRAGMA locking_mode = EXCLUSIVE");  // without a -shm
  copy.Text("PRAGMA journal_mode = DELETE");
  copy.Exec("UPDATE meta SET clean_stop = 1 WHERE id = 1");
  Sync(copy);
}

}  // namespace

Backup::Backup(std::string path, std::string vfs)
    : path_(std::move(path)),
      partial_(path_ + ".partial"),
      vfs_(std::move(vfs)) {}

Backup::~Backup() {
  Close();
  if (!progress_.finished) unlink(partial_.c_str());
}

Result<std::unique_ptr<Backup>> Backup::Start(Db& db, const std::string& path,
                                              const std::string& vfs) {
  struct stat there = {};
  if (lstat(path.c_str(), &there) == 0) return AlreadyThere(path);
  auto backup = std::make_unique<Backup>(path, vfs);
  if (Status made = MakeEmpty(backup->partial_); !made.ok()) {
    return made.error();
  }
  int code = sqlite3_open_v2(backup->partial_.c_str(), &backup->copy_,
                             SQLITE_OPEN_READWRITE,
                             vfs.empty() ? nullptr : vfs.c_str());
  // It is synced at its end; until then nobody needs it.
  if (code == SQLITE_OK) {
    code = sqlite3_exec(backup->copy_,
                        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF",
                        nullptr, nullptr, nullptr);
  }
  if (code != SQLITE_OK) return backup->Failed(code);
  backup->backup_ =
      sqlite3_backup_init(backup->copy_, "main", db.raw(), "main");
  if (backup->backup_ == nullptr) {
    return backup->Failed(sqlite3_errcode(backup->copy_));
  }
  return backup;
}

Status Backup::Step(int pages) {
  const int code = sqlite3_backup_step(backup_, pages);
  KUBESCRIBE_KILL_POINT("backup.step");
  progress_.pages = sqlite3_backup_pagecount(backup_);
  progress_.done = progress_.pages - sqlite3_backup_remaining(backup_);
  // Busy: somebody reads it in the instant of a recovery. The next step goes
  // on.
  if (code == SQLITE_OK || code == SQLITE_BUSY || code == SQLITE_LOCKED) {
    return {};
  }
  if (code != SQLITE_DONE) return Failed(code);
  return Finish();
}

Status Backup::Finish() {
  const int code = sqlite3_backup_finish(std::exchange(backup_, nullptr));
  if (code != SQLITE_OK) return Failed(code);
  Close();
  try {
    MakeStandAlone(partial_, vfs_);
  } catch (const std::exception& exception) {
    return ErrorFrom(exception, partial_, nullptr);
  }
  KUBESCRIBE_KILL_POINT("backup.synced");
  // Not rename: it would replace what came there meanwhile.
  if (link(partial_.c_str(), path_.c_str()) != 0) {
    if (errno == EEXIST) return AlreadyThere(path_);
    // Some file systems have no links.
    if (std::rename(partial_.c_str(), path_.c_str()) != 0) {
      return System(path_, "name it so", errno);
    }
  }
  unlink(partial_.c_str());
  SyncFolderOf(path_);
  KUBESCRIBE_KILL_POINT("backup.named");
  progress_.finished = true;
  return {};
}

Error Backup::Failed(int code) {
  const SQLite::Exception exception(sqlite3_errstr(code), code);
  return ErrorFrom(exception, partial_, nullptr);
}

void Backup::Close() {
  if (backup_ != nullptr) {
    sqlite3_backup_finish(std::exchange(backup_, nullptr));
  }
  if (copy_ != nullptr) sqlite3_close(std::exchange(copy_, nullptr));
}

}  // namespace kubescribe::store
