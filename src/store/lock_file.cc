#include "store/lock_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "store/db.h"

namespace kubescribe::store {
namespace {

std::string LockPath(const std::string& database) { return database + ".lock"; }

struct flock WholeFile() {
  struct flock whole = {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  return whole;
}

std::string Holder(int fd) {
  std::array<char, 24> text{};
  const ssize_t size = pread(fd, text.data(), text.size() - 1, 0);
  std::string pid;
  for (ssize_t i = 0; i < size; ++i) {
    const char c = text[static_cast<std::size_t>(i)];
    if (c < '0' || c > '9') break;
    pid += c;
  }
  return pid.empty() ? "" : fmt::format(" (process {})", pid);
}

}  // namespace

Result<LockFile> LockFile::Take(const std::string& database) {
  const std::string path = LockPath(database);
  const int fd =
      open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) {
    const int error = errno;
    return Error(
        error == ENOSPC || error == EDQUOT ? Code::kNoSpace : Code::kIo,
        fmt::format("{}: cannot make the lock file: {}: recording "
                    "needs a folder that can be written",
                    path, SystemMessage(error)));
  }
  LockFile lock(fd);
  struct flock whole = WholeFile();
  if (flock(fd, LOCK_EX | LOCK_NB) != 0 ||
      fcntl(fd, F_OFD_SETLK, &whole) != 0) {
    const int error = errno;
    if (error == EWOULDBLOCK || error == EACCES) {
      return Error(Code::kConflict,
                   fmt::format("{}: another recorder{} is recording into this "
                               "file: stop it first",
                               database, Holder(fd)));
    }
    return Error(Code::kIo,
                 fmt::format("{}: cannot lock: {}: put the data on a local "
                             "file system",
                             path, SystemMessage(error)));
  }
  // For the message above only; a full disk does not matter here.
  const std::string pid = fmt::format("{}\n", getpid());
  if (ftruncate(fd, 0) != 0 || pwrite(fd, pid.data(), pid.size(), 0) < 0) {
    return lock;
  }
  return lock;
}

LockFile::LockFile(LockFile&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)) {}

LockFile::~LockFile() {
  if (fd_ >= 0) close(fd_);
}

bool LockFile::IsHeld(const std::string& database) {
  const int fd = open(LockPath(database).c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  struct flock whole = WholeFile();
  const bool held =
      fcntl(fd, F_OFD_GETLK, &whole) == 0 && whole.l_type != F_UNLCK;
  close(fd);
  return held;
}

}  // namespace kubescribe::store
