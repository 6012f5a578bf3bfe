#include "store/kill_vfs.h"

#ifndef KUBESCRIBE_TEST_SWITCHES

namespace kubescribe::store {
std::string KillVfs() { return ""; }
}  // namespace kubescribe::store

#else

#include <sqlite3.h>

#include <cstdlib>
#include <new>
#include <string>

#include "base/test_switches.h"

namespace kubescribe::store {
namespace {

// The real file lies directly behind this in the memory that SQLite gives.
struct KillFile {
  sqlite3_file base;
  bool wal;

  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

KillFile* Of(sqlite3_file* file) { return reinterpret_cast<KillFile*>(file); }
sqlite3_file* Real(sqlite3_file* file) { return Of(file)->real(); }

void Reach(sqlite3_file* file, const char* wal, const char* other) {
  ReachKillPoint(Of(file)->wal ? wal : other);
}

int Close(sqlite3_file* file) {
  return Real(file)->pMethods->xClose(Real(file));
}
int Read(sqlite3_file* file, void* to, int size, sqlite3_int64 at) {
  return Real(file)->pMethods->xRead(Real(file), to, size, at);
}
int Write(sqlite3_file* file, const void* from, int size, sqlite3_int64 at) {
  Reach(file, "vfs.wal.write", "vfs.db.write");
  const int code = Real(file)->pMethods->xWrite(Real(file), from, size, at);
  Reach(file, "vfs.wal.written", "vfs.db.written");
  return code;
}
int Truncate(sqlite3_file* file, sqlite3_int64 size) {
  Reach(file, "vfs.wal.truncate", "vfs.db.truncate");
  return Real(file)->pMethods->xTruncate(Real(file), size);
}
int Sync(sqlite3_file* file, int flags) {
  Reach(file, "vfs.wal.sync", "vfs.db.sync");
  const int code = Real(file)->pMethods->xSync(Real(file), flags);
  Reach(file, "vfs.wal.synced", "vfs.db.synced");
  return code;
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

sqlite3_vfs* RealVfs(sqlite3_vfs* vfs) {
  return static_cast<sqlite3_vfs*>(vfs->pAppData);
}

int Open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags,
         int* out) {
  KillFile* mine = new (file) KillFile{};
  mine->wal = (flags & SQLITE_OPEN_WAL) != 0;
  const int code =
      RealVfs(vfs)->xOpen(RealVfs(vfs), name, mine->real(), flags, out);
  mine->base.pMethods = mine->real()->pMethods != nullptr ? &kMethods : nullptr;
  return code;
}

int Delete(sqlite3_vfs* vfs, const char* name, int sync_folder) {
  ReachKillPoint("vfs.delete");
  return RealVfs(vfs)->xDelete(RealVfs(vfs), name, sync_folder);
}

}  // namespace

std::string KillVfs() {
  if (std::getenv("KUBESCRIBE_KILL_AT") == nullptr &&
      std::getenv("KUBESCRIBE_KILL_LOG") == nullptr) {
    return "";
  }
  constexpr const char* kName = "kubescribe-kill";
  static sqlite3_vfs vfs = [] {
    sqlite3_vfs* real = sqlite3_vfs_find(nullptr);
    sqlite3_vfs mine = *real;
    mine.pNext = nullptr;
    mine.zName = kName;
    mine.pAppData = real;
    mine.szOsFile += static_cast<int>(sizeof(KillFile));
    mine.xOpen = Open;
    mine.xDelete = Delete;
    return mine;
  }();
  static const int registered = sqlite3_vfs_register(&vfs, 0);
  return registered == SQLITE_OK ? kName : "";
}

}  // namespace kubescribe::store

#endif
