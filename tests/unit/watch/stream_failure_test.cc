// The table of HTTP errors of P§2, a row a test.
#include "unit/watch/stream_harness.h"

namespace kubescribe::watch {
namespace {

using StreamFailureTest = StreamTest;

TEST_F(StreamFailureTest, BadRequestTwiceForAPositionRelists) {
  StartAt("100");
  Probed("200");
  Watch().Json(StatusBody(400, "BadRequest"), 400);
  EXPECT_EQ(sink.Count(Kind::kListBegin), 0U);
  time.Advance(5 * kSecond);
  Probed("200");
  Watch().Json(StatusBody(422, "Invalid"), 422);
  EXPECT_EQ(Last(Kind::kListBegin).cause, GapCause::kGone);
}

TEST_F(StreamFailureTest, UnauthorizedRefreshesTheCredentialOnceThenBacksOff) {
  StartAt("100");
  Probe().Json(StatusBody(401, "Unauthorized"), 401);
  EXPECT_EQ(http.rejected, 1);
  time.Advance(options.backoff.first / 4);
  Probe().Json(StatusBody(401, "Unauthorized"), 401);
  EXPECT_EQ(state(), StreamState::kBackoff);
  time.Advance(options.backoff.first / 2);
  EXPECT_FALSE(http.Has("?limit=1"));
  time.Advance(2 * kSecond);
  Probed("105");
  EXPECT_TRUE(http.Has("resourceVersion=100&"));
  EXPECT_EQ(sink.Count(Kind::kListBegin), 0U);
}

// The probe before each watch is answered: that gives the watch no fresh start.
TEST_F(StreamFailureTest, UnauthorizedWatchesAreAskedForSlowerAndSlower) {
  StartAt("100");
  for (int i = 0; i < 8; ++i) {
    Probed("100");
    Watch().Json(StatusBody(401, "Unauthorized"), 401);
    time.Advance(i < 7 ? 31 * kSecond : 4 * kSecond);
  }
  EXPECT_FALSE(http.Has("?limit=1"));
}

TEST_F(StreamFailureTest, PositionThatIsNoNumberWhereOthersAreIsGivenUp) {
  StartAt("not-a-number");
  Probed("100");
  EXPECT_FALSE(http.Has("watch=1"));
  EXPECT_EQ(Last(Kind::kListBegin).cause, GapCause::kGone);
}

TEST_F(StreamFailureTest, PositionThatIsNoNumberIsKeptWhereNoneAre) {
  StartAt("abc");
  Probed("def");
  EXPECT_TRUE(http.Has("resourceVersion=abc&"));
}

// A server that has just started refuses everyone (seen on 1.36.3).
TEST_F(StreamFailureTest, ForbiddenIsTriedAgainSoonAtFirst) {
  StartAt("100");
  Probe().Json(StatusBody(403, "Forbidden"), 403);
  time.Advance(options.forbidden_soon - 1);
  EXPECT_FALSE(http.Has("?limit=1"));
  time.Advance(options.forbidden_soon + 1);
  Probed("105");
  EXPECT_TRUE(http.Has("resourceVersion=100&"));
}

TEST_F(StreamFailureTest, ForbiddenIsAStateAndIsTriedSlowly) {
  StartAt("100");
  for (int refusals = 0; refusals < 6; ++refusals) {
    Probe().Json(StatusBody(403, "Forbidden"), 403);
    EXPECT_EQ(state(), StreamState::kForbidden);
    EXPECT_EQ(Last(Kind::kState).state, StreamState::kForbidden);
    if (refusals < 5) time.Advance(options.forbidden_retry * 2);
  }
  time.Advance(options.forbidden_retry - 1);
  EXPECT_FALSE(http.Has("?limit=1"));
  time.Advance(options.forbidden_retry + 1);
  Probed("105");
  EXPECT_TRUE(http.Has("resourceVersion=100&"));
}

TEST_F(StreamFailureTest, NotFoundAsksTheManagerAndDeletesNothing) {
  StartAt("100");
  Probe().Json(StatusBody(404, "NotFound"), 404);
  EXPECT_EQ(host.not_found, 1);
  EXPECT_EQ(state(), StreamState::kUnavailable);
  EXPECT_EQ(sink.Count(Kind::kStreamEnd), 0U);
  EXPECT_EQ(sink.Count(Kind::kListBegin), 0U);
  time.Advance(5 * kSecond);
  EXPECT_TRUE(http.Has("?limit=1"));
}

TEST_F(StreamFailureTest, KindWithoutWatchIsListedNowAndThen) {
  StartAt("100");
  Probed("100");
  Watch().Json(StatusBody(405, "MethodNotAllowed"), 405);
  EXPECT_EQ(state(), StreamState::kUnavailable);
  time.Advance(options.forbidden_retry * 2);
  EXPECT_EQ(Last(Kind::kListBegin).cause, GapCause::kUnavailable);
  EXPECT_TRUE(http.Has("?limit=500"));
}

TEST_F(StreamFailureTest, TooManyRequestsWithPlainTextHonoursRetryAfter) {
  StartAt("100");
  Probe().Head(429, "text/plain", 15);
  Probe().Body("too many requests");
  Probe().Done();
  time.Advance(15 * kSecond - 1);
  EXPECT_FALSE(http.Has("?limit=1"));
  time.Advance(2 * kSecond);
  EXPECT_TRUE(http.Has("?limit=1"));
}

TEST_F(StreamFailureTest, RetryAfterIsBelievedForAMinuteAtMost) {
  StartAt("100");
  Probe().Head(503, "text/plain", 1'000'000'000);
  Probe().Done();
  time.Advance(61 * kSecond);
  EXPECT_TRUE(http.Has("?limit=1"));
}

TEST_F(StreamFailureTest, RetryAfterZeroOrLessIsNoInvitationToAStorm) {
  StartAt("100");
  Probe().Head(503, "text/plain", -5);
  Probe().Done();
  time.Advance(700 * kMillisecond);
  EXPECT_FALSE(http.Has("?limit=1"));
}

TEST_F(StreamFailureTest, ServerErrorsResumeAtTheSamePosition) {
  StartAt("100");
  for (int i = 0; i < 6; ++i) {
    Probe().Json(StatusBody(500, "InternalError"), 500);
    time.Advance(31 * kSecond);
  }
  Probed("105");
  EXPECT_TRUE(http.Has("resourceVersion=100&"));
  EXPECT_EQ(sink.Count(Kind::kListBegin), 0U);
}

TEST_F(StreamFailureTest, HtmlWithStatus200IsAnErrorNotAStream) {
  StartAt("100");
  Probed("100");
  // Nor is its end waited for.
  Watch().Head(200, "text/html");
  EXPECT_FALSE(http.Has("watch=1"));
  EXPECT_EQ(state(), StreamState::kBackoff);
  EXPECT_EQ(sink.Count(Kind::kListBegin), 0U);
  ASSERT_FALSE(host.failures.empty());
  EXPECT_EQ(host.failures.back().find("log in"), std::string::npos);
}

TEST_F(StreamFailureTest, RedirectsAreNotFollowed) {
  Start();
  List().Json("", 302);
  EXPECT_EQ(state(), StreamState::kBackoff);
  EXPECT_EQ(http.Count("pods"), 1U);
}

TEST_F(StreamFailureTest, AnErrorsBodyIsReadUpTo64KiB) {
  Start();
  auto& list = List();
  list.Head(500, "text/plain");
  for (int i = 0; i < 20 && list.open(); ++i) {
    list.Body(std::string(8192, 'x'));
  }
  EXPECT_FALSE(list.open());
  EXPECT_EQ(state(), StreamState::kBackoff);
}

TEST_F(StreamFailureTest, BackoffGrowsToHalfAMinuteAndNoFurther) {
  Start();
  Micros longest = 0;
  for (int i = 0; i < 12; ++i) {
    const Micros failed = time.clock().Mono();
    List().Cut();
    while (!http.Has("?limit=500")) time.Advance(100 * kMillisecond);
    longest = std::max(longest, time.clock().Mono() - failed);
  }
  EXPECT_GT(longest, 15 * kSecond);
  EXPECT_LE(longest, 30 * kSecond + 100 * kMillisecond);
}

TEST_F(StreamFailureTest, AFlowResetsTheBackoff) {
  Start();
  for (int i = 0; i < 8; ++i) {
    List().Cut();
    time.Advance(31 * kSecond);
  }
  Listed("100");
  Probed("100");
  Opened();
  EXPECT_EQ(sink.Count(Kind::kFlowing), 1U);
  time.Advance(5 * kSecond);
  Watch().Cut();
  time.Advance(1700 * kMillisecond);
  EXPECT_TRUE(http.Has("?limit=1"));
}

// rancher#23957, client-go#563: a client's total time-out must not kill
// streams that work.
TEST_F(StreamFailureTest, AWatchOutlivesTheDeadlineOfOtherRequests) {
  Start();
  Listed("100");
  EXPECT_GT(Watch().request.deadline, options.request_deadline);
}

// python#819: only a list's or a bookmark's RV, or an event's after them.
TEST_F(StreamFailureTest, ItemsOfAListNeverSetThePosition) {
  Start();
  List().Json(ListBody("100", {Object("99999", "a")}));
  EXPECT_EQ(stream->position(), "100");
}

TEST_F(StreamFailureTest, RetryGoesAheadOfTheWait) {
  StartAt("100");
  Probe().Json(StatusBody(403, "Forbidden"), 403);
  stream->Retry();
  time.Advance(options.backoff.first);
  EXPECT_TRUE(http.Has("?limit=1"));
}

TEST_F(StreamFailureTest, AFailingProbeDoesNotDisturbTheWatch) {
  auto& watch = Flowing("100");
  time.Advance(4 * kMinute);
  Probe().Json("busy", 503);
  EXPECT_TRUE(watch.open());
  EXPECT_FALSE(stream->status().last_error.empty());
}

}  // namespace
}  // namespace kubescribe::watch
