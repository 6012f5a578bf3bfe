// LockFile: at most one writer of a database, by a lock on PATH.lock that the
// kernel gives back when the process ends in whatever way.
//
// The holder has two locks on the file: flock, which refuses a second writer,
// and an open-file-description lock, which others can ask about without taking
// anything (a reader that took a lock only to look could make a writer's fail).
#pragma once

#include <string>

#include "base/result.h"

namespace kubescribe::store {

class LockFile {
 public:
  // kConflict: another process (or another Writer of this one) holds it; the
  // message names the process. kIo, kNoSpace: the file cannot be made.
  static Result<LockFile> Take(const std::string& database);
  ~LockFile();
  LockFile(LockFile&& other) noexcept;
  LockFile& operator=(LockFile&&) = delete;

  // Does a writer hold the lock of this database now?
  static bool IsHeld(const std::string& database);

 private:
  explicit LockFile(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace kubescribe::store
