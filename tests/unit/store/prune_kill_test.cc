// kill -9 at the named points of a prune: what is left answers as before, and
// the next writer brings the prune to the same end.
//
// Only builds with the test switches have the points.
#ifdef KUBESCRIBE_TEST_SWITCHES

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "base/test_switches.h"
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

  // Runs the prune in a child; answers its wait status.
  int RunChild(const std::string& path, const std::string& variable,
               const std::string& value) {
    const pid_t child = fork();
    if (child == 0) {
      setenv(variable.c_str(), value.c_str(), 1);
      RereadTestSwitches();
      auto writer = Writer::Open(path, options_);
      bool ok = writer.ok() && (*writer)->StartPrune(wish_).ok();
      while (ok && (*writer)->pruning()) ok = (*writer)->StepPrune().ok();
      _exit(ok ? 0 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return status;
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
    const int status = RunChild(path, "KUBESCRIBE_KILL_AT", point);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
        << "the point was not reached";
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
  const std::string log = fast_ / "points";
  ASSERT_EQ(RunChild(path_, "KUBESCRIBE_KILL_LOG", log), 0);
  done_ = Content(path_);
  before_seq_ = *MustRead()->Prunes()->front().before_seq;
  std::map<std::string, int> reached;
  int total = 0;
  std::ifstream lines(log);
  for (std::string name; std::getline(lines, name); ++total) ++reached[name];
  for (const char* expected :
       {"prune.record", "prune.revision", "prune.keyframe", "prune.object",
        "prune.life", "prune.box", "prune.before-commit", "prune.step",
        "prune.totals", "prune.done", "prune.pages"}) {
    EXPECT_TRUE(reached.count(expected)) << expected;
  }
  // The first and the last time of each name.
  for (const auto& [name, times] : reached) {
    ASSERT_NO_FATAL_FAILURE(KillAt(name + ":1"));
    if (times > 1) {
      ASSERT_NO_FATAL_FAILURE(KillAt(name + ":" + std::to_string(times)));
    }
  }
  SeededRandom random(11);
  const int instants = static_cast<int>(40 * TestScale());
  for (int i = 0; i < instants; ++i) {
    const std::uint64_t nth = 1 + random.Below(static_cast<unsigned>(total));
    ASSERT_NO_FATAL_FAILURE(KillAt("*:" + std::to_string(nth)));
  }
}

}  // namespace
}  // namespace kubescribe::store

#endif  // KUBESCRIBE_TEST_SWITCHES
