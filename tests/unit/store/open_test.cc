// Every reason for which Writer::Open refuses, and what creation promises.

#include <SQLiteCpp/SQLiteCpp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <functional>
#include <iterator>

#include "store/lock_file.h"
#include "store/migrate.h"
#include "store_fixture.h"

namespace kubescribe::store {
namespace {

class OpenTest : public StoreTest {
 protected:
  static std::string Bytes(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  static void Put(const std::string& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
  }
  // Refused with this code and these words; the file is as before.
  void ExpectRefused(Code code, const std::string& words) {
    const std::string before = Bytes(path_);
    const Error error = OpenError();
    EXPECT_EQ(CodeName(error.code()), CodeName(code)) << error.message();
    EXPECT_NE(error.message().find(words), std::string::npos)
        << error.message();
    EXPECT_TRUE(Bytes(path_) == before) << "the file was changed";
  }
  // A recorded file with one pod, closed cleanly.
  void MakeFile() {
    auto writer = MustOpen();
    Do(*writer, [&](Transaction& tx) { PutPod(tx, "a", "1"); });
    ASSERT_TRUE(*writer->CloseCleanly());
  }
};

TEST_F(OpenTest, AMissingFileWithoutCreateIsNotFound) {
  options_.create = false;
  ExpectRefused(Code::kNotFound, "no such file");
  EXPECT_FALSE(std::filesystem::exists(path_));
  EXPECT_FALSE(std::filesystem::exists(path_ + ".lock"));
}

TEST_F(OpenTest, AMissingFolderIsNotFound) {
  path_ = folder_ / "none/test.db";
  ExpectRefused(Code::kNotFound, "create it");
}

TEST_F(OpenTest, ASecondWriterIsRefusedAndToldWho) {
  auto writer = MustOpen();
  const Error error = OpenError();
  EXPECT_EQ(error.code(), Code::kConflict);
  EXPECT_NE(error.message().find(std::to_string(getpid())), std::string::npos)
      << error.message();
  // The first one is not disturbed.
  Do(*writer, [&](Transaction& tx) { PutPod(tx, "a", "1"); });
  writer.reset();
  EXPECT_NE(MustOpen(), nullptr);
}

TEST_F(OpenTest, TheLockCanBeAskedAboutWithoutTakingIt) {
  EXPECT_FALSE(LockFile::IsHeld(path_));
  auto writer = MustOpen();
  EXPECT_TRUE(LockFile::IsHeld(path_));
  writer.reset();
  EXPECT_FALSE(LockFile::IsHeld(path_));
}

TEST_F(OpenTest, AnotherClustersFileIsRefused) {
  MakeFile();
  options_.identity = "uid-2";
  ExpectRefused(Code::kConflict, "another one");
  options_.identity_weak = true;
  ExpectRefused(Code::kConflict, "kube-system");
  options_.identity = "";  // not checked
  EXPECT_EQ(MustOpen()->info().identity, "uid-1");
}

TEST_F(OpenTest, AWeakIdentityGivesWayToAStrongOne) {
  options_.identity = "weak-1";
  options_.identity_weak = true;
  MakeFile();
  options_.identity = "weak-2";
  ExpectRefused(Code::kConflict, "another one");
  options_.identity = "uid-9";
  options_.identity_weak = false;
  auto writer = MustOpen();
  // Which is for the record of the start to say, and the file's with it.
  EXPECT_EQ(MustRead()->info().identity, "weak-1");
  Do(*writer, [](Transaction& tx) { tx.SetIdentity("uid-9", false); });
  const FileInfo info = MustRead()->info();
  EXPECT_EQ(info.identity, "uid-9");
  EXPECT_FALSE(info.identity_weak);
}

TEST_F(OpenTest, ANewerSchemaIsRefused) {
  MakeFile();
  SQLite::Database(path_, SQLite::OPEN_READWRITE)
      .exec("PRAGMA user_version = 999");
  ExpectRefused(Code::kUnsupported, "newer kubescribe");
  EXPECT_EQ(ReadError(path_).code(), Code::kUnsupported);
}

TEST_F(OpenTest, WhatIsNoDatabaseIsRefused) {
  for (const std::string& bytes :
       {std::string("hello"), std::string(5000, 'x'), std::string(100, '\0'),
        std::string("SQLite format 3\0", 16)}) {
    Put(path_, bytes);
    ExpectRefused(Code::kCorruption, "not a kubescribe database");
    EXPECT_EQ(ReadError(path_).code(), Code::kCorruption);
  }
}

TEST_F(OpenTest, AnotherProgramsDatabaseIsRefused) {
  SQLite::Database(path_, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE)
      .exec("CREATE TABLE t (a); INSERT INTO t VALUES (1)");
  ExpectRefused(Code::kCorruption, "another program");
  SQLite::Database(path_, SQLite::OPEN_READWRITE)
      .exec("PRAGMA application_id = 77");
  ExpectRefused(Code::kCorruption, "another program");
  EXPECT_EQ(ReadError(path_).code(), Code::kCorruption);
}

TEST_F(OpenTest, ADamagedFileIsRefused) {
  {
    auto writer = MustOpen();
    Do(*writer, [&](Transaction& tx) {
      for (int i = 0; i < 200; ++i) PutPod(tx, "a", std::to_string(i + 1));
    });
    ASSERT_TRUE(*writer->CloseCleanly());
  }
  const std::string whole = Bytes(path_);
  // Cut short; zeros and noise in the middle of it.
  Put(path_, whole.substr(0, whole.size() - 8192));
  ExpectRefused(Code::kCorruption, "damaged");
  EXPECT_EQ(ReadError(path_).code(), Code::kCorruption);
  std::string noisy = whole;
  for (std::size_t i = whole.size() / 2; i < whole.size() / 2 + 8192; ++i) {
    noisy[i] = static_cast<char>(i * 7);
  }
  Put(path_, noisy);
  ExpectRefused(Code::kCorruption, "damaged");
}

TEST_F(OpenTest, AFileWhoseLastRecordsAreMissingIsRefused) {
  MakeFile();
  SQLite::Database(path_, SQLite::OPEN_READWRITE)
      .exec("DELETE FROM revision; UPDATE object SET seq = 0");
  ExpectRefused(Code::kCorruption, "its records end at 0, but it had 1");
}

TEST_F(OpenTest, LinksAndFoldersAreRefused) {
  MakeFile();
  const std::string file = path_;
  path_ = folder_ / "link.db";
  std::filesystem::create_symlink(file, path_);
  ExpectRefused(Code::kInvalid, "symbolic link");
  path_ = folder_ / "hard.db";
  std::filesystem::create_hard_link(file, path_);
  ExpectRefused(Code::kInvalid, "hard link");
  path_ = folder_ / "folder.db";
  std::filesystem::create_directory(path_);
  EXPECT_EQ(OpenError().code(), Code::kInvalid);
  EXPECT_EQ(ReadError(path_).code(), Code::kInvalid);
}

TEST_F(OpenTest, AnEmptyFileIsFilledLikeANewOne) {
  Put(path_, "");
  EXPECT_EQ(ReadError(path_).code(), Code::kCorruption);
  MakeFile();
  EXPECT_EQ(MustRead()->info().last_seq, 1);
}

TEST_F(OpenTest, AFileCutOffInItsFirstTransactionIsFilled) {
  // In WAL mode and without a table: as a kill before the first commit leaves
  // it.
  SQLite::Database(path_, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE)
      .exec("PRAGMA journal_mode = WAL");
  ASSERT_GT(std::filesystem::file_size(path_), 0U);
  MakeFile();
  EXPECT_EQ(MustRead()->info().last_seq, 1);
}

TEST_F(OpenTest, ModeIs0600WhateverTheUmask) {
  for (const mode_t mask : {0U, 0022U, 0777U}) {
    std::filesystem::remove(path_);
    std::filesystem::remove(path_ + "-wal");
    std::filesystem::remove(path_ + "-shm");
    std::filesystem::remove(path_ + ".lock");
    const mode_t before = umask(mask);
    auto writer = Writer::Open(path_, options_);
    umask(before);
    if (!writer.ok()) {
      FAIL() << writer.error().message();
    }
    for (const char* suffix : {"", "-wal", "-shm"}) {
      struct stat info = {};
      ASSERT_EQ(stat((path_ + suffix).c_str(), &info), 0) << suffix;
      EXPECT_EQ(info.st_mode & 0777, 0600U) << suffix << " " << mask;
    }
  }
}

TEST_F(OpenTest, OpeningClearsTheCleanStop) {
  MakeFile();
  EXPECT_TRUE(MustRead()->info().clean_stop);
  auto writer = MustOpen();
  EXPECT_FALSE(MustRead()->info().clean_stop);
}

TEST_F(OpenTest, AMigrationIsWholeOrNotAtAll) {
  MakeFile();
  Db db(path_, SQLite::OPEN_READWRITE, 0, "");
  const int newest = Migrations().back().version;
  const std::vector<Migration> more = {
      {newest, "this is not run again"},
      {newest + 1, "CREATE TABLE two (a INTEGER) STRICT;"},
      {newest + 2, "CREATE TABLE three (a INTEGER) STRICT; nonsense"}};
  db.Exec("BEGIN");
  EXPECT_THROW(Migrate(db, more), SQLite::Exception);
  db.Exec("ROLLBACK");
  EXPECT_EQ(db.Int("PRAGMA user_version"), newest);
  EXPECT_EQ(db.Int("SELECT count(*) FROM sqlite_schema WHERE name = 'two'"), 0);
  db.Exec("BEGIN");
  Migrate(db, {more[0], more[1]});
  db.Exec("COMMIT");
  EXPECT_EQ(db.Int("PRAGMA user_version"), newest + 1);
}

// Runs `test` in a child with the folder mounted as `options` say. False where
// this machine does not allow mounts.
bool WithMount(const std::string& folder, unsigned long flags,
               const std::string& data,
               const std::function<bool()>& before_read_only,
               const std::function<bool()>& test) {
  const pid_t child = fork();
  if (child == 0) {
    if (unshare(CLONE_NEWNS) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
      _exit(77);
    if (mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
      _exit(77);
    if (mount("tmpfs", folder.c_str(), "tmpfs", 0, data.c_str()) != 0)
      _exit(77);
    if (!before_read_only()) _exit(1);
    if (flags != 0 && mount("tmpfs", folder.c_str(), "tmpfs",
                            MS_REMOUNT | flags, data.c_str()) != 0)
      _exit(77);
    _exit(test() ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 77) return false;
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0)
      << "the child failed, see its output";
  return true;
}

bool Holds(bool fact, const std::string& what) {
  if (!fact) fprintf(stderr, "does not hold: %s\n", what.c_str());
  return fact;
}

TEST_F(OpenTest, AReadOnlyFolderIsRefusedForWritingAndReadable) {
  std::string copy = folder_ / "copy.db";
  const bool ran = WithMount(
      folder_.path(), MS_RDONLY, "size=8m",
      [&] {
        auto writer = MustOpen();
        Do(*writer, [&](Transaction& tx) { PutPod(tx, "a", "1"); });
        // While it is live: its main file alone is a WAL-mode copy.
        if (!writer->Checkpoint().ok()) return false;
        std::filesystem::copy_file(path_, copy);
        return *writer->CloseCleanly();
      },
      [&] {
        const Error error = OpenError();
        auto clean = Reader::Open(path_);
        auto bare = Reader::Open(copy);
        return Holds(error.code() == Code::kIo, error.message()) &&
               Holds(
                   clean.ok() && (*clean)->warnings().empty() &&
                       (*clean)->info().clean_stop &&
                       (*clean)->StateAt({1, {}, {}, {}}, {clock_.wall, {}, {}})
                               ->size() == 1,
                   "a clean file opens on a read-only disk") &&
               Holds(bare.ok(), bare.ok() ? "" : bare.error().message()) &&
               Holds((*bare)->warnings().size() == 1, "a warning") &&
               Holds((*bare)->info().last_seq == 1, "whole");
      });
  if (!ran) GTEST_SKIP() << "this machine allows no mounts";
}

TEST_F(OpenTest, AFullDiskFailsTheTransactionAndWhatIsThereStaysReadable) {
  const bool ran = WithMount(
      folder_.path(), 0, "size=1m", [] { return true; },
      [&] {
        auto writer = MustOpen();
        Seq durable = 0;
        Status failed;
        std::string body(20'000, '\0');
        for (int i = 1; failed.ok() && i < 1000; ++i) {
          for (char& c : body) c = static_cast<char>(random_.Below(256));
          failed = writer->Transact([&](Transaction& tx) {
            PutPod(tx, "a", std::to_string(i), Event::kModified, body);
          });
          if (failed.ok()) durable = writer->last_seq();
        }
        if (!Holds(!failed.ok() && failed.error().code() == Code::kNoSpace,
                   failed.ok() ? "never full" : failed.error().message())) {
          return false;
        }
        auto reader = Reader::Open(path_);
        if (!Holds(reader.ok(), reader.ok() ? "" : reader.error().message()) ||
            !Holds((*reader)->info().last_seq == durable, "all acknowledged")) {
          return false;
        }
        reader->reset();
        writer.reset();
        const auto again = Writer::Open(path_, options_);
        // With room again it goes on; without, it says so.
        if (!again.ok() && !Holds(again.error().code() == Code::kNoSpace,
                                  again.error().message())) {
          return false;
        }
        return Holds(mount("tmpfs", folder_.path().c_str(), "tmpfs", MS_REMOUNT,
                           "size=16m") == 0,
                     "remount") &&
               (again.ok() || Holds(Writer::Open(path_, options_).ok(),
                                    "room again: it opens"));
      });
  if (!ran) GTEST_SKIP() << "this machine allows no mounts";
}

TEST_F(OpenTest, AFullDiskRefusesANewFile) {
  const bool ran = WithMount(
      folder_.path(), 0, "size=8k",
      [&] {
        Put(folder_ / "filler", std::string(8192, 'x'));
        return true;
      },
      [&] {
        const Error error = OpenError();
        return Holds(error.code() == Code::kNoSpace, error.message());
      });
  if (!ran) GTEST_SKIP() << "this machine allows no mounts";
}

}  // namespace
}  // namespace kubescribe::store
