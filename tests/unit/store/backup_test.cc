#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "old_file.h"
#include "store/file_backup.h"
#include "store_fixture.h"

namespace kubescribe::store {
namespace {

namespace fs = std::filesystem;

class BackupTest : public StoreTest {
 protected:
  // So many pods with bodies that do not compress.
  void Fill(Writer& writer, int from, int to) {
    Do(writer, [&](Transaction& tx) {
      for (int i = from; i < to; ++i) {
        PutPod(tx, std::to_string(i), std::to_string(100 + i), Event::kAdded,
               Noise());
      }
    });
  }
  std::string Noise() {
    std::string noise = R"({"data":")";
    for (int i = 0; i < 3000; ++i) {
      noise += static_cast<char>('A' + random_.Next() % 26);
    }
    return noise + R"("})";
  }
  // Steps to its end; `between` is done after each.
  void Run(
      Writer& writer, const std::function<void()>& between = [] {}) {
    for (int i = 0; i < 10000; ++i) {
      const auto progress = writer.StepBackup(4);
      ASSERT_TRUE(progress.ok()) << progress.error().message();
      EXPECT_LE(progress->done, progress->pages);
      if (progress->finished) return;
      between();
    }
    FAIL() << "it never ends";
  }
  std::vector<std::string> Files() const {
    std::vector<std::string> names;
    for (const auto& entry :
         fs::directory_iterator(fs::path(copy_).parent_path())) {
      names.push_back(entry.path().filename());
    }
    return names;
  }
  void SetUp() override { fs::create_directory(fs::path(copy_).parent_path()); }

  std::string copy_ = folder_ / "other/copy.db";
};

// The bytes of a file.
std::string BytesOf(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string((std::istreambuf_iterator<char>(file)), {});
}

TEST_F(BackupTest, OfAFileThatNobodyWritesLeavesItAsItIs) {
  {
    auto writer = MustOpen();
    Fill(*writer, 0, 50);
    ASSERT_TRUE(writer->CloseCleanly().ok());
  }
  // Of an older schema it stays one, and so is its copy.
  const std::string old = folder_ / "old.db";
  MakeOldFile(path_, old, "revision_lagging");
  for (const std::string& file : {path_, old}) {
    const std::string before = BytesOf(file);
    auto backup = FileBackup::Start(file, copy_);
    ASSERT_TRUE(backup.ok()) << backup.error().message();
    while (!(*backup)->progress().finished) {
      ASSERT_TRUE((*backup)->Step(4).ok());
    }
    EXPECT_EQ(BytesOf(file), before);
    const auto reader = MustRead(copy_);
    const auto original = MustRead(file);
    EXPECT_EQ(reader->info().last_seq, original->info().last_seq);
    EXPECT_EQ(reader->info().schema_version, original->info().schema_version);
    EXPECT_EQ(*reader->Body(5), *original->Body(5));
    fs::remove(copy_);
  }
}

TEST_F(BackupTest, OfAFileThatIsRecordedIsTheRecordersWork) {
  auto writer = MustOpen();
  Fill(*writer, 0, 5);
  const auto backup = FileBackup::Start(path_, copy_);
  ASSERT_FALSE(backup.ok());
  EXPECT_EQ(backup.error().code(), Code::kConflict);
  EXPECT_THAT(Files(), testing::IsEmpty());
}

TEST_F(BackupTest, AnEmptyFileIsNoDatabase) {
  std::ofstream(path_).close();
  OpenOptions options;
  options.create = false;
  const auto writer = Writer::Open(path_, options);
  ASSERT_FALSE(writer.ok());
  EXPECT_NE(writer.error().message().find("an empty file"), std::string::npos);
  EXPECT_FALSE(FileBackup::Start(path_, copy_).ok());
  EXPECT_EQ(fs::file_size(path_), 0U);
  EXPECT_FALSE(fs::exists(path_ + ".lock"));
}

TEST_F(BackupTest, HoldsWhatWasWrittenWhileItWasMade) {
  auto writer = MustOpen();
  Fill(*writer, 0, 50);
  ASSERT_TRUE(writer->StartBackup(copy_).ok());
  int more = 50;
  Run(*writer, [&] {
    if (more < 80) Fill(*writer, more, more + 1);
    ++more;
  });
  const Seq last = writer->last_seq();
  EXPECT_GT(last, 55);
  Fill(*writer, 1000, 1010);  // after its end: not in the copy

  auto reader = MustRead(copy_);
  EXPECT_THAT(reader->warnings(), testing::IsEmpty());
  EXPECT_EQ(reader->info().last_seq, last);
  EXPECT_TRUE(reader->info().clean_stop);
  auto original = MustRead();
  for (Seq seq = 1; seq <= last; ++seq) {
    EXPECT_EQ(*reader->Body(seq), *original->Body(seq)) << seq;
  }
  EXPECT_THAT(Files(), testing::ElementsAre("copy.db"));
  struct stat mode = {};
  ASSERT_EQ(stat(copy_.c_str(), &mode), 0);
  EXPECT_EQ(mode.st_mode & 0777U, 0600U);
}

// Where nothing can be made beside it, as on a read-only disk.
TEST_F(BackupTest, NeedsNoFileBesideIt) {
  auto writer = MustOpen();
  Fill(*writer, 0, 5);
  ASSERT_TRUE(writer->StartBackup(copy_).ok());
  Run(*writer);
  std::ifstream file(copy_, std::ios::binary);
  std::string header(100, '\0');
  file.read(header.data(), 100);
  EXPECT_EQ(header[18], 1) << "it is in WAL mode";
  EXPECT_EQ(header[19], 1);
}

TEST_F(BackupTest, NothingIsReplacedAndNothingStays) {
  auto writer = MustOpen();
  Fill(*writer, 0, 20);
  std::ofstream(copy_) << "precious";
  const Status there = writer->StartBackup(copy_);
  ASSERT_FALSE(there.ok());
  EXPECT_EQ(there.error().code(), Code::kConflict);
  fs::remove(copy_);

  ASSERT_TRUE(writer->StartBackup(copy_).ok());
  const Status second = writer->StartBackup(folder_ / "other/second.db");
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code(), Code::kBusy);
  ASSERT_TRUE(writer->StepBackup(1).ok());
  // It comes there while the copy is made.
  std::ofstream(copy_) << "precious";
  Status end;
  while (true) {
    const auto progress = writer->StepBackup(100);
    if (!progress.ok()) {
      end = progress.error();
      break;
    }
    ASSERT_FALSE(progress->finished);
  }
  EXPECT_EQ(end.error().code(), Code::kConflict);
  EXPECT_EQ(fs::file_size(copy_), 8U);
  EXPECT_THAT(Files(), testing::ElementsAre("copy.db"));
  fs::remove(copy_);

  ASSERT_TRUE(writer->StartBackup(copy_).ok());
  ASSERT_TRUE(writer->StepBackup(1).ok());
  writer->AbandonBackup();
  EXPECT_THAT(Files(), testing::IsEmpty());
  EXPECT_FALSE(writer->StepBackup(1).ok());

  const Status nowhere = writer->StartBackup(folder_ / "none/copy.db");
  ASSERT_FALSE(nowhere.ok());
  EXPECT_EQ(nowhere.error().code(), Code::kIo);
  Fill(*writer, 30, 31);  // the writer goes on
}

TEST_F(BackupTest, StopAndLossOfTheWriterEndIt) {
  {
    auto writer = MustOpen();
    Fill(*writer, 0, 20);
    ASSERT_TRUE(writer->StartBackup(copy_).ok());
    ASSERT_TRUE(writer->StepBackup(1).ok());
    EXPECT_TRUE(*writer->CloseCleanly());
    EXPECT_THAT(Files(), testing::IsEmpty());
  }
  auto writer = MustOpen();
  ASSERT_TRUE(writer->StartBackup(copy_).ok());
  ASSERT_TRUE(writer->StepBackup(1).ok());
  writer.reset();
  EXPECT_THAT(Files(), testing::IsEmpty());
}

}  // namespace
}  // namespace kubescribe::store
