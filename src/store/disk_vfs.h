// DiskVfs: a SQLite VFS over another that counts for a DiskBudget what the
// files take, and refuses what it may not take. Private to store.
#pragma once

#include <sqlite3.h>

#include <string>

#include "store/disk_budget.h"

namespace kubescribe::store {

class DiskVfs {
 public:
  // Over the VFS of this name; "": the default one.
  DiskVfs(DiskBudget& budget, const std::string& below);
  // REQUIRES: no file is open in it.
  ~DiskVfs();
  DiskVfs(const DiskVfs&) = delete;
  DiskVfs& operator=(const DiskVfs&) = delete;

  const std::string& name() const { return name_; }
  DiskBudget& budget() { return budget_; }
  sqlite3_vfs* below() { return below_; }

 private:
  DiskBudget& budget_;
  sqlite3_vfs* below_;
  std::string name_;
  sqlite3_vfs vfs_{};
};

}  // namespace kubescribe::store
