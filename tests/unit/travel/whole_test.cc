// A whole file travels: what comes of it is the same file, under the same log.
#include <gmock/gmock.h>

#include <utility>

#include "store/prune.h"
#include "travelled.h"

namespace kubescribe::travel {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class WholeTest : public TravelTest {
 protected:
  void PruneBefore(Micros ago) {
    auto writer = MustOpen();
    store::PruneWish wish;
    wish.before = writer->info().known_until - ago;
    Prune(*writer, wish);
    ASSERT_TRUE(*writer->CloseCleanly());
  }
  std::string NewestNote() {
    const auto checkpoint = MustRead(path_)->NewestCheckpoint();
    return checkpoint.ok() && *checkpoint ? (*checkpoint)->note : "";
  }
};

TEST_F(WholeTest, IsTheSameFileAgain) {
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    SCOPED_TRACE(seed);
    std::filesystem::remove(path_);
    ASSERT_NO_FATAL_FAILURE(Record(seed));
    for (const std::string& to : {folder_ / "plain", export_}) {
      std::filesystem::remove(to);
      const Exported done = MustExport(to);
      EXPECT_TRUE(done.whole);
      EXPECT_EQ(done.damaged.size(), 0U);
      EXPECT_EQ(done.revisions + done.records, done.last_seq);
      const Imported imported = MustImport(to);
      EXPECT_TRUE(imported.whole);
      EXPECT_EQ(imported.records, done.last_seq);
      EXPECT_EQ(imported.cluster, "test");
      ExpectTheSame();
    }
    EXPECT_LT(std::filesystem::file_size(export_),
              std::filesystem::file_size(folder_ / "plain") / 3);
    EXPECT_EQ(FileText(export_).substr(0, 4), "\x28\xb5\x2f\xfd");
    std::filesystem::remove(folder_ / "plain");
  }
}

TEST_F(WholeTest, ACheckpointFromElsewhereAnchorsItToo) {
  untold_doubts_ = false;
  Record(4);
  const std::string note = NewestNote();
  ASSERT_THAT(note, HasSubstr("kubescribe.dev/"));
  MustExport(export_);
  MustImport(export_);
  const std::string said = Verified(copy_, note);
  EXPECT_THAT(said, StartsWith("0 "));
  EXPECT_EQ(said, Verified(path_, note));
  // And a recorder goes on with it as with the original.
  std::filesystem::rename(copy_, path_);
  auto writer = MustOpen();
  Do(*writer, [](store::Transaction& tx) { PutPod(tx, "new", "123456"); });
  ASSERT_TRUE(*writer->CloseCleanly());
  writer.reset();
  EXPECT_THAT(Verified(path_, note), StartsWith("0 "));
}

TEST_F(WholeTest, OfWhatWasPrunedTheHashesTravel) {
  Record(5);
  PruneBefore(40 * kSecond);
  auto writer = MustOpen();
  store::PruneWish keep;
  keep.keep = 2;
  keep.resources = {1, 2};
  Prune(*writer, keep);
  ASSERT_TRUE(*writer->CloseCleanly());
  writer.reset();
  const Exported done = MustExport(export_);
  EXPECT_LT(done.revisions + done.records, done.last_seq / 2);
  MustImport(export_);
  ExpectTheSame();
  EXPECT_THAT(Verified(copy_, NewestNote()), StartsWith("0 "));
}

TEST_F(WholeTest, APruneThatWasCutOffGoesOnInTheCopy) {
  Record(6, 400);
  {
    auto writer = MustOpen();
    store::PruneWish wish;
    wish.before = writer->info().known_until - kMinute;
    ASSERT_TRUE(writer->StartPrune(wish).ok());
    ASSERT_TRUE(writer->StepPrune().ok());
    ASSERT_TRUE(writer->pruning());
  }
  MustExport(export_);
  MustImport(export_);
  ExpectTheSame();
  path_ = copy_;
  auto writer = MustOpen();
  EXPECT_TRUE(writer->pruning());
  RunPrune(*writer);
  ASSERT_TRUE(*writer->CloseCleanly());
  writer.reset();
  EXPECT_THAT(Verified(copy_), StartsWith("0 "));
}

TEST_F(WholeTest, WhatIsDamagedStaysDamagedAndTheRestIsThere) {
  Record(7);
  store::Seq seq = 0;
  {
    SQLite::Database db(path_, SQLite::OPEN_READWRITE);
    seq = db.execAndGet(
                "SELECT max(seq) FROM body WHERE seq IN (SELECT seq "
                "FROM revision) AND seq NOT IN (SELECT base_seq FROM body "
                "WHERE base IS NOT NULL)")
              .getInt64();
    db.exec("UPDATE body SET data = x'28b52ffd2403' WHERE seq = " +
            std::to_string(seq));
    db.exec(
        "UPDATE revision SET traits = traits + 32 * (3 - 2 * evidence) "
        "WHERE seq = "
        "(SELECT max(seq) FROM revision WHERE event = 6 AND evidence < 3)");
  }
  const Exported done = MustExport(export_);
  ASSERT_EQ(done.damaged.size(), 2U);
  EXPECT_THAT(done.damaged[0] + done.damaged[1],
              HasSubstr("record " + std::to_string(seq) + " is damaged"));
  MustImport(export_);
  const auto copy = MustRead(copy_);
  EXPECT_EQ(copy->Payload(seq).error().code(), Code::kCorruption);
  EXPECT_TRUE(copy->Payload(seq - 1).ok());
  EXPECT_EQ(Verified(copy_).substr(0, 2), "1 ");
  EXPECT_EQ(*copy->RootAt(copy->info().last_seq),
            *MustRead(path_)->RootAt(copy->info().last_seq));
}

TEST_F(WholeTest, BodiesMayBeLargeOrEmpty) {
  {
    auto writer = MustOpen();
    std::string large(std::size_t{16} << 20, ' ');
    for (char& c : large) c = static_cast<char>(random_.Below(256));
    Do(*writer, [&](store::Transaction& tx) {
      PutPod(tx, "a", "1", store::Event::kAdded, large);
      PutPod(tx, "b", "2", store::Event::kAdded, "");
      large[5] = 'x';
      PutPod(tx, "a", "3", store::Event::kModified, large);
      PutPod(tx, "a", "4", store::Event::kModified, "\n");
    });
    ASSERT_TRUE(*writer->CloseCleanly());
  }
  MustExport(export_);
  MustImport(export_);
  ExpectTheSame();
}

TEST_F(WholeTest, AFileWithoutARecordTravels) {
  ASSERT_TRUE(*MustOpen()->CloseCleanly());
  options_.signer.reset();
  MustExport(export_);
  MustImport(export_);
  ExpectTheSame();
}

TEST_F(WholeTest, TwoExportsOfOneFileAreTheSameBytes) {
  Record(8, 40);
  MustExport(export_);
  MustExport(folder_ / "second.zst");
  EXPECT_TRUE(FileText(export_) == FileText(folder_ / "second.zst"));
}

// As with a recorder beside it.
TEST_F(WholeTest, IsTheFileOfWhenItBeganThoughItIsWritten) {
  untold_doubts_ = false;
  Record(10, 600);
  const std::vector<std::string> before = Content(path_);
  const auto root = *MustRead(path_)->RootAt(MustRead(path_)->info().last_seq);
  auto writer = MustOpen();
  int written = 0;
  ExportRequest request;
  request.progress = [&](store::Seq, store::Seq) {
    Do(*writer, [&](store::Transaction& tx) {
      PutPod(tx, "meanwhile" + std::to_string(++written), "900000");
      PutPod(tx, "again", std::to_string(900000 + written));
      tx.AppendRecord("start", 0, "{}");
    });
    EXPECT_TRUE(writer->SignCheckpoint().ok());
  };
  MustExport(export_, request);
  EXPECT_GT(written, 1);
  MustImport(export_);
  EXPECT_EQ(*MustRead(copy_)->RootAt(MustRead(copy_)->info().last_seq), root);
  EXPECT_THAT(Verified(copy_), StartsWith("0 "));
  // An object's holder and its stream may be as they are by then; here they
  // are the same.
  EXPECT_EQ(Content(copy_), before);
}

TEST_F(WholeTest, WhatIsPrunedMeanwhileEndsIt) {
  Record(11, 600);
  ExportRequest request;
  auto writer = MustOpen();
  store::PruneWish wish;
  wish.before = writer->info().known_until - kMinute;
  bool pruned = false;
  request.progress = [&](store::Seq, store::Seq) {
    if (!std::exchange(pruned, true)) Prune(*writer, wish);
  };
  const auto done = Export(path_, export_, request);
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().code(), Code::kBusy) << done.error().message();
  EXPECT_FALSE(std::filesystem::exists(export_));
  ASSERT_TRUE(*writer->CloseCleanly());
  writer.reset();
  MustExport(export_);
  MustImport(export_);
  ExpectTheSame();
}

TEST_F(WholeTest, AnAlteredFileTravelsAsAltered) {
  Record(12, 40);
  {
    SQLite::Database db(path_, SQLite::OPEN_READWRITE);
    db.exec("UPDATE record SET detail = '{}' WHERE kind = 'gap'");
    // There twice; and not any more.
    db.exec(
        "INSERT INTO record SELECT seq, 'start', 0, recorded_at, '{}', "
        "zeroblob(16) FROM revision WHERE seq IN (SELECT min(seq) FROM "
        "revision)");
    db.exec(
        "DELETE FROM revision WHERE seq IN (SELECT max(seq) FROM revision)");
  }
  EXPECT_EQ(Verified(path_).substr(0, 2), "1 ");
  const Exported done = MustExport(export_);
  EXPECT_EQ(done.damaged.size(), 2U);
  MustImport(export_);
  EXPECT_EQ(Verified(copy_).substr(0, 2), "1 ");
}

TEST_F(WholeTest, NothingIsReplaced) {
  Record(9, 20);
  std::ofstream(export_) << "precious";
  auto refused = Export(path_, export_, {});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), Code::kConflict);
  EXPECT_EQ(FileText(export_), "precious");
  std::filesystem::remove(export_);
  MustExport(export_);
  EXPECT_FALSE(std::filesystem::exists(export_ + ".partial"));
  std::ofstream(copy_) << "precious";
  const auto there = Import(export_, copy_, {});
  ASSERT_FALSE(there.ok());
  EXPECT_EQ(there.error().code(), Code::kConflict);
  EXPECT_EQ(FileText(copy_), "precious");
  refused = Export(path_, folder_ / "no/where", {});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), Code::kIo);
}

}  // namespace
}  // namespace kubescribe::travel
