#include "fakes/fault_vfs.h"

#include <sqlite3.h>

namespace kubescribe::fakes {
namespace {

bool Concerns(DiskFault fault, store::VfsOp::Kind kind) {
  switch (fault) {
    case DiskFault::kRead:
      return kind == store::VfsOp::Kind::kRead;
    case DiskFault::kWrite:
      return kind == store::VfsOp::Kind::kWrite ||
             kind == store::VfsOp::Kind::kTruncate;
    case DiskFault::kNoSpace:
      return kind == store::VfsOp::Kind::kWrite ||
             kind == store::VfsOp::Kind::kCreate;
    case DiskFault::kShortWrite:
      return kind == store::VfsOp::Kind::kWrite;
    case DiskFault::kSync:
      return kind == store::VfsOp::Kind::kSync;
  }
  return false;
}

int ResultOf(DiskFault fault, store::VfsOp::Kind kind) {
  if (kind == store::VfsOp::Kind::kCreate) return SQLITE_CANTOPEN;
  if (kind == store::VfsOp::Kind::kTruncate) return SQLITE_IOERR_TRUNCATE;
  switch (fault) {
    case DiskFault::kRead:
      return SQLITE_IOERR_READ;
    case DiskFault::kWrite:
      return SQLITE_IOERR_WRITE;
    case DiskFault::kNoSpace:
    case DiskFault::kShortWrite:
      return SQLITE_FULL;
    case DiskFault::kSync:
      return SQLITE_IOERR_FSYNC;
  }
  return SQLITE_IOERR;
}

}  // namespace

int FaultVfs::Before(const store::VfsOp& op, std::size_t* keep) {
  if (!armed_ || !Concerns(fault_, op.kind)) return SQLITE_OK;
  ++seen_;
  if (seen_ < nth_ || (seen_ > nth_ && !persistent_)) return SQLITE_OK;
  hit_ = true;
  if (fault_ == DiskFault::kShortWrite) *keep = op.data.size() / 2;
  return ResultOf(fault_, op.kind);
}

}  // namespace kubescribe::fakes
