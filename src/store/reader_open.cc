// Reader::Open: which of the ways a file can be found in this one is, and what
// may be answered from it (DESIGN §5, "Files that can be copied").

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <cerrno>
#include <filesystem>

#include "store/file_check.h"
#include "store/lock_file.h"
#include "store/open_file.h"
#include "store/reader_impl.h"
#include "store/rows.h"

namespace kubescribe::store {
namespace {

constexpr std::size_t kOwnCache = std::size_t{4} << 20;

// "file:" with what has a meaning in a URI encoded.
std::string ImmutableUri(const std::string& path) {
  std::string uri = "file:";
  for (const char c : std::filesystem::absolute(path).string()) {
    if (c == '%' || c == '?' || c == '#') {
      uri += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    } else {
      uri += c;
    }
  }
  return uri + "?immutable=1";
}

bool OnReadOnlyMount(const std::string& path) {
  struct statvfs mount = {};
  return statvfs(path.c_str(), &mount) == 0 && (mount.f_flag & ST_RDONLY) != 0;
}

// Is there a WAL with something in it?
bool HasWal(const std::string& path) {
  struct stat info = {};
  return stat((path + "-wal").c_str(), &info) == 0 && info.st_size > 0;
}

// A recorder that was killed when it had just emptied its WAL leaves it so, and
// its lock file; beside a copy there is no lock file.
bool LeftEmpty(const std::string& path) {
  struct stat info = {};
  return stat((path + "-wal").c_str(), &info) == 0 && info.st_size == 0 &&
         stat((path + ".lock").c_str(), &info) == 0;
}

std::unique_ptr<Db> Connect(const std::string& path, bool immutable) {
  auto db =
      immutable
          ? std::make_unique<Db>(ImmutableUri(path),
                                 SQLite::OPEN_READONLY | SQLite::OPEN_URI,
                                 kBusyMs, "")
          : std::make_unique<Db>(path, SQLite::OPEN_READONLY, kBusyMs, "");
  db->Harden();
  db->Exec("PRAGMA query_only = ON");
  return db;
}

Error Advise(Error error, const std::string& path) {
  if (error.code() == Code::kIo && !OnReadOnlyMount(path)) return error;
  if (error.code() == Code::kIo) {
    return Error(Code::kIo,
                 fmt::format("{} (the file system can only be read, and the "
                             "recorder was not stopped cleanly: copy the file "
                             "with its -wal to where you may write)",
                             error.message()));
  }
  return error;
}

// A copy without its WAL may be torn anywhere: all of it is checked.
Status CheckCopy(Db& db, const std::string& path, const std::string& why) {
  for (const bool structure : {true, false}) {
    const Status check = structure ? CheckStructure(db, path, true)
                                   : CheckSequence(db, path, true);
    if (!check.ok()) {
      return Error(Code::kCorruption,
                   fmt::format("{}: {}, and it is torn: {}; copy it together "
                               "with its -wal file, or stop the recorder "
                               "first",
                               path, why, check.error().message()));
    }
  }
  return {};
}

// How the file is to be read, and whether all of it must be checked first.
struct Found {
  bool immutable = false;
  bool doubtful = false;
  std::string why;  // doubtful
};

// A change into or out of WAL mode that was cut off leaves a journal, which
// only the recorder may roll back. It concerns nothing but the mode, and all
// of the data lies in the file then. A WAL beside it was emptied into the file
// before the change, and comes back only where a power cut undoes its removal.
Found FoundJournal(const SQLite::Exception& exception,
                   const std::string& path) {
  if (exception.getExtendedErrorCode() != SQLITE_READONLY_ROLLBACK) {
    throw exception;
  }
  if (LockFile::IsHeld(path)) {
    throw SQLite::Exception("the recorder is opening or closing it",
                            SQLITE_BUSY);
  }
  return {true, true, "the recorder's last start or stop was cut off"};
}

Found LookAt(Db& db, const std::string& path) {
  // A writer holds the lock while it lives, so the WAL of a live file may well
  // be empty for an instant.
  const bool bare = HeaderSaysWal(db.Header()) && !HasWal(path) &&
                    !LeftEmpty(path) && !LockFile::IsHeld(path);
  Found copy{bare && OnReadOnlyMount(path), bare,
             "a copy without its -wal file"};
  if (copy.immutable) return copy;
  try {
    db.Int("PRAGMA user_version");
  } catch (const SQLite::Exception& exception) {
    return FoundJournal(exception, path);
  }
  return copy;
}

Result<OpenedFile> OpenChecked(const std::string& path,
                               std::unique_ptr<Db>& db) {
  std::vector<std::string> warnings;
  db = Connect(path, false);
  const Found found = LookAt(*db, path);
  if (found.immutable) db = Connect(path, true);
  db->Exec("BEGIN");
  const Result<FileKind> kind = IdentifyFile(*db, path);
  if (!kind.ok()) return kind.error();
  if (*kind == FileKind::kEmpty) {
    return Error(Code::kCorruption,
                 fmt::format("{}: an empty database: nothing was recorded into "
                             "it yet, or it is a copy without its -wal file",
                             path));
  }
  FileInfo info = ReadInfo(*db);
  info.path = path;
  if (found.doubtful) {
    if (const Status copy = CheckCopy(*db, path, found.why); !copy.ok()) {
      return copy.error();
    }
    warnings.push_back(fmt::format(
        "{}: {}; it was checked and is whole up to record {}, but what was "
        "recorded last may be missing",
        path, found.why, info.last_seq));
  }
  return OpenedFile{std::move(db), std::move(info), std::move(warnings)};
}

}  // namespace

Result<OpenedFile> OpenForReading(const std::string& path) {
  struct stat file = {};
  if (stat(path.c_str(), &file) != 0) {
    const int error = errno;
    return Error(
        error == ENOENT || error == ENOTDIR ? Code::kNotFound : Code::kIo,
        fmt::format("{}: cannot open it: {}", path, SystemMessage(error)));
  }
  if (!S_ISREG(file.st_mode)) {
    return Error(Code::kInvalid, fmt::format("{}: not a file", path));
  }
  if (file.st_size == 0 && !HasWal(path)) {
    return Error(Code::kCorruption,
                 fmt::format("{}: an empty file: nothing was recorded into it "
                             "yet",
                             path));
  }
  std::unique_ptr<Db> db;
  try {
    return OpenChecked(path, db);
  } catch (const std::exception& exception) {
    return Advise(ErrorFrom(exception, path, db ? db->raw() : nullptr), path);
  }
}

Result<std::unique_ptr<Reader>> Reader::Open(const std::string& path,
                                             std::shared_ptr<BodyCache> bodies,
                                             bool waits) {
  if (waits) LockFile::WaitWhileAskedToKeepAway(path);
  Result<OpenedFile> file = OpenForReading(path);
  if (!file.ok()) return file.error();
  if (bodies == nullptr) bodies = std::make_shared<BodyCache>(kOwnCache);
  return std::unique_ptr<Reader>(std::make_unique<ReaderImpl>(
      std::move(file->db), std::move(file->info), std::move(file->warnings),
      std::move(bodies)));
}

}  // namespace kubescribe::store
