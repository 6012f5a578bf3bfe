// A whole recorder in virtual time: what takes minutes, and what nobody would
// think of.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "integration/setup.h"
#include "integration/virtual_world.h"
#include "integration/world.h"

namespace kubescribe::integration {
namespace {

using testing::IsEmpty;

// Nobody says that the other end is gone: only its silence tells.
TEST(VirtualTest, HalfOpenWatchIsFoundAndLosesNothing) {
  VirtualWorld world(TestSeed(1));
  world.sim().CreateMany("configmaps", "a", "c", 30);
  world.StartRecorder();
  ASSERT_EQ(world.Settle(kMinute), "");
  world.sim().Inject({.name = "half-open",
                      .resource = "configmaps",
                      .verb = "watch",
                      .bytes = 40});
  world.sim().CreateMany("configmaps", "a", "d", 5);
  EXPECT_EQ(world.Settle(5 * kMinute), "");
  EXPECT_EQ(world.sim().FaultsServed("half-open"), 1U);
  EXPECT_THAT(world.Violations(), IsEmpty());
  EXPECT_THAT(world.Gaps(), IsEmpty());
}

TEST(VirtualTest, AnswerThatNeverComesIsGivenUpAndAskedForAgain) {
  VirtualWorld world(TestSeed(2));
  world.sim().CreateMany("configmaps", "a", "c", 30);
  for (const char* verb : {"list", "watch", "get", "discovery"}) {
    world.sim().Inject({.name = "no-answer", .verb = verb});
  }
  world.StartRecorder();
  world.Advance(5 * kMinute);
  world.sim().CreateMany("configmaps", "a", "d", 5);
  EXPECT_EQ(world.Settle(5 * kMinute), "");
  EXPECT_EQ(world.sim().FaultsServed("no-answer"), 4U);
  EXPECT_THAT(world.Violations(), IsEmpty());
  EXPECT_THAT(world.Gaps(), IsEmpty());
}

// A server that has just started lets nobody read kube-system.
TEST(VirtualTest, ClusterThatShowsItselfLaterIsKnownByThatFromThenOn) {
  VirtualWorld world(TestSeed(3));
  world.sim().Forbid({.resource = "namespaces", .verb = "get"});
  world.StartRecorder();
  ASSERT_EQ(world.Settle(kMinute), "");
  EXPECT_TRUE(world.Read()->info().identity_weak);
  world.sim().AllowAll();
  world.sim().CutConnections();
  world.Advance(11 * kMinute);
  const store::FileInfo info = world.Read()->info();
  EXPECT_FALSE(info.identity_weak);
  EXPECT_EQ(info.identity, "kube-system=" + world.sim().KubeSystemUid());
  // And it is held to it.
  world.sim().ChangeIdentity();
  world.sim().CutConnections();
  world.Advance(kMinute);
  world.sim().CreateMany("configmaps", "a", "other", 5);
  world.Advance(5 * kMinute);
  EXPECT_NE(world.Settle(0), "");
}

}  // namespace
}  // namespace kubescribe::integration
