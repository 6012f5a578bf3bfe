// kill -9 at the named points of the writer (base/test_switches.h): a child
// runs the script and is killed; what it leaves must hold all that it had
// acknowledged, with rows and position together, and a new writer goes on.
//
// Only builds with the test switches have the points.
#ifdef KUBESCRIBE_TEST_SWITCHES

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <map>

#include "base/test_switches.h"
#include "scripted_pods.h"
#include "store_fixture.h"
#include "verify/verify.h"

namespace kubescribe::store {
namespace {

constexpr int kKillTransactions = 4;
// What the child runs. False: something failed that should not.
bool RunScript(const ScriptedPods& script, const std::string& path) {
  OpenOptions options;
  options.cluster = "test";
  auto writer = Writer::Open(path, options);
  if (!writer.ok()) return false;
  std::ofstream acknowledged(path + ".acknowledged");
  for (int k = 1; k <= kKillTransactions; ++k) {
    if (!script.Run(**writer, k).ok()) return false;
    acknowledged << "x" << std::flush;
    if (k == 2 && !(*writer)->Checkpoint().ok()) return false;
  }
  return (*writer)->CloseCleanly().ok();
}

class KillPointsTest : public testing::Test {
 protected:
  // Runs the child with this in its environment; answers its wait status.
  int RunChild(const std::string& path, const std::string& variable,
               const std::string& value) {
    const pid_t child = fork();
    if (child == 0) {
      setenv(variable.c_str(), value.c_str(), 1);
      RereadTestSwitches();
      _exit(RunScript(script_, path) ? 0 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return status;
  }

  void KillAt(const std::string& point) {
    SCOPED_TRACE(point);
    const TempFolder folder(FastFolder());
    const std::string path = folder / "test.db";
    const int status = RunChild(path, "KUBESCRIBE_KILL_AT", point);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
        << "the point was not reached";
    std::error_code none;
    const auto size = std::filesystem::file_size(path + ".acknowledged", none);
    const int acknowledged = none ? 0 : static_cast<int>(size);

    if (std::filesystem::exists(path)) {
      const auto reader = Reader::Open(path);
      if (reader.ok()) {
        EXPECT_GE((*reader)->info().last_seq,
                  script_.After(acknowledged).revisions);
      } else {
        EXPECT_EQ(acknowledged, 0) << reader.error().message();
      }
    }
    OpenOptions options;
    options.cluster = "test";
    auto writer = Writer::Open(path, options);
    ASSERT_TRUE(writer.ok()) << writer.error().message();
    const int position = ScriptedPods::Position(**writer);
    EXPECT_GE(position, acknowledged);
    EXPECT_LE(position, acknowledged + 1);
    EXPECT_EQ((*writer)->last_seq(), script_.After(position).revisions);
    for (int k = position + 1; k <= kKillTransactions; ++k) {
      ASSERT_TRUE(script_.Run(**writer, k).ok());
    }
    ASSERT_TRUE(*(*writer)->CloseCleanly());
    writer->reset();
    const auto reader = *Reader::Open(path);
    const Seq last = script_.After(kKillTransactions).revisions;
    EXPECT_EQ(reader->info().last_seq, last);
    for (Seq seq = 1; seq <= last; ++seq) {
      const auto body = reader->Body(seq);
      EXPECT_TRUE(body.ok()) << body.error().message();
    }
    const auto report = verify::Verify(path, {});
    ASSERT_TRUE(report.ok()) << report.error().message();
    EXPECT_EQ(report->verdict, verify::Verdict::kGood)
        << (report->findings.empty() ? "" : report->findings[0].what);
  }

  const ScriptedPods script_{kKillTransactions};
};

TEST_F(KillPointsTest, EveryNamedPointAndManyInstantsLoseNothing) {
  const TempFolder folder;
  const std::string log = folder / "points";
  ASSERT_EQ(RunChild(folder / "test.db", "KUBESCRIBE_KILL_LOG", log), 0);
  std::map<std::string, int> reached;
  int total = 0;
  std::ifstream lines(log);
  for (std::string name; std::getline(lines, name); ++total) ++reached[name];
  for (const char* expected :
       {"tx.begun", "tx.rows", "tx.position", "tx.before-commit",
        "tx.after-commit", "checkpoint.start", "checkpoint.end", "log.partial",
        "wal.truncated", "body.keyframe", "body.delta", "dictionary.row",
        "vfs.wal.write", "vfs.wal.sync", "vfs.db.write", "vfs.db.sync",
        "vfs.delete", "close.marked"}) {
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
