// What verify says of honest files, of keys and of checkpoints kept elsewhere.
#include "verify/verify.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>

#include "codec/digest.h"
#include "codec/zstd.h"
#include "logged_file.h"
#include "unit/store/old_file.h"

namespace kubescribe::verify {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class VerifyTest : public LoggedFileTest {
 protected:
  void ExpectGood(const Options& options, std::int64_t anchored) {
    const Report report = MustVerify(path_, options);
    EXPECT_EQ(report.verdict, Verdict::kGood) << Told(report);
    EXPECT_EQ(report.anchored, anchored);
    EXPECT_EQ(report.records, MustRead()->info().last_seq);
  }
};

TEST_F(VerifyTest, AnHonestFileIsGoodWithAndWithoutACheckpoint) {
  const std::string kept = Write(3, 700);
  const store::Seq last = MustRead()->info().last_seq;
  ExpectGood({}, 0);
  ExpectGood({kept, "", {}}, last);
  ExpectGood({kept, codec::Base64(KeyFrom(1)->public_key()), {}}, last);
}

TEST_F(VerifyTest, ManyHonestFilesAreGood) {
  const int files = std::max(3, static_cast<int>(20 * store::TestScale()));
  for (int seed = 100; seed < 100 + files; ++seed) {
    std::filesystem::remove(path_);
    const std::string kept = Write(static_cast<std::uint64_t>(seed), 80);
    const Report report = MustVerify(path_, {kept, "", {}});
    ASSERT_EQ(report.verdict, Verdict::kGood) << seed << "\n" << Told(report);
  }
}

TEST_F(VerifyTest, AFileThatIsBeingWrittenIsGood) {
  Write(5, 100);
  auto writer = MustOpen();
  Do(*writer, [&](store::Transaction& tx) { Put(tx, "9999"); });
  ExpectGood({}, 0);
}

TEST_F(VerifyTest, AnOlderCheckpointAnchorsWhatItCovers) {
  const std::string kept = Write(6, 100);
  const store::Seq then = MustRead()->info().last_seq;
  auto writer = MustOpen();
  Do(*writer, [&](store::Transaction& tx) { Put(tx, "9999"); });
  const std::string later = Close(*writer);
  writer.reset();
  ExpectGood({kept, "", {}}, then);
  ExpectGood({kept + "\n" + later, "", {}}, then + 1);
}

TEST_F(VerifyTest, AFileOfBeforeTheLogGetsOneOverAllItsRecords) {
  Write(7, 400);
  const std::string old = folder_ / "old.db";
  store::MakeOldFile(path_, old, "CREATE TABLE tile");
  Report report = MustVerify(old, {});
  EXPECT_EQ(report.verdict, Verdict::kUndecided);
  ASSERT_EQ(report.undecided.size(), 1U);
  EXPECT_THAT(report.undecided[0], HasSubstr("has no log"));
  auto writer = store::Writer::Open(old, options_);
  ASSERT_TRUE(writer.ok()) << writer.error().message();
  ASSERT_TRUE((*writer)->CloseCleanly().ok());
  writer->reset();
  report = MustVerify(old, {});
  EXPECT_EQ(report.verdict, Verdict::kGood) << Told(report);
  // The same records are the same leaves.
  SQLite::Database db(old, SQLite::OPEN_READONLY);
  db.exec("ATTACH '" + path_ + "' AS new");
  EXPECT_EQ(db.execAndGet("SELECT count(*) FROM tile t JOIN new.tile n "
                          "USING (level, place, hashes)")
                .getInt(),
            db.execAndGet("SELECT count(*) FROM new.tile").getInt());
}

TEST_F(VerifyTest, AReEncodedFileIsTheSame) {
  const std::string kept = Write(8, 300);
  {
    auto reader = MustRead();
    std::vector<std::string> bodies;
    const store::Seq last = reader->info().last_seq;
    for (store::Seq seq = 1; seq <= last; ++seq) {
      bodies.push_back(*reader->Payload(seq));
    }
    reader.reset();
    SQLite::Database db(path_, SQLite::OPEN_READWRITE);
    codec::Compressor compressor;
    SQLite::Statement put(db,
                          "UPDATE body SET encoding = 1, dictionary = NULL, "
                          "base = NULL, data = ? WHERE seq = ?");
    for (store::Seq seq = 1; seq <= last; ++seq) {
      const auto frame =
          compressor.Compress(bodies[static_cast<std::size_t>(seq - 1)]);
      put.bind(1, frame.data(), static_cast<int>(frame.size()));
      put.bind(2, seq);
      put.exec();
      put.reset();
    }
  }
  ExpectGood({kept, "", {}}, MustRead()->info().last_seq);
}

TEST_F(VerifyTest, ACheckpointOfAnotherFileDecidesNothing) {
  const std::string kept = Write(9, 60);
  path_ = folder_ / "other.db";
  Write(10, 60);
  const Report report = MustVerify(path_, {kept, "", {}});
  EXPECT_EQ(report.verdict, Verdict::kUndecided);
  EXPECT_THAT(Told(report), HasSubstr("the checkpoint is of kubescribe.dev/"));
  EXPECT_EQ(MustVerify(path_, {"nonsense", "", {}}).verdict,
            Verdict::kUndecided);
}

TEST_F(VerifyTest, AnotherKeyThanTheTrustedOneDecidesNothing) {
  const std::string kept = Write(11, 60);
  const std::string other = codec::Base64(KeyFrom(9)->public_key());
  EXPECT_EQ(MustVerify(path_, {kept, other, {}}).verdict, Verdict::kUndecided);
  EXPECT_EQ(MustVerify(path_, {"", other, {}}).verdict, Verdict::kUndecided);
  EXPECT_FALSE(Verify(path_, {"", "no key", {}}).ok());
}

TEST_F(VerifyTest, ANewKeyIsTrustedWhenTheOldOneVouchesForIt) {
  const std::string first = codec::Base64(KeyFrom(1)->public_key());
  for (const bool vouched : {true, false}) {
    std::filesystem::remove(path_);
    Write(12, 60);
    options_.signer = KeyFrom(2);
    options_.old_signer = vouched ? KeyFrom(1) : nullptr;
    auto writer = MustOpen();
    const store::Seq before = writer->last_seq();
    Do(*writer, [&](store::Transaction& tx) { Put(tx, "9999"); });
    EXPECT_EQ(writer->last_seq(), before + 2);  // the pod, and the key
    const std::string kept = Close(*writer);
    writer.reset();
    const auto record = MustRead()->NewestRecord("key");
    ASSERT_TRUE(record.ok() && *record);
    EXPECT_EQ((*record)->seq, before + 2);
    // Once only.
    writer = MustOpen();
    Do(*writer, [&](store::Transaction& tx) { Put(tx, "10000"); });
    EXPECT_EQ(writer->last_seq(), before + 3);
    Close(*writer);
    writer.reset();
    const Report report = MustVerify(path_, {kept, first, {}});
    EXPECT_EQ(report.verdict, vouched ? Verdict::kGood : Verdict::kUndecided)
        << Told(report);
    EXPECT_EQ(MustVerify(path_, {kept, "", {}}).verdict, Verdict::kGood);
  }
}

TEST_F(VerifyTest, ACheckpointIsConsistentWithTheOneBeforeOrNotSigned) {
  Write(13, 60);
  SQLite::Database(path_, SQLite::OPEN_READWRITE)
      .exec(
          "UPDATE tile SET hashes = zeroblob(length(hashes)) "
          "WHERE level = 0 AND place = 0");
  auto writer = MustOpen();
  Do(*writer, [&](store::Transaction& tx) { Put(tx, "9999"); });
  const auto refused = writer->SignCheckpoint();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), Code::kCorruption);
  EXPECT_THAT(refused.error().message(), HasSubstr("contradicts"));
  // It records on, and closes.
  Do(*writer, [&](store::Transaction& tx) { Put(tx, "10000"); });
  EXPECT_TRUE(writer->CloseCleanly().ok());
}

TEST_F(VerifyTest, NothingNewIsSignedOnce) {
  options_.signer = KeyFrom(1);
  auto writer = MustOpen();
  EXPECT_FALSE(writer->SignCheckpoint()->has_value());
  Do(*writer, [&](store::Transaction& tx) { PutPod(tx, "a", "1"); });
  EXPECT_TRUE(writer->SignCheckpoint()->has_value());
  EXPECT_FALSE(writer->SignCheckpoint()->has_value());
  Do(*writer, [](store::Transaction&) {});
  EXPECT_FALSE(writer->SignCheckpoint()->has_value());
}

TEST_F(VerifyTest, TheServersVersionIsWhatTheNewestRecordOfItSays) {
  Write(11, 100);
  auto writer = MustOpen();
  Do(*writer, [](store::Transaction& tx) {
    tx.SetServerVersion("v1.36.3");
    tx.AppendRecord("server", 0, R"({"version":"v1.36.3"})");
  });
  Close(*writer);
  writer.reset();
  ExpectGood({}, 0);
  {
    SQLite::Database db(path_, SQLite::OPEN_READWRITE);
    db.exec("UPDATE meta SET server_version = 'v1.32.13'");
  }
  const Report report = MustVerify(path_, {});
  EXPECT_EQ(report.verdict, Verdict::kAltered);
  EXPECT_THAT(Told(report), HasSubstr("server versions"));
}

TEST_F(VerifyTest, TheClusterIsWhatTheNewestRecordOfItSays) {
  const std::string kept = Write(12, 100);
  const auto record = [this](const char* kind, const char* detail) {
    auto writer = MustOpen();
    Do(*writer, [&](store::Transaction& tx) {
      if (kind == std::string("start")) tx.SetCluster("renamed");
      tx.SetIdentity("uid-2", true);
      tx.AppendRecord(kind, 0, detail);
    });
    Close(*writer);
  };
  const auto expect_altered = [this](const std::string& what) {
    const std::string whole = path_ + ".whole.db";
    std::filesystem::copy_file(path_, whole);
    SQLite::Database(path_, SQLite::OPEN_READWRITE)
        .exec("UPDATE meta SET " + what);
    const Report report = MustVerify(path_, {});
    EXPECT_EQ(report.verdict, Verdict::kAltered) << what;
    EXPECT_THAT(Told(report), HasSubstr("of the cluster that no record tells"));
    std::filesystem::rename(whole, path_);
  };
  ExpectGood({kept, "", {}}, MustRead()->info().last_seq);
  expect_altered("cluster = 'other'");
  expect_altered("identity = 'other'");
  expect_altered("identity_weak = 1");
  // A name of the configuration is the file's with the record that says so.
  options_.cluster = "renamed";
  options_.identity = "";
  ASSERT_TRUE(MustOpen()->CloseCleanly().ok());
  ExpectGood({}, 0);
  EXPECT_EQ(MustRead()->info().cluster, "test");
  record("identity", R"({"identity":"uid-2","identityWeak":true})");
  ExpectGood({}, 0);
  expect_altered("identity = 'uid-1'");
  expect_altered("identity_weak = 0");
  record("start",
         R"({"cluster":"renamed","identity":"uid-2","identityWeak":true})");
  ExpectGood({}, 0);
  expect_altered("cluster = 'test'");
  // As earlier programs recorded a start.
  record("start", "{}");
  SQLite::Database(path_, SQLite::OPEN_READWRITE)
      .exec("UPDATE meta SET cluster = 'any', identity = 'any'");
  ExpectGood({}, 0);
}

// A body that changed on the disk, as SQLite and zstd take it for good.
TEST_F(VerifyTest, AReaderNamesTheRecordWhoseBodyIsNotTheOneRecorded) {
  auto writer = MustOpen();
  Do(*writer, [&](store::Transaction& tx) {
    PutPod(tx, "a", "1", store::Event::kAdded, R"({"n":"true"})");
    PutPod(tx, "b", "2", store::Event::kAdded, R"({"n":"other"})");
    PutPod(tx, "b", "3", store::Event::kVanished, "");
  });
  ASSERT_TRUE(writer->CloseCleanly().ok());
  writer.reset();
  codec::Compressor compressor;
  {
    SQLite::Database db(path_, SQLite::OPEN_READWRITE);
    db.exec("UPDATE body SET encoding = 1, dictionary = NULL, data = x'" +
            codec::Hex(compressor.Compress(R"({"n":"lies"})")) +
            "' WHERE seq = 1");
  }
  const auto reader = MustRead();
  const auto body = reader->Body(1);
  ASSERT_FALSE(body.ok());
  EXPECT_EQ(body.error().code(), Code::kCorruption);
  EXPECT_THAT(body.error().message(), HasSubstr("the body of record 1"));
  EXPECT_THAT(body.error().message(), HasSubstr("not what the log says"));
  EXPECT_EQ(*reader->Body(2), R"({"n":"other"})");
  EXPECT_EQ(*reader->Body(3), "");
  const Report report = MustVerify(path_, {});
  EXPECT_EQ(report.verdict, Verdict::kAltered);
  ASSERT_EQ(report.findings.size(), 1U) << Told(report);
  EXPECT_EQ(report.findings[0].seq, 1);
}

// Without late revisions, and with one behind an object's newest: what is
// compared on the way, without a look at each object.
TEST_F(VerifyTest, WhatIsDerivedOfObjectsIsComparedOnTheWay) {
  using store::Event;
  for (const bool late : {false, true}) {
    path_ = folder_ / (late ? "late.db" : "plain.db");
    auto writer = MustOpen();
    int rv = 0;
    const auto put = [&](const char* uid, Event event) {
      clock_.Advance(kSecond);
      Do(*writer, [&](store::Transaction& tx) {
        PutPod(tx, uid, std::to_string(++rv), event);
      });
    };
    for (const char* uid : {"a", "b", "c", "d"}) put(uid, Event::kAdded);
    for (const char* uid : {"a", "b", "c"}) put(uid, Event::kModified);
    for (const char* uid : {"b", "a"}) put(uid, Event::kDeleted);
    put("a", Event::kAdded);
    if (late) {
      // Of one that was gone by then, and of one that lives.
      for (const char* uid : {"b", "d"}) {
        Do(*writer, [&](store::Transaction& tx) {
          const store::StreamRow stream = PodStream(tx);
          store::NewRevision old;
          old.object_id = tx.FindObject(stream.resource_id, uid)->id;
          old.stream_id = stream.id;
          old.epoch = stream.epoch;
          old.event = Event::kModified;
          old.rv = std::string("0") + uid;
          old.late = true;
          old.changed_at = tx.recorded_at() - kMinute;
          old.body = "{}";
          tx.AppendRevision(old);
        });
      }
    }
    ASSERT_TRUE(writer->CloseCleanly().ok());
    writer.reset();
    ExpectGood({}, 0);
    const std::string whole = path_ + ".whole.db";
    std::filesystem::copy_file(path_, whole);
    for (const char* sql :
         {"UPDATE lifetime SET end_second = end_second + 1",
          "UPDATE lifetime SET begin_second = begin_second - 1 "
          "WHERE object_id = 1",
          "UPDATE lifetime SET resource_high = resource_high + 2",
          "UPDATE lifetime SET namespace_high = namespace_high + 2",
          "DELETE FROM lifetime WHERE object_id = 2",
          "INSERT INTO lifetime SELECT 3, begin_second, end_second, "
          "resource_low, resource_high, namespace_low, namespace_high "
          "FROM lifetime WHERE object_id = 1",
          "INSERT INTO salt_seed VALUES (1000, randomblob(32))",
          "UPDATE salt_seed SET seed = zeroblob(32)", "DELETE FROM salt_seed",
          "UPDATE object SET born_at = born_at + 1 WHERE id = 2",
          "UPDATE object SET alive = 1 - alive WHERE id = 3",
          "UPDATE object SET above_rv = 99 WHERE id = 4",
          "UPDATE object SET seq = 1 WHERE id = 1",
          "UPDATE object SET seq = seq + 1 WHERE id = 3",
          "INSERT INTO object (resource_id, stream_id, namespace, name, "
          "uid_packed) "
          "SELECT resource_id, stream_id, namespace, name, 'x' FROM object "
          "WHERE id = 1"}) {
      std::filesystem::copy_file(
          whole, path_, std::filesystem::copy_options::overwrite_existing);
      SQLite::Database(path_, SQLite::OPEN_READWRITE).exec(sql);
      const Report report = MustVerify(path_, {});
      EXPECT_EQ(report.verdict, Verdict::kAltered) << late << " " << sql;
    }
  }
}

}  // namespace
}  // namespace kubescribe::verify
