#include "store/file_backup.h"

#include <fmt/format.h>

#include <utility>

#include "store/backup.h"
#include "store/lock_file.h"
#include "store/open_file.h"

namespace kubescribe::store {
namespace {

class FileBackupImpl final : public FileBackup {
 public:
  FileBackupImpl(OpenedFile file, std::unique_ptr<Backup> backup)
      : file_(std::move(file)), backup_(std::move(backup)) {}

  Status Step(int pages) override { return backup_->Step(pages); }
  const BackupProgress& progress() const override {
    return backup_->progress();
  }

 private:
  // Within a transaction: the copy is of one moment.
  const OpenedFile file_;
  const std::unique_ptr<Backup> backup_;
};

}  // namespace

Result<std::unique_ptr<FileBackup>> FileBackup::Start(const std::string& file,
                                                      const std::string& path) {
  if (LockFile::IsHeld(file)) {
    return Error(Code::kConflict,
                 fmt::format("{}: a recorder is recording into it, and makes "
                             "the copy itself: name its cluster (--cluster), "
                             "not the file",
                             file));
  }
  Result<OpenedFile> opened = OpenForReading(file);
  if (!opened.ok()) return opened.error();
  auto backup = Backup::Start(*opened->db, path);
  if (!backup.ok()) return backup.error();
  return std::unique_ptr<FileBackup>(
      std::make_unique<FileBackupImpl>(*std::move(opened), *std::move(backup)));
}

}  // namespace kubescribe::store
