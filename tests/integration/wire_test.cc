// What the network does to a watch, at every byte of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "integration/setup.h"
#include "integration/world.h"

namespace kubescribe::integration {
namespace {

using fakes::Fault;
using fakes::SimCluster;
using testing::IsEmpty;

// Kinds whose streams are cut side by side: a stream waits a second between
// its watches.
constexpr std::size_t kKinds = 40;

std::string Plural(std::size_t kind) {
  return "k" + std::to_string(10 + kind) + "s";
}

std::string Resource(std::size_t kind) { return Plural(kind) + ".wire.test"; }

std::string Object(std::size_t value) {
  return R"({"metadata":{"namespace":"a","name":"x"},"v":")" +
         std::to_string(1000 + value) + R"("})";
}

TEST(WireTest, CutAtEveryByteOfAFrameLosesNothingAndRepeatsNothing) {
  World world;
  SimCluster& sim = world.AddCluster({.seed = TestSeed(3)});
  for (std::size_t kind = 0; kind < kKinds; ++kind) {
    sim.AddCrd({.group = "wire.test",
                .plural = Plural(kind),
                .kind = "K" + std::to_string(10 + kind)});
  }
  const std::string body = sim.Apply(Resource(0), Object(0)).body;
  // {"type":"MODIFIED","object":BODY}\n
  const std::size_t frame = body.size() + 30;
  for (std::size_t kind = 1; kind < kKinds; ++kind) {
    sim.Apply(Resource(kind), Object(0));
  }
  world.StartRecorder();
  ASSERT_EQ(world.WaitUntilRecorded(sim), "");

  // Stream k is cut after k bytes, then after k + 40, …, each time in the
  // frame that it asks for again.
  const std::size_t step =
      kKinds * (Scaled(10) < 10 ? std::size_t{4} : std::size_t{1});
  std::uint64_t cuts = 0;
  for (std::size_t kind = 0; kind < kKinds; ++kind) {
    for (std::size_t at = kind; at < frame; at += step) {
      Fault fault;
      fault.name = "cut";
      fault.resource = Resource(kind);
      fault.verb = "watch";
      fault.bytes = at;
      fault.reset = at % 2 == 1;
      sim.Inject(fault);
      ++cuts;
    }
  }
  for (std::size_t value = 1; value <= 3; ++value) {
    for (std::size_t kind = 0; kind < kKinds; ++kind) {
      sim.Apply(Resource(kind), Object(value));
    }
  }
  ASSERT_EQ(world.WaitUntilRecorded(sim, 60 * kSecond), "");
  EXPECT_EQ(sim.FaultsServed("cut"), cuts);
  EXPECT_THAT(world.Violations(sim), IsEmpty());
  EXPECT_THAT(world.Gaps(sim), IsEmpty());
}

// A continue token that is expired, and the one that it is replaced by as
// well: the list starts over and is taken as a whole.
TEST(WireTest, ContinueTokensThatExpireTwice) {
  World world;
  fakes::SimOptions options;
  options.seed = TestSeed(4);
  options.page_size_limit = 20;
  SimCluster& sim = world.AddCluster(options);
  sim.CreateMany("configmaps", "a", "c", 100);
  Fault fault;
  fault.name = "expired-continue";
  fault.resource = "configmaps";
  fault.verb = "list";
  fault.count = 2;
  sim.Inject(fault);
  world.StartRecorder();
  // A list is started every 10 s at most.
  ASSERT_EQ(world.WaitUntilRecorded(sim, 50 * kSecond), "");
  EXPECT_EQ(sim.FaultsServed("expired-continue"), 2U);
  EXPECT_THAT(world.Violations(sim), IsEmpty());
  EXPECT_THAT(world.Gaps(sim), IsEmpty());
}

// The server's counter goes back under open watches, as after a restore.
TEST(WireTest, RewindIsAGapAndANewEpoch) {
  World world;
  SimCluster& sim = world.AddCluster({.seed = TestSeed(5)});
  sim.CreateMany("configmaps", "a", "c", 20);
  world.StartRecorder();
  ASSERT_EQ(world.WaitUntilRecorded(sim), "");
  const int before = sim.TakeSnapshot();
  sim.CreateMany("configmaps", "a", "lost", 30);
  ASSERT_EQ(world.WaitUntilRecorded(sim), "");
  sim.Restore(before);
  sim.CreateMany("configmaps", "a", "new", 10);
  EXPECT_TRUE(world.WaitFor(
      sim,
      [&](store::Reader& reader) {
        const auto streams = reader.Streams();
        if (!streams.ok()) return false;
        for (const auto& stream : *streams) {
          if (stream.key.resource == "configmaps") {
            return stream.state == "watching" && stream.gap_cause.empty() &&
                   stream.position == std::to_string(sim.CurrentRv());
          }
        }
        return false;
      },
      30 * kSecond));
  EXPECT_THAT(world.Gaps(sim), testing::Contains("configmaps:rewind"));
  EXPECT_GE(world.Records(sim, "epoch"), 1U);
  auto reader = store::Reader::Open(world.Database(sim));
  ASSERT_TRUE(reader.ok());
  store::ObjectFilter filter;
  const auto resources = (*reader)->Resources();
  ASSERT_TRUE(resources.ok());
  for (const auto& row : *resources) {
    if (row.resource == "configmaps") filter.resource_id = row.id;
  }
  store::AsOf now;
  now.seq = (*reader)->info().last_seq;
  const auto state = (*reader)->StateAt(filter, now);
  ASSERT_TRUE(state.ok());
  std::vector<std::string> names;
  for (const auto& revision : *state) names.push_back(revision.name);
  EXPECT_THAT(names, testing::Not(testing::Contains("lost0")));
  EXPECT_THAT(names, testing::Contains("new9"));
}

// A token that stops working, and a new one in the kubeconfig's file.
TEST(WireTest, TokenThatIsReplacedIsReadAgain) {
  World world;
  fakes::SimOptions options;
  options.seed = TestSeed(6);
  options.tls = true;
  options.token = "first";
  SimCluster& sim = world.AddCluster(options);
  world.StartRecorder();
  sim.Apply("configmaps", R"({"metadata":{"namespace":"a","name":"c"}})");
  ASSERT_EQ(world.WaitUntilRecorded(sim), "");
  sim.ExpireToken();
  sim.CutConnections();
  sim.Apply("configmaps",
            R"({"metadata":{"namespace":"a","name":"c"},"data":{"v":"2"}})");
  ASSERT_TRUE(sim.WaitUntil(
      [](const SimCluster& s) {
        for (const auto& request : s.Requests()) {
          if (request.status == 401) return true;
        }
        return false;
      },
      20 * kSecond));
  sim.SetToken("first");
  ASSERT_EQ(world.WaitUntilRecorded(sim), "");
  EXPECT_THAT(world.Violations(sim), IsEmpty());
  EXPECT_THAT(world.Gaps(sim), IsEmpty());
  EXPECT_EQ(world.RecorderLog().find("first"), std::string::npos);
}

// One cluster that answers nothing does not hold up another.
TEST(WireTest, FrozenClusterDoesNotTouchItsNeighbour) {
  World world;
  SimCluster& frozen = world.AddCluster({.name = "frozen", .seed = 8});
  SimCluster& well = world.AddCluster({.name = "well", .seed = 9});
  frozen.CreateMany("configmaps", "a", "c", 5);
  well.CreateMany("configmaps", "a", "c", 5);
  world.StartRecorder();
  ASSERT_EQ(world.WaitUntilRecorded(frozen), "");
  ASSERT_EQ(world.WaitUntilRecorded(well), "");
  frozen.Freeze();
  well.CreateMany("configmaps", "a", "d", 50);
  EXPECT_EQ(world.WaitUntilRecorded(well, 10 * kSecond), "");
  frozen.Thaw();
  frozen.CreateMany("configmaps", "a", "d", 50);
  EXPECT_EQ(world.WaitUntilRecorded(frozen, 30 * kSecond), "");
  for (SimCluster* sim : {&frozen, &well}) {
    EXPECT_THAT(world.Violations(*sim), IsEmpty());
    EXPECT_THAT(world.Gaps(*sim), IsEmpty());
  }
}

}  // namespace
}  // namespace kubescribe::integration
