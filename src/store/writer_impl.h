// The Writer behind writer.h. Private to store.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "store/backup.h"
#include "store/body_writer.h"
#include "store/db.h"
#include "store/dictionary_trainer.h"
#include "store/disk_budget.h"
#include "store/lock_file.h"
#include "store/log_writer.h"
#include "store/pruner.h"
#include "store/salts.h"
#include "store/transaction_impl.h"
#include "store/writer.h"

namespace kubescribe::store {

class WriterImpl final : public Writer {
 public:
  // `db` is checked, migrated and in WAL mode (see writer_open.cc).
  WriterImpl(LockFile lock, std::unique_ptr<Db> db, FileInfo info,
             const OpenOptions& options);

  FileInfo info() override { return info_; }
  Status Transact(const std::function<void(Transaction&)>& fn) override;
  Seq last_seq() const override { return info_.last_seq; }
  Status Checkpoint() override;
  Result<bool> MakeRoom(std::uint64_t bytes) override;
  std::uint64_t wal_bytes() const override {
    return static_cast<std::uint64_t>(wal_pages_) * page_size_;
  }
  Result<std::optional<LogCheckpoint>> SignCheckpoint() override;
  Status StartBackup(const std::string& path) override;
  Result<BackupProgress> StepBackup(int pages) override;
  void AbandonBackup() override { backup_.reset(); }
  Result<std::int64_t> StartPrune(const PruneWish& wish) override;
  Status StepPrune() override;
  bool pruning() const override { return !broken_ && pruner_.busy(); }
  PruneProgress prune_progress() const override { return pruner_.progress(); }
  Result<bool> CloseCleanly() override;

 private:
  // Sets the transaction's recorded_at by the rules of DESIGN §6; a step of
  // the clock becomes a record.
  void ReadClock(TransactionImpl& tx, FileInfo& next);
  // Has a dictionary trained when it is due.
  void TrainIfDue();
  Error Break(const std::exception& exception);
  void RunCheckpoint();
  // After a commit: empties the WAL where it is long, and asks readers to keep
  // away where they do not let it.
  void BoundWal();
  Result<std::optional<LogCheckpoint>> RunSign();
  bool LeaveWalMode();

  // At how many pages a checkpoint of the WAL is due.
  int WalLimit() const;

  // Before db_: the lock is given back only after the file is closed, and the
  // VFS is the budget's.
  LockFile lock_;
  const std::string vfs_;  // below the budget's
  const std::shared_ptr<DiskBudget> disk_;
  std::unique_ptr<Db> db_;
  std::unique_ptr<Backup> backup_;  // the one under way, behind its source
  FileInfo info_;
  const Clock& clock_;
  SeededSalts salts_;
  BodyWriter bodies_;
  LogWriter log_;
  DictionaryTrainer trainer_;
  Pruner pruner_;
  std::optional<Error> broken_;
  Seq trained_to_ = 0;  // as last read from the file

  // The two clocks at the last transaction; none before the first.
  struct Reading {
    Micros wall;
    Micros mono;
  };
  std::optional<Reading> last_reading_;

  const std::uint64_t page_size_;
  // Pages in the WAL after the last commit, and at how many the next
  // checkpoint is due.
  int wal_pages_ = 0;
  int checkpoint_at_;
  // Since when readers are asked to keep away, and at how many pages they are
  // asked again where that was in vain.
  std::optional<Micros> away_since_;
  int ask_again_at_ = 0;
  // The same of a prune, whose checkpoints are short ones.
  int prune_checkpoint_at_;
  // What the prune had given back at the last of them, in bytes.
  std::uint64_t prune_cut_off_ = 0;
};

}  // namespace kubescribe::store
