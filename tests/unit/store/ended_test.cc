// EachEnded against all revisions, and by what it finds its answer.
#include <algorithm>
#include <map>
#include <tuple>

#include "old_file.h"
#include "random_lives.h"
#include "store/state_query.h"

namespace kubescribe::store {
namespace {

class EndedTest : public RandomLivesTest {
 protected:
  // By the words of the header: what was in force at `until` says that it is
  // gone, and became so within the time.
  static std::vector<Seq> Expected(const std::vector<Revision>& all,
                                   const ObjectFilter& filter, Micros since,
                                   Micros until) {
    std::map<std::int64_t, Revision> in_force;
    for (const Revision& r : all) {  // in order of seq
      if (!Matches(r, filter) || r.late || r.changed_at > until) continue;
      in_force[r.object_id] = r;
    }
    std::vector<Revision> ended;
    for (const auto& [id, r] : in_force) {
      if (IsGone(r.event) && r.changed_at >= since) ended.push_back(r);
    }
    std::sort(ended.begin(), ended.end(),
              [](const Revision& a, const Revision& b) {
                const std::string left = a.name_space + "/";
                const std::string right = b.name_space + "/";
                return std::tie(a.resource_id, left, a.name, a.seq) <
                       std::tie(b.resource_id, right, b.name, b.seq);
              });
    std::vector<Seq> seqs;
    seqs.reserve(ended.size());
    for (const Revision& r : ended) seqs.push_back(r.seq);
    return seqs;
  }

  void Compare(const std::string& path, std::uint64_t seed) {
    const auto reader = Reader::Open(path);
    ASSERT_TRUE(reader.ok());
    const FileInfo& info = (*reader)->info();
    const std::vector<Revision> all = AllRevisions(**reader);
    SeededRandom random(seed);
    const auto span =
        static_cast<std::uint64_t>(info.known_until - info.created_at);
    const auto instant = [&] {
      // The very instant of a change is the one that goes wrong.
      return random.Below(3) == 0
                 ? all[random.Below(all.size())].changed_at
                 : info.created_at + static_cast<Micros>(random.Below(span));
    };
    for (int i = 0; i < 200; ++i) {
      ObjectFilter filter;
      filter.resource_id = static_cast<std::int64_t>(random.Below(4));
      if (random.Below(3) == 0) {
        filter.name_space = "ns" + std::to_string(random.Below(5));
      }
      const auto [since, until] = std::minmax({instant(), instant()});
      std::vector<Seq> got;
      const Status read = (*reader)->EachEnded(
          filter, since, until,
          [&](Revision&& revision) { got.push_back(revision.seq); });
      ASSERT_TRUE(read.ok()) << read.error().message();
      ASSERT_EQ(got, Expected(all, filter, since, until))
          << "seed " << seed << " question " << i;
      found_ += got.size();
    }
  }

  std::size_t found_ = 0;
};

TEST_F(EndedTest, AgreesWithAllRevisionsWithAndWithoutLifetimes) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    path_ = folder_ / ("seed" + std::to_string(seed) + ".db");
    clock_ = TestClock();
    ASSERT_NO_FATAL_FAILURE(Generate(seed, 120));
    ASSERT_NO_FATAL_FAILURE(Compare(path_, seed));
    const std::string old = path_ + ".old.db";
    MakeOldFile(path_, old, "TABLE lifetime");
    ASSERT_NO_FATAL_FAILURE(Compare(old, seed));
  }
  EXPECT_GT(found_, 1000U);
}

TEST_F(EndedTest, LooksOnlyAtWhatLivedThen) {
  Generate(3, 20);
  for (const std::int64_t resource : {0, 1}) {
    ObjectFilter filter;
    filter.resource_id = resource;
    bool tree = false;
    for (const std::string& step :
         Plan(path_, EndedSql(filter, 5, 9, RecordedBy{7, true}))) {
      tree = tree || step.find("l VIRTUAL TABLE INDEX 2:") != std::string::npos;
      EXPECT_FALSE(step.starts_with("SCAN o")) << step;
      EXPECT_FALSE(step.starts_with("SCAN v")) << step;
    }
    EXPECT_TRUE(tree);
  }
}

}  // namespace
}  // namespace kubescribe::store
