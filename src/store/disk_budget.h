// DiskBudget: what all files of a data directory may take together, and who
// has to give up history where that is used up. One for all Writers of the
// directory (OpenOptions::disk).
//
//   auto disk = std::make_shared<DiskBudget>(data_dir);
//   disk->Set({std::uint64_t{20} << 30, WhenFull::kPrune});
//   options.disk = disk;                        // then Writer::Open
//   if (!(*writer)->MakeRoom(bytes)) ... wait, or disk->Ask(...)
//
// It is kept at every instant: each write of SQLite that makes a file longer is
// counted before it is done, and refused (SQLITE_FULL) where it would go
// beyond. What a checkpoint will add to the database counts as soon as it is in
// the WAL, so that no checkpoint is ever refused. Sizes are those that a file
// listing shows. What other programs put into the directory counts too; it is
// looked at once a second.
//
// The last 8 MiB (kReserve) are for what has to go on where no revision may be
// written any more: pruning, checkpoints, opening and closing the file, and
// what is said of the recording itself. Who writes that says so for a while:
//
//   const UseDiskReserve reserve;   // this thread, while it lives
//
// Where a directory takes more than the budget when that is set, the reserve is
// 8 MiB above what it takes, and goes down with it.
//
// Which history goes: the oldest of all files. A round (Ask) has one time, up
// to which every file that reaches further back is pruned (CutFor, Done).
//
// Any thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.h"

namespace kubescribe::store {

class DiskVfs;

enum class WhenFull { kPrune, kHold };

struct DiskLimit {
  std::optional<std::uint64_t> budget;  // bytes; none: no bound
  WhenFull when_full = WhenFull::kPrune;
  bool operator==(const DiskLimit&) const = default;
};

struct DiskUse {
  DiskLimit limit;
  std::uint64_t used = 0;  // bytes of all files now
};

// This thread may use the reserve while one lives.
class UseDiskReserve {
 public:
  UseDiskReserve();
  ~UseDiskReserve();
  UseDiskReserve(const UseDiskReserve&) = delete;
  UseDiskReserve& operator=(const UseDiskReserve&) = delete;
};

class DiskBudget {
 public:
  static constexpr std::uint64_t kReserve = std::uint64_t{8} << 20;

  explicit DiskBudget(std::string folder, const Clock& clock = SystemClock());
  // REQUIRES: no connection through one of its VFSes is open.
  ~DiskBudget();
  DiskBudget(const DiskBudget&) = delete;
  DiskBudget& operator=(const DiskBudget&) = delete;

  // From now on.
  void Set(const DiskLimit& limit);
  DiskLimit limit() const;
  DiskUse use();

  // How many bytes this thread may add now; 2^63 without a bound.
  std::uint64_t Room();
  // What is there for revisions when nothing is recorded yet: the budget
  // without the reserve; none: no bound.
  std::optional<std::uint64_t> ForRevisions() const;
  // Whether a file lies, or would lie, in the directory.
  bool Holds(const std::string& path) const;
  // Whether a write of this file was refused since the last call.
  bool TakeRefusal(const std::string& database);
  std::uint64_t WalBytes(const std::string& database) const;

  // -- rounds of pruning; each file's recorder calls these between commits
  // The file's history that may go lies in (from, until).
  void Reaches(const std::string& database, Micros from, Micros until);
  // More than `bytes` are wanted, for revisions; where there is less, and some
  // more for what comes after, a round begins. False: pruning does not help, or
  // is not what is configured.
  bool Ask(std::uint64_t bytes);
  // Up to when this file is to be pruned; none: there is no round, or it is
  // through.
  std::optional<Micros> CutFor(const std::string& database) const;
  void Done(const std::string& database);
  // Nothing of it can be pruned for now.
  void Leave(const std::string& database);

  // The name of a VFS that counts what is written through it, over the one of
  // this name ("": the default).
  std::string VfsOver(const std::string& vfs);

  // -- for that VFS
  struct File {
    std::string path;
    std::uint64_t size = 0;
    // Of a database: how long checkpoints will make it. Counts if larger.
    std::uint64_t claim = 0;
    int opens = 0;
    bool refused = false;  // of a database: since TakeRefusal
    std::uint64_t bytes() const { return size > claim ? size : claim; }
  };
  File* Opened(const std::string& path);
  void Closed(File* file);
  // False: that much there may not be.
  bool GrowTo(File* file, std::uint64_t size);
  bool ClaimTo(File* database, std::uint64_t size);
  // The same of what is there already.
  void Claimed(File* database, std::uint64_t size);
  void DropClaim(File* database);
  void SizeIs(File* file, std::uint64_t size);
  void Removed(const std::string& path);

 private:
  struct Reach {
    Micros from = 0;
    Micros until = 0;
    bool waited_for = false;  // in this round
  };

  std::uint64_t Used() const { return counted_ + others_; }
  std::uint64_t Limit() const;
  bool Add(File* file, std::uint64_t more);
  void Note();
  // Counts what is not open through a VFS of this.
  void Look();
  bool RoundUnderWay() const;
  // The time up to which about so many bytes lie.
  Micros TimeFor(std::uint64_t bytes) const;

  const std::string folder_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  // Guarded by mutex_ from here on.
  DiskLimit limit_;
  std::map<std::string, File> files_;  // those that are open
  std::uint64_t counted_ = 0;          // bytes of files_
  std::uint64_t others_ = 0;           // of all that are not
  Micros looked_at_ = 0;
  // The least that was used since Set.
  std::uint64_t least_ = 0;
  std::map<std::string, Reach> reaches_;
  Micros cut_ = 0;           // of the round
  int attempt_ = 0;          // each that did not make enough room takes twice
  Micros no_use_until_ = 0;  // on the monotonic clock: pruning does not help
  std::map<std::string, std::unique_ptr<DiskVfs>> vfses_;
};

}  // namespace kubescribe::store
