#include "store/disk_vfs.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace kubescribe::store {
namespace {

using File = DiskBudget::File;

// https://www.sqlite.org/walformat.html
constexpr int kFrameHeader = 24;
constexpr int kWalHeader = 32;

// The file of the VFS below lies directly behind this in the memory that SQLite
// gives.
struct CountedFile {
  sqlite3_file base;
  DiskBudget* budget;
  File* file;               // null: a temporary file, which is not counted
  File* database;           // of a WAL
  File* shm;                // of a database, once it is mapped
  std::uint64_t page_size;  // of a WAL; 0: not known yet

  sqlite3_file* below() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

CountedFile& Counted(sqlite3_file* file) {
  return *reinterpret_cast<CountedFile*>(file);
}
sqlite3_file* Below(sqlite3_file* file) { return Counted(file).below(); }

std::uint32_t BigEndian(const unsigned char* at) {
  return static_cast<std::uint32_t>(at[0]) << 24 |
         static_cast<std::uint32_t>(at[1]) << 16 |
         static_cast<std::uint32_t>(at[2]) << 8 |
         static_cast<std::uint32_t>(at[3]);
}

// How long the database will be once what is written to the WAL is in it.
bool CountFrame(CountedFile& wal, const void* from, int size,
                sqlite3_int64 at) {
  const auto* bytes = static_cast<const unsigned char*>(from);
  if (at == 0 && size >= kWalHeader) {
    wal.page_size = BigEndian(bytes + 8);
    // It begins anew: all that it had is in the database.
    wal.budget->DropClaim(wal.database);
    return true;
  }
  if (size != kFrameHeader || wal.page_size == 0) return true;
  return wal.budget->ClaimTo(wal.database, BigEndian(bytes) * wal.page_size);
}

// After something went wrong.
void AskSize(CountedFile& file) {
  sqlite3_int64 size = 0;
  if (file.below()->pMethods->xFileSize(file.below(), &size) == SQLITE_OK) {
    file.budget->SizeIs(file.file, static_cast<std::uint64_t>(size));
  }
}

int CountedClose(sqlite3_file* file) {
  CountedFile& counted = Counted(file);
  const int code = Below(file)->pMethods->xClose(Below(file));
  for (File* one : {counted.shm, counted.database, counted.file}) {
    if (one != nullptr) counted.budget->Closed(one);
  }
  counted.file = counted.database = counted.shm = nullptr;
  return code;
}
int CountedRead(sqlite3_file* file, void* to, int size, sqlite3_int64 at) {
  return Below(file)->pMethods->xRead(Below(file), to, size, at);
}
int CountedWrite(sqlite3_file* file, const void* from, int size,
                 sqlite3_int64 at) {
  CountedFile& counted = Counted(file);
  if (counted.file != nullptr) {
    const auto end = static_cast<std::uint64_t>(at + size);
    if (!counted.budget->GrowTo(counted.file, end)) return SQLITE_FULL;
    if (counted.database != nullptr && !CountFrame(counted, from, size, at)) {
      AskSize(counted);
      return SQLITE_FULL;
    }
  }
  const int code = Below(file)->pMethods->xWrite(Below(file), from, size, at);
  if (code != SQLITE_OK && counted.file != nullptr) AskSize(counted);
  return code;
}
int CountedTruncate(sqlite3_file* file, sqlite3_int64 size) {
  CountedFile& counted = Counted(file);
  const int code = Below(file)->pMethods->xTruncate(Below(file), size);
  if (counted.file == nullptr) return code;
  AskSize(counted);
  if (size == 0 && code == SQLITE_OK && counted.database != nullptr) {
    counted.budget->DropClaim(counted.database);
  }
  return code;
}
int CountedSync(sqlite3_file* file, int flags) {
  return Below(file)->pMethods->xSync(Below(file), flags);
}
int CountedFileSize(sqlite3_file* file, sqlite3_int64* size) {
  return Below(file)->pMethods->xFileSize(Below(file), size);
}
int CountedLock(sqlite3_file* file, int level) {
  return Below(file)->pMethods->xLock(Below(file), level);
}
int CountedUnlock(sqlite3_file* file, int level) {
  return Below(file)->pMethods->xUnlock(Below(file), level);
}
int CountedCheckReserved(sqlite3_file* file, int* result) {
  return Below(file)->pMethods->xCheckReservedLock(Below(file), result);
}
int CountedControl(sqlite3_file* file, int op, void* argument) {
  return Below(file)->pMethods->xFileControl(Below(file), op, argument);
}
int CountedSectorSize(sqlite3_file* file) {
  return Below(file)->pMethods->xSectorSize(Below(file));
}
int CountedCharacteristics(sqlite3_file* file) {
  return Below(file)->pMethods->xDeviceCharacteristics(Below(file));
}
int CountedShmMap(sqlite3_file* file, int region, int size, int extend,
                  void volatile** to) {
  CountedFile& counted = Counted(file);
  if (extend != 0 && counted.file != nullptr) {
    if (counted.shm == nullptr) {
      counted.shm = counted.budget->Opened(counted.file->path + "-shm");
    }
    const auto end = static_cast<std::uint64_t>(region + 1) *
                     static_cast<std::uint64_t>(size);
    if (!counted.budget->GrowTo(counted.shm, end)) return SQLITE_FULL;
  }
  return Below(file)->pMethods->xShmMap(Below(file), region, size, extend, to);
}
int CountedShmLock(sqlite3_file* file, int offset, int n, int flags) {
  return Below(file)->pMethods->xShmLock(Below(file), offset, n, flags);
}
void CountedShmBarrier(sqlite3_file* file) {
  Below(file)->pMethods->xShmBarrier(Below(file));
}
int CountedShmUnmap(sqlite3_file* file, int remove) {
  CountedFile& counted = Counted(file);
  const int code = Below(file)->pMethods->xShmUnmap(Below(file), remove);
  if (counted.shm != nullptr) {
    counted.budget->Closed(counted.shm);
    counted.shm = nullptr;
  }
  return code;
}

const sqlite3_io_methods kCountingMethods = {2,
                                             CountedClose,
                                             CountedRead,
                                             CountedWrite,
                                             CountedTruncate,
                                             CountedSync,
                                             CountedFileSize,
                                             CountedLock,
                                             CountedUnlock,
                                             CountedCheckReserved,
                                             CountedControl,
                                             CountedSectorSize,
                                             CountedCharacteristics,
                                             CountedShmMap,
                                             CountedShmLock,
                                             CountedShmBarrier,
                                             CountedShmUnmap,
                                             nullptr,
                                             nullptr};

std::uint64_t SizeOf(sqlite3_file* file) {
  sqlite3_int64 size = 0;
  if (file->pMethods->xFileSize(file, &size) != SQLITE_OK) return 0;
  return static_cast<std::uint64_t>(size);
}

// A WAL that is there already is counted as if it had just been written.
void LookAtWal(CountedFile& wal) {
  const auto read = [&](unsigned char* to, int size, sqlite3_int64 at) {
    return wal.below()->pMethods->xRead(wal.below(), to, size, at) == SQLITE_OK;
  };
  const std::uint64_t size = SizeOf(wal.below());
  unsigned char header[kWalHeader];
  if (size < kWalHeader || !read(header, kWalHeader, 0)) return;
  const std::uint64_t page_size = BigEndian(header + 8);
  if (page_size < 512 || page_size > 65536) return;
  wal.page_size = page_size;
  std::uint64_t pages = 0;
  unsigned char frame[kFrameHeader];
  for (std::uint64_t at = kWalHeader; at + kFrameHeader + page_size <= size;
       at += kFrameHeader + page_size) {
    if (!read(frame, kFrameHeader, static_cast<sqlite3_int64>(at))) break;
    // What is left of an older one has another salt.
    if (!std::equal(frame + 8, frame + 16, header + 16)) break;
    pages = std::max<std::uint64_t>(pages, BigEndian(frame));
  }
  wal.budget->Claimed(wal.database, pages * page_size);
}

int CountedOpen(sqlite3_vfs* vfs, const char* path, sqlite3_file* file,
                int flags, int* out) {
  auto& mine = *static_cast<DiskVfs*>(vfs->pAppData);
  CountedFile& counted = *new (file) CountedFile{};
  counted.budget = &mine.budget();
  const int code =
      mine.below()->xOpen(mine.below(), path, counted.below(), flags, out);
  const bool opened = counted.below()->pMethods != nullptr;
  counted.base.pMethods =
      code == SQLITE_OK || opened ? &kCountingMethods : nullptr;
  if (code != SQLITE_OK || path == nullptr) return code;
  counted.file = mine.budget().Opened(path);
  if ((flags & SQLITE_OPEN_WAL) != 0) {
    const std::string wal(path);
    counted.database = mine.budget().Opened(
        wal.substr(0, wal.size() - std::string("-wal").size()));
    LookAtWal(counted);
  }
  return code;
}

int CountedDelete(sqlite3_vfs* vfs, const char* path, int sync) {
  auto& mine = *static_cast<DiskVfs*>(vfs->pAppData);
  const int code = mine.below()->xDelete(mine.below(), path, sync);
  if (code == SQLITE_OK) mine.budget().Removed(path);
  return code;
}

}  // namespace

DiskVfs::DiskVfs(DiskBudget& budget, const std::string& below)
    : budget_(budget),
      below_(sqlite3_vfs_find(below.empty() ? nullptr : below.c_str())) {
  static std::atomic<int> number{0};
  name_ = "kubescribe-disk-" + std::to_string(++number);
  if (below_ == nullptr) std::abort();
  vfs_ = *below_;
  vfs_.pNext = nullptr;
  vfs_.zName = name_.c_str();
  vfs_.pAppData = this;
  vfs_.szOsFile = below_->szOsFile + static_cast<int>(sizeof(CountedFile));
  vfs_.xOpen = CountedOpen;
  vfs_.xDelete = CountedDelete;
  sqlite3_vfs_register(&vfs_, 0);
}

DiskVfs::~DiskVfs() { sqlite3_vfs_unregister(&vfs_); }

}  // namespace kubescribe::store
