// A file that was pruned is good, and what is missing beyond that is told.
#include <gmock/gmock.h>

#include "codec/digest.h"
#include "logged_file.h"
#include "store/db.h"

namespace kubescribe::verify {
namespace {

using store::Db;
using store::PruneWish;
using testing::HasSubstr;
using testing::IsEmpty;

class PrunedTest : public LoggedFileTest {
 protected:
  // A cut by time then takes as much as it says.
  PrunedTest() { clock_steps_ = false; }

  void Alter(const std::string& sql) const {
    Db db(path_, SQLite::OPEN_READWRITE, 0, "");
    db.Exec(sql);
  }
};

TEST_F(PrunedTest, IsGoodByACheckpointOfBeforeAndOfAfter) {
  const std::string before = Write(1, 1500);
  const std::string after = Prune({Before(0.3), Keep(5), Before(0.6)});
  for (const std::string& checkpoint : {before, after}) {
    const Report report = MustVerify(path_, {checkpoint, "", {}});
    EXPECT_EQ(Told(report), "");
    EXPECT_EQ(report.verdict, Verdict::kGood);
    EXPECT_GT(report.pruned, 500);
    EXPECT_GT(report.anchored, 0);
  }
}

TEST_F(PrunedTest, SaysThatAPruneIsUnderWay) {
  Write(2, 1500);
  {
    auto writer = MustOpen();
    ASSERT_TRUE(writer->StartPrune(Before(0.9)).ok());
    ASSERT_TRUE(writer->StepPrune().ok());
    ASSERT_TRUE(writer->pruning());
    Close(*writer);
  }
  const Report report = MustVerify(path_, {});
  EXPECT_THAT(report.findings, IsEmpty());
  EXPECT_EQ(report.verdict, Verdict::kUndecided);
  EXPECT_GT(report.pruned, 0);
  EXPECT_THAT(report.undecided,
              testing::Contains(HasSubstr("a prune is under way")));
}

// One after another, whose end told what its tables said then.
TEST_F(PrunedTest, IsNotCalledAlteredForTheNextPrunesUnderWay) {
  Write(2, 1500);
  Prune({Before(0.3), Keep(9)});
  {
    auto writer = MustOpen();
    ASSERT_TRUE(writer->StartPrune(Before(0.9)).ok());
    ASSERT_TRUE(writer->StepPrune().ok());
    ASSERT_TRUE(writer->pruning());
    Close(*writer);
  }
  const Report report = MustVerify(path_, {});
  EXPECT_EQ(report.verdict, Verdict::kUndecided) << Told(report);
  EXPECT_THAT(report.findings, IsEmpty());
}

TEST_F(PrunedTest, MoreThanWasPrunedIsMissed) {
  Write(3, 1500);
  const std::string after = Prune({Before(0.6)});
  // A baseline.
  Alter(
      "DELETE FROM body WHERE seq = (SELECT min(seq) FROM revision);"
      "DELETE FROM revision WHERE seq = (SELECT min(seq) FROM revision)");
  const Report report = MustVerify(path_, {after, "", {}});
  EXPECT_EQ(report.verdict, Verdict::kAltered);
  EXPECT_THAT(Told(report), HasSubstr("than pruning left"));
}

TEST_F(PrunedTest, OneMorePutBackForOneMoreRemovedIsSeen) {
  Write(6, 1500);
  const std::string whole = path_ + ".whole";
  std::filesystem::copy_file(path_, whole);
  const std::string after = Prune({Before(0.6)});
  Alter("ATTACH '" + whole +
        "' AS whole;"
        "CREATE TEMP TABLE back AS SELECT w.seq FROM whole.revision w "
        "JOIN main.object o ON o.id = w.object_id WHERE w.seq NOT IN "
        "(SELECT seq FROM main.revision) ORDER BY w.seq LIMIT 1;"
        "DELETE FROM main.body WHERE seq = (SELECT min(seq) FROM "
        "main.revision);"
        "DELETE FROM main.revision WHERE seq = (SELECT min(seq) FROM "
        "main.revision);"
        "INSERT INTO main.revision SELECT seq, object_id, stream_id, epoch, "
        "traits, rv_packed, list_rv, api_version, recorded_packed, "
        "not_before_lag, changed_lag, salt FROM whole.revision "
        "WHERE seq IN (SELECT seq FROM back);"
        "INSERT INTO main.body SELECT seq, encoding, raw_size, data, "
        "dictionary, base FROM whole.body "
        "WHERE seq IN (SELECT seq FROM back)");
  const Report report = MustVerify(path_, {after, "", {}});
  EXPECT_EQ(report.verdict, Verdict::kAltered);
  EXPECT_THAT(Told(report), HasSubstr("than pruning left"));
}

TEST_F(PrunedTest, ARecordMadeAnotherOneIsSeenBelowTheCutToo) {
  Write(7, 1500);
  const std::string after = Prune({Before(0.9)});
  Alter(
      "CREATE TEMP TABLE first AS SELECT min(seq) AS seq FROM gap;"
      "UPDATE record SET kind = 'discovery', stream_id = 0, detail = '{}' "
      "WHERE seq IN (SELECT seq FROM first);"
      "DELETE FROM gap WHERE seq IN (SELECT seq FROM first)");
  const Report report = MustVerify(path_, {after, "", {}});
  EXPECT_EQ(report.verdict, Verdict::kAltered);
  EXPECT_THAT(Told(report), HasSubstr("it is not what was recorded"));
}

TEST_F(PrunedTest, AnOlderCheckpointIsEnoughWhereTheSameKeySignedThePrune) {
  const std::string before = Write(8, 1000);
  Prune({Before(0.6)});
  const Report report = MustVerify(path_, {before, "", {}});
  EXPECT_EQ(report.verdict, Verdict::kGood) << Told(report);
  const std::string key = codec::Base64(KeyFrom(1)->public_key());
  EXPECT_EQ(MustVerify(path_, {before, key, {}}).verdict, Verdict::kGood);
}

TEST_F(PrunedTest, APruneByWhoeverHasNotTheKeyIsNotCalledGood) {
  const std::string before = Write(8, 1000);
  const auto prune_with = [this](std::shared_ptr<const codec::Ed25519Key> key) {
    options_.signer = std::move(key);
    auto writer = MustOpen();
    ASSERT_TRUE(writer->StartPrune(Before(0.6)).ok());
    while (writer->pruning()) ASSERT_TRUE(writer->StepPrune().ok());
    ASSERT_TRUE(writer->CloseCleanly().ok());
  };
  const std::string whole = path_ + ".whole.db";
  std::filesystem::copy_file(path_, whole);
  // Without any key, and with one that the true one did not vouch for.
  for (const std::uint8_t seed : {std::uint8_t{0}, std::uint8_t{9}}) {
    std::filesystem::copy_file(
        whole, path_, std::filesystem::copy_options::overwrite_existing);
    ASSERT_NO_FATAL_FAILURE(prune_with(seed == 0 ? nullptr : KeyFrom(seed)));
    const Report report = MustVerify(path_, {before, "", {}});
    EXPECT_EQ(report.verdict, Verdict::kUndecided) << Told(report);
    EXPECT_THAT(report.undecided,
                testing::Contains(HasSubstr("whoever can write the file")));
    // Nobody asks who did it.
    EXPECT_EQ(MustVerify(path_, {}).verdict, Verdict::kGood);
  }
}

TEST_F(PrunedTest, WhatIsNotKnownAnyMoreIsAsPruningLeftIt) {
  Write(6, 1500);
  const std::string after = Prune({Before(0.4), Keep(3)});
  ASSERT_EQ(MustVerify(path_, {after, "", {}}).verdict, Verdict::kGood);
  const std::string whole = path_ + ".whole.db";
  std::filesystem::copy_file(path_, whole);
  for (const char* sql :
       {"DELETE FROM pruned_object", "DELETE FROM pruned_rv",
        "DELETE FROM pruned_object WHERE object_id = "
        "(SELECT max(object_id) FROM pruned_object)",
        "UPDATE pruned_object SET before_at = before_at - 1",
        "UPDATE pruned_object SET from_at = from_at + 1",
        "UPDATE pruned_object SET before_seq = before_seq - 1",
        "UPDATE pruned_object SET before_rv = before_rv || '0'",
        "UPDATE pruned_object SET epoch = epoch + 1",
        "UPDATE pruned SET reason = 'age'",
        "UPDATE pruned_rv SET rv = rv || '0'",
        "UPDATE pruned_rv SET epoch = epoch + 1000"}) {
    std::filesystem::copy_file(
        whole, path_, std::filesystem::copy_options::overwrite_existing);
    Alter(sql);
    const Report report = MustVerify(path_, {after, "", {}});
    EXPECT_EQ(report.verdict, Verdict::kAltered) << sql;
  }
}

TEST_F(PrunedTest, DoubtsAreAsTheyWereThoughWhatTheyRestOnIsGone) {
  Write(9, 1000);
  Prune({Before(0.9)});
  Write(10, 1500);
  const std::string after = Prune({Before(0.9), Keep(2)});
  {
    const Report report = MustVerify(path_, {after, "", {}});
    ASSERT_EQ(report.verdict, Verdict::kGood) << Told(report);
  }
  const std::string whole = path_ + ".whole.db";
  std::filesystem::copy_file(path_, whole);
  std::vector<std::string> alterations = {
      "DELETE FROM doubt",
      "UPDATE doubt SET to_at = to_at - 1",
      "UPDATE doubt SET from_at = from_at + 1",
      "UPDATE doubt SET stream_id = stream_id % 3 + 1",
      "INSERT INTO doubt (stream_id, from_at, to_at) "
      "SELECT 0, created_at, known_until FROM meta",
      "UPDATE doubt SET from_at = NULL WHERE id = "
      "(SELECT id FROM doubt WHERE stream_id = 2 ORDER BY to_at LIMIT 1)",
      "UPDATE doubt SET to_at = to_at + 1000000 WHERE id = "
      "(SELECT id FROM doubt WHERE stream_id = 1 ORDER BY to_at LIMIT 1)"};
  {
    Db db(path_, SQLite::OPEN_READONLY, 0, "");
    store::Query rows(db, "SELECT id FROM doubt ORDER BY id");
    while (rows.Step()) {
      alterations.push_back("DELETE FROM doubt WHERE id = " + rows.Text(0));
    }
  }
  ASSERT_GT(alterations.size(), 20U);
  for (const std::string& sql : alterations) {
    std::filesystem::copy_file(
        whole, path_, std::filesystem::copy_options::overwrite_existing);
    Alter(sql);
    const Report report = MustVerify(path_, {after, "", {}});
    EXPECT_EQ(report.verdict, Verdict::kAltered) << sql;
  }
}

TEST_F(PrunedTest, HonestDoubtsAreGoodWhateverTheClockDid) {
  clock_steps_ = true;
  for (std::uint64_t seed = 20; seed < 26; ++seed) {
    std::filesystem::remove(path_);
    store::Seq records = 0;
    for (int i = 0; i < 4; ++i) {
      records += 250;
      Write(seed + 100 * static_cast<std::uint64_t>(i), records);
      Prune({Keep(3)});
      const Report report = MustVerify(path_, {});
      ASSERT_EQ(report.verdict, Verdict::kGood) << seed << "\n" << Told(report);
    }
  }
}

// A clock that was set back makes times the same: what is left of a life then
// begins no later than what went.
TEST_F(PrunedTest, ALifeThatIsOverAtTheTimeOfItsBeginningIsGood) {
  auto writer = MustOpen();
  Do(*writer, [](store::Transaction& tx) { PutPod(tx, "a", "1"); });
  clock_.wall -= 2 * kMinute;
  Do(*writer, [](store::Transaction& tx) {
    PutPod(tx, "a", "2", store::Event::kDeleted);
    PutPod(tx, "b", "3");
  });
  ASSERT_TRUE(writer->StartPrune(Keep(1)).ok());
  while (writer->pruning()) ASSERT_TRUE(writer->StepPrune().ok());
  ASSERT_EQ(writer->prune_progress().revisions, 1);
  ASSERT_TRUE(writer->CloseCleanly().ok());
  EXPECT_EQ(Told(MustVerify(path_, {})), "");
}

// Each end says what is new since the one before.
TEST_F(PrunedTest, AnEndDoesNotRepeatTheDoubtsOfTheOneBefore) {
  Write(11, 600);
  const auto payload_of_newest = [this] {
    const auto reader = MustRead();
    const auto end = reader->NewestRecord("pruned");
    EXPECT_TRUE(end.ok() && *end);
    return *reader->Payload((*end)->seq);
  };
  Prune({Before(0.5)});
  const std::string first = payload_of_newest();
  EXPECT_THAT(first, HasSubstr("\"pods\""));
  Prune({Keep(3)});
  EXPECT_LT(payload_of_newest().size(), first.size() / 4);
  Write(12, 700);
  Prune({Keep(2)});
  EXPECT_LT(payload_of_newest().size(), first.size());
}

// As earlier programs ended a prune.
TEST_F(PrunedTest, AnEndWithoutDoubtsDemandsNone) {
  Write(13, 1000);
  Prune({Before(0.6)});
  Alter(
      "UPDATE record SET detail = json_remove(detail, '$.doubts') "
      "WHERE kind = 'pruned';"
      "DELETE FROM body WHERE seq IN "
      "(SELECT seq FROM record WHERE kind = 'pruned');"
      "DELETE FROM checkpoint WHERE size >= "
      "(SELECT min(seq) FROM record WHERE kind = 'pruned')");
  Relog(path_, HashesOf(path_));
  EXPECT_EQ(Told(MustVerify(path_, {})), "");
  const std::string whole = path_ + ".whole.db";
  std::filesystem::copy_file(path_, whole);
  Alter("DELETE FROM doubt WHERE id = (SELECT min(id) FROM doubt)");
  EXPECT_EQ(MustVerify(path_, {}).verdict, Verdict::kGood);
  // The next end says all of it.
  std::filesystem::copy_file(whole, path_,
                             std::filesystem::copy_options::overwrite_existing);
  const std::string after = Prune({Keep(3)});
  EXPECT_EQ(Told(MustVerify(path_, {after, "", {}})), "");
  Alter("DELETE FROM doubt WHERE id = (SELECT min(id) FROM doubt)");
  EXPECT_THAT(Told(MustVerify(path_, {after, "", {}})),
              HasSubstr("a doubt is missing"));
}

TEST_F(PrunedTest, WhatIsNoRevisionIsNeverPruned) {
  Write(14, 1500);
  const std::string after = Prune({Before(0.9)});
  Alter(
      "CREATE TEMP TABLE first AS SELECT min(seq) AS seq FROM gap;"
      "DELETE FROM record WHERE seq IN (SELECT seq FROM first);"
      "DELETE FROM gap WHERE seq IN (SELECT seq FROM first)");
  const Report report = MustVerify(path_, {after, "", {}});
  EXPECT_EQ(report.verdict, Verdict::kAltered);
}

TEST_F(PrunedTest, WhatWasNotCutIsMissing) {
  Write(4, 1500);
  const std::string after = Prune({Before(0.4)});
  Alter("DELETE FROM revision WHERE seq = (SELECT max(seq) FROM revision)");
  const Report report = MustVerify(path_, {after, "", {}});
  EXPECT_EQ(report.verdict, Verdict::kAltered);
  EXPECT_THAT(Told(report), HasSubstr(": it is missing"));
}

TEST_F(PrunedTest, ItsTablesSayWhatItsRecordsSay) {
  Write(5, 1000);
  const std::string after = Prune({Before(0.4), Keep(9)});
  for (const char* sql :
       {"UPDATE pruned SET before_at = before_at - 1000000 "
        "WHERE before_at IS NOT NULL",
        "UPDATE pruned SET keep = 100 WHERE keep IS NOT NULL",
        "UPDATE pruned SET done = 0", "UPDATE pruned SET revisions = 1",
        "DELETE FROM pruned",
        "INSERT INTO pruned_resource SELECT p.seq, r.id FROM pruned p, "
        "resource r",
        "DELETE FROM record WHERE kind = 'prune'",
        "DELETE FROM record WHERE kind = 'pruned'",
        "UPDATE record SET detail = replace(detail, 'revisions\":', "
        "'revisions\":1') WHERE kind = 'pruned'",
        "UPDATE record SET detail = '{\"before\":1,\"seq\":1}' "
        "WHERE kind = 'prune'"}) {
    SCOPED_TRACE(sql);
    const std::string copy = path_ + ".whole";
    std::filesystem::copy_file(
        path_, copy, std::filesystem::copy_options::overwrite_existing);
    Alter(sql);
    const Report report = MustVerify(path_, {after, "", {}});
    EXPECT_EQ(report.verdict, Verdict::kAltered);
    EXPECT_THAT(report.findings, testing::Not(IsEmpty()));
    std::filesystem::rename(copy, path_);
  }
}

}  // namespace
}  // namespace kubescribe::verify
