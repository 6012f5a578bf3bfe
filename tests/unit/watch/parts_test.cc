// The small parts: backoff, gate, budget, position, what is asked.
#include <gtest/gtest.h>

#include "base/random.h"
#include "fakes/scripted_http.h"
#include "watch/backoff.h"
#include "watch/crd_tracker.h"
#include "watch/failure.h"
#include "watch/flow_tracker.h"
#include "watch/frame_budget.h"
#include "watch/list_gate.h"
#include "watch/position.h"
#include "watch/target.h"

namespace kubescribe::watch {
namespace {

TEST(Backoff, DoublesFromEightTenthsWithJitterUpToHalfAMinute) {
  fakes::ManualScheduler time;
  SeededRandom random(3);
  Backoff backoff({}, time.clock(), random);
  Micros low = 800 * kMillisecond;
  for (int i = 0; i < 10; ++i) {
    const Micros delay = backoff.Next();
    EXPECT_GE(delay, std::min(low, 15 * kSecond)) << i;
    EXPECT_LE(delay, std::min(2 * low, 30 * kSecond)) << i;
    low *= 2;
  }
}

TEST(Backoff, StartsAnewAfterTwoQuietMinutes) {
  fakes::ManualScheduler time;
  SeededRandom random(3);
  Backoff backoff({}, time.clock(), random);
  for (int i = 0; i < 8; ++i) backoff.Next();
  time.Advance(kMinute);
  EXPECT_GT(backoff.Next(), 10 * kSecond);
  time.Advance(3 * kMinute);
  EXPECT_LT(backoff.Next(), 2 * kSecond);
}

TEST(Backoff, IsNeverShorterThanRetryAfter) {
  fakes::ManualScheduler time;
  SeededRandom random(3);
  Backoff backoff({}, time.clock(), random);
  EXPECT_GE(backoff.Next(20), 20 * kSecond);
  EXPECT_LE(backoff.Next(INT64_MAX), 60 * kSecond);
  EXPECT_GE(backoff.Next(-7), 800 * kMillisecond);
}

TEST(ListGate, LetsInAsManyAsItHasPlaces) {
  fakes::ManualScheduler time;
  ListGate gate({2, 1000, 1000}, time);
  int in = 0;
  for (int i = 0; i < 5; ++i) gate.Enter([&in] { ++in; });
  EXPECT_EQ(in, 0);
  time.Run();
  EXPECT_EQ(in, 2);
  gate.Leave();
  time.Run();
  EXPECT_EQ(in, 3);
}

TEST(ListGate, TokensComeAtTheRateAfterTheBurst) {
  fakes::ManualScheduler time;
  ListGate gate({3, 10, 5}, time);
  int passed = 0;
  for (int i = 0; i < 100; ++i) gate.Pass([&passed] { ++passed; });
  time.Run();
  EXPECT_EQ(passed, 5);
  time.Advance(kSecond);
  EXPECT_NEAR(passed, 15, 1);
}

TEST(ListGate, ForgottenOnesAreNotCalledAndTakeNoPlace) {
  fakes::ManualScheduler time;
  ListGate gate({1, 1000, 1000}, time);
  bool first = false;
  bool second = false;
  const ListGate::Ticket ticket = gate.Enter([&first] { first = true; });
  gate.Enter([&second] { second = true; });
  gate.Forget(ticket);
  time.Run();
  EXPECT_FALSE(first);
  EXPECT_TRUE(second);
}

struct Holder final : FrameBudget::Holder {
  void OnFrameRoom() override { ++room; }
  void OnFrameStalled() override { ++stalled; }
  int room = 0;
  int stalled = 0;
};

TEST(FrameBudget, NoClusterHoldsMoreThanAQuarter) {
  fakes::ManualScheduler time;
  FrameBudget budget(time, 400);
  Holder a;
  Holder b;
  Holder other;
  int x = 0;
  int y = 0;
  EXPECT_TRUE(budget.Hold(&a, &x, 80));
  EXPECT_FALSE(budget.Hold(&b, &x, 40));
  EXPECT_TRUE(budget.Hold(&other, &y, 90));
}

TEST(FrameBudget, TheOldestGoesOnAloneAndTheNextFollows) {
  fakes::ManualScheduler time;
  FrameBudget budget(time, 400);
  Holder a;
  Holder b;
  int x = 0;
  budget.Hold(&a, &x, 80);
  budget.Hold(&b, &x, 40);
  EXPECT_TRUE(budget.Hold(&a, &x, 300));
  budget.Hold(&a, &x, 0);
  time.Run();
  EXPECT_EQ(b.room, 1);
  EXPECT_EQ(budget.used(), 40U);
}

TEST(FrameBudget, TheOldestIsCutWhenItStallsWhileOthersWait) {
  fakes::ManualScheduler time;
  FrameBudget budget(time, 400);
  Holder a;
  Holder b;
  int x = 0;
  budget.Hold(&a, &x, 90);
  time.Advance(kMinute);
  EXPECT_EQ(a.stalled, 0);
  EXPECT_FALSE(budget.Hold(&b, &x, 40));
  time.Advance(31 * kSecond);
  EXPECT_GE(a.stalled, 1);
  EXPECT_EQ(b.stalled, 0);
  budget.Drop(&a);
  budget.Drop(&b);
}

TEST(Position, NeverGoesBack) {
  Position position(false);
  position.Set("100");
  position.Saw("99");
  EXPECT_EQ(position.resume(), "100");
  EXPECT_FALSE(position.Complete("99"));
  EXPECT_TRUE(position.Complete("1000"));
  EXPECT_EQ(position.resume(), "1000");
}

TEST(Position, ComparesFortyDigits) {
  Position position(false);
  position.Set("9999999999999999999999999999999999999999");
  position.Saw("10000000000000000000000000000000000000000");
  EXPECT_EQ(position.resume(), "10000000000000000000000000000000000000000");
}

TEST(Position, OfNamesThatAreNoNumbersFollowsArrival) {
  Position position(false);
  position.Set("b");
  position.Saw("a");
  EXPECT_EQ(position.resume(), "a");
}

TEST(FlowTracker, NeverFlowsBeforeTheProbesRvIsPassed) {
  FlowTracker flow(std::nullopt);
  flow.Connected("200", 5, "100");
  EXPECT_FALSE(flow.Drained());
  flow.Passed("199");
  EXPECT_FALSE(flow.Drained());
  flow.Passed("200");
  EXPECT_TRUE(flow.Drained());
}

TEST(FlowTracker, NothingIsKnownBeforeTheFirstFlow) {
  FlowTracker flow(std::nullopt);
  flow.Connected("200", 5, "100");
  EXPECT_FALSE(flow.NotBefore("150").has_value());
  EXPECT_EQ(flow.NotBefore("201"), 5);
}

TEST(Target, EscapesWhatAServerSays) {
  EXPECT_EQ(EscapeQuery("a&b=c d/\xC3\xA9"), "a%26b%3Dc%20d%2F%C3%A9");
}

TEST(Failure, GoneIsGoneByCodeAndByReason) {
  net::ResponseHead head{500, "application/json", std::nullopt};
  EXPECT_EQ(
      ClassifyAnswer(head, R"({"kind":"Status","code":410,"reason":"Expired"})")
          .kind,
      FailureKind::kGone);
  head.status = 410;
  EXPECT_EQ(ClassifyAnswer(head, "not json").kind, FailureKind::kGone);
}

TEST(CrdTracker, ADeletionCountsOnlyWhenSeen) {
  CrdTracker crds;
  kube::Observation crd;
  crd.head.name = "widgets.example.com";
  crd.head.uid = "1";
  crd.type = kube::WatchType::kAdded;
  EXPECT_TRUE(crds.Note(crd, 0));
  EXPECT_FALSE(crds.Deleted({"example.com", "widgets"}));
  EXPECT_TRUE(crds.Awaited({}, 1, kMinute));
  EXPECT_FALSE(crds.Awaited({}, kHour, kMinute));
  crd.type = kube::WatchType::kDeleted;
  EXPECT_TRUE(crds.Note(crd, 0));
  EXPECT_TRUE(crds.Deleted({"example.com", "widgets"}));
}

TEST(CrdTracker, AnotherUidUnderTheNameIsADeletionToo) {
  CrdTracker crds;
  kube::Observation crd;
  crd.kind = kube::Observation::Kind::kListItem;
  crd.head.name = "widgets.example.com";
  crd.head.uid = "1";
  crds.Note(crd, 0);
  crd.head.uid = "2";
  crds.Note(crd, 0);
  EXPECT_TRUE(crds.Deleted({"example.com", "widgets"}));
  EXPECT_TRUE(crds.Stands({"example.com", "widgets"}));
}

TEST(CrdTracker, MissingFromACompleteListIsADeletion) {
  using Kind = kube::Observation::Kind;
  CrdTracker crds;
  kube::Observation seen;
  seen.head.name = "widgets.example.com";
  seen.head.uid = "1";
  seen.type = kube::WatchType::kAdded;
  crds.Note(seen, 0);
  seen.kind = Kind::kListBegin;
  crds.Note(seen, 0);
  EXPECT_FALSE(crds.Deleted({"example.com", "widgets"}));
  seen.kind = Kind::kListEnd;
  crds.Note(seen, 0);
  EXPECT_TRUE(crds.Deleted({"example.com", "widgets"}));
}

}  // namespace
}  // namespace kubescribe::watch
