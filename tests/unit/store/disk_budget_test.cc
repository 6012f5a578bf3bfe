// The disk budget: what is counted, what is refused, which history is to go.
#include "store/disk_budget.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <sqlite3.h>

#include <fstream>

#include "store/vfs_shim.h"
#include "store_fixture.h"

namespace kubescribe::store {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t kBudgetMiB = std::uint64_t{1} << 20;

std::uint64_t FolderBytes(const std::string& folder) {
  std::uint64_t sum = 0;
  std::error_code error;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(folder, error)) {
    if (entry.is_regular_file(error)) sum += entry.file_size(error);
  }
  return sum;
}

// The most that a folder ever took, looked at after each operation on a file.
class FolderWatch final : public VfsObserver {
 public:
  explicit FolderWatch(std::string folder) : folder_(std::move(folder)) {}
  int Before(const VfsOp& /*op*/, std::size_t* /*keep*/) override { return 0; }
  void After(const VfsOp& op) override {
    if (op.kind == VfsOp::Kind::kRead || op.kind == VfsOp::Kind::kSync) return;
    most = std::max(most, FolderBytes(folder_));
  }
  std::uint64_t most = 0;

 private:
  const std::string folder_;
};

class DiskBudgetTest : public StoreTest {
 protected:
  DiskBudgetTest() {
    options_.disk = std::make_shared<DiskBudget>(data_.path(), clock_);
    options_.vfs = kVfs;
    options_.synchronous_full = false;
  }

  std::unique_ptr<Writer> Open(const std::string& name) {
    auto writer = Writer::Open(data_ / name, options_);
    if (!writer.ok()) {
      ADD_FAILURE() << writer.error().message();
      std::abort();
    }
    return *std::move(writer);
  }

  // One transaction of `count` new states of pods, none of which compresses.
  Status Put(Writer& writer, int count) {
    clock_.Advance(kSecond);
    return writer.Transact([&](Transaction& tx) {
      PodStream(tx);
      for (int i = 0; i < count; ++i) {
        ++puts_;
        const std::string rv = std::to_string(puts_);
        std::string body = R"({"text":")";
        while (body.size() < 4000) {
          body += std::to_string(random_.Below(1000000000));
        }
        PutPod(tx, "uid" + std::to_string(puts_ % 20), rv, Event::kModified,
               body + "\"}");
      }
    });
  }

  void ExpectCounted() {
    EXPECT_EQ(options_.disk->use().used, FolderBytes(data_.path()));
  }

  static constexpr char kVfs[] = "disk-budget-test";
  const TempFolder data_{FastFolder()};
  FolderWatch watch_{data_.path()};
  const VfsShim shim_{kVfs, watch_};
  int puts_ = 0;
};

TEST_F(DiskBudgetTest, AllFilesOfTheFolderCount) {
  std::filesystem::create_directories(data_ / "keys");
  std::ofstream(data_ / "keys/a.key") << std::string(32, 'k');
  std::ofstream(data_ / "something") << std::string(5000, 'x');
  ExpectCounted();
  auto one = Open("one.db");
  auto two = Open("two.db");
  ASSERT_TRUE(Put(*one, 100).ok());
  ASSERT_TRUE(Put(*two, 100).ok());
  EXPECT_GT(FolderBytes(data_.path()), 800'000U);
  // What a checkpoint will add is counted before it does.
  EXPECT_GT(options_.disk->use().used, FolderBytes(data_.path()) + 500'000);
  const std::uint64_t before = options_.disk->use().used;
  ASSERT_TRUE(one->Checkpoint().ok());
  EXPECT_LT(options_.disk->use().used, before);
  ASSERT_TRUE(two->Checkpoint().ok());
  ASSERT_TRUE(*one->CloseCleanly());
  one.reset();
  ASSERT_TRUE(*two->CloseCleanly());
  two.reset();
  ExpectCounted();
}

TEST_F(DiskBudgetTest, ACommitThatWouldExceedItIsRefusedAndLeavesTheFileWhole) {
  const std::uint64_t budget = 12 * kBudgetMiB;
  options_.disk->Set({budget, WhenFull::kHold});
  auto writer = Open("one.db");
  Seq last = 0;
  for (;;) {
    const Status put = Put(*writer, 50);
    if (!put.ok()) {
      EXPECT_EQ(put.error().code(), Code::kNoSpace) << put.error().message();
      break;
    }
    last = writer->last_seq();
    ASSERT_LT(last, 10000);
  }
  EXPECT_GT(last, 100);
  EXPECT_TRUE(options_.disk->TakeRefusal(data_ / "one.db"));
  EXPECT_FALSE(options_.disk->TakeRefusal(data_ / "one.db"));
  // The reserve is for others: nothing recorded went into it.
  EXPECT_LE(watch_.most, budget - DiskBudget::kReserve);
  writer.reset();
  writer = Open("one.db");
  EXPECT_EQ(writer->last_seq(), last);
  EXPECT_FALSE(*writer->MakeRoom(4 * kBudgetMiB));
  {
    const UseDiskReserve reserve;
    EXPECT_TRUE(*writer->MakeRoom(4 * kBudgetMiB));
    ASSERT_TRUE(Put(*writer, 50).ok());
  }
  // A larger one takes effect at once.
  options_.disk->Set({2 * budget, WhenFull::kHold});
  ASSERT_TRUE(Put(*writer, 50).ok());
  ASSERT_TRUE(*writer->CloseCleanly());
  EXPECT_LE(watch_.most, budget);
}

TEST_F(DiskBudgetTest, MakeRoomEmptiesTheWal) {
  options_.disk->Set({16 * kBudgetMiB, WhenFull::kHold});
  auto writer = Open("one.db");
  while (options_.disk->WalBytes(data_ / "one.db") < 900'000) {
    ASSERT_TRUE(Put(*writer, 20).ok());
  }
  const std::uint64_t room = options_.disk->Room();
  EXPECT_TRUE(*writer->MakeRoom(room + 100'000));
  EXPECT_LT(options_.disk->WalBytes(data_ / "one.db"), 100'000U);
}

TEST_F(DiskBudgetTest, SeveralFilesShareIt) {
  const std::uint64_t budget = 14 * kBudgetMiB;
  options_.disk->Set({budget, WhenFull::kHold});
  auto one = Open("one.db");
  auto two = Open("two.db");
  while (*one->MakeRoom(kBudgetMiB)) ASSERT_TRUE(Put(*one, 50).ok());
  EXPECT_FALSE(*two->MakeRoom(kBudgetMiB));
  EXPECT_LE(watch_.most, budget - DiskBudget::kReserve);
}

TEST_F(DiskBudgetTest, WhatIsAboveASmallerBudgetMayGrowByTheReserveOnly) {
  auto writer = Open("one.db");
  for (int i = 0; i < 40; ++i) ASSERT_TRUE(Put(*writer, 50).ok());
  const std::uint64_t used = options_.disk->use().used;
  options_.disk->Set({9 * kBudgetMiB, WhenFull::kPrune});
  ASSERT_GT(used, 9 * kBudgetMiB);
  EXPECT_EQ(options_.disk->Room(), 0U);
  const UseDiskReserve reserve;
  EXPECT_EQ(options_.disk->Room(), DiskBudget::kReserve);
  ASSERT_TRUE(writer->Checkpoint().ok());
  EXPECT_LE(options_.disk->Room(), DiskBudget::kReserve);
}

TEST_F(DiskBudgetTest, AWalThatACrashLeftCountsAsIfJustWritten) {
  const std::string two = data_ / "two.db";
  {
    auto writer = Open("one.db");
    ASSERT_TRUE(Put(*writer, 200).ok());
    std::filesystem::copy_file(data_ / "one.db", two);
    std::filesystem::copy_file(data_ / "one.db-wal", two + "-wal");
  }
  {
    // Nothing is written, so it is as the crash left it.
    SQLite::Database db(two, SQLite::OPEN_READWRITE, 0,
                        options_.disk->VfsOver(kVfs));
    sqlite3_db_config(db.getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1,
                      nullptr);
    EXPECT_EQ(db.execAndGet("SELECT count(*) FROM revision").getInt(), 200);
    EXPECT_GT(options_.disk->use().used, FolderBytes(data_.path()) + 500'000);
  }
  options_.disk->Set(
      {options_.disk->use().used + 2 * kBudgetMiB, WhenFull::kHold});
  const auto writer = Open("two.db");
  EXPECT_GT(writer->last_seq(), 100);
  EXPECT_LE(watch_.most, *options_.disk->limit().budget);
}

TEST_F(DiskBudgetTest, TheOldestOfAllFilesGoesFirst) {
  DiskBudget& disk = *options_.disk;
  const std::string one = data_ / "one.db";
  const std::string two = data_ / "two.db";
  auto first = Open("one.db");
  auto second = Open("two.db");
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(Put(*first, 100).ok());
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(Put(*second, 100).ok());
  ASSERT_TRUE(first->Checkpoint().ok());
  ASSERT_TRUE(second->Checkpoint().ok());
  // Without a bound, or where it is to be held, nothing goes.
  disk.Reaches(one, 1000 * kSecond, 2000 * kSecond);
  disk.Reaches(two, 2000 * kSecond, 3000 * kSecond);
  EXPECT_FALSE(disk.Ask(kBudgetMiB));
  const std::uint64_t used = disk.use().used;
  disk.Set({used + DiskBudget::kReserve + 100'000, WhenFull::kHold});
  EXPECT_FALSE(disk.Ask(kBudgetMiB));
  EXPECT_FALSE(disk.CutFor(one));

  disk.Set({used + DiskBudget::kReserve + 100'000, WhenFull::kPrune});
  EXPECT_TRUE(disk.Ask(kBudgetMiB));
  const auto cut = disk.CutFor(one);
  ASSERT_TRUE(cut);
  EXPECT_GT(*cut, 1000 * kSecond);
  EXPECT_LE(*cut, 2000 * kSecond);
  EXPECT_FALSE(disk.CutFor(two)) << "it has nothing that old";
  // Until it is through there is no other; then more than the first time goes.
  EXPECT_TRUE(disk.Ask(kBudgetMiB));
  EXPECT_EQ(disk.CutFor(one), cut);
  disk.Done(one);
  EXPECT_FALSE(disk.CutFor(one));
  EXPECT_TRUE(disk.Ask(kBudgetMiB));
  EXPECT_GT(disk.CutFor(one).value_or(disk.CutFor(two).value_or(0)), *cut);
  // In the end there is nothing left, and that is said.
  int rounds = 0;
  while (disk.Ask(kBudgetMiB)) {
    disk.Done(one);
    disk.Done(two);
    ASSERT_LT(++rounds, 20);
  }
  clock_.Advance(2 * kMinute);
  disk.Reaches(two, 2000 * kSecond, 4000 * kSecond);
  EXPECT_TRUE(disk.Ask(kBudgetMiB)) << "later there may be";
  // One that cannot be pruned is not waited for.
  disk.Leave(two);
  EXPECT_FALSE(disk.CutFor(two));
}

TEST_F(DiskBudgetTest, ABackupInTheFolderCountsToo) {
  auto writer = Open("one.db");
  while (writer->last_seq() < 1000) ASSERT_TRUE(Put(*writer, 100).ok());
  ASSERT_TRUE(writer->Checkpoint().ok());
  options_.disk->Set(
      {options_.disk->use().used + DiskBudget::kReserve + 1000000,
       WhenFull::kHold});
  ASSERT_TRUE(writer->StartBackup(data_ / "copy").ok());
  Result<BackupProgress> progress = BackupProgress{};
  while (progress.ok() && !progress->finished)
    progress = writer->StepBackup(50);
  ASSERT_FALSE(progress.ok());
  EXPECT_EQ(progress.error().code(), Code::kNoSpace);
  EXPECT_THAT(progress.error().message(), HasSubstr("copy"));
  // Elsewhere there is room, and the writer goes on.
  const TempFolder elsewhere(FastFolder());
  ASSERT_TRUE(writer->StartBackup(elsewhere / "copy").ok());
  progress = BackupProgress{};
  while (progress.ok() && !progress->finished)
    progress = writer->StepBackup(50);
  EXPECT_TRUE(progress.ok());
  EXPECT_TRUE(Put(*writer, 1).ok());
}

}  // namespace
}  // namespace kubescribe::store
