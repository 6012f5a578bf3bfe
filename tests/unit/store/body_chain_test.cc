// How bodies are stored and read back: deltas, keyframes, dictionaries, and
// what a reader refuses.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>

#include <map>
#include <stdexcept>

#include "store/body_cache.h"
#include "store/body_reader.h"
#include "store/dictionaries.h"
#include "store_fixture.h"

namespace kubescribe::store {
namespace {

class BodyChainTest : public StoreTest {
 protected:
  // A pod's JSON; what changes with `n` is small.
  static std::string Body(const std::string& uid, int n) {
    return R"({"kind":"Pod","apiVersion":"v1","metadata":{"name":"pod-)" + uid +
           R"(","namespace":"default","uid":")" + uid +
           R"(","resourceVersion":")" + std::to_string(1000 + n) +
           R"(","labels":{"app":"web-)" + uid + R"("}},"status":{"n":)" +
           std::to_string(n * n) + "}}";
  }
  // Revisions [from, to) of each uid, one transaction each.
  void Put(Writer& writer, const std::vector<std::string>& uids, int from,
           int to) {
    for (int n = from; n < to; ++n) {
      Do(writer, [&](Transaction& tx) {
        for (const std::string& uid : uids) {
          const std::string body = Body(uid, n);
          expected_[PutPod(tx, uid, std::to_string(n), Event::kModified,
                           body)] = body;
        }
      });
    }
  }
  std::map<std::int64_t, std::int64_t> CountByEncoding() {
    SQLite::Database db(path_, SQLite::OPEN_READONLY);
    SQLite::Statement query(
        db, "SELECT encoding, count(*) FROM body GROUP BY encoding");
    std::map<std::int64_t, std::int64_t> counts;
    while (query.executeStep()) {
      counts[query.getColumn(0).getInt64()] = query.getColumn(1).getInt64();
    }
    return counts;
  }
  void Execute(const std::string& sql) {
    SQLite::Database(path_, SQLite::OPEN_READWRITE).exec(sql);
  }
  void ExpectAll(Reader& reader) {
    for (const auto& [seq, body] : expected_) {
      const auto read = reader.Body(seq);
      ASSERT_TRUE(read.ok()) << read.error().message();
      EXPECT_EQ(*read, body) << seq;
    }
  }
  std::string BodyError(Seq seq) {
    const auto body = MustRead()->Body(seq);
    if (body.ok()) return "read";
    EXPECT_EQ(body.error().code(), Code::kCorruption);
    return body.error().message();
  }

  std::map<Seq, std::string> expected_;
};

TEST_F(BodyChainTest, EveryEighthIsAKeyframeAndAllReadBack) {
  auto writer = MustOpen();
  Put(*writer, {"a", "b"}, 0, 50);
  const auto counts = CountByEncoding();
  EXPECT_EQ(counts.at(4), 2 * 7);
  EXPECT_EQ(counts.at(0), 2 * 43);
  EXPECT_EQ(counts.size(), 2U);
  ExpectAll(*MustRead());
  // From the end, and each with a reader that knows nothing yet.
  for (auto entry = expected_.rbegin(); entry != expected_.rend(); ++entry) {
    EXPECT_EQ(*MustRead()->Body(entry->first), entry->second);
  }
}

TEST_F(BodyChainTest, AChainStaysWithinOneObject) {
  auto writer = MustOpen();
  Put(*writer, {"a", "b", "c"}, 0, 30);
  SQLite::Database db(path_, SQLite::OPEN_READONLY);
  EXPECT_EQ(db.execAndGet("SELECT count(*) FROM body b "
                          "JOIN revision v ON v.seq = b.seq "
                          "JOIN revision w ON w.seq = b.base_seq "
                          "WHERE w.object_id <> v.object_id OR w.seq >= v.seq")
                .getInt64(),
            0);
}

TEST_F(BodyChainTest, RevisionsInOrderCostOneStepEach) {
  auto writer = MustOpen();
  Put(*writer, {"a"}, 0, 20);
  const auto cache = std::make_shared<BodyCache>(std::size_t{1} << 20);
  {
    const auto reader = *Reader::Open(path_, cache);
    EXPECT_EQ(*reader->Body(19), Body("a", 18));
  }
  // Below the cached one everything is damaged: 20 builds on 19 alone.
  Execute("UPDATE body SET data = x'00' WHERE seq < 19");
  const auto reader = *Reader::Open(path_, cache);
  EXPECT_EQ(*reader->Body(20), Body("a", 19));
  EXPECT_FALSE(reader->Body(18).ok());
}

TEST_F(BodyChainTest, AStartAndAMissBeginWithAKeyframe) {
  options_.base_bytes = 2000;  // a few of these
  auto writer = MustOpen();
  Put(*writer, {"a"}, 0, 3);
  EXPECT_EQ(CountByEncoding().at(4), 1);
  Put(*writer, {"b", "c", "d", "e", "f", "g"}, 0, 1);  // drives a's out
  Put(*writer, {"a"}, 3, 5);
  EXPECT_EQ(CountByEncoding().at(4), 8);
  writer.reset();
  writer = MustOpen();
  Put(*writer, {"a"}, 5, 7);
  EXPECT_EQ(CountByEncoding().at(4), 9);
  ExpectAll(*MustRead());
}

TEST_F(BodyChainTest, NothingBuildsOnWhatWasRolledBack) {
  auto writer = MustOpen();
  Put(*writer, {"a"}, 0, 2);
  const Status failed = writer->Transact([&](Transaction& tx) {
    PutPod(tx, "a", "2", Event::kModified, Body("a", 2));
    throw std::runtime_error("the caller's");
  });
  ASSERT_FALSE(failed.ok());
  writer.reset();
  writer = MustOpen();
  Put(*writer, {"a"}, 2, 5);
  ExpectAll(*MustRead());
}

TEST_F(BodyChainTest, WithinOneTransactionEachBuildsOnTheOneBefore) {
  auto writer = MustOpen();
  Do(*writer, [&](Transaction& tx) {
    for (int n = 0; n < 25; ++n) {
      expected_[PutPod(tx, "a", std::to_string(n), Event::kModified,
                       Body("a", n))] = Body("a", n);
    }
  });
  EXPECT_EQ(CountByEncoding().at(0), 21);
  ExpectAll(*MustRead());
}

TEST_F(BodyChainTest, PayloadsAndStubsStandAlone) {
  auto writer = MustOpen();
  Put(*writer, {"a"}, 0, 1);
  Do(*writer, [&](Transaction& tx) {
    NewRevision stub;
    stub.object_id = 1;
    stub.stream_id = 1;
    stub.epoch = 1;
    stub.rv = "77";
    stub.changed_at = tx.recorded_at();
    stub.body_kind = BodyKind::kStub;
    stub.body = R"({"reason":"parse"})";
    expected_[tx.AppendRevision(stub)] = stub.body;
    tx.AppendRecord("discovery", 0, "{}", "payload one");
    tx.AppendRecord("discovery", 0, "{}", "payload two");
    EXPECT_EQ(tx.LastDiscovery(), "payload two");
  });
  Put(*writer, {"a"}, 1, 2);
  ExpectAll(*MustRead());
  EXPECT_EQ(*MustRead()->Payload(3), "payload one");
  SQLite::Database db(path_, SQLite::OPEN_READONLY);
  // The stub is nobody's base: the next revision builds on the one before it.
  EXPECT_EQ(db.execAndGet("SELECT base_seq FROM body WHERE seq = 5").getInt64(),
            1);
}

TEST_F(BodyChainTest, TheShippedDictionaryLiesInTheFile) {
  auto writer = MustOpen();
  Put(*writer, {"a"}, 0, 1);
  SQLite::Database db(path_, SQLite::OPEN_READONLY);
  SQLite::Statement query(db, "SELECT id, data FROM dictionary");
  ASSERT_TRUE(query.executeStep());
  EXPECT_EQ(query.getColumn(0).getInt64(), kShippedDictionary);
  EXPECT_EQ(query.getColumn(1).getString(), ShippedDictionaryBytes());
}

TEST_F(BodyChainTest, WhatIsMissingOrTwistedIsSaidByRecord) {
  auto writer = MustOpen();
  Put(*writer, {"a"}, 0, 10);
  ASSERT_TRUE(*writer->CloseCleanly());
  writer.reset();
  using testing::HasSubstr;
  const auto says = [&](const std::string& sql, Seq seq) {
    const std::string copy = folder_ / "copy.db";
    std::filesystem::copy_file(
        path_, copy, std::filesystem::copy_options::overwrite_existing);
    SQLite::Database(copy, SQLite::OPEN_READWRITE).exec(sql);
    const auto reader = MustRead(copy);
    EXPECT_TRUE(reader->Body(1).ok() || seq == 1);
    const auto body = reader->Body(seq);
    if (body.ok()) return std::string("read");
    EXPECT_EQ(body.error().code(), Code::kCorruption);
    return body.error().message();
  };
  EXPECT_THAT(says("DELETE FROM body WHERE seq = 4", 8),
              HasSubstr("record 5 builds on record 4, which is missing"));
  EXPECT_THAT(says("UPDATE body SET base = -5 WHERE seq = 4", 8),
              HasSubstr("record 4 builds on record 9"));
  EXPECT_THAT(says("UPDATE body SET base = 0 WHERE seq = 4", 8),
              HasSubstr("record 4 builds on record 4"));
  EXPECT_THAT(says("UPDATE body SET base = NULL WHERE seq = 4", 8),
              HasSubstr("record 4 builds on record 0"));
  EXPECT_THAT(says("UPDATE body SET data = x'28b52ffd2403' WHERE seq = 4", 8),
              HasSubstr("record 4: "));
  EXPECT_THAT(says("UPDATE body SET raw_size = raw_size + 1 WHERE seq = 4", 4),
              HasSubstr("record 4: "));
  EXPECT_THAT(says("UPDATE body SET raw_size = 1 << 50 WHERE seq = 4", 4),
              HasSubstr("record 4 is said to have"));
  EXPECT_THAT(says("UPDATE body SET encoding = 9 WHERE seq = 4", 4),
              HasSubstr("unknown encoding 9"));
  EXPECT_THAT(says("UPDATE body SET dictionary = 5 WHERE seq = 1", 1),
              HasSubstr("dictionary 5 is missing"));
  EXPECT_THAT(says("UPDATE dictionary SET data = x'00'", 1),
              HasSubstr("dictionary 32768 is damaged"));
}

// The checksum of a bare body is its leaf's hash.
TEST_F(BodyChainTest, WhatTheLogHasNoHashOfIsNotShownAsGood) {
  auto writer = MustOpen();
  Put(*writer, {"a"}, 0, 10);
  ASSERT_TRUE(*writer->CloseCleanly());
  writer.reset();
  Execute("DELETE FROM tile");
  EXPECT_THAT(BodyError(4), testing::HasSubstr("the log has no hash of it"));
}

TEST_F(BodyChainTest, AChainWithoutEndIsNotFollowed) {
  auto writer = MustOpen();
  Put(*writer, {"a"}, 0, 80);
  // Every keyframe but the first becomes a link; only the number of steps is
  // wrong with that before anything is decoded.
  Execute("UPDATE body SET encoding = 0, base = 1 WHERE seq > 1");
  EXPECT_THAT(BodyError(80), testing::HasSubstr("more than 64 others"));
}

}  // namespace
}  // namespace kubescribe::store
