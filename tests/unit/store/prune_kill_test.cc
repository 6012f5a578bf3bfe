// kill -9 at the named points of a prune: what is left answers as before, and
// the next writer brings the prune to the same end.
//
// Only builds with the test switches have the points.
#ifdef KUBESCRIBE_TEST_SWITCHES

#include "killed_child.h"
#include "pruned_lives.h"

namespace kubescribe::store {
namespace {

class PruneKillTest : public PrunedLivesTest {
 protected:
  PruneKillTest() {
    path_ = fast_ / "test.db";
    Generate(4, 120);
    std::filesystem::copy_file(path_, whole_);
    const auto reader = MustRead(whole_);
    wish_.before = reader->info().known_until - 30 * kSecond;
    wish_.reason = "age";
    clock_.wall = reader->info().known_until;
  }

  KilledChild Prune(const std::string& path) const {
    return KilledChild([this, path] {
      auto writer = Writer::Open(path, options_);
      bool ok = writer.ok() && (*writer)->StartPrune(wish_).ok();
      while (ok && (*writer)->pruning()) ok = (*writer)->StepPrune().ok();
      return ok;
    });
  }

  // What is left of revisions, objects and bodies, and what is said of it.
  static std::vector<std::string> Content(const std::string& path) {
    std::vector<std::string> lines;
    SQLite::Database db(path, SQLite::OPEN_READONLY);
    for (const char* sql :
         {"SELECT 'revision ' || seq FROM revision ORDER BY seq",
          "SELECT 'object ' || id || ' ' || born_at FROM object ORDER BY id",
          "SELECT 'body ' || seq || ' ' || raw_size FROM body ORDER BY seq",
          "SELECT 'rv ' || resource_id || ' ' || rv FROM pruned_rv",
          "SELECT 'pruned ' || before_at || ' ' || before_seq || ' ' || "
          "revisions || ' ' || objects || ' ' || done FROM pruned"}) {
      SQLite::Statement query(db, sql);
      while (query.executeStep()) lines.push_back(query.getColumn(0));
    }
    return lines;
  }

  void KillAt(const std::string& point) {
    SCOPED_TRACE(point);
    const TempFolder folder(FastFolder());
    const std::string path = folder / "test.db";
    std::filesystem::copy_file(whole_, path);
    ASSERT_NO_FATAL_FAILURE(Prune(path).KillAt(point));
    {
      auto writer = Writer::Open(path, options_);
      ASSERT_TRUE(writer.ok()) << writer.error().message();
      ASSERT_NO_FATAL_FAILURE(ExpectWhole(path));
      const auto whole = MustRead(whole_);
      {
        const auto cut = MustRead(path);
        const auto prunes = cut->Prunes();
        ASSERT_TRUE(prunes.ok());
        // Nothing is gone that no record tells of.
        if (prunes->empty()) {
          ASSERT_EQ(AllRevisions(*cut).size(), AllRevisions(*whole).size());
        }
        ASSERT_NO_FATAL_FAILURE(
            ExpectTheSameFrom(*whole, *cut, *wish_.before, before_seq_, 77));
      }
      // It goes on by itself; one that had not begun is asked for again.
      ASSERT_NO_FATAL_FAILURE(RunPrune(**writer));
      ASSERT_TRUE((*writer)->StartPrune(wish_).ok());
      ASSERT_NO_FATAL_FAILURE(RunPrune(**writer));
      ASSERT_TRUE((*writer)->CloseCleanly().ok());
    }
    ASSERT_NO_FATAL_FAILURE(ExpectWhole(path));
    const auto whole = MustRead(whole_);
    const auto pruned = MustRead(path);
    ASSERT_NO_FATAL_FAILURE(ExpectBodies(*whole, *pruned));
    EXPECT_EQ(Content(path), done_);
    EXPECT_EQ(SQLite::Database(path, SQLite::OPEN_READONLY)
                  .execAndGet("PRAGMA freelist_count")
                  .getInt64(),
              0);
  }

  const TempFolder fast_{FastFolder()};
  const std::string whole_ = fast_ / "whole.db";
  PruneWish wish_;
  Seq before_seq_ = 0;
  std::vector<std::string> done_;  // Content of a prune that nobody killed
};

TEST_F(PruneKillTest, EveryNamedPointAndManyInstantsLoseNothing) {
  const std::vector<std::string> points = Prune(path_).Points(
      fast_ / "points", static_cast<int>(40 * TestScale()),
      {"prune.record", "prune.revision", "prune.keyframe", "prune.object",
       "prune.life", "prune.box", "prune.before-commit", "prune.step",
       "prune.salt", "prune.seed", "prune.totals", "prune.done",
       "prune.pages"});
  done_ = Content(path_);
  before_seq_ = *MustRead()->Prunes()->front().before_seq;
  for (const std::string& point : points) {
    ASSERT_NO_FATAL_FAILURE(KillAt(point));
  }
}

}  // namespace
}  // namespace kubescribe::store

#endif  // KUBESCRIBE_TEST_SWITCHES
