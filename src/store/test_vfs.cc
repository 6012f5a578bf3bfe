#include "store/test_vfs.h"

#ifndef KUBESCRIBE_TEST_SWITCHES

namespace kubescribe::store {
std::string TestVfs() { return ""; }
}  // namespace kubescribe::store

#else

#include <sqlite3.h>

#include <chrono>
#include <cstdlib>
#include <thread>

#include "base/test_switches.h"
#include "store/vfs_shim.h"

namespace kubescribe::store {
namespace {

constexpr char kName[] = "kubescribe-test";

// What an operation is called, and what it is called when it is done; null: no
// kill point.
struct Points {
  const char* before = nullptr;
  const char* after = nullptr;
};

Points PointsOf(const VfsOp& op) {
  const bool wal = op.file.ends_with("-wal");
  switch (op.kind) {
    case VfsOp::Kind::kWrite:
      return wal ? Points{"vfs.wal.write", "vfs.wal.written"}
                 : Points{"vfs.db.write", "vfs.db.written"};
    case VfsOp::Kind::kTruncate:
      return {wal ? "vfs.wal.truncate" : "vfs.db.truncate", nullptr};
    case VfsOp::Kind::kSync:
      return wal ? Points{"vfs.wal.sync", "vfs.wal.synced"}
                 : Points{"vfs.db.sync", "vfs.db.synced"};
    case VfsOp::Kind::kDelete:
      return {"vfs.delete", nullptr};
    case VfsOp::Kind::kCreate:
    case VfsOp::Kind::kRead:
      return {};
  }
  return {};
}

long Number(const char* variable) {
  const char* text = std::getenv(variable);
  return text == nullptr ? 0 : std::strtol(text, nullptr, 10);
}

class Tester final : public VfsObserver {
 public:
  int Before(const VfsOp& op, std::size_t* /*keep*/) override {
    if (const char* point = PointsOf(op).before) ReachKillPoint(point);
    if (delay_.count() > 0 &&
        (op.kind == VfsOp::Kind::kWrite || op.kind == VfsOp::Kind::kSync)) {
      std::this_thread::sleep_for(delay_);
    }
    return SQLITE_OK;
  }
  void After(const VfsOp& op) override {
    if (const char* point = PointsOf(op).after) ReachKillPoint(point);
  }

 private:
  const std::chrono::microseconds delay_{Number("KUBESCRIBE_SLOW_DISK")};
};

}  // namespace

std::string TestVfs() {
  if (std::getenv("KUBESCRIBE_KILL_AT") == nullptr &&
      std::getenv("KUBESCRIBE_KILL_LOG") == nullptr &&
      Number("KUBESCRIBE_SLOW_DISK") == 0) {
    return "";
  }
  static Tester tester;
  static const VfsShim shim(kName, tester);
  return kName;
}

}  // namespace kubescribe::store

#endif
