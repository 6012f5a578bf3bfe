#include "store/wal_readers.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <fstream>
#include <set>
#include <sstream>

namespace kubescribe::store {
namespace {

// Where the locks of the five read marks lie in the -shm file
// (https://www.sqlite.org/walformat.html, "WAL locks").
constexpr long kFirstReadLock = 123;
constexpr long kLastReadLock = 127;

std::string NameOfProcess(long pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/comm");
  std::string name;
  std::getline(file, name);
  return name.empty() ? "a process" : name;
}

}  // namespace

// The locks are not asked for at the file: closing a descriptor of it would
// drop those of this process.
std::string WalReaders(const std::string& database) {
  struct stat info = {};
  if (stat((database + "-shm").c_str(), &info) != 0) return "";
  const std::string inode = fmt::format("{:02x}:{:02x}:{}", major(info.st_dev),
                                        minor(info.st_dev), info.st_ino);
  std::set<long> pids;
  std::ifstream locks("/proc/locks");
  for (std::string line; std::getline(locks, line);) {
    // 1: POSIX  ADVISORY  READ 4711 08:02:123 123 123
    std::istringstream words(line);
    std::string number, kind, advisory, mode, where, first, last;
    long pid = 0;
    words >> number >> kind >> advisory >> mode >> pid >> where >> first >>
        last;
    if (!words || kind != "POSIX" || where != inode || pid == getpid()) {
      continue;
    }
    const long begin = std::strtol(first.c_str(), nullptr, 10);
    const long end =
        last == "EOF" ? begin : std::strtol(last.c_str(), nullptr, 10);
    if (end >= kFirstReadLock && begin <= kLastReadLock) pids.insert(pid);
  }
  std::string readers;
  for (const long pid : pids) {
    readers += fmt::format("{}{} (pid {})", readers.empty() ? "" : ", ",
                           NameOfProcess(pid), pid);
  }
  return readers;
}

}  // namespace kubescribe::store
