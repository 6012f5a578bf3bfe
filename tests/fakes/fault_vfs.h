// FaultVfs: makes the k-th operation of a kind on a database's files fail,
// once or from then on.
//
//   FaultVfs faults("faulty");
//   faults.Arm(DiskFault::kSync, 3, false);
//   ... use SQLite with the VFS "faulty" ...
//   if (!faults.hit()) // fewer than 3 syncs happened
#pragma once

#include "store/vfs_shim.h"

namespace kubescribe::fakes {

enum class DiskFault {
  kRead,        // EIO on reading
  kWrite,       // EIO on writing; nothing is written
  kNoSpace,     // the disk is full
  kShortWrite,  // half of it is written, then the disk is full
  kSync,        // fsync fails
};

class FaultVfs final : private store::VfsObserver {
 public:
  explicit FaultVfs(const std::string& name) : shim_(name, *this) {}

  // The `nth` operation (from 1) of this kind fails; with `persistent` all
  // later ones too.
  void Arm(DiskFault fault, int nth, bool persistent) {
    fault_ = fault;
    nth_ = nth;
    persistent_ = persistent;
    armed_ = true;
    seen_ = 0;
    hit_ = false;
  }
  void Disarm() { armed_ = false; }
  // Has an operation failed since Arm?
  bool hit() const { return hit_; }

 private:
  int Before(const store::VfsOp& op, std::size_t* keep) override;
  void After(const store::VfsOp& /*op*/) override {}

  DiskFault fault_ = DiskFault::kRead;
  int nth_ = 0;
  bool persistent_ = false;
  bool armed_ = false;
  int seen_ = 0;
  bool hit_ = false;
  store::VfsShim shim_;
};

}  // namespace kubescribe::fakes
