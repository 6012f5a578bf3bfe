// SIGHUP: clusters come, go and change while others are recorded on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "integration/setup.h"
#include "integration/world.h"

namespace kubescribe::integration {
namespace {

using fakes::SimCluster;
using testing::HasSubstr;
using testing::IsEmpty;

std::string ClustersOf(const World& world,
                       const std::vector<const SimCluster*>& sims) {
  std::string yaml = "clusters:\n";
  for (const SimCluster* sim : sims) {
    yaml += "- name: " + sim->options().name +
            "\n  kubeconfig: " + world.kubeconfig() +
            "\n  context: " + sim->options().name + "\n";
  }
  return yaml;
}

std::size_t Starts(const World& world, const SimCluster& sim) {
  return world.Records(sim, "start");
}

TEST(ReloadTest, ClustersComeAndGoWhileOthersAreRecordedOn) {
  World world;
  SimCluster& one = world.AddCluster({.name = "one", .seed = TestSeed(1)});
  SimCluster& two = world.AddCluster({.name = "two", .seed = TestSeed(2)});
  one.CreateMany("configmaps", "a", "c", 5);
  two.CreateMany("configmaps", "a", "c", 5);
  world.Configure(ClustersOf(world, {&one}));
  world.StartRecorder();
  ASSERT_EQ(world.WaitUntilRecorded(one), "");

  world.Configure(ClustersOf(world, {&one, &two}));
  world.ReloadRecorder();
  ASSERT_EQ(world.WaitUntilRecorded(two), "");
  EXPECT_EQ(Starts(world, one), 1U) << "was not to be touched";

  world.Configure(ClustersOf(world, {&two}));
  world.ReloadRecorder();
  ASSERT_TRUE(world.WaitFor(
      one, [](store::Reader& reader) { return reader.info().clean_stop; }));
  two.CreateMany("configmaps", "a", "d", 5);
  EXPECT_EQ(world.WaitUntilRecorded(two), "");
  one.CreateMany("configmaps", "a", "d", 5);

  // Back again, and with another setting for all: nothing is lost between.
  world.Configure("discoveryInterval: 30s\n" + ClustersOf(world, {&one, &two}));
  world.ReloadRecorder();
  ASSERT_EQ(world.WaitUntilRecorded(one), "");
  two.CreateMany("configmaps", "a", "e", 5);
  ASSERT_EQ(world.WaitUntilRecorded(two), "");
  EXPECT_EQ(Starts(world, one), 2U);
  EXPECT_EQ(Starts(world, two), 2U);
  for (const SimCluster* sim : {&one, &two}) {
    EXPECT_THAT(world.Violations(*sim), IsEmpty());
    EXPECT_THAT(world.Gaps(*sim), IsEmpty());
  }
  const ExitState end = world.StopRecorder();
  EXPECT_EQ(end.code, 0);
}

TEST(ReloadTest, AMistakeLeavesEverythingAsItWas) {
  World world;
  SimCluster& sim = world.AddCluster({.seed = TestSeed(3)});
  sim.CreateMany("configmaps", "a", "c", 5);
  world.StartRecorder();
  ASSERT_EQ(world.WaitUntilRecorded(sim), "");
  world.Configure("nonsense: 1\n");
  world.ReloadRecorder();
  sim.CreateMany("configmaps", "a", "d", 5);
  EXPECT_EQ(world.WaitUntilRecorded(sim), "");
  const ExitState end = world.StopRecorder();
  EXPECT_EQ(end.code, 0);
  EXPECT_THAT(world.RecorderLog(), HasSubstr("nonsense: unknown key"));
}

TEST(ReloadTest, WhoAsksForItIsToldHowItWent) {
  World world;
  SimCluster& sim = world.AddCluster({.seed = TestSeed(4)});
  world.StartRecorder();
  ASSERT_EQ(world.WaitUntilRecorded(sim), "");
  world.Configure("nonsense: 1\n");
  const Result<std::string> mistake = world.AskForReload();
  ASSERT_FALSE(mistake.ok());
  EXPECT_THAT(mistake.error().message(), HasSubstr("nonsense: unknown key"));

  world.Configure("resources: [{resource: configmaps}]\n");
  const Result<std::string> done = world.AskForReload();
  ASSERT_TRUE(done.ok()) << done.error().message();
  EXPECT_THAT(*done, HasSubstr("was read again"));
  sim.CreateMany("configmaps", "a", "d", 5);
  EXPECT_TRUE(world.WaitFor(sim, [](store::Reader& reader) {
    const auto streams = reader.Streams();
    return std::any_of(streams->begin(), streams->end(), [](const auto& row) {
      return row.key.resource == "pods" && row.state == "ended";
    });
  }));
}

}  // namespace
}  // namespace kubescribe::integration
