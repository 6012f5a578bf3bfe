// When a stream flows, and what it says of the time of its events (DESIGN §6).
#include "unit/watch/stream_harness.h"

namespace kubescribe::watch {
namespace {

using StreamFlowTest = StreamTest;

TEST_F(StreamFlowTest, FlowsOnceAShortListsWatchIsAcceptedAndSilent) {
  Start();
  Listed("100");
  Watch().Head();
  Watch().Drained();
  EXPECT_EQ(sink.Count(Kind::kFlowing), 0U);
  time.Advance(options.settle);
  EXPECT_EQ(sink.Count(Kind::kFlowing), 1U);
}

TEST_F(StreamFlowTest, EventsOfAFlowingStreamArePoints) {
  auto& watch = Flowing("100");
  time.Advance(kSecond);
  watch.Body(Event("ADDED", "101"));
  EXPECT_TRUE(Last(Kind::kEvent).flowing);
  EXPECT_FALSE(Last(Kind::kEvent).not_before.has_value());
}

TEST_F(StreamFlowTest, WhatComesRightAfterTheHeadIsNoPoint) {
  Start();
  const Micros sent = Now();
  Listed("100");
  Watch().Head();
  Watch().Drained();
  time.Advance(options.settle / 2);
  Watch().Body(Event("ADDED", "101"));
  EXPECT_FALSE(Last(Kind::kEvent).flowing);
  EXPECT_EQ(Last(Kind::kEvent).not_before, sent);
}

TEST_F(StreamFlowTest, AfterALongListAProbeBoundsWhatIsCaughtUp) {
  Start();
  List().Head();
  time.Advance(5 * kMinute);
  List().Body(ListBody("100", {}));
  List().Done();
  EXPECT_FALSE(http.Has("watch=1"));
  Probed("300");
  Opened();
  EXPECT_EQ(sink.Count(Kind::kFlowing), 0U);
  Watch().Body(Event("ADDED", "200"));
  Watch().Drained();
  EXPECT_EQ(sink.Count(Kind::kFlowing), 0U);
  Watch().Body(Event("ADDED", "300"));
  Watch().Drained();
  EXPECT_EQ(sink.Count(Kind::kFlowing), 1U);
}

TEST_F(StreamFlowTest, EventsUpToTheProbesRvHappenedSinceTheLastFlow) {
  StoredPosition stored;
  stored.position = "100";
  stored.flowed_until = Now() - kMinute;
  Start(stored);
  const Micros sent = Now();
  Probed("200");
  auto& watch = Opened();
  watch.Body(Event("ADDED", "150") + Event("ADDED", "201", "b"));
  const auto events = sink.All(Kind::kEvent);
  EXPECT_FALSE(events[0].flowing);
  EXPECT_EQ(events[0].not_before, stored.flowed_until);
  EXPECT_FALSE(events[1].flowing);
  EXPECT_EQ(events[1].not_before, sent);
}

TEST_F(StreamFlowTest, StoredFlowCountsUpToTheFilesKnownUntil) {
  StoredPosition stored;
  stored.position = "100";
  stored.flowing = true;
  stored.flowed_until = Now() - kHour;
  stored.known_until = Now() - kMinute;
  Start(stored);
  Probed("200");
  Opened().Body(Event("ADDED", "150"));
  EXPECT_EQ(Last(Kind::kEvent).not_before, stored.known_until);
}

TEST_F(StreamFlowTest, ABookmarkBeyondTheProbeStartsTheFlowOfAQuietKind) {
  StartAt("100");
  Probed("200");
  auto& watch = Opened();
  EXPECT_EQ(sink.Count(Kind::kFlowing), 0U);
  time.Advance(kMinute);
  watch.Body(Bookmark("200"));
  EXPECT_EQ(sink.Count(Kind::kFlowing), 0U);
  watch.Drained();
  EXPECT_EQ(sink.Count(Kind::kFlowing), 1U);
}

TEST_F(StreamFlowTest, CleanEndEndsTheFlowAtThatInstant) {
  Flowing("100");
  time.Advance(30 * kSecond);
  Watch().Done();
  EXPECT_EQ(Last(Kind::kNotFlowing).not_before, Now());
}

TEST_F(StreamFlowTest, AnyOtherEndEndsTheFlowAtTheLastByte) {
  auto& watch = Flowing("100");
  time.Advance(10 * kSecond);
  watch.Body(Event("ADDED", "101"));
  const Micros last_byte = Now();
  time.Advance(30 * kSecond);
  watch.Cut();
  EXPECT_EQ(Last(Kind::kNotFlowing).not_before, last_byte);
}

// What was being received had happened before its first byte came.
TEST_F(StreamFlowTest, ACutInsideAFrameEndsTheFlowAtTheLastWholeOne) {
  auto& watch = Flowing("100");
  time.Advance(kSecond);
  watch.Body(Event("ADDED", "101"));
  const Micros whole = Now();
  time.Advance(kSecond);
  watch.Body(Event("ADDED", "102").substr(0, 40));
  time.Advance(kSecond);
  watch.Cut();
  EXPECT_EQ(Last(Kind::kNotFlowing).not_before, whole);
}

TEST_F(StreamFlowTest, AnErrorEventEndsTheFlowAtTheBytesBeforeIt) {
  auto& watch = Flowing("100");
  time.Advance(10 * kSecond);
  watch.Body(Event("ADDED", "101"));
  const Micros last_good = Now();
  time.Advance(30 * kSecond);
  watch.Body(ErrorEvent(410, "Expired"));
  EXPECT_EQ(Last(Kind::kNotFlowing).not_before, last_good);
  EXPECT_EQ(Last(Kind::kListBegin).not_before, last_good);
}

TEST_F(StreamFlowTest, NinetySilentSecondsEndTheFlowAtTheLastByte) {
  auto& watch = Flowing("100");
  watch.Body(Event("ADDED", "101"));
  const Micros last_byte = Now();
  time.Advance(89 * kSecond);
  EXPECT_EQ(sink.Count(Kind::kNotFlowing), 0U);
  time.Advance(2 * kSecond);
  EXPECT_EQ(Last(Kind::kNotFlowing).not_before, last_byte);
  watch.Body(Event("ADDED", "102"));
  EXPECT_FALSE(Last(Kind::kEvent).flowing);
  EXPECT_EQ(Last(Kind::kEvent).not_before, last_byte);
  watch.Drained();
  EXPECT_EQ(sink.Count(Kind::kFlowing), 2U);
}

TEST_F(StreamFlowTest, PauseEndsTheFlowAtItsInstant) {
  auto& watch = Flowing("100");
  time.Advance(10 * kSecond);
  sink.full = true;
  watch.Body(Event("ADDED", "101"));
  EXPECT_TRUE(Last(Kind::kEvent).flowing);
  const Micros paused = Now();
  EXPECT_EQ(Last(Kind::kNotFlowing).not_before, paused);
  time.Advance(10 * kSecond);
  full = sink.full = false;
  stream->RoomAgain();
  watch.Body(Event("ADDED", "102"));
  EXPECT_FALSE(Last(Kind::kEvent).flowing);
  EXPECT_EQ(Last(Kind::kEvent).not_before, paused);
  watch.Drained();
  EXPECT_EQ(sink.Count(Kind::kFlowing), 2U);
}

TEST_F(StreamFlowTest, ABacklogAfterAPauseNeedsANewProbe) {
  options.backlog = 100;
  auto& watch = Flowing("100");
  sink.full = true;
  watch.Body(Event("ADDED", "101"));
  time.Advance(10 * kSecond);
  full = sink.full = false;
  stream->RoomAgain();
  watch.Body(Event("ADDED", "102") + Event("ADDED", "103", "b"));
  watch.Drained();
  EXPECT_EQ(sink.Count(Kind::kFlowing), 1U);
  Probed("104");
  EXPECT_EQ(sink.Count(Kind::kFlowing), 1U);
  watch.Body(Event("ADDED", "104"));
  watch.Drained();
  EXPECT_EQ(sink.Count(Kind::kFlowing), 2U);
}

TEST_F(StreamFlowTest, StalledLoopEndsTheFlowWhenItLastLooked) {
  auto& watch = Flowing("100");
  time.Advance(10 * kSecond);
  const Micros looked = Now();
  time.Advance(3 * kSecond);
  stream->Stalled(looked);
  EXPECT_EQ(Last(Kind::kNotFlowing).not_before, looked);
  watch.Body(Event("ADDED", "101"));
  EXPECT_FALSE(Last(Kind::kEvent).flowing);
  watch.Drained();
  watch.Body(Event("ADDED", "102"));
  EXPECT_TRUE(Last(Kind::kEvent).flowing);
}

TEST_F(StreamFlowTest, ACutAfterAStallMovesTheEndBackToTheLastByte) {
  auto& watch = Flowing("100");
  watch.Body(Event("ADDED", "101"));
  const Micros last_byte = Now();
  time.Advance(20 * kSecond);
  stream->Stalled(Now() - 2 * kSecond);
  watch.Cut();
  EXPECT_EQ(Last(Kind::kNotFlowing).not_before, last_byte);
}

TEST_F(StreamFlowTest, AFrameThatArrivesSlowlyIsNoPoint) {
  auto& watch = Flowing("100");
  time.Advance(kSecond);
  watch.Body(Event("ADDED", "101"));
  const Micros whole = Now();
  const std::string event = Event("ADDED", "102");
  time.Advance(kSecond);
  watch.Body(event.substr(0, 20));
  time.Advance(3 * kSecond);
  watch.Body(event.substr(20));
  EXPECT_FALSE(Last(Kind::kEvent).flowing);
  EXPECT_EQ(Last(Kind::kEvent).not_before, whole);
}

TEST_F(StreamFlowTest, AHalfReceivedFrameIsNoEmptySocket) {
  StartAt("100");
  Probed("100");
  Watch().Head();
  Watch().Body(Event("ADDED", "101").substr(0, 30));
  Watch().Drained();
  time.Advance(kSecond);
  EXPECT_EQ(sink.Count(Kind::kFlowing), 0U);
}

TEST_F(StreamFlowTest, FirstListHasNoNotBefore) {
  Start();
  EXPECT_FALSE(Last(Kind::kListBegin).not_before.has_value());
}

TEST_F(StreamFlowTest, StopSaysUntilWhenItFlowed) {
  Flowing("100");
  time.Advance(5 * kSecond);
  stream->Stop();
  EXPECT_EQ(Last(Kind::kNotFlowing).not_before, Now());
}

TEST_F(StreamFlowTest, StatusShowsTheLag) {
  auto& watch = Flowing("100");
  EXPECT_TRUE(stream->status().flowing);
  EXPECT_EQ(stream->status().lag, 0);
  watch.Cut();
  time.Advance(kMinute);
  EXPECT_FALSE(stream->status().flowing);
  EXPECT_GE(stream->status().lag, kMinute);
}

}  // namespace
}  // namespace kubescribe::watch
