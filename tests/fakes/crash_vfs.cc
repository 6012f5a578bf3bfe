#include "fakes/crash_vfs.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <new>

namespace kubescribe::fakes {
namespace {

constexpr std::size_t kSector = 512;

std::size_t FileNumber(std::string_view name) {
  if (name.ends_with("-wal")) return 1;
  if (name.ends_with("-journal")) return 2;
  return 0;
}

void WriteAt(std::string& content, std::size_t at, std::string_view data) {
  if (content.size() < at + data.size()) content.resize(at + data.size());
  std::memcpy(content.data() + at, data.data(), data.size());
}

}  // namespace

void WriteImage(const CrashImage& image, const std::string& path) {
  const auto write = [](const std::string& name, const std::string& content) {
    if (!content.empty()) std::ofstream(name, std::ios::binary) << content;
  };
  write(path, image.database);
  write(path + "-wal", image.wal);
  write(path + "-journal", image.journal);
}

bool CrashVfs::IsOurs(std::string_view file) const {
  return file.starts_with(database_) &&
         (file.size() == database_.size() || FileNumber(file) != 0);
}

int CrashVfs::Before(const store::VfsOp& /*op*/, std::size_t* /*keep*/) {
  if (!named_.empty() && !named_at_ && std::filesystem::exists(named_)) {
    named_at_ = log_.size();
  }
  return SQLITE_OK;
}

void CrashVfs::After(const store::VfsOp& op) {
  if (op.kind == store::VfsOp::Kind::kRead || !IsOurs(op.file)) return;
  log_.push_back({op.kind, FileNumber(op.file), static_cast<std::size_t>(op.at),
                  std::string(op.data), op.sync_folder});
}

void CrashVfs::Apply(const Entry& entry, std::string& content) {
  switch (entry.kind) {
    case store::VfsOp::Kind::kWrite:
      WriteAt(content, entry.at, entry.data);
      break;
    case store::VfsOp::Kind::kTruncate:
      content.resize(entry.at);
      break;
    case store::VfsOp::Kind::kDelete:
      content.clear();
      break;
    default:
      break;
  }
}

void CrashVfs::ApplyTorn(const Entry& entry, std::string& content,
                         Random& random) {
  if (entry.kind != store::VfsOp::Kind::kWrite) {
    if (random.Below(2) == 0) Apply(entry, content);
    return;
  }
  // A prefix, a suffix, or any of its sectors.
  const std::uint64_t how = random.Below(3);
  const std::string_view data = entry.data;
  const std::size_t cut = random.Below(data.size() / kSector + 1) * kSector;
  for (std::size_t from = 0; from < data.size();) {
    // Sectors are the disk's, not the write's.
    const std::size_t to = std::min(
        data.size(), ((entry.at + from) / kSector + 1) * kSector - entry.at);
    const bool keep = how == 0   ? from < cut
                      : how == 1 ? from >= cut
                                 : random.Below(2) == 0;
    if (keep) WriteAt(content, entry.at + from, data.substr(from, to - from));
    from = to;
  }
}

void CrashVfs::Seek(std::size_t n) {
  if (n < position_) {
    files_ = {};
    position_ = 0;
  }
  for (; position_ < n; ++position_) {
    const Entry& entry = log_[position_];
    File& file = files_[entry.file];
    file.pending.push_back(&entry);
    const bool durable =
        entry.kind == store::VfsOp::Kind::kSync ||
        entry.kind == store::VfsOp::Kind::kCreate ||
        (entry.kind == store::VfsOp::Kind::kDelete && entry.durable);
    if (!durable) continue;
    for (const Entry* done : file.pending) Apply(*done, file.synced);
    file.pending.clear();
  }
}

CrashImage CrashVfs::Image(Random& random) const {
  std::array<std::string, kFiles> contents;
  // Mostly a mixture; sometimes everything, or nothing, or all but the order.
  const std::uint64_t mode = random.Below(8);
  for (std::size_t i = 0; i < kFiles; ++i) {
    contents[i] = files_[i].synced;
    for (const Entry* entry : files_[i].pending) {
      const std::uint64_t fate = mode == 0   ? 0
                                 : mode == 1 ? 1
                                             : random.Below(3);
      if (fate == 0) Apply(*entry, contents[i]);
      if (fate == 2) ApplyTorn(*entry, contents[i], random);
    }
  }
  return {std::move(contents[0]), std::move(contents[1]),
          std::move(contents[2])};
}

struct ImageVfs::State {
  std::string name;
  CrashImage image;
  sqlite3_vfs vfs{};

  std::string& File(std::string_view file) {
    const std::size_t number = FileNumber(file);
    return number == 0   ? image.database
           : number == 1 ? image.wal
                         : image.journal;
  }
};

namespace {

struct MemoryFile {
  sqlite3_file base;
  std::string* content;
};

std::string& Content(sqlite3_file* file) {
  return *reinterpret_cast<MemoryFile*>(file)->content;
}

const sqlite3_io_methods kMemoryMethods = {
    1,
    [](sqlite3_file*) { return SQLITE_OK; },
    [](sqlite3_file* file, void* to, int size, sqlite3_int64 at) {
      const std::string& content = Content(file);
      const auto wanted = static_cast<std::size_t>(size);
      const auto from = static_cast<std::size_t>(at);
      const std::size_t there =
          from < content.size() ? std::min(wanted, content.size() - from) : 0;
      if (there > 0) std::memcpy(to, content.data() + from, there);
      if (there == wanted) return SQLITE_OK;
      std::memset(static_cast<char*>(to) + there, 0, wanted - there);
      return SQLITE_IOERR_SHORT_READ;
    },
    [](sqlite3_file* file, const void* from, int size, sqlite3_int64 at) {
      WriteAt(Content(file), static_cast<std::size_t>(at),
              {static_cast<const char*>(from), static_cast<std::size_t>(size)});
      return SQLITE_OK;
    },
    [](sqlite3_file* file, sqlite3_int64 size) {
      Content(file).resize(static_cast<std::size_t>(size));
      return SQLITE_OK;
    },
    [](sqlite3_file*, int) { return SQLITE_OK; },
    [](sqlite3_file* file, sqlite3_int64* size) {
      *size = static_cast<sqlite3_int64>(Content(file).size());
      return SQLITE_OK;
    },
    [](sqlite3_file*, int) { return SQLITE_OK; },
    [](sqlite3_file*, int) { return SQLITE_OK; },
    [](sqlite3_file*, int* reserved) {
      *reserved = 0;
      return SQLITE_OK;
    },
    [](sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; },
    [](sqlite3_file*) { return 4096; },
    [](sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; },
    nullptr,
    nullptr,
    nullptr,
    nullptr,
    nullptr,
    nullptr};

}  // namespace

ImageVfs::ImageVfs(const std::string& name)
    : state_(std::make_unique<State>()) {
  sqlite3_vfs& vfs = state_->vfs;
  vfs = *sqlite3_vfs_find(nullptr);
  state_->name = name;
  vfs.iVersion = 1;
  vfs.pNext = nullptr;
  vfs.zName = state_->name.c_str();
  vfs.pAppData = state_.get();
  vfs.szOsFile = static_cast<int>(sizeof(MemoryFile));
  vfs.xOpen = [](sqlite3_vfs* self, const char* path, sqlite3_file* file,
                 int flags, int* out) {
    State& mine = *static_cast<State*>(self->pAppData);
    MemoryFile* memory = new (file) MemoryFile{};
    // Temporary files are not expected: temp_store is memory.
    if (path == nullptr) return SQLITE_CANTOPEN;
    memory->base.pMethods = &kMemoryMethods;
    memory->content = &mine.File(path);
    if (out != nullptr) *out = flags;
    return SQLITE_OK;
  };
  vfs.xDelete = [](sqlite3_vfs* self, const char* path, int) {
    static_cast<State*>(self->pAppData)->File(path).clear();
    return SQLITE_OK;
  };
  vfs.xAccess = [](sqlite3_vfs* self, const char* path, int, int* result) {
    *result = static_cast<State*>(self->pAppData)->File(path).empty() ? 0 : 1;
    return SQLITE_OK;
  };
  vfs.xFullPathname = [](sqlite3_vfs*, const char* path, int size, char* out) {
    sqlite3_snprintf(size, out, "%s", path);
    return SQLITE_OK;
  };
  sqlite3_vfs_register(&vfs, 0);
}

ImageVfs::~ImageVfs() { sqlite3_vfs_unregister(&state_->vfs); }

void ImageVfs::Set(CrashImage image) { state_->image = std::move(image); }

const CrashImage& ImageVfs::image() const { return state_->image; }

}  // namespace kubescribe::fakes
