// The watch traps of P§2, one a test.
#include "codec/digest.h"
#include "unit/watch/stream_harness.h"

namespace kubescribe::watch {
namespace {

using StreamWatchTest = StreamTest;

TEST_F(StreamWatchTest, InitialListThenWatchFromTheListsOwnRv) {
  Start();
  EXPECT_EQ(Last(Kind::kListBegin).cause, GapCause::kStart);
  Listed("100", {Object("90", "a"), Object("95", "b")});
  EXPECT_EQ(sink.Count(Kind::kListItem), 2U);
  EXPECT_EQ(Last(Kind::kListItem).rv, "100");
  EXPECT_EQ(Last(Kind::kListEnd).rv, "100");
  const std::string target = Watch().request.target;
  EXPECT_NE(target.find("/api/v1/pods?watch=1"), std::string::npos);
  EXPECT_NE(target.find("resourceVersion=100&"), std::string::npos);
  EXPECT_NE(target.find("allowWatchBookmarks=true"), std::string::npos);
  EXPECT_FALSE(Watch().request.compressed);
}

TEST_F(StreamWatchTest, WatchAsksForFiveToTenMinutesAndNoOtherTotalLimit) {
  Start();
  Listed("100");
  const std::string& target = Watch().request.target;
  const std::size_t at = target.find("timeoutSeconds=") + 15;
  const int seconds = std::stoi(target.substr(at));
  EXPECT_GE(seconds, 300);
  EXPECT_LE(seconds, 600);
  EXPECT_GE(Watch().request.deadline, (seconds + 30) * kSecond);
  EXPECT_LE(Watch().request.deadline, (seconds + 31) * kSecond);
}

TEST_F(StreamWatchTest, ResumesByProbeAndWatchWithoutAList) {
  StartAt("100");
  Probed("120");
  EXPECT_NE(Watch().request.target.find("resourceVersion=100&"),
            std::string::npos);
  EXPECT_EQ(sink.Count(Kind::kListBegin), 0U);
}

TEST_F(StreamWatchTest, NeverWatchesFromEmptyOrZero) {
  StartAt("0");
  EXPECT_FALSE(http.Has("watch=1"));
  EXPECT_EQ(Last(Kind::kListBegin).cause, GapCause::kStart);
  List().Json(ListBody("0", {}));
  EXPECT_FALSE(http.Has("watch=1"));
  EXPECT_EQ(sink.Count(Kind::kListEnd), 0U);
  EXPECT_EQ(state(), StreamState::kBackoff);
}

TEST_F(StreamWatchTest, EventsCarryTypeHeadAndExactBody) {
  auto& watch = Flowing("100");
  watch.Body(Event("ADDED", "101", "x"));
  watch.Body(Event("MODIFIED", "102", "x") + Event("DELETED", "103", "x"));
  const auto events = sink.All(Kind::kEvent);
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events[0].type, kube::WatchType::kAdded);
  EXPECT_EQ(events[1].type, kube::WatchType::kModified);
  EXPECT_EQ(events[2].type, kube::WatchType::kDeleted);
  EXPECT_EQ(events[2].head.uid, "uid-x");
  EXPECT_EQ(events[2].body, Object("103", "x"));
  EXPECT_EQ(stream->position(), "103");
}

TEST_F(StreamWatchTest, FramesCutAtEveryByteGiveTheSameEvents) {
  auto& watch = Flowing("100");
  for (const char c : Event("ADDED", "101") + Event("MODIFIED", "102")) {
    watch.Body(std::string(1, c));
  }
  EXPECT_EQ(sink.Count(Kind::kEvent), 2U);
  EXPECT_EQ(stream->position(), "102");
}

TEST_F(StreamWatchTest, BookmarkMovesThePositionAndIsNoObject) {
  auto& watch = Flowing("100");
  watch.Body(Bookmark("150"));
  EXPECT_EQ(sink.Count(Kind::kEvent), 0U);
  EXPECT_EQ(Last(Kind::kBookmark).rv, "150");
  EXPECT_EQ(stream->position(), "150");
}

TEST_F(StreamWatchTest, BookmarkBelowThePositionIsIgnored) {
  auto& watch = Flowing("100");
  watch.Body(Bookmark("99"));
  EXPECT_EQ(sink.Count(Kind::kBookmark), 0U);
  EXPECT_EQ(stream->position(), "100");
}

TEST_F(StreamWatchTest, EventOlderThanThePositionDoesNotMoveItBack) {
  auto& watch = Flowing("100");
  watch.Body(Event("MODIFIED", "110") + Event("MODIFIED", "105", "b"));
  EXPECT_EQ(sink.Count(Kind::kEvent), 2U);
  EXPECT_EQ(stream->position(), "110");
}

TEST_F(StreamWatchTest, GoneAsErrorEventRelistsWithTheLostPosition) {
  auto& watch = Flowing("100");
  watch.Body(Event("ADDED", "101"));
  time.Advance(11 * kSecond);
  watch.Body(ErrorEvent(410, "Expired"));
  EXPECT_FALSE(watch.open());
  EXPECT_EQ(Last(Kind::kListBegin).cause, GapCause::kGone);
  EXPECT_EQ(Last(Kind::kListBegin).rv, "101");
  EXPECT_FALSE(Last(Kind::kListBegin).new_epoch);
  Listed("200");
  EXPECT_NE(Watch().request.target.find("resourceVersion=200&"),
            std::string::npos);
}

TEST_F(StreamWatchTest, GoneByItsOldReasonRelists) {
  StartAt("100");
  Probed("200");
  Opened().Body(ErrorEvent(410, "Gone"));
  EXPECT_EQ(Last(Kind::kListBegin).cause, GapCause::kGone);
}

// folio-pro/kdashboard#59
TEST_F(StreamWatchTest, GoneAsHttpStatusIsTheSameAsTheErrorEvent) {
  StartAt("100");
  Probed("200");
  Watch().Json(StatusBody(410, "Expired"), 410);
  EXPECT_EQ(Last(Kind::kListBegin).cause, GapCause::kGone);
  EXPECT_EQ(Last(Kind::kListBegin).rv, "100");
}

TEST_F(StreamWatchTest, BytesAfterAnErrorEventAreIgnored) {
  auto& watch = Flowing("100");
  watch.Body(ErrorEvent(410, "Expired") + Event("ADDED", "300"));
  EXPECT_EQ(sink.Count(Kind::kEvent), 0U);
}

TEST_F(StreamWatchTest, StormOfGoneListsAtMostOnceInTenSeconds) {
  Start();
  Listed("100");
  for (int i = 0; i < 5; ++i) {
    Opened().Body(ErrorEvent(410, "Expired"));
    time.Advance(options.list_spacing - options.settle - kSecond);
    EXPECT_FALSE(http.Has("?limit=500")) << i;
    time.Advance(2 * kSecond);
    // The answer comes a second after the request, so a probe follows it.
    Listed(std::to_string(101 + i));
    Probed(std::to_string(101 + i));
  }
}

// k/k#107457, k/k#131115
TEST_F(StreamWatchTest, RewindSeenByTheProbeListsInANewEpoch) {
  StartAt("1000");
  Probed("900");
  EXPECT_FALSE(http.Has("watch=1"));
  EXPECT_EQ(Last(Kind::kListBegin).cause, GapCause::kRewind);
  EXPECT_TRUE(Last(Kind::kListBegin).new_epoch);
  EXPECT_EQ(Last(Kind::kListBegin).rv, "1000");
  Listed("905");
  EXPECT_NE(Watch().request.target.find("resourceVersion=905&"),
            std::string::npos);
}

TEST_F(StreamWatchTest, RewindIsJudgedAgainstThePositionAtTheSending) {
  auto& watch = Flowing("100");
  time.Advance(4 * kMinute);
  ASSERT_TRUE(http.Has("?limit=1"));
  watch.Body(Event("ADDED", "120"));
  Probed("110");
  EXPECT_EQ(sink.Count(Kind::kListBegin), 1U);
  EXPECT_TRUE(watch.open());
}

TEST_F(StreamWatchTest, RewindUnderAnOpenWatchIsFoundByTheNextProbe) {
  auto& watch = Flowing("100");
  time.Advance(4 * kMinute);
  Probed("50");
  EXPECT_FALSE(watch.open());
  EXPECT_TRUE(Last(Kind::kListBegin).new_epoch);
}

TEST_F(StreamWatchTest, ShorterRvIsLessInTheRewindJudgement) {
  StartAt("1000");
  Probed("999");
  EXPECT_TRUE(Last(Kind::kListBegin).new_epoch);
}

TEST_F(StreamWatchTest, RvsThatAreNoNumbersAreNotJudged) {
  StartAt("zzz");
  Probed("aaa");
  EXPECT_TRUE(http.Has("resourceVersion=zzz&"));
  EXPECT_EQ(sink.Count(Kind::kListBegin), 0U);
}

TEST_F(StreamWatchTest, SilenceWhereBookmarksComeAsksAProbe) {
  options.probe_interval = kHour;
  auto& watch = Flowing("100");
  time.Advance(149 * kSecond);
  EXPECT_FALSE(http.Has("?limit=1"));
  time.Advance(3 * kSecond);
  ASSERT_TRUE(http.Has("?limit=1"));
  Probed("100");
  EXPECT_TRUE(watch.open());
}

TEST_F(StreamWatchTest, SilenceOfEventsIsNormal) {
  Events();
  options.probe_interval = kHour;
  Flowing("100");
  time.Advance(200 * kSecond);
  EXPECT_FALSE(http.Has("?limit=1"));
  EXPECT_EQ(sink.Count(Kind::kNotFlowing), 0U);
}

// k/k#91073, k/k#94315, k/k#107133
TEST_F(StreamWatchTest, TooLargeRvLetsTheProbeDecide) {
  StartAt("100");
  Probed("120");
  const std::string details =
      R"({"causes":[{"reason":"ResourceVersionTooLarge","message":"m"}],)"
      R"("retryAfterSeconds":1})";
  Opened().Body(ErrorEvent(504, "Timeout", details));
  EXPECT_EQ(sink.Count(Kind::kListBegin), 0U);
  time.Advance(5 * kSecond);
  Probed("120");
  EXPECT_TRUE(http.Has("resourceVersion=100&"));
  Opened().Body(ErrorEvent(504, "Timeout", details));
  time.Advance(10 * kSecond);
  Probed("90");
  EXPECT_TRUE(Last(Kind::kListBegin).new_epoch);
}

// k/k#104171, k/k#137089, fabric8#7896
TEST_F(StreamWatchTest, SecondEmptyShortWatchWithNewerServerRelists) {
  Events();
  StartAt("100");
  Probed("500");
  Watch().Head();
  Watch().Done();
  time.Advance(kSecond);
  EXPECT_EQ(sink.Count(Kind::kListBegin), 0U);
  Probed("500");
  Watch().Head();
  Watch().Done();
  time.Advance(kSecond);
  Probed("500");
  EXPECT_EQ(Last(Kind::kListBegin).cause, GapCause::kGone);
  EXPECT_EQ(Last(Kind::kListBegin).rv, "100");
}

TEST_F(StreamWatchTest, EmptyShortWatchesAtTheServersRvOnlyRepeat) {
  Events();
  StartAt("100");
  for (int i = 0; i < 4; ++i) {
    time.Advance(40 * kSecond);
    Probed("100");
    Watch().Head();
    Watch().Done();
  }
  EXPECT_EQ(sink.Count(Kind::kListBegin), 0U);
}

// k/k#110210
TEST_F(StreamWatchTest, SharedRvResumesAtTheLastDistinctSmallerOne) {
  Events();
  auto& watch = Flowing("100");
  watch.Body(Event("DELETED", "110", "a"));
  EXPECT_EQ(stream->position(), "100");
  watch.Body(Event("DELETED", "120", "b") + Event("DELETED", "120", "c"));
  EXPECT_EQ(stream->position(), "110");
  watch.Cut();
  time.Advance(5 * kSecond);
  Probed("130");
  EXPECT_TRUE(http.Has("resourceVersion=110&"));
}

TEST_F(StreamWatchTest, SharedRvIsCompleteByABookmark) {
  Events();
  auto& watch = Flowing("100");
  watch.Body(Event("DELETED", "110", "a") + Bookmark("110"));
  EXPECT_EQ(stream->position(), "110");
}

TEST_F(StreamWatchTest, CleanEndRewatchesWithAProbeAndWithoutAList) {
  auto& watch = Flowing("100");
  watch.Body(Event("ADDED", "101"));
  time.Advance(400 * kSecond);
  Watch().Done();
  Probed("105");
  EXPECT_TRUE(http.Has("resourceVersion=101&"));
  EXPECT_EQ(sink.Count(Kind::kListBegin), 1U);
}

TEST_F(StreamWatchTest, WatchesStartAtLeastASecondApart) {
  auto& watch = Flowing("100");
  watch.Body(Event("ADDED", "101"));
  watch.Done();
  EXPECT_FALSE(http.Has("?limit=1"));
  time.Advance(kSecond);
  EXPECT_TRUE(http.Has("?limit=1"));
}

TEST_F(StreamWatchTest, TruncatedJsonAtTheEndIsDroppedAndResumed) {
  auto& watch = Flowing("100");
  const std::string event = Event("ADDED", "102");
  watch.Body(Event("ADDED", "101") + event.substr(0, 60));
  watch.Done();
  EXPECT_EQ(sink.Count(Kind::kEvent), 1U);
  EXPECT_EQ(sink.Count(Kind::kStub), 0U);
  time.Advance(5 * kSecond);
  Probed("110");
  EXPECT_TRUE(http.Has("resourceVersion=101&"));
}

TEST_F(StreamWatchTest, UnparsableFrameLeavesAStubAndGoesOn) {
  auto& watch = Flowing("100");
  const std::string bad =
      R"({"type":"WHAT","object":{"metadata":{"uid":"u1","name":"n",)"
      R"("resourceVersion":"105"}}})";
  watch.Body(bad + "\n" + Event("ADDED", "106"));
  const Observation stub = Last(Kind::kStub);
  EXPECT_EQ(stub.cause, GapCause::kParse);
  EXPECT_EQ(stub.size, bad.size());
  EXPECT_EQ(stub.digest, codec::Hex(codec::Sha256Of(bad)));
  EXPECT_EQ(stub.head.uid, "u1");
  EXPECT_TRUE(stub.rv.empty());
  EXPECT_EQ(sink.Count(Kind::kEvent), 1U);
  EXPECT_EQ(stream->position(), "106");
  EXPECT_TRUE(watch.open());
}

TEST_F(StreamWatchTest, EventWithoutRvLeavesAStub) {
  auto& watch = Flowing("100");
  watch.Body(
      R"({"type":"ADDED","object":{"metadata":{"uid":"u","name":"n"}}})");
  EXPECT_EQ(Last(Kind::kStub).cause, GapCause::kParse);
  EXPECT_EQ(sink.Count(Kind::kEvent), 0U);
}

// k/k#76624
TEST_F(StreamWatchTest, DeletedWithNullObjectIsToleratedAndAuditedSoon) {
  options.audit_interval = kHour;
  auto& watch = Flowing("100");
  watch.Body(R"({"type":"DELETED","object":null})");
  EXPECT_EQ(Last(Kind::kStub).type, kube::WatchType::kDeleted);
  EXPECT_TRUE(watch.open());
  time.Advance(options.audit_soon + kSecond);
  EXPECT_TRUE(http.Has("?limit=500"));
}

TEST_F(StreamWatchTest, OversizeEventLeavesAStubWithDigestAndHead) {
  options.list.max_object = 1000;
  auto& watch = Flowing("100");
  std::string big =
      R"({"type":"DELETED","object":{"apiVersion":"v1","kind":"Pod",)"
      R"("metadata":{"name":"big","namespace":"ns","uid":"u9",)"
      R"("resourceVersion":"140"},"data":")" +
      std::string(5000, 'x') + "\"}}";
  for (std::size_t at = 0; at < big.size(); at += 700) {
    watch.Body(big.substr(at, 700));
  }
  watch.Body("\n" + Event("ADDED", "141"));
  const Observation stub = Last(Kind::kStub);
  EXPECT_EQ(stub.cause, GapCause::kOversize);
  EXPECT_EQ(stub.size, big.size());
  EXPECT_EQ(stub.digest, codec::Hex(codec::Sha256Of(big)));
  EXPECT_EQ(stub.head.uid, "u9");
  EXPECT_EQ(stub.head.resource_version, "140");
  EXPECT_EQ(stub.type, kube::WatchType::kDeleted);
  EXPECT_EQ(sink.Count(Kind::kEvent), 1U);
}

TEST_F(StreamWatchTest, OversizeEventMovesThePosition) {
  options.list.max_object = 1000;
  auto& watch = Flowing("100");
  watch.Body(R"({"type":"ADDED","object":{"metadata":{"uid":"u",)"
             R"("resourceVersion":"140"},"data":")" +
             std::string(5000, 'x') + "\"}}");
  EXPECT_EQ(stream->position(), "140");
}

TEST_F(StreamWatchTest, GarbageReconnectsThenRelistsAtTheSamePlace) {
  Flowing("100").Body("<html>oops</html>");
  EXPECT_EQ(sink.Count(Kind::kListBegin), 1U);
  time.Advance(15 * kSecond);
  Probed("100");
  Opened().Body("more garbage");
  EXPECT_EQ(Last(Kind::kListBegin).cause, GapCause::kParse);
  EXPECT_EQ(Last(Kind::kListBegin).rv, "100");
}

TEST_F(StreamWatchTest, GarbageAtAnotherPlaceReconnectsAgain) {
  Flowing("100").Body("garbage");
  time.Advance(15 * kSecond);
  Probed("100");
  Opened().Body(Event("ADDED", "101") + "garbage");
  EXPECT_EQ(sink.Count(Kind::kListBegin), 1U);
}

// P§8: StoreReadError 500 in stream
TEST_F(StreamWatchTest, UndecodableObjectIsRecordedAndRelisted) {
  auto& watch = Flowing("100");
  watch.Body(Event("ADDED", "101"));
  time.Advance(20 * kSecond);
  watch.Body(ErrorEvent(500, "StorageReadError"));
  EXPECT_EQ(Last(Kind::kStub).cause, GapCause::kParse);
  EXPECT_EQ(Last(Kind::kListBegin).cause, GapCause::kParse);
  EXPECT_EQ(Last(Kind::kListBegin).rv, "101");
}

TEST_F(StreamWatchTest, OtherErrorEventsWaitAsAskedAndResume) {
  Flowing("100").Body(
      ErrorEvent(500, "InternalError", R"({"retryAfterSeconds":20})"));
  time.Advance(19 * kSecond);
  EXPECT_FALSE(http.Has("?limit=1"));
  time.Advance(3 * kSecond);
  Probed("100");
  EXPECT_TRUE(http.Has("resourceVersion=100&"));
  EXPECT_EQ(sink.Count(Kind::kListBegin), 1U);
}

TEST_F(StreamWatchTest, CutConnectionResumesFromThePosition) {
  auto& watch = Flowing("100");
  watch.Body(Event("ADDED", "101"));
  watch.Cut();
  time.Advance(2 * kSecond);
  Probed("103");
  EXPECT_TRUE(http.Has("resourceVersion=101&"));
}

// client-go#374, k/k#65012, k/k#87615, AKS#1755, python#2527
TEST_F(StreamWatchTest, HalfOpenConnectionIsBoundByIdleAndDeadline) {
  Start();
  Listed("100");
  EXPECT_GT(Watch().request.idle_limit, 2 * kMinute);
  EXPECT_LE(Watch().request.idle_limit, 5 * kMinute);
  EXPECT_GT(Watch().request.deadline, 0);
}

TEST_F(StreamWatchTest, EventsWatchHasNoIdleLimitSinceNoBookmarksCome) {
  Events();
  Start();
  Listed("100");
  EXPECT_EQ(Watch().request.idle_limit, 0);
}

// k/k#113966, PR #78029: an edit of a CRD closes its watches, then 410.
TEST_F(StreamWatchTest, CrdEditIsACleanEndAndOneRelist) {
  options.list_jitter = kSecond;
  auto& watch = Flowing("100");
  watch.Body(Event("ADDED", "101"));
  time.Advance(20 * kSecond);
  watch.Done();
  Probed("110");
  Opened().Body(ErrorEvent(410, "Expired"));
  time.Advance(kSecond);
  Listed("111");
  EXPECT_EQ(sink.Count(Kind::kListEnd), 2U);
  EXPECT_EQ(sink.All(Kind::kListBegin).back().cause, GapCause::kGone);
}

TEST_F(StreamWatchTest, FullSinkPausesAndRoomResumes) {
  auto& watch = Flowing("100");
  sink.full = true;
  watch.Body(Event("ADDED", "101"));
  EXPECT_TRUE(watch.paused());
  sink.full = false;
  full = false;
  stream->RoomAgain();
  EXPECT_FALSE(watch.paused());
  watch.Body(Event("ADDED", "102"));
  EXPECT_EQ(sink.Count(Kind::kEvent), 2U);
}

TEST_F(StreamWatchTest, AnRvThatIsNoNumberAfterNumbersIsNoPosition) {
  fakes::ScriptedTransfer& watch = Flowing("100");
  watch.Body(Event("MODIFIED", "not-a-number"));
  EXPECT_EQ(sink.Count(Kind::kEvent), 0U);
  EXPECT_EQ(Last(Kind::kStub).cause, GapCause::kParse);
  EXPECT_EQ(Last(Kind::kStub).head.resource_version, "");
  watch.Body(Bookmark("neither"));
  EXPECT_EQ(sink.Count(Kind::kBookmark), 0U);
  EXPECT_EQ(stream->position(), "100");
}

TEST_F(StreamWatchTest, HalfReceivedFramesArePausedByTheSharedBudget) {
  frame_limit = 1000;
  auto& watch = Flowing("100");
  int other = 0;
  struct Elder final : FrameBudget::Holder {
    void OnFrameRoom() override {}
    void OnFrameStalled() override {}
  } elder;
  EXPECT_TRUE(frames->Hold(&elder, &other, 900));
  const std::string event = Event("ADDED", "101", std::string(300, 'n'));
  watch.Body(event.substr(0, 200));
  EXPECT_TRUE(watch.paused());
  EXPECT_EQ(sink.Count(Kind::kNotFlowing), 1U);
  frames->Drop(&elder);
  time.Run();
  EXPECT_FALSE(watch.paused());
  watch.Body(event.substr(200));
  EXPECT_EQ(sink.Count(Kind::kEvent), 1U);
}

TEST_F(StreamWatchTest, StopEndsEveryTransfer) {
  auto& watch = Flowing("100");
  stream->Stop();
  EXPECT_FALSE(watch.open());
  time.Advance(kHour);
  EXPECT_FALSE(http.Has("pods"));
}

TEST_F(StreamWatchTest, EndSaysSoOnce) {
  Flowing("100");
  stream->End(GapCause::kUnavailable, true);
  stream->End(GapCause::kUnavailable, true);
  EXPECT_EQ(sink.Count(Kind::kStreamEnd), 1U);
  EXPECT_TRUE(Last(Kind::kStreamEnd).crd_deleted);
}

TEST_F(StreamWatchTest, MetadataLevelAsksForMetadataOnlyAndKeepsTheKind) {
  spec.level = Level::kMetadata;
  Start();
  EXPECT_NE(List().request.accept.find("PartialObjectMetadataList"),
            std::string::npos);
  Listed("100");
  auto& watch = Opened();
  EXPECT_NE(watch.request.accept.find("as=PartialObjectMetadata;"),
            std::string::npos);
  watch.Body(R"({"type":"ADDED","object":{"kind":"PartialObjectMetadata",)"
             R"("apiVersion":"meta.k8s.io/v1","metadata":{"name":"a",)"
             R"("uid":"u","resourceVersion":"101"}}})");
  EXPECT_EQ(Last(Kind::kEvent).head.kind, "Pod");
  EXPECT_EQ(Last(Kind::kEvent).head.api_version, "v1");
}

}  // namespace
}  // namespace kubescribe::watch
