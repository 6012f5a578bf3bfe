#include "base/new_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/test_switches.h"

namespace kubescribe {
namespace {

Error CannotMake(const std::string& path, const char* what, int error) {
  return Error(error == ENOSPC || error == EDQUOT ? Code::kNoSpace : Code::kIo,
               fmt::format("{}: cannot {}: {}", path, what,
                           std::generic_category().message(error)));
}

Error IsThere(const std::string& path) {
  return Error(Code::kConflict,
               fmt::format("{}: there is such a file already; name a new one, "
                           "or move it away",
                           path));
}

// A kill between the two names of a finished file left both: the partial one is
// not to be written over then.
void ForgetSecondName(const std::string& partial) {
  struct stat there = {};
  if (lstat(partial.c_str(), &there) == 0 && there.st_nlink > 1) {
    unlink(partial.c_str());
  }
}

bool SameFile(int fd, const std::string& path) {
  struct stat mine = {};
  struct stat there = {};
  return fstat(fd, &mine) == 0 && lstat(path.c_str(), &there) == 0 &&
         mine.st_dev == there.st_dev && mine.st_ino == there.st_ino;
}

// A file system that cannot sync a folder is none of the caller's concern.
void SyncParent(const std::string& path) {
  const std::string folder =
      std::filesystem::absolute(path).parent_path().string();
  const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  fsync(fd);
  close(fd);
}

}  // namespace

NewFile::NewFile(std::string path, std::string partial, int fd)
    : path_(std::move(path)), partial_(std::move(partial)), fd_(fd) {}

Result<std::unique_ptr<NewFile>> NewFile::Start(const std::string& path) {
  struct stat there = {};
  if (lstat(path.c_str(), &there) == 0) return IsThere(path);
  std::string partial = path + ".partial";
  ForgetSecondName(partial);
  const int fd =
      open(partial.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) return CannotMake(partial, "make it", errno);
  // Whoever finishes takes the name away: what is locked may be gone by now.
  if (flock(fd, LOCK_EX | LOCK_NB) != 0 || !SameFile(fd, partial)) {
    close(fd);
    return Error(Code::kBusy,
                 fmt::format("{}: somebody else is making it now", path));
  }
  std::unique_ptr<NewFile> file(new NewFile(path, std::move(partial), fd));
  if (fchmod(fd, 0600) != 0 || ftruncate(fd, 0) != 0) {
    return CannotMake(file->partial_, "empty it", errno);
  }
  return file;
}

NewFile::~NewFile() {
  if (!finished_) unlink(partial_.c_str());
  close(fd_);
}

Status NewFile::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = write(fd_, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return CannotMake(partial_, "write it", errno);
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return {};
}

Status NewFile::Finish() {
  if (fsync(fd_) != 0) return CannotMake(partial_, "sync it", errno);
  KUBESCRIBE_KILL_POINT("new-file.synced");
  // Not rename: it would replace what came there meanwhile.
  if (link(partial_.c_str(), path_.c_str()) != 0) {
    if (errno == EEXIST) return IsThere(path_);
    // Some file systems have no links.
    if (std::rename(partial_.c_str(), path_.c_str()) != 0) {
      return CannotMake(path_, "name it so", errno);
    }
  }
  finished_ = true;
  KUBESCRIBE_KILL_POINT("new-file.linked");
  unlink(partial_.c_str());
  SyncParent(path_);
  KUBESCRIBE_KILL_POINT("new-file.named");
  return {};
}

}  // namespace kubescribe
