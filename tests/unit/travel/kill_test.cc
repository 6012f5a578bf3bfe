// kill -9 anywhere in an export and in an import: there is no file of that name
// or all of it, and the next one is not in the way of what is left.
//
// Only builds with the test switches have the points.
#ifdef KUBESCRIBE_TEST_SWITCHES

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <map>

#include "base/test_switches.h"
#include "travelled.h"

namespace kubescribe::travel {
namespace {

class TravelKillTest : public TravelTest {
 protected:
  // Exports and imports in a child; answers its wait status.
  int RunChild(const std::string& variable, const std::string& value) {
    const pid_t child = fork();
    if (child == 0) {
      setenv(variable.c_str(), value.c_str(), 1);
      RereadTestSwitches();
      ExportRequest part;
      part.since = Micros{0};
      const bool ok = Export(path_, export_, {}).ok() &&
                      Export(path_, part_, part).ok() &&
                      Import(export_, copy_, {}).ok();
      _exit(ok ? 0 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return status;
  }
  void RemoveAll() {
    for (const std::string& file : {export_, part_, copy_}) {
      std::filesystem::remove(file);
      std::filesystem::remove(file + ".partial");
    }
  }

  const std::string part_ = folder_ / "part.zst";
};

TEST_F(TravelKillTest, LeavesNoFileOfThatNameOrAllOfIt) {
  Record(41, 400);
  const std::string log = folder_ / "points";
  ASSERT_EQ(RunChild("KUBESCRIBE_KILL_LOG", log), 0);
  std::map<std::string, int> reached;
  int total = 0;
  std::ifstream lines(log);
  for (std::string name; std::getline(lines, name); ++total) ++reached[name];
  for (const char* expected :
       {"export.range", "export.part", "export.tail", "export.written",
        "new-file.synced", "new-file.named", "import.lines",
        "import.before-commit"}) {
    EXPECT_TRUE(reached.count(expected)) << expected;
  }
  std::vector<std::string> points;
  for (const auto& [name, times] : reached) {
    points.push_back(name + ":1");
    if (times > 1) points.push_back(name + ":" + std::to_string(times));
  }
  const int instants = static_cast<int>(30 * store::TestScale());
  for (int i = 0; i < instants; ++i) {
    points.push_back(
        "*:" +
        std::to_string(1 + random_.Below(static_cast<std::uint64_t>(total))));
  }
  for (const std::string& point : points) {
    SCOPED_TRACE(point);
    RemoveAll();
    const int status = RunChild("KUBESCRIBE_KILL_AT", point);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
        << "the point was not reached";
    if (std::filesystem::exists(copy_)) {
      ExpectTheSame();
      std::filesystem::remove(copy_);
    }
    if (std::filesystem::exists(export_)) {
      MustImport(export_);
      std::filesystem::remove(export_);
    }
    std::filesystem::remove(part_);
    // What is left of each is written over.
    MustExport(export_);
    MustImport(export_);
    EXPECT_FALSE(std::filesystem::exists(export_ + ".partial"));
    EXPECT_FALSE(std::filesystem::exists(copy_ + ".partial"));
    ASSERT_EQ(Content(copy_), Content(path_));
  }
}

// The whole name and the partial one are one file after a kill between the two:
// neither may be written over through the other.
TEST_F(TravelKillTest, AFileThatWasFinishedAndMovedIsLeftAlone) {
  Record(42, 20);
  const int status = RunChild("KUBESCRIBE_KILL_AT", "new-file.linked:1");
  ASSERT_TRUE(WIFSIGNALED(status));
  ASSERT_TRUE(std::filesystem::exists(export_ + ".partial"));
  const std::string moved = folder_ / "moved.zst";
  std::filesystem::rename(export_, moved);
  const std::string bytes = FileText(moved);
  ExportRequest part;
  part.since = Micros{0};
  MustExport(export_, part);
  EXPECT_TRUE(FileText(moved) == bytes);
  MustImport(moved);
  ExpectTheSame();
}

}  // namespace
}  // namespace kubescribe::travel

#endif  // KUBESCRIBE_TEST_SWITCHES
