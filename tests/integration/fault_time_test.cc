// The faults of the table that take long, or that only an audit heals: in
// virtual time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "base/log.h"
#include "integration/setup.h"
#include "integration/truth.h"
#include "integration/virtual_world.h"
#include "integration/world.h"

namespace kubescribe::integration {
namespace {

using testing::Contains;
using testing::Each;
using testing::IsEmpty;

constexpr char kMaps[] = "configmaps";

std::vector<Micros> Watches(const fakes::SimCluster& sim, Micros since) {
  std::vector<Micros> times;
  for (const auto& request : sim.Requests()) {
    if (request.verb == "watch" && request.resource == kMaps &&
        request.at >= since) {
      times.push_back(request.at);
    }
  }
  return times;
}

class FaultTimeTest : public testing::Test {
 protected:
  FaultTimeTest() { Log().set_level(spdlog::level::off); }
  ~FaultTimeTest() override { Log().set_level(spdlog::level::info); }
};

TEST_F(FaultTimeTest, StormOf410IsMetSlowly) {
  VirtualWorld world(TestSeed(21));
  world.sim().CreateMany(kMaps, "a", "c", 30);
  world.StartRecorder();
  ASSERT_EQ(world.Settle(kMinute), "");
  world.sim().Inject({.name = "gone-connect", .resource = kMaps, .count = 200});
  world.sim().CutConnections();
  for (int i = 0; i < 90 && world.sim().FaultsServed("gone-connect") < 200;
       ++i) {
    world.Advance(kMinute);
    world.sim().Patch(kMaps, "a", "c1",
                      R"({"data":{"n":")" + std::to_string(i) + R"("}})");
  }
  EXPECT_EQ(world.sim().FaultsServed("gone-connect"), 200U);
  std::vector<Micros> lists = ListTimes(world.sim(), kMaps);
  ASSERT_GE(lists.size(), 200U);
  lists.resize(200);  // then audits come
  const std::vector<Micros> delays = Delays(lists);
  EXPECT_THAT(delays, Each(testing::Ge(10 * kSecond)));
  const auto [least, most] = std::minmax_element(delays.begin(), delays.end());
  EXPECT_GT(*most - *least, 200 * kMillisecond) << "all at one beat";
  EXPECT_EQ(world.Settle(2 * kMinute), "");
  EXPECT_THAT(world.Violations(), IsEmpty());
  EXPECT_THAT(world.Gaps(), Each(std::string(kMaps) + ":gone"));
}

TEST_F(FaultTimeTest, RewindIsAGapAndTheRecordGoesOnBehindIt) {
  VirtualWorld world(TestSeed(27));
  world.sim().CreateMany(kMaps, "a", "c", 30);
  world.StartRecorder();
  ASSERT_EQ(world.Settle(kMinute), "");
  world.sim().CreateMany(kMaps, "a", "lost", 9);
  ASSERT_EQ(world.Settle(kMinute), "");
  world.sim().Inject({.name = "rewind", .revisions = 8});
  world.sim().CreateMany(kMaps, "a", "after", 1);
  world.Advance(kMinute);
  ASSERT_EQ(world.sim().FaultsServed("rewind"), 1U);
  world.sim().CreateMany(kMaps, "a", "d", 5);
  EXPECT_EQ(world.Settle(2 * kMinute), "");
  EXPECT_THAT(world.Violations(), IsEmpty());
  EXPECT_THAT(world.Gaps(), Contains(std::string(kMaps) + ":rewind"));
}

TEST_F(FaultTimeTest, WatchThatSaysNothingIsFoundAndLosesNothing) {
  VirtualWorld world(TestSeed(22));
  world.sim().CreateMany(kMaps, "a", "c", 30);
  world.StartRecorder();
  ASSERT_EQ(world.Settle(kMinute), "");
  world.sim().Inject({.name = "silent", .resource = kMaps});
  world.sim().CutConnections();
  world.Advance(kMinute);
  ASSERT_EQ(world.sim().FaultsServed("silent"), 1U);
  world.sim().CreateMany(kMaps, "a", "d", 5);
  EXPECT_EQ(world.Settle(10 * kMinute), "");
  EXPECT_THAT(world.Violations(), IsEmpty());
  EXPECT_THAT(world.Gaps(), IsEmpty());
}

TEST_F(FaultTimeTest, HeadersThatNeverEndAreGivenUp) {
  VirtualWorld world(TestSeed(23));
  world.sim().CreateMany(kMaps, "a", "c", 30);
  for (const char* verb : {"list", "watch", "get", "discovery"}) {
    world.sim().Inject({.name = "open-headers", .verb = verb});
  }
  world.StartRecorder();
  world.Advance(5 * kMinute);
  world.sim().CreateMany(kMaps, "a", "d", 5);
  EXPECT_EQ(world.Settle(5 * kMinute), "");
  EXPECT_EQ(world.sim().FaultsServed("open-headers"), 4U);
  EXPECT_THAT(world.Violations(), IsEmpty());
  EXPECT_THAT(world.Gaps(), IsEmpty());
}

TEST_F(FaultTimeTest, NonsenseOfRetryAfterIsNotWaitedOut) {
  for (const char* header : {"1000000000", "99999999999999999999",
                             "Fri, 31 Dec 9999 23:59:59 GMT"}) {
    VirtualWorld world(TestSeed(24));
    world.sim().CreateMany(kMaps, "a", "c", 30);
    world.StartRecorder();
    ASSERT_EQ(world.Settle(kMinute), "");
    world.sim().Inject({.name = "status-429",
                        .resource = kMaps,
                        .verb = "watch",
                        .retry_after = header});
    const Micros since = world.time().clock().Mono();
    world.sim().CutConnections();
    world.sim().CreateMany(kMaps, "a", "d", 5);
    world.Advance(10 * kSecond);
    // It does wait, as long as a sane server would ask for.
    EXPECT_EQ(Watches(world.sim(), since).size(), 1U) << header;
    EXPECT_EQ(world.Settle(kMinute), "") << header;
    EXPECT_THAT(world.Violations(), IsEmpty());
    EXPECT_THAT(world.Gaps(), IsEmpty());
  }
}

// Nothing that is sent tells of it: it is missing until the next audit.
TEST_F(FaultTimeTest, AuditFindsWhatNobodyCouldSee) {
  for (const char* name : {"drop", "null-deleted", "old-deleted", "low-rv",
                           "progress-lost", "modified-unknown"}) {
    SCOPED_TRACE(name);
    VirtualWorld world(TestSeed(25));
    world.sim().CreateMany(kMaps, "a", "c", 30);
    world.StartRecorder();
    ASSERT_EQ(world.Settle(kMinute), "");
    world.sim().Inject({.name = name, .resource = kMaps});
    world.sim().Patch(kMaps, "a", "c1", R"({"data":{"n":"other"}})");
    world.sim().Delete(kMaps, "a", "c2");
    EXPECT_EQ(world.Settle(8 * kMinute), "");
    EXPECT_EQ(world.sim().FaultsServed(name), 1U);
    EXPECT_THAT(world.Violations(), IsEmpty());
  }
}

// A fault that does not end is asked again, later and later, and not at one
// beat; once it is over the record goes on as if nothing had been.
class EndlessFault : public testing::TestWithParam<const char*> {
 protected:
  EndlessFault() { Log().set_level(spdlog::level::off); }
  ~EndlessFault() override { Log().set_level(spdlog::level::info); }
};

TEST_P(EndlessFault, IsMetWithGrowingAndUnevenDelays) {
  VirtualWorld world(TestSeed(26));
  world.sim().CreateMany(kMaps, "a", "c", 30);
  world.StartRecorder();
  ASSERT_EQ(world.Settle(kMinute), "");
  const Micros since = world.time().clock().Mono();
  world.sim().Inject(
      {.name = GetParam(), .resource = kMaps, .verb = "watch", .count = 0});
  world.sim().CutConnections();
  world.Advance(10 * kMinute);
  const std::vector<Micros> delays = Delays(Watches(world.sim(), since));
  ASSERT_GT(delays.size(), 8U);
  EXPECT_THAT(delays, Each(testing::Ge(kSecond / 2)));
  EXPECT_LT(*std::max_element(delays.begin(), delays.end()), 35 * kSecond);
  const std::vector<Micros> late(delays.end() - 5, delays.end());
  EXPECT_THAT(late, Each(testing::Gt(10 * kSecond)));
  EXPECT_GT(std::set<Micros>(late.begin(), late.end()).size(), 3U);
  EXPECT_LT(delays[1], late.front());

  world.sim().ClearFaults();
  world.sim().CreateMany(kMaps, "a", "d", 5);
  EXPECT_EQ(world.Settle(2 * kMinute), "");
  EXPECT_THAT(world.Violations(), IsEmpty());
  EXPECT_THAT(world.Gaps(), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(
    Faults, EndlessFault,
    testing::Values("status-429", "status-500", "status-503", "status-504",
                    "too-large-rv", "html", "wrong-type", "protobuf",
                    "redirect", "redirect-self", "redirect-file",
                    "unauthorized", "not-found", "no-http"),
    [](const testing::TestParamInfo<const char*>& info) {
      std::string name = info.param;
      std::replace(name.begin(), name.end(), '-', '_');
      return name;
    });

}  // namespace
}  // namespace kubescribe::integration
