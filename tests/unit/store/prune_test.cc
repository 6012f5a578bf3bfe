// Pruning against a copy of the file as it was: from the cut on every question
// is answered as before, byte for byte; what is before it is said to be gone.

#include "store/prune.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sqlite3.h>

#include <nlohmann/json.hpp>
#include <set>

#include "pruned_lives.h"
#include "verify/verify.h"

namespace kubescribe::store {
namespace {

using testing::IsEmpty;

class PruneTest : public PrunedLivesTest {
 protected:
  // The file, and a copy of it as it is now.
  void Make(std::uint64_t seed, int transactions = 150) {
    path_ = folder_ / ("seed" + std::to_string(seed) + ".db");
    whole_ = path_ + ".whole.db";
    clock_ = TestClock();
    clock_.wall += static_cast<Micros>(seed * 123'456);
    ASSERT_NO_FATAL_FAILURE(Generate(seed, transactions));
    std::filesystem::copy_file(path_, whole_);
  }
  Micros RandomCut(SeededRandom& random) {
    const auto reader = MustRead(whole_);
    const auto all = AllRevisions(*reader);
    Micros at = all[random.Below(all.size())].changed_at;
    if (random.Below(2) == 0) {
      at += static_cast<Micros>(random.Below(4'000'000)) - 2'000'000;
    }
    return at;
  }
  PrunedRow LastPrune() {
    const auto prunes = MustRead()->Prunes();
    EXPECT_TRUE(prunes.ok() && !prunes->empty());
    return prunes->back();
  }
  static std::int64_t CountIn(const std::string& path, const char* sql) {
    return SQLite::Database(path, SQLite::OPEN_READONLY)
        .execAndGet(sql)
        .getInt64();
  }

  // One object, from the oldest revision that it kept on; and where any went,
  // that this is known for the time before.
  void ExpectObjectFrom(Reader& whole, Reader& pruned,
                        const ObjectFilter& filter, const Revision& oldest,
                        bool cut) {
    for (const Micros at :
         {oldest.changed_at, oldest.changed_at + kSecond,
          oldest.changed_at + kMinute, whole.info().known_until}) {
      AsOf as_of;
      as_of.at = at;
      EXPECT_EQ(Lines(pruned.StateAt(filter, as_of)),
                Lines(whole.StateAt(filter, as_of)));
      const auto known = pruned.ObjectsPruned(filter, as_of);
      ASSERT_TRUE(known.ok()) << known.error().message();
      // Of the very instant not, where several changed in it.
      if (at != oldest.changed_at) {
        EXPECT_EQ(known->objects, 0);
      }
    }
    AsOf before;
    before.at = oldest.changed_at - 1;
    AsOf before_seq;
    before_seq.seq = oldest.seq - 1;
    for (const AsOf& as_of : {before, before_seq}) {
      const auto known = pruned.ObjectsPruned(filter, as_of);
      ASSERT_TRUE(known.ok());
      // Where all before it changed in the same instant nothing went.
      if (known->objects == 0) {
        EXPECT_EQ(Lines(pruned.StateAt(filter, as_of)),
                  Lines(whole.StateAt(filter, as_of)));
      }
      if (!cut) {
        EXPECT_EQ(known->objects, 0);
      }
    }
  }

  // Seqs that are missing and whose salt could still be made.
  std::int64_t SaltsOfWhatIsGone() {
    return SQLite::Database(path_, SQLite::OPEN_READONLY)
        .execAndGet(
            "WITH RECURSIVE every (seq) AS (SELECT 1 UNION ALL SELECT seq + 1 "
            "FROM every WHERE seq < (SELECT last_seq FROM meta)) "
            "SELECT count(*) FROM every JOIN salt_seed ON place = "
            "(seq - 1) / 256 WHERE seq NOT IN (SELECT seq FROM revision) "
            "AND seq NOT IN (SELECT seq FROM record)")
        .getInt64();
  }

  std::string whole_;
};

TEST_F(PruneTest, WhatIsRecordedAfterwardsHasSaltsOfANewSeed) {
  ASSERT_NO_FATAL_FAILURE(Make(2));
  auto writer = MustOpen();
  Do(*writer, [&](Transaction& tx) {
    PutPod(tx, "a", "900001");
    PutPod(tx, "a", "900002");
  });
  Prune(*writer, {{}, {}, 1, {}, "asked"});
  EXPECT_EQ(SaltsOfWhatIsGone(), 0);
  Do(*writer, [&](Transaction& tx) { PutPod(tx, "a", "900003"); });
  const Seq last = writer->last_seq();
  {
    const auto reader = MustRead();
    EXPECT_TRUE(reader->Body(last).ok());
    EXPECT_NE(*reader->SaltOf(last), Salt{});
  }
  ASSERT_TRUE(*writer->CloseCleanly());
  const auto report = verify::Verify(path_, {});
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->verdict, verify::Verdict::kGood);
}

TEST_F(PruneTest, FromTheCutOnEveryAnswerIsAsBefore) {
  std::int64_t revisions = 0;
  std::int64_t objects = 0;
  const int seeds = std::max(3, static_cast<int>(12 * TestScale()));
  for (int seed = 1; seed <= seeds; ++seed) {
    SCOPED_TRACE(seed);
    ASSERT_NO_FATAL_FAILURE(Make(static_cast<std::uint64_t>(seed)));
    SeededRandom random(static_cast<std::uint64_t>(seed));
    Micros cut = 0;
    // One on top of the other.
    for (int round = 0; round < 3; ++round) {
      cut = std::max(cut, RandomCut(random));
      PruneProgress done;
      {
        auto writer = MustOpen();
        done = Prune(*writer, {{}, cut, {}, {}, "asked"});
        ASSERT_TRUE(writer->CloseCleanly().ok());
      }
      ASSERT_NO_FATAL_FAILURE(ExpectWhole(path_));
      const auto whole = MustRead(whole_);
      const auto pruned = MustRead();
      if (done.record == 0) {
        EXPECT_EQ(done.revisions, 0);
        continue;
      }
      const PrunedRow row = LastPrune();
      EXPECT_TRUE(row.done);
      EXPECT_EQ(row.seq, done.record);
      EXPECT_EQ(row.revisions, done.revisions);
      EXPECT_EQ(row.objects, done.objects);
      EXPECT_EQ(row.bytes, done.bytes);
      ASSERT_NO_FATAL_FAILURE(
          ExpectTheSameFrom(*whole, *pruned, *row.before_at, *row.before_seq,
                            static_cast<std::uint64_t>(100 * seed + round)));
      ASSERT_NO_FATAL_FAILURE(ExpectBodies(*whole, *pruned));
      EXPECT_EQ(SaltsOfWhatIsGone(), 0);
      revisions += done.revisions;
      objects += done.objects;
      // Nothing that may go is left.
      const auto more = EstimatePrune(path_, {{}, row.before_at, {}, {}, ""});
      ASSERT_TRUE(more.ok()) << more.error().message();
      EXPECT_THAT(more->kinds, IsEmpty());
    }
  }
  EXPECT_GT(revisions, 500);
  EXPECT_GT(objects, 3 * seeds);
}

TEST_F(PruneTest, OneKindAlone) {
  ASSERT_NO_FATAL_FAILURE(Make(1));
  const auto before = MustRead()->Stats();
  const Micros cut = MustRead()->info().known_until;
  auto writer = MustOpen();
  const PruneProgress done = Prune(*writer, {{2}, cut, {}, {}, "age"});
  ASSERT_TRUE(writer->CloseCleanly().ok());
  EXPECT_GT(done.revisions, 0);
  const auto after = MustRead()->Stats();
  ASSERT_TRUE(before.ok() && after.ok());
  for (std::size_t i = 0; i < before->size(); ++i) {
    if ((*before)[i].resource_id == 2) {
      EXPECT_EQ((*after)[i].revisions, (*before)[i].revisions - done.revisions);
      // All that lived is there.
      EXPECT_EQ((*after)[i].alive, (*before)[i].alive);
    } else {
      EXPECT_EQ((*after)[i].revisions, (*before)[i].revisions);
      EXPECT_EQ((*after)[i].bytes, (*before)[i].bytes);
    }
  }
  EXPECT_THAT(LastPrune().resources, testing::ElementsAre(2));
  ExpectWhole(path_);
}

TEST_F(PruneTest, ByResourceVersionToo) {
  ASSERT_NO_FATAL_FAILURE(Make(3));
  const Micros cut =
      (MustRead()->info().created_at + MustRead()->info().known_until) / 2;
  auto writer = MustOpen();
  Prune(*writer, {{}, cut, {}, {}, "asked"});
  ASSERT_TRUE(writer->CloseCleanly().ok());
  const auto whole = MustRead(whole_);
  const auto pruned = MustRead();
  const auto rvs = pruned->PrunedRvs();
  ASSERT_TRUE(rvs.ok());
  EXPECT_EQ(rvs->size(), 3U);
  for (const PrunedRv& from : *rvs) {
    for (std::int64_t rv = std::stoll(from.rv); rv <= last_rv_; rv += 3) {
      ObjectFilter filter;
      filter.resource_id = from.resource_id;
      AsOf as_of;
      as_of.rv = std::to_string(rv);
      ASSERT_EQ(Lines(pruned->StateAt(filter, as_of)),
                Lines(whole->StateAt(filter, as_of)));
    }
  }
}

TEST_F(PruneTest, ToANumberOfRevisionsOfEachObject) {
  for (const std::int64_t keep : {1, 3, 10}) {
    SCOPED_TRACE(keep);
    ASSERT_NO_FATAL_FAILURE(Make(static_cast<std::uint64_t>(20 + keep)));
    auto writer = MustOpen();
    const PruneProgress done = Prune(*writer, {{}, {}, keep, {}, "count"});
    ASSERT_TRUE(writer->CloseCleanly().ok());
    EXPECT_GT(done.revisions, 0);
    EXPECT_EQ(done.objects, 0);
    ASSERT_NO_FATAL_FAILURE(ExpectWhole(path_));
    const auto whole = MustRead(whole_);
    const auto pruned = MustRead();
    std::map<std::string, std::vector<Revision>> was, is;
    for (auto& r : AllRevisions(*whole)) {
      if (!r.late) was[r.uid].push_back(r);
    }
    for (auto& r : AllRevisions(*pruned)) {
      if (!r.late) is[r.uid].push_back(r);
    }
    ASSERT_EQ(is.size(), was.size());
    for (const auto& [uid, rows] : was) {
      const std::size_t kept =
          std::min(rows.size(), static_cast<std::size_t>(keep));
      ASSERT_EQ(is[uid].size(), kept);
      for (std::size_t i = 1; i <= kept; ++i) {
        EXPECT_EQ(is[uid][is[uid].size() - i].seq, rows[rows.size() - i].seq);
      }
      ObjectFilter filter;
      filter.uid = uid;
      const Revision& oldest = rows[rows.size() - kept];
      ASSERT_NO_FATAL_FAILURE(ExpectObjectFrom(*whole, *pruned, filter, oldest,
                                               kept < rows.size()));
    }
    ASSERT_NO_FATAL_FAILURE(ExpectBodies(*whole, *pruned));
    if (HasFatalFailure()) return;
  }
}

TEST_F(PruneTest, ADryRunSaysWhatAPruneTakes) {
  ASSERT_NO_FATAL_FAILURE(Make(5));
  const Micros cut =
      (MustRead()->info().created_at + MustRead()->info().known_until) / 2;
  const PruneWish wishes[] = {{{}, cut, {}, {}, ""},
                              {{1, 3}, cut + kMinute, {}, {}, ""},
                              {{}, {}, 2, {}, ""}};
  for (const PruneWish& wish : wishes) {
    const auto planned = EstimatePrune(path_, wish);
    ASSERT_TRUE(planned.ok()) << planned.error().message();
    std::int64_t revisions = 0;
    std::int64_t objects = 0;
    std::int64_t bytes = 0;
    for (const PruneCount& kind : planned->kinds) {
      revisions += kind.revisions;
      objects += kind.objects;
      bytes += kind.bytes;
    }
    auto writer = MustOpen();
    const PruneProgress done = Prune(*writer, wish);
    ASSERT_TRUE(writer->CloseCleanly().ok());
    EXPECT_GT(revisions, 0);
    EXPECT_EQ(done.revisions, revisions);
    EXPECT_EQ(done.objects, objects);
    // What becomes a keyframe on the way may go later in the same prune.
    EXPECT_GE(done.bytes, bytes);
  }
}

TEST_F(PruneTest, GivesSpaceBackAndReachesASize) {
  ASSERT_NO_FATAL_FAILURE(Make(6, 1500));
  const auto size = std::filesystem::file_size(path_);
  const std::uint64_t wanted = size / 2;
  EXPECT_FALSE(EstimatePrune(path_, {{}, {}, {}, wanted, ""})->out_of_reach);
  {
    auto writer = MustOpen();
    const PruneProgress done = Prune(*writer, {{}, {}, {}, wanted, "size"});
    EXPECT_FALSE(done.out_of_reach);
    EXPECT_LE(done.used_bytes, wanted);
    EXPECT_GT(done.returned_bytes, size / 4);
    ASSERT_TRUE(writer->CloseCleanly().ok());
  }
  EXPECT_LE(std::filesystem::file_size(path_), wanted);
  EXPECT_EQ(CountIn(path_, "PRAGMA freelist_count"), 0);
  ExpectWhole(path_);
  // Nothing more to do; then what cannot be done.
  auto writer = MustOpen();
  EXPECT_EQ(Prune(*writer, {{}, {}, {}, wanted, "size"}).record, 0);
  EXPECT_FALSE(EstimatePrune(path_, {{}, {}, {}, wanted, ""})->out_of_reach);
  EXPECT_TRUE(EstimatePrune(path_, {{}, {}, {}, 4096, ""})->out_of_reach);
  EXPECT_TRUE(Prune(*writer, {{}, {}, {}, 4096, "size"}).out_of_reach);
  EXPECT_TRUE(EstimatePrune(path_, {{}, {}, {}, 4096, ""})->out_of_reach);
  writer.reset();
  ExpectWhole(path_);
}

TEST_F(PruneTest, RecordingGoesOnBetweenTheSteps) {
  ASSERT_NO_FATAL_FAILURE(Make(7, 400));
  auto writer = MustOpen();
  ASSERT_TRUE(
      writer->StartPrune({{}, writer->info().known_until, {}, {}, "age"}).ok());
  std::map<Seq, std::string> written;
  int n = 0;
  int steps = 0;
  while (writer->pruning()) {
    ASSERT_TRUE(writer->StepPrune().ok());
    ++steps;
    // Also of objects whose newest body was pruned an instant ago.
    Do(*writer, [&](Transaction& tx) {
      for (int i = 0; i < 8; ++i) {
        const std::string uid = "uid" + std::to_string(i * 3);
        const std::string body = BodyOf(uid, 100'000 + n);
        written[PutPod(tx, uid, std::to_string(100'000 + n++), Event::kModified,
                       body)] = body;
      }
    });
  }
  EXPECT_GT(steps, 3);
  ASSERT_TRUE(writer->CloseCleanly().ok());
  ExpectWhole(path_);
  const auto reader = MustRead();
  for (const auto& [seq, body] : written) {
    const auto read = reader->Body(seq);
    ASSERT_TRUE(read.ok()) << read.error().message();
    EXPECT_EQ(*read, body);
  }
}

// What comes behind the record of a prune is not taken by it, which nobody
// could tell from what an attacker takes; also where it goes on in another
// writer.
TEST_F(PruneTest, ToANumberOfRevisionsWhileRecordingGoesOn) {
  ASSERT_NO_FATAL_FAILURE(Make(7, 400));
  for (const bool cut_off : {false, true}) {
    auto writer = MustOpen();
    ASSERT_TRUE(writer->StartPrune({{}, {}, 2, {}, "count"}).ok());
    int n = cut_off ? 200'000 : 100'000;
    int steps = 0;
    while (writer->pruning()) {
      Do(*writer, [&](Transaction& tx) {
        for (int i = 0; i < 60; ++i) {
          PutPod(tx, "uid" + std::to_string(i % 20), std::to_string(n++));
        }
      });
      ASSERT_TRUE(writer->StepPrune().ok());
      if (cut_off && ++steps == 2) {
        writer.reset();
        writer = MustOpen();
      }
    }
    ASSERT_TRUE(writer->CloseCleanly().ok());
    ExpectWhole(path_);
    const auto report = verify::Verify(path_, {});
    ASSERT_TRUE(report.ok());
    EXPECT_EQ(report->verdict, verify::Verdict::kGood)
        << (report->findings.empty() ? "" : report->findings[0].what);
    EXPECT_GT(report->pruned, 0);
  }
}

TEST_F(PruneTest, ABackupMeanwhileIsWhole) {
  ASSERT_NO_FATAL_FAILURE(Make(9, 600));
  const std::string copy = folder_ / "copy.db";
  auto writer = MustOpen();
  ASSERT_TRUE(writer->StartBackup(copy).ok());
  ASSERT_TRUE(
      writer->StartPrune({{}, writer->info().known_until, {}, {}, "age"}).ok());
  bool copied = false;
  while (!copied || writer->pruning()) {
    // Nine steps of the one to one of the other, so that pages go that are
    // copied already and such as are not.
    for (int i = 0; i < 9; ++i) ASSERT_TRUE(writer->StepPrune().ok());
    if (copied) continue;
    const auto step = writer->StepBackup(3);
    ASSERT_TRUE(step.ok()) << step.error().message();
    copied = step->finished;
  }
  ASSERT_TRUE(writer->CloseCleanly().ok());
  ASSERT_NO_FATAL_FAILURE(ExpectWhole(path_));
  ASSERT_NO_FATAL_FAILURE(ExpectWhole(copy));
  const auto original = MustRead();
  const auto copied_reader = MustRead(copy);
  EXPECT_EQ(AllRevisions(*copied_reader).size(),
            AllRevisions(*original).size());
  ASSERT_NO_FATAL_FAILURE(ExpectBodies(*original, *copied_reader));
}

TEST_F(PruneTest, ABaseThatGoesIsNotBuiltOn) {
  auto writer = MustOpen();
  // The newest body is that of a late revision, which goes.
  for (int n = 1; n <= 5; ++n) {
    Do(*writer, [&](Transaction& tx) {
      PutPod(tx, "a", std::to_string(n), Event::kModified, BodyOf("a", n));
    });
  }
  Do(*writer, [&](Transaction& tx) {
    NewRevision late;
    late.object_id = 1;
    late.stream_id = 1;
    late.epoch = 1;
    late.rv = "0";
    late.late = true;
    late.changed_at = tx.recorded_at() - kMinute;
    late.body = "late";
    tx.AppendRevision(late);
  });
  Do(*writer, [&](Transaction& tx) {
    NewRevision none;  // of a kind that is recorded without a body now
    none.object_id = 1;
    none.stream_id = 1;
    none.epoch = 1;
    none.rv = "6";
    none.changed_at = tx.recorded_at();
    tx.AppendRevision(none);
  });
  Prune(*writer, {{}, writer->info().known_until, {}, {}, "age"});
  Do(*writer, [&](Transaction& tx) {
    PutPod(tx, "a", "9", Event::kModified, BodyOf("a", 9));
  });
  const Seq last = writer->last_seq();
  ASSERT_TRUE(writer->CloseCleanly().ok());
  const auto body = MustRead()->Body(last);
  ASSERT_TRUE(body.ok()) << body.error().message();
  EXPECT_EQ(*body, BodyOf("a", 9));
  ExpectWhole(path_);
}

// Counts what SQLite does in the statements of connections that are opened
// while it lives.
class CountedSteps {
 public:
  CountedSteps() {
    steps_ = 0;
    sqlite3_auto_extension(reinterpret_cast<void (*)()>(&Opened));
  }
  ~CountedSteps() {
    sqlite3_cancel_auto_extension(reinterpret_cast<void (*)()>(&Opened));
  }
  static std::int64_t steps() { return steps_; }

 private:
  static int Opened(sqlite3* db, char** /*error*/,
                    const sqlite3_api_routines* /*api*/) {
    return sqlite3_trace_v2(db, SQLITE_TRACE_PROFILE, &Ended, nullptr);
  }
  static int Ended(unsigned /*event*/, void* /*context*/, void* statement,
                   void* /*nanoseconds*/) {
    steps_ += sqlite3_stmt_status(static_cast<sqlite3_stmt*>(statement),
                                  SQLITE_STMTSTATUS_VM_STEP, 1);
    return 0;
  }

  static inline std::int64_t steps_ = 0;
};

TEST_F(PruneTest, OneObjectsManyRevisionsDoNotCostTheirSquare) {
  // Of an object that lives; of one that had left once and come back; of one
  // that goes as a whole.
  for (const char* life : {"lives", "returned", "ended"}) {
    std::map<int, std::int64_t> steps;
    for (const int revisions : {300, 1200}) {
      path_ = folder_ / fmt::format("{}{}.db", life, revisions);
      {
        auto writer = MustOpen();
        int rv = 1;
        const auto put = [&](Event event) {
          clock_.Advance(kSecond);
          Do(*writer, [&](Transaction& tx) {
            PutPod(tx, "busy", std::to_string(++rv), event);
          });
        };
        put(Event::kAdded);
        if (life == std::string("returned")) {
          put(Event::kLeft);
          put(Event::kAdded);
        }
        for (int i = 0; i < revisions; ++i) put(Event::kModified);
        if (life == std::string("ended")) put(Event::kDeleted);
        Do(*writer, [&](Transaction& tx) {
          PutPod(tx, "last", std::to_string(++rv), Event::kAdded);
        });
        clock_.Advance(kSecond);
        Do(*writer, [&](Transaction& tx) {
          PutPod(tx, "last", std::to_string(++rv), Event::kModified);
        });
        ASSERT_TRUE(writer->CloseCleanly().ok());
      }
      const CountedSteps counted;
      auto writer = MustOpen();
      PruneWish wish;
      wish.before = clock_.wall;
      const PruneProgress done = Prune(*writer, wish);
      EXPECT_GE(done.revisions, revisions);
      ASSERT_TRUE(writer->CloseCleanly().ok());
      steps[revisions] = CountedSteps::steps();
      ASSERT_NO_FATAL_FAILURE(ExpectWhole(path_));
    }
    EXPECT_GT(steps[300], 300) << life;
    EXPECT_LT(steps[1200], 6 * steps[300]) << life << " " << steps[300];
  }
}

TEST_F(PruneTest, NoObjectIdIsGivenTwice) {
  auto writer = MustOpen();
  Do(*writer, [](Transaction& tx) { PutPod(tx, "a", "1"); });
  Do(*writer, [](Transaction& tx) { PutPod(tx, "b", "2"); });
  Do(*writer, [](Transaction& tx) {
    PutPod(tx, "a", "3", Event::kDeleted);
    PutPod(tx, "b", "4", Event::kDeleted);
  });
  Do(*writer, [](Transaction& tx) { tx.AppendRecord("start", 0, "{}"); });
  const auto done = Prune(*writer, {{}, clock_.wall, {}, {}, "asked"});
  EXPECT_EQ(done.objects, 1);
  Do(*writer, [](Transaction& tx) { PutPod(tx, "c", "5"); });
  ASSERT_TRUE(writer->CloseCleanly().ok());
  EXPECT_EQ(CountIn(path_, "SELECT id FROM object WHERE uid = 'c'"), 3);
  ExpectWhole(path_);
}

TEST_F(PruneTest, DictionariesThatNobodyNeedsGo) {
  options_.training = Training::kAtOnce;
  auto writer = MustOpen();
  SeededRandom random(5);
  for (int n = 0; n < 9000; n += 30) {
    Do(*writer, [&](Transaction& tx) {
      for (int i = n; i < n + 30; ++i) {
        const std::string uid = "u" + std::to_string(i);
        PutPod(tx, uid, std::to_string(2 * i), Event::kAdded,
               BodyOf(std::to_string(random.Below(1000)), i));
        PutPod(tx, uid, std::to_string(2 * i + 1), Event::kDeleted);
      }
    });
  }
  ASSERT_GE(CountIn(path_, "SELECT count(*) FROM dictionary"), 2);
  const auto newest = CountIn(path_, "SELECT max(id) FROM dictionary");
  // The cut before the newest one was made takes none.
  Prune(*writer, {{}, 1'700'000'010 * kSecond, {}, {}, "age"});
  EXPECT_GE(CountIn(path_, "SELECT count(*) FROM dictionary"), 2);
  Prune(*writer, {{}, clock_.wall, {}, {}, "age"});
  EXPECT_EQ(CountIn(path_, "SELECT count(*) FROM dictionary"), 1);
  EXPECT_EQ(CountIn(path_, "SELECT id FROM dictionary"), newest);
  ASSERT_TRUE(writer->CloseCleanly().ok());
  ExpectWhole(path_);
}

TEST_F(PruneTest, ADamagedBodyStaysDamagedAndTheRestGoes) {
  auto writer = MustOpen();
  for (int n = 1; n <= 5; ++n) {
    Do(*writer, [&](Transaction& tx) {
      PutPod(tx, "a", std::to_string(n), Event::kModified, BodyOf("a", n));
    });
  }
  SQLite::Database(path_, SQLite::OPEN_READWRITE)
      .exec("UPDATE body SET data = x'00' WHERE seq = 2");
  EXPECT_EQ(Prune(*writer, {{}, clock_.wall, {}, {}, "age"}).revisions, 4);
  Do(*writer, [](Transaction& tx) { PutPod(tx, "b", "1"); });
  const Seq last = writer->last_seq();
  ASSERT_TRUE(writer->CloseCleanly().ok());
  EXPECT_FALSE(MustRead()->Body(5).ok());
  EXPECT_TRUE(MustRead()->Body(last).ok());
}

TEST_F(PruneTest, RecordAndRowSayTheSame) {
  ASSERT_NO_FATAL_FAILURE(Make(8));
  const Micros cut = MustRead()->info().known_until - 20 * kSecond;
  auto writer = MustOpen();
  const auto done = Prune(*writer, {{1, 2}, cut, {}, {}, "age"});
  ASSERT_TRUE(writer->CloseCleanly().ok());
  const auto reader = MustRead();
  const auto batch = reader->Records(done.record - 1, done.record + 1, 10);
  ASSERT_TRUE(batch.ok());
  ASSERT_EQ(batch->records.size(), 2U);
  EXPECT_EQ(batch->records[0].kind, "prune");
  const auto detail = nlohmann::json::parse(batch->records[0].detail);
  EXPECT_EQ(detail["reason"], "age");
  EXPECT_EQ(detail["before"], cut);
  EXPECT_EQ(detail["last"], done.record - 1);
  EXPECT_EQ(detail["resources"].size(), 2U);
  EXPECT_EQ(batch->records[1].kind, "pruned");
  const auto totals = nlohmann::json::parse(batch->records[1].detail);
  EXPECT_EQ(totals["prune"], done.record);
  EXPECT_EQ(totals["revisions"], done.revisions);
  EXPECT_EQ(totals["objects"], done.objects);
  SQLite::Database db(path_, SQLite::OPEN_READONLY);
  SQLite::Statement view(db, "SELECT reason, revisions, state FROM v_pruned");
  ASSERT_TRUE(view.executeStep());
  EXPECT_EQ(view.getColumn(0).getString(), "age");
  EXPECT_EQ(view.getColumn(1).getInt64(), done.revisions);
  EXPECT_EQ(view.getColumn(2).getString(), "done");
}

TEST_F(PruneTest, WhatCannotBeAskedIsRefused) {
  auto writer = MustOpen();
  EXPECT_EQ(writer->StartPrune({}).error().code(), Code::kInvalid);
  EXPECT_EQ(writer->StartPrune({{}, 1, 1, {}, ""}).error().code(),
            Code::kInvalid);
  EXPECT_EQ(writer->StartPrune({{}, {}, 0, {}, ""}).error().code(),
            Code::kInvalid);
  ASSERT_TRUE(writer->StartPrune({{}, 1, {}, {}, ""}).ok());
  EXPECT_EQ(writer->StartPrune({{}, 1, {}, {}, ""}).error().code(),
            Code::kBusy);
  RunPrune(*writer);
  EXPECT_EQ(writer->prune_progress().record, 0);  // an empty file
}

}  // namespace
}  // namespace kubescribe::store
