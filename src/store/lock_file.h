// LockFile: at most one writer of a database, by a lock on PATH.lock that the
// kernel gives back when the process ends in whatever way.
//
// The holder has two locks on the file: flock, which refuses a second writer,
// and an open-file-description lock, which others can ask about without taking
// anything (a reader that took a lock only to look could make a writer's fail).
//
// The file also says when readers are to keep away for a moment, so that the
// write-ahead log can be begun anew: while somebody always reads, it cannot be.
#pragma once

#include <string>

#include "base/clock.h"
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

  // The longest that readers are asked to keep away: they end within 2 s.
  static constexpr Micros kLongestAway = 2500 * kMillisecond;
  // Those who are about to read wait (WaitWhileAskedToKeepAway) for so long, or
  // until this is said anew; 0: no more. A hint: where it cannot be written,
  // nothing else happens.
  void KeepReadersAway(Micros time);
  static void WaitWhileAskedToKeepAway(const std::string& database);

  // Does a writer hold the lock of this database now?
  static bool IsHeld(const std::string& database);

 private:
  explicit LockFile(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace kubescribe::store
