// How a file may be found by a reader: live, clean, killed, copied.

#include <SQLiteCpp/SQLiteCpp.h>

#include <fstream>
#include <iterator>

#include "store/lock_file.h"
#include "store_fixture.h"
#include "verify/verify.h"

namespace kubescribe::store {
namespace {

namespace fs = std::filesystem;

class ReaderOpenTest : public StoreTest {
 protected:
  void Record(Writer& writer, int from, int to) {
    for (int i = from; i < to; ++i) {
      Do(writer, [&](Transaction& tx) {
        for (int k = 0; k < 20; ++k) {
          PutPod(tx, "pod" + std::to_string(k), std::to_string(1 + i * 20 + k),
                 Event::kModified,
                 std::string(300, static_cast<char>('a' + i % 26)));
        }
      });
    }
  }
  std::string Copy(const std::string& name) {
    const std::string to = folder_ / name;
    fs::copy_file(path_, to);
    return to;
  }
};

TEST_F(ReaderOpenTest, AMissingFileIsNotFound) {
  EXPECT_EQ(ReadError(folder_ / "none.db").code(), Code::kNotFound);
}

TEST_F(ReaderOpenTest, ALiveFileIsReadWithoutWarningAndWithoutDisturbing) {
  auto writer = MustOpen();
  Record(*writer, 0, 3);
  auto reader = MustRead();
  EXPECT_TRUE(reader->warnings().empty());
  EXPECT_EQ(reader->info().last_seq, 60);
  Record(*writer, 3, 5);
  // One snapshot from its first question on.
  EXPECT_EQ((*reader->History({1, {}, {}, {}}, 0, 1000)).size(), 60U);
  EXPECT_EQ(MustRead()->info().last_seq, 100);
  ASSERT_TRUE(writer->Checkpoint().ok());
  EXPECT_EQ((*reader->History({1, {}, {}, {}}, 0, 1000)).size(), 60U);
}

TEST_F(ReaderOpenTest, AFileWithAWriterAndAnEmptyWalIsNoCopy) {
  auto writer = MustOpen();
  Record(*writer, 0, 1);
  ASSERT_TRUE(writer->Checkpoint().ok());
  // What a checkpoint leaves for an instant: no WAL, but the lock is held.
  const std::string live = Copy("live.db");
  const auto lock = LockFile::Take(live);
  ASSERT_TRUE(lock.ok());
  EXPECT_TRUE(MustRead(live)->warnings().empty());
}

TEST_F(ReaderOpenTest, ACleanStopLeavesOneFileOutsideWalMode) {
  auto writer = MustOpen();
  Record(*writer, 0, 3);
  const auto alone = writer->CloseCleanly();
  ASSERT_TRUE(alone.ok()) << alone.error().message();
  EXPECT_TRUE(*alone);
  EXPECT_FALSE(writer->Transact([](Transaction&) {}).ok());
  writer.reset();
  EXPECT_FALSE(fs::exists(path_ + "-wal"));
  EXPECT_FALSE(fs::exists(path_ + "-shm"));
  auto reader = MustRead(Copy("copy.db"));
  EXPECT_TRUE(reader->info().clean_stop);
  EXPECT_TRUE(reader->warnings().empty());
  EXPECT_EQ(reader->info().last_seq, 60);
  EXPECT_FALSE(fs::exists(folder_ / "copy.db-wal"));
}

TEST_F(ReaderOpenTest, AReaderPreventsLeavingWalModeAndTheStopSaysSo) {
  auto writer = MustOpen();
  Record(*writer, 0, 3);
  auto reader = MustRead();
  const auto alone = writer->CloseCleanly();
  ASSERT_TRUE(alone.ok()) << alone.error().message();
  EXPECT_FALSE(*alone);
  writer.reset();
  reader = nullptr;
  reader = MustRead();
  EXPECT_TRUE(reader->info().clean_stop);
  EXPECT_EQ(reader->info().last_seq, 60);
  reader = nullptr;
  Record(*MustOpen(), 3, 4);
}

TEST_F(ReaderOpenTest, ACopyWithItsWalIsReadAsItIs) {
  auto writer = MustOpen();
  Record(*writer, 0, 3);
  const std::string copy = Copy("copy.db");
  fs::copy_file(path_ + "-wal", copy + "-wal");
  writer.reset();
  auto reader = MustRead(copy);
  EXPECT_TRUE(reader->warnings().empty());
  EXPECT_EQ(reader->info().last_seq, 60);
}

TEST_F(ReaderOpenTest, AWholeCopyWithoutItsWalIsAnsweredWithAWarning) {
  auto writer = MustOpen();
  Record(*writer, 0, 3);
  ASSERT_TRUE(writer->Checkpoint().ok());
  const std::string copy = Copy("copy.db");
  for (int i = 0; i < 2; ++i) {  // also when the first look left an empty WAL
    auto reader = MustRead(copy);
    ASSERT_EQ(reader->warnings().size(), 1U) << i;
    EXPECT_NE(reader->warnings()[0].find("without its -wal"),
              std::string::npos);
    EXPECT_EQ(reader->info().last_seq, 60);
  }
}

TEST_F(ReaderOpenTest, KilledWhenItsWalWasJustEmptiedItIsNoCopy) {
  auto writer = MustOpen();
  Record(*writer, 0, 3);
  ASSERT_TRUE(writer->Checkpoint().ok());
  const std::string killed = Copy("killed.db");
  std::ofstream(killed + "-wal").close();
  std::ofstream(killed + ".lock").close();
  auto reader = MustRead(killed);
  EXPECT_TRUE(reader->warnings().empty()) << reader->warnings()[0];
  EXPECT_EQ(reader->info().last_seq, 60);
}

TEST_F(ReaderOpenTest, ATornCopyWithoutItsWalIsRefused) {
  auto writer = MustOpen();
  Record(*writer, 0, 10);
  ASSERT_TRUE(writer->Checkpoint().ok());
  const std::string old_copy = Copy("old.db");
  Record(*writer, 10, 40);
  ASSERT_TRUE(writer->Checkpoint().ok());
  const std::string new_copy = Copy("new.db");
  // A copy that was taken across a checkpoint has pages of both.
  std::ifstream old_file(old_copy, std::ios::binary);
  std::ifstream new_file(new_copy, std::ios::binary);
  const std::string before((std::istreambuf_iterator<char>(old_file)), {});
  const std::string after((std::istreambuf_iterator<char>(new_file)), {});
  int refused = 0;
  int whole = 0;
  int cut = 0;
  for (std::size_t at = 4096; at < before.size(); at += 4096) {
    if (before.substr(at) == after.substr(at, before.size() - at)) break;
    ++cut;
    const std::string torn = folder_ / "torn.db";
    fs::remove(torn + "-wal");
    fs::remove(torn + "-shm");
    std::ofstream(torn, std::ios::binary)
        << before.substr(0, at) << after.substr(at);
    const auto reader = Reader::Open(torn);
    if (reader.ok()) {
      // Only pages were torn off that nothing uses.
      ++whole;
      EXPECT_EQ((*reader)->info().last_seq,
                MustRead(old_copy)->info().last_seq);
      const auto report = verify::Verify(torn, {});
      ASSERT_TRUE(report.ok()) << report.error().message();
      EXPECT_EQ(report->verdict, verify::Verdict::kGood);
      continue;
    }
    ++refused;
    EXPECT_EQ(reader.error().code(), Code::kCorruption);
    EXPECT_NE(reader.error().message().find("with its -wal"), std::string::npos)
        << reader.error().message();
  }
  EXPECT_GT(cut, 5);
  EXPECT_LT(whole, 5);
  EXPECT_EQ(refused + whole, cut);
}

TEST_F(ReaderOpenTest, ACopyWithAHoleInTheSequenceIsRefused) {
  auto writer = MustOpen();
  Record(*writer, 0, 3);
  ASSERT_TRUE(writer->Checkpoint().ok());
  const std::string copy = Copy("copy.db");
  {
    // quick_check finds nothing wrong with this.
    SQLite::Database db(copy, SQLite::OPEN_READWRITE);
    db.exec("DELETE FROM revision WHERE seq = 30");
    db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  }
  fs::remove(copy + "-wal");
  const Error error = ReadError(copy);
  EXPECT_EQ(error.code(), Code::kCorruption);
  EXPECT_NE(error.message().find("missing"), std::string::npos)
      << error.message();
}

TEST_F(ReaderOpenTest, ADamagedBodyIsSaidToBeDamaged) {
  auto writer = MustOpen();
  Record(*writer, 0, 1);
  ASSERT_TRUE(*writer->CloseCleanly());
  writer.reset();
  SQLite::Database(path_, SQLite::OPEN_READWRITE)
      .exec("UPDATE body SET data = x'28b52ffd2403' WHERE seq = 3");
  auto reader = MustRead();
  EXPECT_TRUE(reader->Body(2).ok());
  const auto body = reader->Body(3);
  ASSERT_FALSE(body.ok());
  EXPECT_EQ(body.error().code(), Code::kCorruption);
}

TEST_F(ReaderOpenTest, NothingCanBeWrittenThroughAReader) {
  ASSERT_TRUE(*MustOpen()->CloseCleanly());
  const auto before = fs::last_write_time(path_);
  auto reader = MustRead();
  EXPECT_TRUE(reader->Stats().ok());
  reader = nullptr;
  EXPECT_EQ(fs::last_write_time(path_), before);
}

}  // namespace
}  // namespace kubescribe::store
