// Lists and audits: P§1, P§2 and the rows of P§8 that they answer.
#include "unit/watch/stream_harness.h"

namespace kubescribe::watch {
namespace {

using StreamListTest = StreamTest;

TEST_F(StreamListTest, AsksForTheMostRecentStateInPagesAndGzip) {
  Start();
  EXPECT_EQ(List().request.target, "/api/v1/pods?limit=500");
  EXPECT_TRUE(List().request.compressed);
}

TEST_F(StreamListTest, SelectorsAndNamespaceAreInEveryRequest) {
  spec.name_space = "ns";
  spec.label_selector = "a=b,c!=d";
  Start();
  const std::string& target = http.Open("limit=500").request.target;
  EXPECT_NE(target.find("/api/v1/namespaces/ns/pods?"), std::string::npos);
  EXPECT_NE(target.find("labelSelector=a%3Db%2Cc%21%3Dd"), std::string::npos);
}

TEST_F(StreamListTest, PagesAreOneListThatEndsWithAnEmptyToken) {
  Start();
  List().Json(ListBody("100", {Object("1", "a")}, "tok/1"));
  EXPECT_EQ(sink.Count(Kind::kListEnd), 0U);
  EXPECT_NE(List().request.target.find("continue=tok%2F1"), std::string::npos);
  List().Json(ListBody("100", {}, "tok2"));
  EXPECT_EQ(sink.Count(Kind::kListEnd), 0U);
  List().Json(ListBody("100", {Object("2", "b")}));
  EXPECT_EQ(sink.Count(Kind::kListItem), 2U);
  EXPECT_EQ(sink.Count(Kind::kListEnd), 1U);
  EXPECT_EQ(sink.Count(Kind::kListBegin), 1U);
}

TEST_F(StreamListTest, ItemsOfBuiltInKindsGetTheKindOfTheStream) {
  Start();
  Listed("100", {R"({"metadata":{"name":"a","uid":"u",)"
                 R"("resourceVersion":"9"}})"});
  EXPECT_EQ(Last(Kind::kListItem).head.kind, "Pod");
  EXPECT_EQ(Last(Kind::kListItem).head.api_version, "v1");
}

TEST_F(StreamListTest, MetadataAfterTheItemsStillGivesItemsTheListsRv) {
  Start();
  List().Json(ListBody("100", {Object("1", "a")}, "", true));
  EXPECT_EQ(Last(Kind::kListItem).rv, "100");
  EXPECT_EQ(Last(Kind::kListEnd).rv, "100");
}

TEST_F(StreamListTest, AFirstPageTooLargeToHoldIsAskedForWithOneItem) {
  options.list.max_held = 1000;
  Start();
  List().Head();
  std::vector<std::string> items;
  for (int i = 0; i < 20; ++i)
    items.push_back(Object("1", "n" + std::to_string(i)));
  const std::string body = ListBody("100", items, "", true);
  auto& first = List();
  first.Body(body.substr(0, body.size() / 2));
  EXPECT_FALSE(first.open());
  EXPECT_EQ(sink.Count(Kind::kListItem), 0U);
  Probe().Json(ListBody("101", {items[0]}, "t", true));
  List().Json(ListBody("101", {items.begin() + 1, items.end()}, "", true));
  EXPECT_EQ(sink.Count(Kind::kListItem), 20U);
  EXPECT_EQ(Last(Kind::kListEnd).rv, "101");
}

TEST_F(StreamListTest, ExpiredTokenStartsOverAndTheSecondIsUnpaged) {
  options.list_spacing = 0;
  Start();
  for (int i = 0; i < 2; ++i) {
    List().Json(ListBody("100", {Object("1", "a")}, "old"));
    // The body offers a token for an inconsistent rest: never used.
    List().Json(R"({"kind":"Status","code":410,"reason":"Expired",)"
                R"("metadata":{"continue":"replacement"}})",
                410);
  }
  EXPECT_EQ(http.Count("replacement"), 0U);
  EXPECT_EQ(sink.Count(Kind::kListEnd), 0U);
  EXPECT_FALSE(http.Has("limit="));
  EXPECT_EQ(http.Open("/api/v1/pods").request.target, "/api/v1/pods");
  EXPECT_EQ(sink.Count(Kind::kListBegin), 3U);
  http.Open("/api/v1/pods").Json(ListBody("105", {Object("1", "a")}));
  EXPECT_EQ(Last(Kind::kListEnd).rv, "105");
}

TEST_F(StreamListTest, AnotherRvOnALaterPageStartsOver) {
  options.list_spacing = 0;
  Start();
  List().Json(ListBody("100", {Object("1", "a")}, "t"));
  List().Json(ListBody("101", {Object("2", "b")}));
  EXPECT_EQ(sink.Count(Kind::kListEnd), 0U);
  Listed("102");
  EXPECT_EQ(sink.Count(Kind::kListBegin), 2U);
  EXPECT_EQ(Last(Kind::kListEnd).rv, "102");
}

TEST_F(StreamListTest, AContinueLoopIsAnError) {
  options.list_spacing = 0;
  Start();
  List().Json(ListBody("100", {Object("1", "a")}, "t"));
  List().Json(ListBody("100", {Object("1", "a")}, "u"));
  List().Json(ListBody("100", {Object("1", "a")}, "t"));
  EXPECT_EQ(sink.Count(Kind::kListEnd), 0U);
  EXPECT_EQ(List().request.target.find("continue"), std::string::npos);
  EXPECT_EQ(sink.Count(Kind::kListBegin), 2U);
}

TEST_F(StreamListTest, ACutListDeclaresNothingAndStartsOver) {
  options.list_spacing = 0;
  Start();
  List().Json(ListBody("100", {Object("1", "a")}, "t"));
  List().Cut();
  EXPECT_EQ(sink.Count(Kind::kListEnd), 0U);
  time.Advance(5 * kSecond);
  EXPECT_EQ(sink.Count(Kind::kListBegin), 2U);
  EXPECT_EQ(List().request.target.find("continue"), std::string::npos);
}

TEST_F(StreamListTest, ATruncatedBodyIsNoList) {
  Start();
  const std::string body = ListBody("100", {Object("1", "a")});
  List().Json(body.substr(0, body.size() - 4));
  EXPECT_EQ(sink.Count(Kind::kListEnd), 0U);
  EXPECT_EQ(state(), StreamState::kBackoff);
}

TEST_F(StreamListTest, ARelistBelowTheLostPositionIsARewind) {
  StartAt("1000");
  Probed("1000");
  Opened().Body(ErrorEvent(410, "Expired"));
  EXPECT_FALSE(Last(Kind::kListBegin).new_epoch);
  Listed("500", {Object("400", "a")});
  EXPECT_TRUE(Last(Kind::kListBegin).new_epoch);
  EXPECT_EQ(Last(Kind::kListBegin).cause, GapCause::kRewind);
  // The new beginning came before the first item.
  EXPECT_EQ(sink.Count(Kind::kListItem), 1U);
  EXPECT_EQ(sink.seen[sink.seen.size() - 3].kind, Kind::kListBegin);
}

TEST_F(StreamListTest, AListThatWasUnderWayAtTheEndIsTakenUpWithItsCause) {
  StoredPosition stored;
  stored.gap = GapCause::kGone;
  stored.gap_from_rv = "77";
  Start(stored);
  EXPECT_EQ(Last(Kind::kListBegin).cause, GapCause::kGone);
  EXPECT_EQ(Last(Kind::kListBegin).rv, "77");
}

TEST_F(StreamListTest, ForbiddenExplainsALaterGone) {
  StartAt("100");
  Probe().Json(StatusBody(403, "Forbidden"), 403);
  time.Advance(options.forbidden_retry * 2);
  Probed("900");
  Opened().Body(ErrorEvent(410, "Expired"));
  EXPECT_EQ(Last(Kind::kListBegin).cause, GapCause::kForbidden);
}

TEST_F(StreamListTest, NotServedExplainsALaterGone) {
  StartAt("100");
  Probe().Json(StatusBody(404, "NotFound"), 404);
  time.Advance(kMinute);
  Probed("900");
  Opened().Body(ErrorEvent(410, "Expired"));
  EXPECT_EQ(Last(Kind::kListBegin).cause, GapCause::kUnavailable);
}

TEST_F(StreamListTest, WhatWasForbiddenBeforeTheRestartStillExplainsIt) {
  StoredPosition stored;
  stored.position = "100";
  stored.state = StreamState::kForbidden;
  Start(stored);
  Probed("900");
  Opened().Body(ErrorEvent(410, "Expired"));
  EXPECT_EQ(Last(Kind::kListBegin).cause, GapCause::kForbidden);
}

TEST_F(StreamListTest, UnreadableItemLeavesAStubThatNamesTheList) {
  Start();
  Listed("100", {R"({"metadata":{"uid":"u5","name":"n"}})", Object("1", "a")});
  EXPECT_EQ(Last(Kind::kStub).cause, GapCause::kParse);
  EXPECT_EQ(Last(Kind::kStub).rv, "100");
  EXPECT_EQ(Last(Kind::kStub).head.uid, "u5");
  EXPECT_EQ(sink.Count(Kind::kListItem), 1U);
}

TEST_F(StreamListTest, OversizeItemLeavesAStub) {
  options.list.max_object = 1000;
  Start();
  std::string big = Object("50", "big");
  big.insert(big.size() - 1, R"(,"data":")" + std::string(3000, 'x') + "\"");
  Listed("100", {big, Object("1", "a")});
  EXPECT_EQ(Last(Kind::kStub).cause, GapCause::kOversize);
  EXPECT_EQ(Last(Kind::kStub).size, big.size());
  EXPECT_EQ(Last(Kind::kStub).head.uid, "uid-big");
  EXPECT_EQ(sink.Count(Kind::kListEnd), 1U);
}

TEST_F(StreamListTest, FullSinkHoldsTheNextPageBack) {
  Start();
  sink.full = true;
  List().Json(ListBody("100", {Object("1", "a")}, "t"));
  EXPECT_FALSE(http.Has("continue=t"));
  full = sink.full = false;
  stream->RoomAgain();
  EXPECT_TRUE(http.Has("continue=t"));
  sink.full = true;
  List().Head();
  auto& page = List();
  const std::string body =
      ListBody("100", {Object("2", "b"), Object("3", "c")});
  page.Body(body.substr(0, body.size() - 30));
  EXPECT_TRUE(page.paused());
}

// k/k#6770, openshift/cluster-kube-apiserver-operator#1846
TEST_F(StreamListTest, NoMoreListsAtATimeThanTheGateAllows) {
  gate_options.concurrency = 1;
  Start();
  Stream second(spec, 8, {}, options,
                StreamEnv{http, time, random, sink, *gate, *frames, reader,
                          host, full, "c"});
  second.Start();
  EXPECT_EQ(http.Count("?limit=500"), 1U);
  Listed("100");
  EXPECT_EQ(http.Count("?limit=500"), 2U);
}

TEST_F(StreamListTest, RelistFromOutsideForARewindBeginsAnEpoch) {
  auto& watch = Flowing("100");
  stream->Relist(GapCause::kRewind);
  EXPECT_FALSE(watch.open());
  EXPECT_TRUE(Last(Kind::kListBegin).new_epoch);
  const std::size_t begins = sink.Count(Kind::kListBegin);
  stream->Relist(GapCause::kRewind);
  EXPECT_EQ(sink.Count(Kind::kListBegin), begins);
}

// k/k#123072, k/k#116122, kine#731
TEST_F(StreamListTest, AuditListsBesideTheWatchAndIsReachedByThePosition) {
  auto& watch = Flowing("100");
  ASSERT_TRUE(stream->Audit());
  EXPECT_FALSE(stream->Audit());
  List().Json(ListBody("110", {Object("1", "a")}));
  EXPECT_EQ(sink.Count(Kind::kAuditBegin), 1U);
  EXPECT_EQ(sink.Count(Kind::kAuditItem), 1U);
  EXPECT_EQ(Last(Kind::kAuditEnd).rv, "110");
  EXPECT_EQ(sink.Count(Kind::kAuditReached), 0U);
  EXPECT_EQ(stream->position(), "100");
  watch.Body(Event("ADDED", "109"));
  EXPECT_EQ(sink.Count(Kind::kAuditReached), 0U);
  watch.Body(Bookmark("110"));
  EXPECT_EQ(sink.Count(Kind::kAuditReached), 1U);
  EXPECT_TRUE(watch.open());
}

TEST_F(StreamListTest, AuditRunsByItselfOnlyWhileWatching) {
  options.audit_interval = 30 * kMinute;
  options.probe_interval = kHour;
  Events();
  Start();
  time.Advance(2 * kHour);
  EXPECT_EQ(http.Count("?limit=500"), 1U);
  Listed("100");
  Probed("100");
  Opened();
  time.Advance(kHour);
  EXPECT_TRUE(http.Has("?limit=500"));
}

// One list in so long, whatever it is for (P§2: relists in a storm of 410).
TEST_F(StreamListTest, AnAuditCountsAsAListForTheRelistBehindIt) {
  auto& watch = Flowing("100");
  time.Advance(kMinute);
  ASSERT_TRUE(stream->Audit());
  Listed("110");
  watch.Body(ErrorEvent(410, "Expired"));
  time.Advance(options.list_spacing - 1);
  EXPECT_FALSE(http.Has("?limit=500"));
  time.Advance(options.list_jitter + 1);
  EXPECT_TRUE(http.Has("?limit=500"));
}

TEST_F(StreamListTest, AnAuditThatIsDueRightAfterAListWaits) {
  options.audit_interval = 5 * kSecond;
  options.audit_soon = kSecond;
  Flowing("100");
  time.Advance(options.list_spacing - options.settle - 1);
  EXPECT_FALSE(http.Has("?limit=500"));
  time.Advance(2 * options.list_spacing);
  EXPECT_TRUE(http.Has("?limit=500"));
}

TEST_F(StreamListTest, AListThatIsGoneItselfIsNotAskedForAtOnce) {
  Start();
  List().Json(StatusBody(410, "Expired"), 410);
  time.Advance(options.list_spacing - 1);
  EXPECT_FALSE(http.Has("?limit=500"));
  time.Advance(options.list_spacing);
  EXPECT_TRUE(http.Has("?limit=500"));
}

TEST_F(StreamListTest, AuditOfAKindWithoutBookmarksIsReachedBySilence) {
  Events();
  Flowing("100");
  ASSERT_TRUE(stream->Audit());
  List().Json(ListBody("110", {}));
  time.Advance(options.audit_settle - 1);
  EXPECT_EQ(sink.Count(Kind::kAuditReached), 0U);
  time.Advance(options.audit_settle);
  EXPECT_EQ(sink.Count(Kind::kAuditReached), 1U);
}

TEST_F(StreamListTest, AuditSurvivesAReconnectButNotARelist) {
  auto& watch = Flowing("100");
  ASSERT_TRUE(stream->Audit());
  List().Json(ListBody("110", {}));
  time.Advance(2 * kSecond);
  watch.Done();
  EXPECT_EQ(sink.Count(Kind::kAuditAbort), 0U);
  Probed("112");
  Opened().Body(ErrorEvent(410, "Expired"));
  EXPECT_EQ(sink.Count(Kind::kAuditAbort), 1U);
  EXPECT_EQ(Last(Kind::kListBegin).cause, GapCause::kGone);
}

// The record itself is older than where the history parts: nothing else tells.
TEST_F(StreamListTest, AnAuditOfAHistoryThatWentBackIsGivenUp) {
  fakes::ScriptedTransfer& watch = Flowing("100");
  ASSERT_TRUE(stream->Audit());
  Listed("110", {Object("108", "a")});
  EXPECT_EQ(Last(Kind::kAuditEnd).rv, "110");
  watch.Cut();
  time.Advance(options.backoff.max);
  Probed("105");
  EXPECT_EQ(sink.Count(Kind::kAuditAbort), 1U);
  EXPECT_EQ(sink.Count(Kind::kListBegin), 1U) << "its position is good";
  fakes::ScriptedTransfer& next = Opened();
  next.Body(Event("ADDED", "112", "b"));
  EXPECT_EQ(sink.Count(Kind::kAuditReached), 0U);
}

TEST_F(StreamListTest, AnAuditBelowThePositionIsARewind) {
  Flowing("100");
  ASSERT_TRUE(stream->Audit());
  List().Json(ListBody("50", {Object("1", "a")}));
  EXPECT_EQ(sink.Count(Kind::kAuditBegin), 0U);
  EXPECT_TRUE(Last(Kind::kListBegin).new_epoch);
}

TEST_F(StreamListTest, AFailingAuditDisturbsNothing) {
  auto& watch = Flowing("100");
  ASSERT_TRUE(stream->Audit());
  List().Json(ListBody("110", {Object("1", "a")}, "t"));
  List().Json("busy", 503);
  EXPECT_EQ(sink.Count(Kind::kAuditAbort), 1U);
  EXPECT_TRUE(watch.open());
  EXPECT_TRUE(stream->Audit());
}

}  // namespace
}  // namespace kubescribe::watch
