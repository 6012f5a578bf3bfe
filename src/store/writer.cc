#include "store/writer.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/test_switches.h"
#include "store/sync_folder.h"
#include "store/writer_impl.h"

namespace kubescribe::store {

std::string SqliteVersion() { return sqlite3_libversion(); }

namespace {

// A step of the clock larger than this is a record.
constexpr Micros kStep = kMinute;

constexpr std::uint64_t kWalLimit = std::uint64_t{16} << 20;
// With a disk budget the WAL takes no more than this part of it.
constexpr std::uint64_t kWalPart = 8;
constexpr std::uint64_t kLeastWal = std::uint64_t{1} << 20;
// While readers hold it back, how much it grows between two tries; one that is
// in vain costs nothing.
constexpr int kTries = 64;
// Less in the WAL is not worth a checkpoint when room is short.
constexpr std::uint64_t kWorthWhile = std::uint64_t{256} << 10;
// Bytes of the disk for each revision that a step of a prune takes: pages of
// the tables and indexes, in the WAL.
constexpr std::uint64_t kPruneBytes = std::uint64_t{32} << 10;
// The room for so many of them is enough.
constexpr std::uint64_t kMostPruned = 128;
// A checkpoint of so much takes no longer than a step of a prune.
constexpr int kPruneWalPages = 1024;
// What a prune gave back is cut off the file by the next checkpoint: to cut off
// hundreds of megabytes at once takes a file system hundreds of milliseconds.
constexpr std::uint64_t kMostCutOff = std::uint64_t{8} << 20;

int RememberWalSize(void* pages, sqlite3* /*db*/, const char* /*schema*/,
                    int size) {
  *static_cast<int*>(pages) = size;
  return SQLITE_OK;
}

void RollBack(Db& db) {
  if (sqlite3_get_autocommit(db.raw()) == 0) {
    sqlite3_exec(db.raw(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

}  // namespace

WriterImpl::WriterImpl(LockFile lock, std::unique_ptr<Db> db, FileInfo info,
                       const OpenOptions& options)
    : lock_(std::move(lock)),
      vfs_(options.vfs),
      disk_(options.disk),
      db_(std::move(db)),
      info_(std::move(info)),
      clock_(*options.clock),
      salts_(*db_, *options.random),
      bodies_(*db_, options.base_bytes),
      log_(*db_, info_, options),
      trainer_(info_.path, options.training),
      pruner_(*db_, bodies_, log_, salts_, clock_, info_),
      page_size_(static_cast<std::uint64_t>(db_->Int("PRAGMA page_size"))),
      checkpoint_at_(WalLimit()),
      prune_checkpoint_at_(kPruneWalPages) {
  sqlite3_wal_hook(db_->raw(), RememberWalSize, &wal_pages_);
  log_.CatchUp(info_.last_seq);
}

int WriterImpl::WalLimit() const {
  std::uint64_t limit = kWalLimit;
  const auto all = disk_ ? disk_->ForRevisions() : std::nullopt;
  if (all) limit = std::clamp(*all / kWalPart, kLeastWal, kWalLimit);
  return static_cast<int>(limit / page_size_);
}

void WriterImpl::ReadClock(TransactionImpl& tx, FileInfo& next) {
  const Reading now{clock_.Wall(), clock_.Mono()};
  const Micros last = info_.known_until;
  Micros step = 0;
  if (now.wall < last - kStep) {
    step = now.wall - last;
    next.known_until = now.wall;
  } else if (now.wall < last) {
    next.known_until = last;
  } else {
    next.known_until = now.wall;
    if (last_reading_) {
      const Micros jump =
          (now.wall - last_reading_->wall) - (now.mono - last_reading_->mono);
      if (jump > kStep) step = jump;
    }
  }
  last_reading_ = now;
  if (step == 0) return;
  nlohmann::ordered_json detail;
  detail["step"] = step;
  detail["from"] = last;
  detail["to"] = now.wall;
  tx.AppendRecord("clock", 0, detail.dump(), {});
  if (step < 0) tx.AddDoubt(0, now.wall, last);
  KUBESCRIBE_KILL_POINT("clock.step");
}

Status WriterImpl::Transact(const std::function<void(Transaction&)>& fn) {
  if (broken_) return *broken_;
  try {
    Query(*db_, "BEGIN IMMEDIATE").Run();
    KUBESCRIBE_KILL_POINT("tx.begun");
    FileInfo next = info_;
    TransactionImpl tx(*db_, salts_, bodies_, log_, next);
    ReadClock(tx, next);
    if (auto trained = trainer_.Take()) {
      bodies_.dictionaries().Add(std::move(trained->dictionary),
                                 next.known_until, trained->to);
    }
    fn(tx);
    const std::optional<std::string> key = log_.KeyDue();
    if (key) tx.AppendRecord("key", 0, *key, {});
    KUBESCRIBE_KILL_POINT("tx.rows");
    log_.Put();
    tx.PutInfo();
    KUBESCRIBE_KILL_POINT("tx.before-commit");
    Query(*db_, "COMMIT").Run();
    KUBESCRIBE_KILL_POINT("tx.after-commit");
    info_ = std::move(next);
    if (key) log_.KeyRecorded();
  } catch (const std::exception& exception) {
    return Break(exception);
  }
  TrainIfDue();
  BoundWal();
  return {};
}

void WriterImpl::BoundWal() {
  const int limit = WalLimit();
  if (wal_pages_ >= limit && wal_pages_ < checkpoint_at_) return;
  // The transaction is on disk whatever becomes of this; where it fails, the
  // next call says so.
  if (wal_pages_ >= limit && !Checkpoint().ok()) return;
  if (wal_pages_ < limit) {
    if (away_since_) lock_.KeepReadersAway(0);
    away_since_.reset();
    ask_again_at_ = 0;
    checkpoint_at_ = limit;
    return;
  }
  // Readers hold it back. They are short; but where somebody always reads, one
  // begins before the other ends.
  const Micros now = clock_.Mono();
  if (!away_since_ && wal_pages_ >= ask_again_at_) {
    lock_.KeepReadersAway(LockFile::kLongestAway);
    away_since_ = now;
  } else if (away_since_ && now - *away_since_ > LockFile::kLongestAway) {
    // Somebody does not keep to the rule.
    away_since_.reset();
    ask_again_at_ = wal_pages_ + limit;
  }
  checkpoint_at_ = wal_pages_ + (away_since_ ? 1 : limit / kTries + 1);
}

void WriterImpl::TrainIfDue() {
  Dictionaries& dictionaries = bodies_.dictionaries();
  const auto current = dictionaries.current();
  // The file is asked only where what is known of it would make it due.
  if (current == nullptr || !trainer_.Due(info_.last_seq, trained_to_)) return;
  try {
    trained_to_ = dictionaries.TrainedTo();
    if (!trainer_.Due(info_.last_seq, trained_to_)) return;
    trainer_.Start(info_.last_seq, dictionaries.NextId(), current);
  } catch (const std::exception&) {
    // The transaction is on disk; what is wrong shows in the next one.
  }
}

Error WriterImpl::Break(const std::exception& exception) {
  broken_ = ErrorFrom(exception, info_.path, db_->raw());
  backup_.reset();
  bodies_.Forget();
  pruner_.Abandon();
  RollBack(*db_);
  return *broken_;
}

void WriterImpl::RunCheckpoint() {
  const UseDiskReserve reserve;
  KUBESCRIBE_KILL_POINT("checkpoint.start");
  int log = 0;
  int done = 0;
  const auto run = [&](int mode) {
    const int code =
        sqlite3_wal_checkpoint_v2(db_->raw(), "main", mode, &log, &done);
    if (code != SQLITE_OK && (code & 0xff) != SQLITE_BUSY) {
      throw SQLite::Exception(db_->raw(), code);
    }
    return code == SQLITE_OK;
  };
  run(SQLITE_CHECKPOINT_PASSIVE);
  KUBESCRIBE_KILL_POINT("checkpoint.passive");
  if (log > 0 && log == done) {
    // All of it is in the database; empty the WAL unless a reader is in it.
    db_->handle().setBusyTimeout(0);
    const bool emptied = run(SQLITE_CHECKPOINT_TRUNCATE);
    db_->handle().setBusyTimeout(kBusyMs);
    if (emptied) {
      KUBESCRIBE_KILL_POINT("wal.truncated");
      // A file in WAL mode whose WAL is empty or missing is taken for a torn
      // copy by readers, so it never stays empty.
      Query(*db_, "UPDATE meta SET checkpoints = checkpoints + 1 WHERE id = 1")
          .Run();
    }
  }
  KUBESCRIBE_KILL_POINT("checkpoint.end");
}

Status WriterImpl::Checkpoint() {
  if (broken_) return *broken_;
  try {
    RunCheckpoint();
  } catch (const std::exception& exception) {
    return Break(exception);
  }
  return {};
}

Result<bool> WriterImpl::MakeRoom(std::uint64_t bytes) {
  if (broken_) return *broken_;
  if (!disk_ || disk_->Room() >= bytes) return true;
  if (disk_->WalBytes(info_.path) < kWorthWhile) return false;
  if (const Status done = Checkpoint(); !done.ok()) return done.error();
  return disk_->Room() >= bytes;
}

Result<std::optional<LogCheckpoint>> WriterImpl::RunSign() {
  const UseDiskReserve reserve;
  // All that the log has is committed, and so on disk.
  auto checkpoint = log_.Note(clock_.Wall());
  if (!checkpoint.ok() || !*checkpoint) return checkpoint;
  Query(*db_, "BEGIN IMMEDIATE").Run();
  log_.Insert(**checkpoint);
  KUBESCRIBE_KILL_POINT("log.signed");
  Query(*db_, "COMMIT").Run();
  KUBESCRIBE_KILL_POINT("log.stored");
  log_.Signed(**checkpoint);
  return checkpoint;
}

Result<std::optional<LogCheckpoint>> WriterImpl::SignCheckpoint() {
  if (broken_) return *broken_;
  try {
    return RunSign();
  } catch (const std::exception& exception) {
    return Break(exception);
  }
}

bool WriterImpl::LeaveWalMode() {
  constexpr int kCloseTries = 50;
  constexpr int kPauseMs = 20;
  db_->handle().setBusyTimeout(0);
  for (int i = 0; i < kCloseTries; ++i) {
    try {
      return db_->Text("PRAGMA journal_mode = DELETE") == "delete";
    } catch (const SQLite::Exception& exception) {
      const int primary = exception.getErrorCode() & 0xff;
      if (primary != SQLITE_BUSY && primary != SQLITE_LOCKED) throw;
    }
    sqlite3_sleep(kPauseMs);
  }
  return false;
}

Status WriterImpl::StartBackup(const std::string& path) {
  if (broken_) return *broken_;
  if (backup_) {
    return Error(
        Code::kBusy,
        fmt::format("{}: a backup of it is being made already", info_.path));
  }
  const bool counted = disk_ && disk_->Holds(path);
  auto backup =
      Backup::Start(*db_, path, counted ? disk_->VfsOver(vfs_) : vfs_);
  if (!backup.ok()) return backup.error();
  backup_ = std::move(*backup);
  return {};
}

Result<BackupProgress> WriterImpl::StepBackup(int pages) {
  if (!backup_) {
    return Error(Code::kCancelled,
                 fmt::format("{}: no backup of it is under way", info_.path));
  }
  const Status done = backup_->Step(pages);
  const BackupProgress progress = backup_->progress();
  if (!done.ok() || progress.finished) backup_.reset();
  if (!done.ok()) return done.error();
  return progress;
}

Result<std::int64_t> WriterImpl::StartPrune(const PruneWish& wish) {
  if (broken_) return *broken_;
  if (Status wanted = CheckWish(wish); !wanted.ok()) return wanted.error();
  if (pruner_.cutting()) {
    return Error(Code::kBusy,
                 fmt::format("{}: it is being pruned already", info_.path));
  }
  try {
    return pruner_.Start(wish);
  } catch (const std::exception& exception) {
    return Break(exception);
  }
}

Status WriterImpl::StepPrune() {
  if (broken_) return *broken_;
  if (!pruner_.busy()) return {};
  const UseDiskReserve reserve;
  if (disk_) {
    // A step that needs more than is there would fail.
    const auto room = MakeRoom(kMostPruned * kPruneBytes);
    if (!room.ok()) return room.error();
    pruner_.Limit(disk_->Room() / kPruneBytes);
  }
  try {
    const std::uint64_t returned = pruner_.progress().returned_bytes;
    prune_cut_off_ = std::min(prune_cut_off_, returned);  // another prune
    if (wal_pages_ >= prune_checkpoint_at_ ||
        returned - prune_cut_off_ >= kMostCutOff) {
      prune_cut_off_ = returned;
      RunCheckpoint();
      // Where a reader holds it back, try again after some growth only.
      prune_checkpoint_at_ = wal_pages_ + std::min(kPruneWalPages, WalLimit());
    } else {
      pruner_.Step(info_);
      // The log is short again after somebody else's checkpoint.
      prune_checkpoint_at_ =
          std::min(prune_checkpoint_at_,
                   wal_pages_ + std::min(kPruneWalPages, WalLimit()));
    }
  } catch (const std::exception& exception) {
    return Break(exception);
  }
  return {};
}

Result<bool> WriterImpl::CloseCleanly() {
  if (broken_) return *broken_;
  const UseDiskReserve reserve;
  backup_.reset();
  try {
    KUBESCRIBE_KILL_POINT("close.start");
    // Where the log cannot be signed the file is closed all the same; who asks
    // for a checkpoint is told.
    RunSign().ok();
    Query(*db_, "UPDATE meta SET clean_stop = 1 WHERE id = 1").Run();
    info_.clean_stop = true;
    KUBESCRIBE_KILL_POINT("close.marked");
    int log = 0;
    int done = 0;
    sqlite3_wal_checkpoint_v2(db_->raw(), "main", SQLITE_CHECKPOINT_PASSIVE,
                              &log, &done);
    const bool alone = LeaveWalMode();
    KUBESCRIBE_KILL_POINT("close.left-wal");
    SyncFolderOf(info_.path);
    broken_ = Error(Code::kCancelled,
                    fmt::format("{}: it was closed already", info_.path));
    return alone;
  } catch (const std::exception& exception) {
    return Break(exception);
  }
}

}  // namespace kubescribe::store
