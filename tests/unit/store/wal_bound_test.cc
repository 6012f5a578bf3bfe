// The write-ahead log stays short, also where somebody always reads; where a
// foreign program never ends to, the disk budget is its bound.
#include <gmock/gmock.h>
#include <stdio.h>
#include <sys/stat.h>

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <thread>
#include <vector>

#include "store/disk_budget.h"
#include "store/lock_file.h"
#include "store/wal_readers.h"
#include "store_fixture.h"

namespace kubescribe::store {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t kOneMiB = std::uint64_t{1} << 20;

class WalBoundTest : public StoreTest {
 protected:
  WalBoundTest() {
    options_.clock = &SystemClock();
    options_.disk = std::make_shared<DiskBudget>(folder_.path());
    options_.synchronous_full = false;
  }

  // A quarter of a MiB of bodies, in a transaction of its own.
  Status Put(Writer& writer) {
    return writer.Transact([&](Transaction& tx) {
      for (int i = 0; i < 16; ++i) {
        std::string body = R"({"text":")";
        while (body.size() < 32'000) body += std::to_string(random_.Next());
        ++puts_;
        PutPod(tx, "uid" + std::to_string(puts_ % 32), std::to_string(puts_),
               Event::kModified, body + "\"}");
      }
    });
  }
  std::uint64_t WalSize() const {
    std::error_code none;
    const auto size = std::filesystem::file_size(path_ + "-wal", none);
    return none ? 0 : size;
  }

  int puts_ = 0;
};

// Readers that are never gone all at once: each lives for some commits.
class Crowd {
 public:
  static constexpr int kReaders = 3;
  static constexpr int kLife = 4;

  explicit Crowd(const std::string& path) {
    for (int i = 0; i < kReaders; ++i) {
      threads_.emplace_back([this, path, i] { Read(path, i); });
    }
    // Before the first commit all of them read.
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return live_ == kReaders; });
  }
  ~Crowd() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      stop_ = true;
    }
    changed_.notify_all();
    for (auto& thread : threads_) thread.join();
  }

  // After a commit: those whose time is over end before this returns.
  void Committed() {
    std::unique_lock<std::mutex> lock(mutex_);
    ++commits_;
    changed_.notify_all();
    changed_.wait(lock, [this] {
      for (int i = 0; i < kReaders; ++i) {
        if (until_[i] != 0 && until_[i] <= commits_) return false;
      }
      return true;
    });
  }
  int reads() const { return reads_; }

 private:
  void Read(const std::string& path, int me) {
    for (bool first = true;; first = false) {
      auto reader = Reader::Open(path);
      ASSERT_TRUE(reader.ok()) << reader.error().message();
      std::unique_lock<std::mutex> lock(mutex_);
      until_[me] = commits_ + kLife + (first ? me : 0);
      ++live_;
      ++reads_;
      changed_.notify_all();
      changed_.wait(lock, [&] { return stop_ || until_[me] <= commits_; });
      lock.unlock();
      reader->reset();
      lock.lock();
      until_[me] = 0;
      --live_;
      changed_.notify_all();
      if (stop_) return;
    }
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stop_ = false;
  int commits_ = 0;
  int live_ = 0;
  int until_[kReaders] = {};
  std::atomic<int> reads_{0};
  std::vector<std::thread> threads_;
};

TEST_F(WalBoundTest, StaysShortThoughSomebodyAlwaysReads) {
  // A WAL of 2 MiB; the database is far from it.
  options_.disk->Set({DiskBudget::kReserve + 16 * kOneMiB, WhenFull::kHold});
  auto writer = MustOpen();
  ASSERT_TRUE(Put(*writer).ok());
  options_.disk->Set({DiskBudget::kReserve + 16 * kOneMiB, WhenFull::kHold});
  std::uint64_t most = 0;
  std::uint64_t written = 0;
  {
    Crowd crowd(path_);
    std::uint64_t before = WalSize();
    while (written < 14 * kOneMiB) {
      const Status put = Put(*writer);
      if (!put.ok()) break;
      crowd.Committed();
      const std::uint64_t now = WalSize();
      written += now > before ? now - before : 0;
      before = now;
      most = std::max(most, now);
    }
    EXPECT_GT(crowd.reads(), 10);
  }
  EXPECT_LT(most, 7 * kOneMiB);
  EXPECT_GT(written, 10 * kOneMiB);
}

TEST_F(WalBoundTest, ReadersWaitOnlyWhileTheyAreAskedTo) {
  {
    auto lock = LockFile::Take(path_);
    ASSERT_TRUE(lock.ok());
    LockFile::WaitWhileAskedToKeepAway(path_);
    lock->KeepReadersAway(LockFile::kLongestAway);
    std::atomic<bool> through{false};
    std::thread reader([&] {
      LockFile::WaitWhileAskedToKeepAway(path_);
      through = true;
    });
    // Taken back long before it is over by itself.
    lock->KeepReadersAway(0);
    reader.join();
    EXPECT_TRUE(through);
    lock->KeepReadersAway(kHour);
  }
  // What a writer left behind counts no more.
  LockFile::WaitWhileAskedToKeepAway(path_);
}

TEST_F(WalBoundTest, AForeignReaderThatNeverEndsIsNamedAndBoundByTheBudget) {
  const std::uint64_t budget = DiskBudget::kReserve + 8 * kOneMiB;
  options_.disk->Set({budget, WhenFull::kHold});
  auto writer = MustOpen();
  ASSERT_TRUE(Put(*writer).ok());
  EXPECT_EQ(WalReaders(path_), "");
  ASSERT_EQ(mkfifo((folder_ / "fifo").c_str(), 0600), 0);
  FILE* const foreign = popen(
      ("python3 -c \"import sqlite3, sys; c = sqlite3.connect('file:" + path_ +
       "?mode=ro', uri=True, isolation_level=None); c.execute('BEGIN'); "
       "c.execute('SELECT count(*) FROM revision').fetchone(); "
       "print('reads', flush=True); sys.stdin.read()\" < " +
       (folder_ / "fifo"))
          .c_str(),
      "r");
  ASSERT_NE(foreign, nullptr);
  // It lives as long as this end of the pipe is open.
  FILE* const end = fopen((folder_ / "fifo").c_str(), "w");
  ASSERT_NE(end, nullptr);
  char line[16] = {};
  ASSERT_NE(fgets(line, sizeof(line), foreign), nullptr);
  EXPECT_THAT(WalReaders(path_), HasSubstr("python3 (pid "));
  while (*writer->MakeRoom(kOneMiB)) {
    if (!Put(*writer).ok()) break;
    ASSERT_LT(puts_, 10000);
  }
  EXPECT_LE(options_.disk->use().used, budget);
  // A checkpoint does not help as long as it reads, and does afterwards.
  const std::uint64_t wal = WalSize();
  EXPECT_GT(wal, kOneMiB);
  fclose(end);
  pclose(foreign);
  EXPECT_EQ(WalReaders(path_), "");
  ASSERT_TRUE(writer->Checkpoint().ok());
  EXPECT_LT(WalSize(), kOneMiB / 4);
  EXPECT_TRUE(Put(*writer).ok());
}

}  // namespace
}  // namespace kubescribe::store
