// What the configuration names, held against what a server serves.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "integration/setup.h"
#include "integration/world.h"

namespace kubescribe::integration {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

Answer DryRun(const std::string& config) {
  return RunCommand(KUBESCRIBE_BIN_DIR "/kubescribed --dry-run --config " +
                    config + " 2>&1");
}

constexpr char kRules[] = R"(resources:
- resource: podss
- resource: nodes
  namespace: a
- resource: "*.nowhere.example"
- resource: secrets
  level: none
- resource: configmaps
)";

TEST(SelectionTest, RulesThatDoOtherThanMeantAreSaid) {
  World world;
  fakes::SimCluster& sim = world.AddCluster({.seed = TestSeed(5)});
  world.Configure(kRules);
  world.StartRecorder();
  ASSERT_TRUE(world.WaitFor(sim, [](store::Reader& reader) {
    const auto streams = reader.Streams();
    return std::any_of(streams->begin(), streams->end(), [](const auto& row) {
      return row.key.resource == "configmaps" && row.state == "watching";
    });
  }));
  const Answer dry = DryRun(world.config_path());
  const ExitState end = world.StopRecorder();
  EXPECT_EQ(end.code, 0);
  EXPECT_EQ(dry.code, 0) << dry.text;
  for (const std::string& text : {world.RecorderLog(), dry.text}) {
    EXPECT_THAT(text, ContainsRegex("the rule for podss does nothing: .*did "
                                    "you mean \"pods\""));
    EXPECT_THAT(text, HasSubstr("the rule for nodes names namespaces, but "
                                "nodes are in none: all are recorded"));
    EXPECT_THAT(text, HasSubstr("the rule for *.nowhere.example does nothing: "
                                "the server serves no kind of that group"));
    EXPECT_THAT(text, Not(HasSubstr("rule for secrets")));
  }
  EXPECT_THAT(dry.text, ContainsRegex("\nconfigmaps +yes"));
  EXPECT_THAT(dry.text, Not(HasSubstr("\nsecrets ")));
}

TEST(SelectionTest, DryRunLooksAtEveryClusterAlthoughOneIsAway) {
  World world;
  fakes::SimCluster& sim = world.AddCluster({.seed = TestSeed(6)});
  world.Configure("clusters:\n- name: away\n  kubeconfig: " + world.dir() +
                  "/away\n- name: here\n  kubeconfig: " + world.kubeconfig() +
                  "\n  context: " + sim.options().name + "\n");
  world.StartRecorder();
  const Answer dry = DryRun(world.config_path());
  EXPECT_EQ(dry.code, 1);
  EXPECT_THAT(dry.text, HasSubstr("/away"));
  EXPECT_THAT(dry.text, ContainsRegex("cluster here: [1-9]"));
}

}  // namespace
}  // namespace kubescribe::integration
