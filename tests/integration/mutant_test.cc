// The eight mistakes that the model of the resume protocol names
// (tests/model/resume.pml), built into the recorder as switches: each must be
// found by one story that makes its moment likely, and the recorder without a
// mistake must pass the same story.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "integration/setup.h"
#include "integration/world.h"

namespace kubescribe::integration {
namespace {

using fakes::SimCluster;
using testing::IsEmpty;
using testing::Not;

std::string Config(int i, int value) {
  return R"({"metadata":{"namespace":"a","name":"c)" + std::to_string(i) +
         R"("},"data":{"value":")" + std::to_string(value) + R"("}})";
}

void Write(SimCluster& sim, int round) {
  for (int i = 0; i < 60; ++i) {
    sim.Apply("configmaps", Config(i, round));
    if (i % 20 == 7) sim.Delete("configmaps", "a", "c" + std::to_string(i));
  }
}

// What is wrong after a list that is killed in the middle, kills around the
// commit, and a 410 with writes and deletions unseen.
std::vector<std::string> Story(int mutant) {
  World world;
  fakes::SimOptions options;
  options.seed = TestSeed(11);
  options.page_size_limit = 20;
  // So that many a commit has a bookmark after events of its stream.
  options.bookmark_interval = 10 * kMillisecond;
  SimCluster& sim = world.AddCluster(options);
  // The kill in the list comes after commits of what it has shown before.
  world.Configure("commit:\n  maxRevisions: 10\n");
  const auto start = [&](const std::string& kill_at) {
    std::map<std::string, std::string> environment;
    environment["KUBESCRIBE_MUTANT"] = std::to_string(mutant);
    if (!kill_at.empty()) environment["KUBESCRIBE_KILL_AT"] = kill_at;
    world.StartRecorder(environment);
  };
  std::vector<std::string> wrong;
  const auto settle = [&] {
    const std::string missing = world.WaitUntilRecorded(sim, 10 * kSecond);
    if (!missing.empty()) wrong.push_back(missing);
  };

  // The last twenty are never written again: only a list shows them.
  for (int i = 0; i < 80; ++i) sim.Apply("configmaps", Config(i, 0));
  start("list.item:40");
  if (!world.RecorderEnds(10 * kSecond)) world.KillRecorder();
  world.Configure("");
  Write(sim, 1);
  start("");
  settle();
  // Killed while it commits what is being written. A correct recorder does
  // not come by record.position.past: a position written before its rows.
  for (const char* point : {"record.position.past:3", "record.position.past:5",
                            "record.committed:40", "record.committed:43"}) {
    world.KillRecorder();
    start(point);
    for (int round = 2; round < 60; ++round) {
      Write(sim, round);
      if (world.RecorderEnds(60 * kMillisecond)) break;
    }
    world.KillRecorder();
    start("");
    settle();
  }
  world.KillRecorder();
  Write(sim, 9);
  sim.Delete("configmaps", "a", "c11");
  sim.Compact();
  start("");
  sim.Apply("configmaps", Config(1, 10));
  settle();
  world.StopRecorder();
  for (const auto& violation : world.Violations(sim)) {
    wrong.push_back(violation);
  }
  return wrong;
}

TEST(MutantTest, TheRecorderWithoutAMistakePasses) {
  EXPECT_THAT(Story(0), IsEmpty());
}

class SeededMistake : public testing::TestWithParam<int> {};

TEST_P(SeededMistake, MutantIsFound) {
  // Not a skip: a scaled run leaves out the later ones.
  if (GetParam() > static_cast<int>(Scaled(8))) return;
  EXPECT_THAT(Story(GetParam()), Not(IsEmpty()));
}

std::string MutantName(const testing::TestParamInfo<int>& info) {
  static const char* const names[] = {
      "PositionBeforeRows",     "RelistWithoutGap",   "BookmarkPastBuffer",
      "PositionAfterFirstPage", "RelistWithoutDedup", "RelistWithoutDeletions",
      "RestartAtNowAfter410",   "RowsBeforePosition"};
  return names[info.param - 1];
}

INSTANTIATE_TEST_SUITE_P(Model, SeededMistake, testing::Range(1, 9),
                         MutantName);

}  // namespace
}  // namespace kubescribe::integration
