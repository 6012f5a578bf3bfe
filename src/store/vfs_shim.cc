#include "store/vfs_shim.h"

#include <sqlite3.h>

#include <cstdlib>
#include <new>

namespace kubescribe::store {

struct VfsShim::State {
  std::string name;
  VfsObserver* observer = nullptr;
  sqlite3_vfs* real = nullptr;
  sqlite3_vfs vfs{};
};

namespace {

using Kind = VfsOp::Kind;

// The real file lies directly behind this in the memory that SQLite gives.
struct ShimFile {
  sqlite3_file base;
  VfsObserver* observer;
  const char* name;  // SQLite keeps it as long as the file is open

  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

ShimFile* Of(sqlite3_file* file) { return reinterpret_cast<ShimFile*>(file); }
sqlite3_file* Real(sqlite3_file* file) { return Of(file)->real(); }

template <typename Do>
int Observe(VfsObserver& observer, const VfsOp& op, Do run) {
  std::size_t keep = 0;
  if (const int code = observer.Before(op, &keep); code != SQLITE_OK) {
    return code;
  }
  const int code = run();
  if (code == SQLITE_OK) observer.After(op);
  return code;
}

int Close(sqlite3_file* file) {
  return Real(file)->pMethods->xClose(Real(file));
}
int Read(sqlite3_file* file, void* to, int size, sqlite3_int64 at) {
  return Observe(
      *Of(file)->observer, {Kind::kRead, Of(file)->name, at, {}, false},
      [&] { return Real(file)->pMethods->xRead(Real(file), to, size, at); });
}
int Write(sqlite3_file* file, const void* from, int size, sqlite3_int64 at) {
  const std::string_view data(static_cast<const char*>(from),
                              static_cast<std::size_t>(size));
  const VfsOp op{Kind::kWrite, Of(file)->name, at, data, false};
  std::size_t keep = 0;
  if (const int code = Of(file)->observer->Before(op, &keep);
      code != SQLITE_OK) {
    if (keep > 0) {
      Real(file)->pMethods->xWrite(Real(file), from, static_cast<int>(keep),
                                   at);
    }
    return code;
  }
  const int code = Real(file)->pMethods->xWrite(Real(file), from, size, at);
  if (code == SQLITE_OK) Of(file)->observer->After(op);
  return code;
}
int Truncate(sqlite3_file* file, sqlite3_int64 size) {
  return Observe(
      *Of(file)->observer, {Kind::kTruncate, Of(file)->name, size, {}, false},
      [&] { return Real(file)->pMethods->xTruncate(Real(file), size); });
}
int Sync(sqlite3_file* file, int flags) {
  return Observe(
      *Of(file)->observer, {Kind::kSync, Of(file)->name, 0, {}, false},
      [&] { return Real(file)->pMethods->xSync(Real(file), flags); });
}
int FileSize(sqlite3_file* file, sqlite3_int64* size) {
  return Real(file)->pMethods->xFileSize(Real(file), size);
}
int Lock(sqlite3_file* file, int level) {
  return Real(file)->pMethods->xLock(Real(file), level);
}
int Unlock(sqlite3_file* file, int level) {
  return Real(file)->pMethods->xUnlock(Real(file), level);
}
int CheckReserved(sqlite3_file* file, int* result) {
  return Real(file)->pMethods->xCheckReservedLock(Real(file), result);
}
int Control(sqlite3_file* file, int op, void* argument) {
  return Real(file)->pMethods->xFileControl(Real(file), op, argument);
}
int SectorSize(sqlite3_file* file) {
  return Real(file)->pMethods->xSectorSize(Real(file));
}
int Characteristics(sqlite3_file* file) {
  return Real(file)->pMethods->xDeviceCharacteristics(Real(file));
}
int ShmMap(sqlite3_file* file, int region, int size, int extend,
           void volatile** to) {
  return Real(file)->pMethods->xShmMap(Real(file), region, size, extend, to);
}
int ShmLock(sqlite3_file* file, int offset, int n, int flags) {
  return Real(file)->pMethods->xShmLock(Real(file), offset, n, flags);
}
void ShmBarrier(sqlite3_file* file) {
  Real(file)->pMethods->xShmBarrier(Real(file));
}
int ShmUnmap(sqlite3_file* file, int remove) {
  return Real(file)->pMethods->xShmUnmap(Real(file), remove);
}

const sqlite3_io_methods kMethods = {2,
                                     Close,
                                     Read,
                                     Write,
                                     Truncate,
                                     Sync,
                                     FileSize,
                                     Lock,
                                     Unlock,
                                     CheckReserved,
                                     Control,
                                     SectorSize,
                                     Characteristics,
                                     ShmMap,
                                     ShmLock,
                                     ShmBarrier,
                                     ShmUnmap,
                                     nullptr,
                                     nullptr};

}  // namespace

VfsShim::VfsShim(const std::string& name, VfsObserver& observer)
    : state_(std::make_unique<State>()) {
  State& state = *state_;
  state.name = name;
  state.observer = &observer;
  state.real = sqlite3_vfs_find(nullptr);
  if (state.real == nullptr) std::abort();
  state.vfs = *state.real;
  state.vfs.pNext = nullptr;
  state.vfs.zName = state.name.c_str();
  state.vfs.pAppData = &state;
  state.vfs.szOsFile += static_cast<int>(sizeof(ShimFile));
  state.vfs.xOpen = [](sqlite3_vfs* vfs, const char* path, sqlite3_file* file,
                       int flags, int* out) {
    State& mine = *static_cast<State*>(vfs->pAppData);
    ShimFile* shim = new (file) ShimFile{};
    shim->observer = mine.observer;
    shim->name = path == nullptr ? "" : path;
    int exists = 0;
    if (path != nullptr) {
      mine.real->xAccess(mine.real, path, SQLITE_ACCESS_EXISTS, &exists);
    }
    const auto open = [&] {
      return mine.real->xOpen(mine.real, path, shim->real(), flags, out);
    };
    const int code =
        exists != 0 || path == nullptr
            ? open()
            : Observe(*mine.observer, {Kind::kCreate, shim->name, 0, {}, false},
                      open);
    shim->base.pMethods = code == SQLITE_OK || shim->real()->pMethods != nullptr
                              ? &kMethods
                              : nullptr;
    return code;
  };
  state.vfs.xDelete = [](sqlite3_vfs* vfs, const char* path, int sync) {
    State& mine = *static_cast<State*>(vfs->pAppData);
    return Observe(*mine.observer, {Kind::kDelete, path, 0, {}, sync != 0},
                   [&] { return mine.real->xDelete(mine.real, path, sync); });
  };
  sqlite3_vfs_register(&state.vfs, 0);
}

VfsShim::~VfsShim() { sqlite3_vfs_unregister(&state_->vfs); }

}  // namespace kubescribe::store
