// Golden tests as text: each tests/stories/NAME.txt is a test of its own. What
// is told there is recorded by a real Recorder, the built `kubescribe` answers
// the commands, and its answers are those of the file to the byte. script.h
// says how a story is written, world.h what may happen in it.
//
// Commands run in bash: in the time zone UTC, with the story's clock, without a
// kubeconfig, the recorded data in the folder "data" of the working directory.
//
//   tests/stories/rewrite [NAME...]
//
// builds and writes the answers anew, for review by `git diff`
// (KUBESCRIBE_REWRITE_STORIES=1 in this program's environment does it).
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/log.h"
#include "output/diff.h"
#include "stories/script.h"
#include "stories/world.h"
#include "unit/store/store_fixture.h"

namespace kubescribe::stories {
namespace {

namespace fs = std::filesystem;

std::string ContentOf(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> Names() {
  std::vector<std::string> names;
  for (const auto& entry :
       fs::directory_iterator(KUBESCRIBE_SOURCE_DIR "/tests/stories")) {
    if (entry.path().extension() != ".txt") continue;
    names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

class Stories : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
#ifndef KUBESCRIBE_TEST_SWITCHES
    GTEST_SKIP() << "only a build with KUBESCRIBE_TEST_SWITCHES (preset debug) "
                    "lets the tool's clock be set";
#endif
    ASSERT_TRUE(fs::exists(KUBESCRIBE_BIN_DIR "/kubescribe"))
        << "build the target kubescribe first";
    fs::create_directory(folder_ / "data");
  }

  Said Ask(const std::string& command, Micros now) {
    std::ofstream(folder_ / "command") << command << "\n";
    const std::string shell =
        "cd '" + folder_.path() +
        "' && env -u COLUMNS -u PAGER -u KUBESCRIBE_PAGER "
        "-u KUBESCRIBE_CLUSTER TZ=UTC "
        "LC_ALL=C.UTF-8 TERM=dumb HOME=/nonexistent KUBECONFIG=/dev/null "
        "KUBESCRIBE_DATA=data KUBESCRIBE_NOW=" +
        std::to_string(now) +
        " PATH='" KUBESCRIBE_BIN_DIR
        "':\"$PATH\" bash -o pipefail command >out 2>err </dev/null";
    const int status = std::system(shell.c_str());
    return {ContentOf(folder_ / "out"), ContentOf(folder_ / "err"),
            WIFEXITED(status) ? WEXITSTATUS(status) : -1};
  }

 private:
  store::TempFolder folder_{store::FastFolder()};

 protected:
  World world_{folder_ / "data"};
};

TEST_P(Stories, IsAnsweredAsItStands) {
  const std::string path =
      KUBESCRIBE_SOURCE_DIR "/tests/stories/" + GetParam() + ".txt";
  const Result<Story> story = ParseStory(ContentOf(path));
  ASSERT_TRUE(story.ok()) << path << ":" << story.error().message();
  std::vector<std::string> answers;
  for (const Step& step : story->steps) {
    if (const auto* statement = std::get_if<Statement>(&step)) {
      const Status done = world_.Do(*statement);
      ASSERT_TRUE(done.ok()) << path << ":" << done.error().message();
      continue;
    }
    const Question& question = std::get<Question>(step);
    const Status settled = world_.Settle();
    ASSERT_TRUE(settled.ok())
        << path << ":" << question.line << ": " << settled.error().message();
    answers.push_back(Render(Ask(question.command, world_.now())));
    if (std::getenv("KUBESCRIBE_REWRITE_STORIES") != nullptr) continue;
    if (answers.back() == question.answer) continue;
    ADD_FAILURE_AT(path.c_str(), question.line)
        << "$ " << question.command << "\n"
        << output::UnifiedDiff(question.answer, answers.back(), "as it stands",
                               "as the tool answers", false)
        << "If this is right: tests/stories/rewrite " << GetParam();
  }
  EXPECT_FALSE(answers.empty()) << path << ": nothing is asked";
  if (std::getenv("KUBESCRIBE_REWRITE_STORIES") != nullptr) {
    std::ofstream(path, std::ios::binary) << WithAnswers(*story, answers);
  }
}

// The recorder's own log is none of a story's answers.
class Quiet : public testing::Environment {
  void SetUp() override { SetUpLog(LogFormat::kText, "error"); }
};
[[maybe_unused]] const auto* const kQuiet =
    testing::AddGlobalTestEnvironment(new Quiet);

INSTANTIATE_TEST_SUITE_P(Text, Stories, testing::ValuesIn(Names()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace kubescribe::stories
