#include "store/lock_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <thread>
#include <utility>

#include "base/clock.h"
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

// Behind the pid: until when readers are to keep away, on the system's
// monotonic clock, in digits.
constexpr off_t kAwayAt = 12;
constexpr int kAwayDigits = 20;
constexpr auto kAwayPause = std::chrono::milliseconds(2);

Micros AwayUntil(const std::string& database) {
  const int fd =
      open(LockPath(database).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return 0;
  std::array<char, kAwayDigits + 1> text{};
  const ssize_t size = pread(fd, text.data(), kAwayDigits, kAwayAt);
  close(fd);
  return size == kAwayDigits ? std::strtoll(text.data(), nullptr, 10) : 0;
}

void SayAwayUntil(int fd, Micros until) {
  const std::string text = fmt::format("{:0{}}", until, kAwayDigits);
  [[maybe_unused]] const ssize_t written =
      pwrite(fd, text.data(), text.size(), kAwayAt);
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
  SayAwayUntil(fd, 0);
  return lock;
}

LockFile::LockFile(LockFile&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)) {}

LockFile::~LockFile() {
  if (fd_ >= 0) close(fd_);
}

void LockFile::KeepReadersAway(Micros time) {
  SayAwayUntil(fd_, time == 0 ? 0 : SystemClock().Mono() + time);
}

void LockFile::WaitWhileAskedToKeepAway(const std::string& database) {
  // A writer that was killed does not take it back; another boot's clock says
  // nothing.
  const Micros latest = SystemClock().Mono() + kLongestAway;
  for (;;) {
    const Micros until = AwayUntil(database);
    const Micros now = SystemClock().Mono();
    if (now >= until || now >= latest || !IsHeld(database)) return;
    std::this_thread::sleep_for(kAwayPause);
  }
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
