#include "fakes/fault_vfs.h"

#include <sqlite3.h>

namespace kubescribe::fakes {
namespace {

bool Concerns(Fault fault, store::VfsOp::Kind kind) {
  switch (fault) {
    case Fault::kRead:
      return kind == store::VfsOp::Kind::kRead;
    case Fault::kWrite:
      return kind == store::VfsOp::Kind::kWrite ||
             kind == store::VfsOp::Kind::kTruncate;
    case Fault::kNoSpace:
      return kind == store::VfsOp::Kind::kWrite ||
             kind == store::VfsOp::Kind::kCreate;
    case Fault::kShortWrite:
      return kind == store::VfsOp::Kind::kWrite;
    case Fault::kSync:
      return kind == store::VfsOp::Kind::kSync;
  }
  return false;
}

int ResultOf(Fault fault, store::VfsOp::Kind kind) {
  if (kind == store::VfsOp::Kind::kCreate) return SQLITE_CANTOPEN;
  if (kind == store::VfsOp::Kind::kTruncate) return SQLITE_IOERR_TRUNCATE;
  switch (fault) {
    case Fault::kRead:
      return SQLITE_IOERR_READ;
    case Fault::kWrite:
      return SQLITE_IOERR_WRITE;
    case Fault::kNoSpace:
    case Fault::kShortWrite:
      return SQLITE_FULL;
    case Fault::kSync:
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
  if (fault_ == Fault::kShortWrite) *keep = op.data.size() / 2;
  return ResultOf(fault_, op.kind);
}

}  // namespace kubescribe::fakes
