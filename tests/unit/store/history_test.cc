// History and Changes against all revisions of the file, and that neither
// reads or sorts more than it answers.

#include <algorithm>
#include <limits>

#include "old_file.h"
#include "random_lives.h"
#include "store/history_query.h"

namespace kubescribe::store {
namespace {

class HistoryTest : public RandomLivesTest {
 protected:
  // All pages of what `ask` (after, limit) answers.
  template <typename Ask>
  static std::vector<Seq> Pages(Ask ask, std::size_t limit) {
    std::vector<Seq> seqs;
    for (;;) {
      const auto page = Seqs(ask(seqs.empty() ? 0 : seqs.back(), limit));
      EXPECT_LE(page.size(), limit);
      if (page.empty()) return seqs;
      seqs.insert(seqs.end(), page.begin(), page.end());
    }
  }

  static ObjectFilter RandomFilter(SeededRandom& random) {
    ObjectFilter filter;
    filter.resource_id = static_cast<std::int64_t>(random.Below(4));
    if (random.Below(2) == 0) {
      filter.name_space = "ns" + std::to_string(random.Below(6));
    }
    if (random.Below(4) == 0) {
      filter.name = "name" + std::to_string(random.Below(7));
    }
    if (random.Below(4) == 0) {
      filter.uid = "uid" + std::to_string(random.Below(80));
    }
    return filter;
  }

  void Compare(const std::string& path, std::uint64_t seed) {
    auto reader = MustRead(path);
    const std::vector<Revision> all = AllRevisions(*reader);
    ASSERT_FALSE(all.empty());
    SeededRandom random(seed);
    for (int i = 0; i < 100; ++i) {
      const ObjectFilter filter = RandomFilter(random);
      const std::size_t limit = 1 + random.Below(60);
      std::vector<Seq> expected;
      for (const Revision& r : all) {
        if (Matches(r, filter)) expected.push_back(r.seq);
      }
      const auto history = [&](Seq after, std::size_t most) {
        return reader->History(filter, after, most);
      };
      ASSERT_EQ(Pages(history, limit), expected) << path << " question " << i;

      Micros since = all[random.Below(all.size())].changed_at;
      Micros until = all[random.Below(all.size())].changed_at;
      if (random.Below(4) == 0) std::swap(since, until);
      if (random.Below(8) == 0) since = std::numeric_limits<Micros>::min();
      if (random.Below(8) == 0) until = std::numeric_limits<Micros>::max();
      expected.clear();
      for (const Revision& r : all) {
        if (Matches(r, filter) && r.changed_at >= since &&
            r.changed_at <= until) {
          expected.push_back(r.seq);
        }
      }
      found_ += expected.size();
      const auto changes = [&](Seq after, std::size_t most) {
        return reader->Changes(filter, since, until, after, most);
      };
      ASSERT_EQ(Pages(changes, limit), expected) << path << " question " << i;
    }
  }

  std::size_t found_ = 0;
};

TEST_F(HistoryTest, AgreesWithAllRevisionsAlsoInAnOldFile) {
  for (std::uint64_t seed = 11; seed <= 13; ++seed) {
    path_ = folder_ / ("seed" + std::to_string(seed) + ".db");
    clock_ = TestClock();
    ASSERT_NO_FATAL_FAILURE(Generate(seed, 150));
    ASSERT_NO_FATAL_FAILURE(Compare(path_, seed));
    const std::string old = path_ + ".old.db";
    MakeOldFile(path_, old, "TABLE lifetime");
    ASSERT_NO_FATAL_FAILURE(Compare(old, seed));
  }
  EXPECT_GT(found_, 1000U);
}

TEST_F(HistoryTest, NothingIsSortedAndOnlyWhatIsAskedForIsRead) {
  Generate(3, 20);
  ObjectFilter one;
  one.resource_id = 1;
  one.name_space = "ns1";
  one.name = "name1";
  ObjectFilter space;
  space.name_space = "ns1";
  ObjectFilter both = space;
  both.resource_id = 1;
  ObjectFilter uid;
  uid.resource_id = 1;
  uid.uid = "uid1";
  const auto check = [&](const std::string& sql,
                         const std::vector<std::string>& scans) {
    for (const std::string& step : Plan(path_, sql)) {
      EXPECT_EQ(step.find("TEMP B-TREE"), std::string::npos) << step << "\n"
                                                             << sql;
      EXPECT_TRUE(!step.starts_with("SCAN ") ||
                  std::any_of(scans.begin(), scans.end(),
                              [&](const std::string& scan) {
                                return step.starts_with("SCAN " + scan);
                              }))
          << step << "\n"
          << sql;
    }
  };
  const std::string row = "CONSTANT ROW";
  check(RunSql(), {});
  check(kNextSeqSql, {});
  check(SeqRangeSql(), {row});
  check(ObjectsSql(one, 5), {});
  check(ObjectsSql(uid, 5), {});
  for (const ObjectFilter& filter : {one, space, both, uid, ObjectFilter()}) {
    check(WalkSql(filter), {});  // from a seq on
    check(LateSql(filter), {});
  }
  // Of the tree, by its coordinates; the kinds and the namespaces.
  const std::string tree = "l VIRTUAL TABLE INDEX 2:";
  check(TouchedSql(both, 1, 2), {tree});
  check(TouchedSql(space, 1, 2), {tree, "k"});
  check(TouchedSql(one, 1, 2), {tree});
  // The whole cluster: what is alive now.
  check(TouchedSql({}, 1, 2), {tree, "o USING INDEX object_open"});
}

TEST_F(HistoryTest, TheClusterAfterASeqIsReadByTheSequence) {
  Generate(4, 30);
  auto reader = MustRead();
  const std::vector<Revision> all = AllRevisions(*reader);
  const Seq after = all[all.size() / 2].seq;
  const auto rest = Seqs(reader->History({}, after, 10));
  ASSERT_EQ(rest.size(), 10U);
  EXPECT_EQ(rest.front(), all[all.size() / 2 + 1].seq);
}

}  // namespace
}  // namespace kubescribe::store
