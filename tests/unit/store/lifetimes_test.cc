// Lifetimes: that what finds the objects of a time agrees with the revisions,
// as written and as a migration fills it in, and finds neither too few nor by
// looking at the whole history.

#include "store/lifetimes.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "killed_child.h"
#include "old_file.h"
#include "random_lives.h"
#include "store/state_query.h"

namespace kubescribe::store {
namespace {

// The answer from all revisions, one after the other.
std::vector<Seq> NaiveStateAt(const std::vector<Revision>& all,
                              const ObjectFilter& filter, Micros at) {
  std::map<std::int64_t, const Revision*> in_force;
  for (const Revision& r : all) {
    if (!r.late && r.changed_at <= at && Matches(r, filter)) {
      in_force[r.object_id] = &r;
    }
  }
  std::vector<std::tuple<std::int64_t, std::string, std::string, Seq>> rows;
  for (const auto& [id, r] : in_force) {
    if (!IsGone(r->event)) {
      rows.emplace_back(r->resource_id, r->name_space, r->name, r->seq);
    }
  }
  std::sort(rows.begin(), rows.end());
  std::vector<Seq> seqs;
  for (const auto& row : rows) seqs.push_back(std::get<3>(row));
  return seqs;
}

class LifetimesTest : public RandomLivesTest {
 protected:
  // Random times, and the exact ones of revisions with their neighbours.
  void Compare(const std::string& path, std::uint64_t seed) {
    auto reader = MustRead(path);
    const std::vector<Revision> all = AllRevisions(*reader);
    ASSERT_FALSE(all.empty());
    SeededRandom random(seed);
    for (int i = 0; i < 400; ++i) {
      ObjectFilter filter;
      filter.resource_id = static_cast<std::int64_t>(random.Below(4));
      if (random.Below(2) == 0) {
        filter.name_space = "ns" + std::to_string(random.Below(6));
      }
      if (random.Below(5) == 0) {
        filter.name = "name" + std::to_string(random.Below(7));
      }
      AsOf as_of;
      as_of.at = all[random.Below(all.size())].changed_at +
                 static_cast<Micros>(random.Below(3)) - 1;
      if (random.Below(2) == 0) {
        as_of.at += static_cast<Micros>(random.Below(4'000'000)) - 2'000'000;
      }
      const auto expected = NaiveStateAt(all, filter, as_of.at);
      found_ += expected.size();
      ASSERT_EQ(Seqs(reader->StateAt(filter, as_of)), expected)
          << path << " seed " << seed << " question " << i;
    }
    for (const Micros far : {Micros{0}, std::numeric_limits<Micros>::max(),
                             std::numeric_limits<Micros>::min()}) {
      EXPECT_EQ(Seqs(reader->StateAt({}, {far, {}, {}})),
                NaiveStateAt(all, {}, far));
    }
  }

  std::size_t found_ = 0;
};

TEST_F(LifetimesTest, AgreesWithAllRevisionsBeforeAndAfterAMigration) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    path_ = folder_ / ("seed" + std::to_string(seed) + ".db");
    clock_ = TestClock();
    clock_.wall += static_cast<Micros>(seed * 123'456);
    ASSERT_NO_FATAL_FAILURE(Generate(seed, 200));
    EXPECT_EQ(Derived(path_), NaiveDerived(path_));
    ASSERT_NO_FATAL_FAILURE(Compare(path_, seed));

    const std::string old = path_ + ".old.db";
    MakeOldFile(path_, old, "TABLE lifetime");
    ASSERT_NO_FATAL_FAILURE(Compare(old, seed));
    ASSERT_TRUE((*Writer::Open(old, options_))->CloseCleanly().ok());
    EXPECT_EQ(Derived(old), Derived(path_));
    ASSERT_NO_FATAL_FAILURE(Compare(old, seed));
  }
  EXPECT_GT(found_, 10'000U);
}

TEST_F(LifetimesTest, ATimeOutOfRangeIsRefusedAndTheFileGoesOn) {
  constexpr Micros kFar = 69LL * 366 * 24 * kHour;
  auto writer = MustOpen();
  Do(*writer, [&](Transaction& tx) { PutPod(tx, "a", "1"); });
  const Status refused = writer->Transact([&](Transaction& tx) {
    NewRevision next;
    next.object_id = 1;
    next.stream_id = 1;
    next.epoch = 1;
    next.rv = "2";
    next.changed_at = tx.recorded_at() + kFar;
    tx.AppendRevision(next);
  });
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message().find("68 years"), std::string::npos)
      << refused.error().message();
  writer.reset();
  writer = MustOpen();
  Do(*writer, [&](Transaction& tx) { PutPod(tx, "a", "2", Event::kDeleted); });
  ASSERT_TRUE(writer->CloseCleanly().ok());
  EXPECT_EQ(Derived(path_), NaiveDerived(path_));

  // And so does a migration.
  const std::string old = path_ + ".old.db";
  MakeOldFile(path_, old, "TABLE lifetime");
  SQLite::Database(old, SQLite::OPEN_READWRITE)
      .exec("UPDATE revision SET changed_at = changed_at + " +
            std::to_string(kFar) + " WHERE seq = 1");
  EXPECT_NE(OpenError(old).message().find("68 years"), std::string::npos);
}

TEST(LifeSecondsTest, RoundsOutwardsAndSaysWhatDoesNotFit) {
  const LifeSeconds seconds(100 * kSecond + 7);
  EXPECT_EQ(seconds.Down(100 * kSecond), 0);
  EXPECT_EQ(seconds.Down(100 * kSecond - 1), -1);
  EXPECT_EQ(seconds.Up(100 * kSecond - 1), 0);
  EXPECT_EQ(seconds.Up(100 * kSecond), 0);
  EXPECT_EQ(seconds.Up(100 * kSecond + 1), 1);
  for (const std::int64_t second : {2'147'483'000LL, -2'147'483'000LL}) {
    const Micros at = (100 + second) * kSecond;
    EXPECT_THROW(seconds.Down(at), std::out_of_range);
    EXPECT_EQ(seconds.Nearest(at), second);
    EXPECT_EQ(seconds.Nearest(2 * at), second);
    EXPECT_EQ(seconds.Down(at - second / 2'147'483'000 * kSecond),
              second - second / 2'147'483'000);
  }
}

TEST_F(LifetimesTest, NoQuestionScansWhatGrowsWithHistory) {
  Generate(3, 20);
  for (const std::int64_t resource : {0, 1}) {
    for (const bool space : {false, true}) {
      ObjectFilter filter;
      filter.resource_id = resource;
      if (space) filter.name_space = "ns1";
      bool tree = false;
      for (const std::string& step :
           Plan(path_, LivingSql(filter, 5, RecordedBy{7, true}))) {
        tree =
            tree || step.find("l VIRTUAL TABLE INDEX 2:") != std::string::npos;
        // Scans are of the tree (by its coordinates), of what is alive now,
        // of the namespaces and of the resources; not of objects, revisions.
        if (step.starts_with("SCAN o")) {
          EXPECT_TRUE(resource == 0 && !space) << step;
          EXPECT_NE(step.find("USING INDEX object_open"), std::string::npos);
        }
        EXPECT_FALSE(step.starts_with("SCAN v")) << step;
        EXPECT_FALSE(step.starts_with("SCAN revision")) << step;
      }
      EXPECT_TRUE(tree);
    }
  }
}

#ifdef KUBESCRIBE_TEST_SWITCHES

TEST_F(LifetimesTest, AMigrationThatIsKilledLeavesAUsableFile) {
  Generate(5, 60);
  for (const char* point :
       {"open.wal:1", "open.migrated:1", "open.before-commit:1",
        "vfs.wal.write:1", "vfs.wal.write:9", "vfs.wal.sync:1",
        "open.after-commit:1"}) {
    SCOPED_TRACE(point);
    const std::string old = folder_ / "old.db";
    for (const char* suffix : {"", "-wal", "-shm", ".lock"}) {
      std::filesystem::remove(old + suffix);
    }
    MakeOldFile(path_, old, "TABLE lifetime");
    const KilledChild child([&] {
      OpenOptions options;
      options.cluster = "test";
      return Writer::Open(old, options).ok();
    });
    ASSERT_NO_FATAL_FAILURE(child.KillAt(point));
    ASSERT_NO_FATAL_FAILURE(Compare(old, 5));
    ASSERT_TRUE((*Writer::Open(old, options_))->CloseCleanly().ok());
    EXPECT_EQ(Derived(old), Derived(path_));
    ASSERT_NO_FATAL_FAILURE(Compare(old, 5));
  }
}

#endif  // KUBESCRIBE_TEST_SWITCHES

}  // namespace
}  // namespace kubescribe::store
