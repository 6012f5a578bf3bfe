#include "store/kill_vfs.h"

#ifndef KUBESCRIBE_TEST_SWITCHES

namespace kubescribe::store {
std::string KillVfs() { return ""; }
}  // namespace kubescribe::store

#else

#include <sqlite3.h>

#include <cstdlib>

#include "base/test_switches.h"
#include "store/vfs_shim.h"

namespace kubescribe::store {
namespace {

constexpr char kName[] = "kubescribe-kill";

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

class Killer final : public VfsObserver {
 public:
  int Before(const VfsOp& op, std::size_t* /*keep*/) override {
    if (const char* point = PointsOf(op).before) ReachKillPoint(point);
    return SQLITE_OK;
  }
  void After(const VfsOp& op) override {
    if (const char* point = PointsOf(op).after) ReachKillPoint(point);
  }
};

}  // namespace

std::string KillVfs() {
  if (std::getenv("KUBESCRIBE_KILL_AT") == nullptr &&
      std::getenv("KUBESCRIBE_KILL_LOG") == nullptr) {
    return "";
  }
  static Killer killer;
  static const VfsShim shim(kName, killer);
  return kName;
}

}  // namespace kubescribe::store

#endif
