#include "store/writer.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <stdexcept>
#include <utility>

#include "store_fixture.h"
#include "verify/verify.h"

namespace kubescribe::store {
namespace {

using WriterTest = StoreTest;

TEST_F(WriterTest, WhatOneTransactionWroteIsReadBack) {
  auto writer = MustOpen();
  Do(*writer, [&](Transaction& tx) {
    EXPECT_EQ(PutPod(tx, "a", "10", Event::kAdded, R"({"a":1})"), 1);
    EXPECT_EQ(PutPod(tx, "a", "11", Event::kModified, R"({"a":2})"), 2);
    StreamRow stream = PodStream(tx);
    stream.position = "11";
    stream.state = "watching";
    stream.flowing = true;
    tx.PutStream(stream);
  });
  EXPECT_EQ(writer->last_seq(), 2);
  auto reader = MustRead();
  EXPECT_TRUE(reader->warnings().empty());
  EXPECT_EQ(reader->info().last_seq, 2);
  EXPECT_EQ(reader->info().known_until, clock_.wall);
  const auto streams = reader->Streams();
  ASSERT_TRUE(streams.ok());
  ASSERT_EQ((*streams).size(), 1U);
  EXPECT_EQ((*streams)[0].position, "11");
  EXPECT_TRUE((*streams)[0].flowing);
  const auto state = reader->StateAt({1, {}, {}, {}}, {clock_.wall, {}, {}});
  ASSERT_TRUE(state.ok()) << state.error().message();
  ASSERT_EQ((*state).size(), 1U);
  EXPECT_EQ((*state)[0].rv, "11");
  EXPECT_EQ(*reader->Body((*state)[0].seq), R"({"a":2})");
  EXPECT_EQ(*reader->Body(1), R"({"a":1})");
  EXPECT_EQ(reader->Body(3).error().code(), Code::kNotFound);
}

TEST_F(WriterTest, AFailedTransactionLeavesNothingAndBreaksTheWriter) {
  auto writer = MustOpen();
  Do(*writer, [&](Transaction& tx) { PutPod(tx, "a", "1"); });
  const Status failed = writer->Transact([&](Transaction& tx) {
    PutPod(tx, "a", "2");
    PutPod(tx, "a", "2");  // the same revision again
  });
  ASSERT_FALSE(failed.ok());
  const Status again = writer->Transact([](Transaction&) {});
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().message(), failed.error().message());
  EXPECT_FALSE(writer->Checkpoint().ok());
  EXPECT_FALSE(writer->CloseCleanly().ok());
  EXPECT_EQ(writer->last_seq(), 1);
  writer.reset();
  writer = MustOpen();
  EXPECT_EQ(writer->last_seq(), 1);
  Do(*writer, [&](Transaction& tx) { EXPECT_EQ(PutPod(tx, "a", "2"), 2); });
}

TEST_F(WriterTest, AnExceptionOfTheCallerRollsBack) {
  auto writer = MustOpen();
  const Status failed = writer->Transact([&](Transaction& tx) {
    PutPod(tx, "a", "2");
    throw std::runtime_error("caller's");
  });
  ASSERT_FALSE(failed.ok());
  EXPECT_NE(failed.error().message().find("caller's"), std::string::npos);
  writer.reset();
  EXPECT_EQ(MustOpen()->last_seq(), 0);
}

TEST_F(WriterTest, HasRevisionKnowsByObjectEpochAndRv) {
  auto writer = MustOpen();
  Do(*writer, [&](Transaction& tx) {
    PutPod(tx, "a", "5");
    EXPECT_TRUE(tx.HasRevision(1, 1, "5"));
    EXPECT_FALSE(tx.HasRevision(1, 1, "6"));
    EXPECT_FALSE(tx.HasRevision(1, 2, "5"));
    EXPECT_FALSE(tx.HasRevision(1, 1, ""));
  });
}

TEST_F(WriterTest, HasRevisionKnowsWhateverTheOrder) {
  auto writer = MustOpen();
  const std::string far(30, '9');
  std::set<std::pair<std::int64_t, std::string>> known;
  SeededRandom random(11);
  std::int64_t epoch = 1;
  Do(*writer, [&](Transaction& tx) {
    PutPod(tx, "a", "1");
    known.emplace(1, "1");
  });
  for (int n = 0; n < 400; ++n) {
    Do(*writer, [&](Transaction& tx) {
      if (random.Below(80) == 0) epoch = tx.AppendEpoch(1, "rewind");
      NewRevision next;
      next.object_id = 1;
      next.stream_id = 1;
      next.epoch = random.Below(20) == 0
                       ? 1 + static_cast<std::int64_t>(random.Below(
                                 static_cast<std::uint64_t>(epoch)))
                       : epoch;
      next.late = random.Below(4) == 0 || next.epoch != epoch;
      const std::uint64_t kind = random.Below(20);
      next.rv = kind == 0   ? ""
                : kind == 1 ? "x" + std::to_string(random.Below(50))
                : kind == 2 ? far
                            : std::to_string(random.Below(800));
      next.changed_at = tx.recorded_at();
      const bool there = known.count({next.epoch, next.rv}) != 0;
      ASSERT_EQ(tx.HasRevision(1, next.epoch, next.rv), there) << next.rv;
      if (there) return;
      tx.AppendRevision(next);
      if (!next.rv.empty()) known.emplace(next.epoch, next.rv);
    });
  }
  EXPECT_GT(known.size(), 200U);
  ASSERT_TRUE(writer->CloseCleanly().ok());
  writer.reset();
  const auto report = verify::Verify(path_, {});
  ASSERT_TRUE(report.ok()) << report.error().message();
  EXPECT_EQ(report->verdict, verify::Verdict::kGood)
      << (report->findings.empty() ? "" : report->findings[0].what);
}

TEST_F(WriterTest, ARevisionIsNotAppendedTwice) {
  auto writer = MustOpen();
  Do(*writer, [&](Transaction& tx) {
    PutPod(tx, "a", "5");
    PutPod(tx, "a", "7");
  });
  const Status failed =
      writer->Transact([&](Transaction& tx) { PutPod(tx, "a", "5"); });
  ASSERT_FALSE(failed.ok());
  EXPECT_NE(failed.error().message().find("recorded already"),
            std::string::npos);
}

TEST_F(WriterTest, TwoVanishedRevisionsOfOneObjectAreAllowed) {
  auto writer = MustOpen();
  Do(*writer, [&](Transaction& tx) {
    PutPod(tx, "a", "5");
    PutPod(tx, "a", "", Event::kVanished, "");
    PutPod(tx, "a", "7");
    PutPod(tx, "a", "", Event::kVanished, "");
  });
  EXPECT_EQ(writer->last_seq(), 4);
}

TEST_F(WriterTest, ALateRevisionNeverBecomesCurrent) {
  auto writer = MustOpen();
  Do(*writer, [&](Transaction& tx) {
    PutPod(tx, "a", "9");
    NewRevision late;
    late.object_id = 1;
    late.stream_id = 1;
    late.epoch = 1;
    late.rv = "8";
    late.late = true;
    late.changed_at = tx.recorded_at() - kSecond;
    tx.AppendRevision(late);
    const auto object = tx.FindObject(1, "a");
    ASSERT_TRUE(object);
    EXPECT_EQ(object->rv, "9");
    EXPECT_EQ(object->seq, 1);
  });
  const auto state =
      MustRead()->StateAt({1, {}, {}, {}}, {clock_.wall, {}, {}});
  ASSERT_EQ((*state).size(), 1U);
  EXPECT_EQ((*state)[0].rv, "9");
}

TEST_F(WriterTest, ForEachAliveShowsWhatTheStreamHolds) {
  auto writer = MustOpen();
  Do(*writer, [&](Transaction& tx) {
    PutPod(tx, "a", "1");
    PutPod(tx, "b", "2");
    PutPod(tx, "c", "3");
    PutPod(tx, "b", "4", Event::kDeleted);
    const auto other = tx.EnsureStream({"", "pods", "x", "", ""}, 1);
    EXPECT_EQ(other.id, 2);
    tx.AdoptObject(3, other.id);
    std::vector<std::string> seen;
    tx.ForEachAlive(1, [&](const ObjectRow& row) { seen.push_back(row.uid); });
    EXPECT_EQ(seen, std::vector<std::string>{"a"});
    seen.clear();
    tx.ForEachAlive(2, [&](const ObjectRow& row) { seen.push_back(row.uid); });
    EXPECT_EQ(seen, std::vector<std::string>{"c"});
  });
}

TEST_F(WriterTest, GapEpochAndRecordsShareTheSequence) {
  auto writer = MustOpen();
  Do(*writer, [&](Transaction& tx) {
    const StreamRow stream = PodStream(tx);
    EXPECT_EQ(tx.AppendRecord("start", 0, R"({"version":"1"})"), 1);
    GapRow gap;
    gap.stream_id = stream.id;
    gap.cause = "gone";
    gap.from_rv = "5";
    gap.to_rv = "9";
    gap.from_at = tx.recorded_at() - kMinute;
    gap.changed = 3;
    EXPECT_EQ(tx.AppendGap(gap), 2);
    EXPECT_EQ(tx.AppendEpoch(stream.id, "rewind"), 2);
    EXPECT_EQ(tx.GetStream(stream.id).epoch, 2);
    PutPod(tx, "a", "1");
    EXPECT_EQ(tx.LastDiscovery(), std::nullopt);
    EXPECT_EQ(tx.AppendRecord("discovery", 0, "{}", "payload"), 5);
    EXPECT_EQ(tx.LastDiscovery(), "payload");
  });
  auto reader = MustRead();
  const auto gaps = reader->Gaps(0);
  ASSERT_EQ((*gaps).size(), 1U);
  EXPECT_EQ((*gaps)[0].seq, 2);
  EXPECT_EQ((*gaps)[0].to_at, clock_.wall);
  EXPECT_EQ((*gaps)[0].changed, 3);
  const auto epochs = reader->Epochs();
  ASSERT_EQ((*epochs).size(), 2U);
  EXPECT_EQ((*epochs)[0].stream_id, 0);
  EXPECT_EQ((*epochs)[1].seq, 3);
  EXPECT_EQ(*reader->Payload(5), "payload");
  EXPECT_EQ(*reader->Payload(1), "");
  EXPECT_EQ((*reader->Discovery({clock_.wall, {}, {}})).value_or(""),
            "payload");
  // Before the first one, the oldest.
  EXPECT_EQ((*reader->Discovery({0, {}, {}})).value_or(""), "payload");
  const auto batch = reader->Records(0, 5, 3);
  ASSERT_TRUE(batch.ok());
  EXPECT_EQ((*batch).records.size(), 3U);
  EXPECT_EQ((*batch).last, 3);
  const auto rest = reader->Records(3, 5, 3);
  EXPECT_EQ((*rest).records.size(), 1U);
  EXPECT_EQ((*rest).revisions.size(), 1U);
  EXPECT_EQ((*rest).last, 5);
  EXPECT_EQ((*reader->Records(5, 9, 3)).last, 5);
}

TEST_F(WriterTest, DoubtsOfAStreamMergeAndOthersDoNot) {
  auto writer = MustOpen();
  Do(*writer, [&](Transaction& tx) {
    tx.AddDoubt(1, 100, 200);
    tx.AddDoubt(1, 300, 400);
    tx.AddDoubt(2, 150, 350);
    tx.AddDoubt(1, 200, 250);  // touches
    tx.AddDoubt(1, 120, 130);  // inside
    tx.AddDoubt(1, 500, 500);  // empty
    tx.AddDoubt(0, std::nullopt, 50);
    tx.AddDoubt(0, 40, 60);
  });
  auto reader = MustRead();
  const auto doubts = reader->Doubts(1);
  ASSERT_TRUE(doubts.ok());
  ASSERT_EQ((*doubts).size(), 3U);
  EXPECT_EQ((*doubts)[0].from, std::nullopt);
  EXPECT_EQ((*doubts)[0].to, 60);
  EXPECT_EQ((*doubts)[1].from, 100);
  EXPECT_EQ((*doubts)[1].to, 250);
  EXPECT_EQ((*doubts)[2].from, 300);
  EXPECT_EQ((*reader->Doubts(0)).size(), 4U);
}

TEST_F(WriterTest, ANotBeforeInThePastIsDoubt) {
  auto writer = MustOpen();
  Micros from = 0;
  Do(*writer, [&](Transaction& tx) {
    PutPod(tx, "a", "1");
    from = tx.recorded_at() - kMinute;
    NewRevision revision;
    revision.object_id = 1;
    revision.stream_id = 1;
    revision.epoch = 1;
    revision.rv = "2";
    revision.not_before = from;
    revision.changed_at = tx.recorded_at() - kSecond;
    tx.AppendRevision(revision);
  });
  const auto doubts = MustRead()->Doubts(1);
  ASSERT_EQ((*doubts).size(), 1U);
  EXPECT_EQ((*doubts)[0].from, from);
  EXPECT_EQ((*doubts)[0].to, clock_.wall);
}

TEST_F(WriterTest, ChangedAtNeverDecreasesWithinAnObject) {
  auto writer = MustOpen();
  Micros first = 0;
  Do(*writer, [&](Transaction& tx) {
    PutPod(tx, "a", "1");
    first = tx.recorded_at();
    NewRevision revision;
    revision.object_id = 1;
    revision.stream_id = 1;
    revision.epoch = 1;
    revision.rv = "2";
    revision.changed_at = first - kMinute;
    tx.AppendRevision(revision);
  });
  const auto history = MustRead()->History({1, {}, {}, {}}, 0, 10);
  ASSERT_EQ((*history).size(), 2U);
  EXPECT_EQ((*history)[1].changed_at, first);
}

TEST_F(WriterTest, EveryRecordHasASaltOfItsOwn) {
  auto writer = MustOpen();
  Do(*writer, [&](Transaction& tx) {
    PutPod(tx, "a", "1");
    PutPod(tx, "a", "2");
    tx.AppendRecord("start", 0, "{}");
  });
  ASSERT_TRUE(*writer->CloseCleanly());
  writer.reset();
  // 16 bytes each, of what is random in the file.
  const auto salts = [&] {
    std::set<Salt> found;
    const auto reader = MustRead();
    for (Seq seq = 1; seq <= 3; ++seq) found.insert(*reader->SaltOf(seq));
    return found;
  };
  const std::set<Salt> before = salts();
  EXPECT_EQ(before.size(), 3U);
  EXPECT_FALSE(before.contains(Salt{}));
  SQLite::Database(path_, SQLite::OPEN_READWRITE)
      .exec("UPDATE salt_seed SET seed = zeroblob(32)");
  std::set<Salt> both = salts();
  both.insert(before.begin(), before.end());
  EXPECT_EQ(both.size(), 5U);
}

TEST_F(WriterTest, ACheckpointKeepsTheWalOfALiveFileFromBeingEmpty) {
  auto writer = MustOpen();
  Do(*writer, [&](Transaction& tx) {
    PutPod(tx, "a", "1", Event::kAdded, std::string(100'000, 'x'));
  });
  ASSERT_TRUE(writer->Checkpoint().ok());
  EXPECT_GT(std::filesystem::file_size(path_ + "-wal"), 0U);
  EXPECT_LT(std::filesystem::file_size(path_ + "-wal"), 20'000U);
  Do(*writer, [&](Transaction& tx) { PutPod(tx, "a", "2"); });
  EXPECT_EQ(MustRead()->info().last_seq, 2);
}

TEST_F(WriterTest, ADestroyedWriterLeavesWhatAKillLeaves) {
  auto writer = MustOpen();
  Do(*writer, [&](Transaction& tx) { PutPod(tx, "a", "1"); });
  writer.reset();
  EXPECT_GT(std::filesystem::file_size(path_ + "-wal"), 0U);
  auto reader = MustRead();
  EXPECT_FALSE(reader->info().clean_stop);
  EXPECT_TRUE(reader->warnings().empty());
  EXPECT_EQ(reader->info().last_seq, 1);
}

TEST_F(WriterTest, KeepsServerVersionAndIdentityOverRestarts) {
  auto writer = MustOpen();
  const std::string id = writer->info().file_id;
  EXPECT_EQ(id.size(), 32U);
  Do(*writer, [](Transaction& tx) { tx.SetServerVersion("v1.36.3"); });
  writer.reset();
  writer = MustOpen();
  EXPECT_EQ(writer->info().file_id, id);
  EXPECT_EQ(writer->info().server_version, "v1.36.3");
  EXPECT_EQ(writer->info().identity, "uid-1");
}

TEST_F(WriterTest, BeforeTheFirstRecordOfItTheServerWasWhatThatSays) {
  auto writer = MustOpen();
  Do(*writer, [](Transaction& tx) { tx.SetServerVersion("v1.36.3"); });
  const Micros then = writer->info().known_until;
  // A file of before there were such records.
  EXPECT_EQ(*MustRead()->ServerVersion({then, {}, {}}), "v1.36.3");
  clock_.Advance(kHour);
  Do(*writer, [](Transaction& tx) {
    tx.SetServerVersion("v1.37.0");
    tx.AppendRecord("server", 0, R"({"version":"v1.37.0","before":"v1.36.3"})");
  });
  EXPECT_EQ(*MustRead()->ServerVersion({then, {}, {}}), "v1.36.3");
  EXPECT_EQ(*MustRead()->ServerVersion({0, 0, {}}), "v1.36.3");
  EXPECT_EQ(*MustRead()->ServerVersion({then + 2 * kHour, {}, {}}), "v1.37.0");
}

TEST_F(WriterTest, TheWalIsCheckpointedWhenItHasGrown) {
  options_.synchronous_full = false;
  auto writer = MustOpen();
  std::string body(std::size_t{4} << 20, '\0');
  std::uintmax_t largest = 0;
  for (int i = 1; i <= 20; ++i) {
    // A new one each time: what is like the last takes no space.
    random_.Fill({reinterpret_cast<std::uint8_t*>(body.data()), body.size()});
    Do(*writer, [&](Transaction& tx) {
      PutPod(tx, "a", std::to_string(i), Event::kModified, body);
    });
    largest = std::max(largest, std::filesystem::file_size(path_ + "-wal"));
  }
  EXPECT_LT(largest, std::uintmax_t{72} << 20);
  EXPECT_GT(std::filesystem::file_size(path_), std::uintmax_t{60} << 20);
  EXPECT_EQ(*MustRead()->Body(20), body);
}

TEST_F(WriterTest, TheViewsSpeakNamesAndTimes) {
  auto writer = MustOpen();
  Do(*writer, [&](Transaction& tx) {
    PutPod(tx, "a", "10", Event::kAdded);
    PutPod(tx, "a", "11", Event::kDeleted);
    GapRow gap;
    gap.stream_id = 1;
    gap.cause = "start";
    gap.to_rv = "9";
    tx.AppendGap(gap);
  });
  ASSERT_TRUE(*writer->CloseCleanly());
  writer.reset();
  SQLite::Database db(path_, SQLite::OPEN_READONLY);
  const auto ask = [&](const char* sql) {
    return db.execAndGet(sql).getString();
  };
  EXPECT_EQ(ask("SELECT event || ' ' || resource || ' ' || namespace || '/' || "
                "name || ' ' || rv || ' ' || changed || ' ' || source "
                "FROM v_revision WHERE seq = 1"),
            "Added pods default/pod-a 10 2023-11-14T22:13:21.000000Z watch");
  EXPECT_EQ(ask("SELECT state || ' ' || revisions FROM v_object"), "gone 2");
  EXPECT_EQ(ask("SELECT cause || ' ' || to_time || ' ' || (from_time IS NULL) "
                "FROM v_gap"),
            "start 2023-11-14T22:13:21.000000Z 1");
  EXPECT_EQ(ask("SELECT resource || ' ' || state || ' ' || objects "
                "FROM v_stream"),
            "pods starting 0");
}

TEST(DatabasePathTest, EncodesWhatDoesNotBelongIntoAFileName) {
  EXPECT_EQ(DatabasePath("/d", "prod"), "/d/prod.db");
  EXPECT_EQ(DatabasePath("/d", "arn:aws:eks/x%"), "/d/arn:aws:eks%2Fx%25.db");
  EXPECT_EQ(DatabasePath("/d", "../a"), "/d/%2E.%2Fa.db");
  EXPECT_EQ(DatabasePath("/d", "a\nb\x7f"), "/d/a%0Ab%7F.db");
}

}  // namespace
}  // namespace kubescribe::store
