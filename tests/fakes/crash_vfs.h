// CrashVfs: what a power cut could leave of a database.
//
// SQLite writes through it to real files while it logs every write and sync.
// Afterwards it builds images in memory: the files as they could be after a
// power cut at one instant of the log, where what was synced by then is there
// and each thing that was not is kept, dropped, or torn at 512 bytes. An image
// is opened with the VFS name of ImageVfs.
//
//   CrashVfs crash("crash", path);
//   ... write to `path` with the VFS "crash" ...
//   crash.Seek(n);
//   ImageVfs image("image");
//   image.Set(crash.Image(random));
//   sqlite3_open_v2("image.db", …, "image"), PRAGMA locking_mode = EXCLUSIVE
#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "store/vfs_shim.h"

namespace kubescribe::fakes {

// The contents of a database's files; "" also stands for a missing file.
struct CrashImage {
  std::string database;
  std::string wal;
  std::string journal;
};

// As real files, `path` and those beside it.
void WriteImage(const CrashImage& image, const std::string& path);

class CrashVfs final : private store::VfsObserver {
 public:
  CrashVfs(const std::string& name, const std::string& database)
      : database_(database), shim_(name, *this) {}

  // How many operations were logged so far.
  std::size_t size() const { return log_.size(); }

  // Looks before each operation whether there is a file of this name, which the
  // database gets at its end.
  void WatchFor(const std::string& name) { named_ = name; }
  // How many operations were logged when it had that name; at the latest, all.
  std::size_t named_at() const { return named_at_.value_or(log_.size()); }

  // Goes to the instant when `n` operations were done. Forward is cheap.
  void Seek(std::size_t n);
  // One of the images that a cut at this instant could leave.
  CrashImage Image(Random& random) const;

 private:
  static constexpr std::size_t kFiles = 3;
  struct Entry {
    store::VfsOp::Kind kind;
    std::size_t file;
    std::size_t at = 0;
    std::string data;
    bool durable = false;  // of a delete
  };
  struct File {
    std::string synced;
    std::vector<const Entry*> pending;
  };

  bool IsOurs(std::string_view file) const;
  int Before(const store::VfsOp& op, std::size_t* keep) override;
  void After(const store::VfsOp& op) override;
  static void Apply(const Entry& entry, std::string& content);
  static void ApplyTorn(const Entry& entry, std::string& content,
                        Random& random);

  const std::string database_;
  std::string named_;
  std::optional<std::size_t> named_at_;
  std::deque<Entry> log_;
  std::size_t position_ = 0;
  std::array<File, kFiles> files_;
  store::VfsShim shim_;
};

// Files in memory, of one image, under any name: what ends in "-wal" or
// "-journal" is that file, all else is the database.
class ImageVfs {
 public:
  explicit ImageVfs(const std::string& name);
  ~ImageVfs();
  ImageVfs(const ImageVfs&) = delete;
  ImageVfs& operator=(const ImageVfs&) = delete;

  // REQUIRES: no connection is open.
  void Set(CrashImage image);
  const CrashImage& image() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace kubescribe::fakes
