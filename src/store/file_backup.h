// FileBackup: a copy of a file that nobody records into. The file itself is
// only read and stays as it is, whatever its schema and wherever it lies; where
// a recorder writes it, that one makes the copy (Writer::StartBackup).
//
//   auto backup = FileBackup::Start("old/prod.db", "/mnt/prod.db");
//   while (!(*backup)->progress().finished) (*backup)->Step(256);
//
// The copy is as Writer::StartBackup makes it. One thread.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "store/writer.h"

namespace kubescribe::store {

class FileBackup {
 public:
  virtual ~FileBackup() = default;

  // Errors: those of Reader::Open; kConflict where a recorder holds the file,
  // or `path` is there already; kIo, kNoSpace.
  static Result<std::unique_ptr<FileBackup>> Start(const std::string& file,
                                                   const std::string& path);

  // Copies so many pages. REQUIRES: not finished, no error so far.
  virtual Status Step(int pages) = 0;
  virtual const BackupProgress& progress() const = 0;
};

}  // namespace kubescribe::store
