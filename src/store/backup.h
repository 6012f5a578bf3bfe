// Backup: a copy of a file while its writer goes on, by SQLite's online backup
// on the writer's own connection (libraries.md, fact 1). Private to store; the
// writer hands out Writer::StartBackup.
//
//   auto backup = Backup::Start(db, "/mnt/prod.db");
//   while (!(*backup)->progress().finished) (*backup)->Step(256);
//
// What the writer commits between two steps is in the copy: it is the file as
// of its last step. The copy grows under the name FILE.partial, which is gone
// when the Backup is destroyed before its end; FILE itself is whole, synced,
// not in WAL mode (so that it opens alone and on a read-only disk), and only
// for its owner's eyes.
//
// Of a file that nobody writes, FileBackup makes it on a connection that reads.
//
// One thread, the writer's.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "store/db.h"
#include "store/writer.h"

namespace kubescribe::store {

class Backup {
 public:
  // Errors: kConflict where `path` is there already, kIo, kNoSpace. `db` must
  // outlive it.
  // `vfs`: what the copy is written through; "": the default one.
  static Result<std::unique_ptr<Backup>> Start(Db& db, const std::string& path,
                                               const std::string& vfs = "");
  // Of Start.
  Backup(std::string path, std::string vfs);
  ~Backup();
  Backup(const Backup&) = delete;
  Backup& operator=(const Backup&) = delete;

  // Copies so many pages. REQUIRES: not finished, no error so far.
  Status Step(int pages);
  const BackupProgress& progress() const { return progress_; }

 private:
  // The copy takes its name.
  Status Finish();
  Error Failed(int code);
  void Close();

  const std::string path_;
  const std::string partial_;
  const std::string vfs_;
  sqlite3* copy_ = nullptr;
  sqlite3_backup* backup_ = nullptr;
  BackupProgress progress_;
};

}  // namespace kubescribe::store
