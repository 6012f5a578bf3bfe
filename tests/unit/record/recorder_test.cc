// Events, positions, times: what a watch brings.
#include "record/recorder.h"

#include <gmock/gmock.h>

#include <future>
#include <memory>
#include <nlohmann/json.hpp>

#include "recorder_harness.h"

namespace kubescribe::record {
namespace {

using kube::GapCause;
using kube::WatchType;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST_F(RecorderTest, EventsAreRecordedOnceWithTheirPosition) {
  Open();
  AddStream();
  ListAndFlow({}, "10");
  OfferEvent(WatchType::kAdded, {"u", "11"});
  OfferEvent(WatchType::kModified, {"u", "12"});
  OfferEvent(WatchType::kModified, {"u", "12"});
  OfferEvent(WatchType::kDeleted, {"u", "13"});
  Commit();
  EXPECT_THAT(Story(),
              ElementsAre("Added u@11", "Modified u@12", "Deleted u@13"));
  EXPECT_EQ(Row().position, "13");
  EXPECT_EQ(recorder->stats().duplicates, 1U);
  EXPECT_EQ(recorder->stats().revisions, 3U);
  EXPECT_EQ(committed, recorder->stats().last_seq);
}

TEST_F(RecorderTest, BodyIsKeptToTheByte) {
  Open();
  AddStream();
  ListAndFlow({}, "10");
  kube::Observation seen = About(Kind::kEvent, {"u", "11"});
  seen.body = "{ \"metadata\" : {\"uid\":\"u\"},\t\"x\":1.0,\"y\":\"\\u2028\"}";
  const std::string body = seen.body;
  Offer(std::move(seen));
  Commit();
  auto reader = Read();
  const auto stored = reader->Body(History().at(0).seq);
  ASSERT_TRUE(stored.ok());
  EXPECT_EQ(*stored, body);
}

TEST_F(RecorderTest, ModifiedOfAnUnseenObjectIsRecorded) {
  Open();
  AddStream();
  ListAndFlow({}, "10");
  OfferEvent(WatchType::kModified, {"u", "11"});
  Commit();
  EXPECT_THAT(Story(), ElementsAre("Modified u@11"));
}

TEST_F(RecorderTest, DuplicateStillMovesThePosition) {
  Open();
  AddStream();
  ListAndFlow({{"u", "9"}}, "10");
  // The object was at 9 when the list was taken at 10: what a server sends
  // again from an older position is known, and counts as delivered.
  OfferEvent(WatchType::kModified, {"u", "9"});
  OfferEvent(WatchType::kModified, {"v", "12"});
  OfferEvent(WatchType::kModified, {"v", "12"});
  Commit();
  EXPECT_EQ(Row().position, "12");
  Crash();
  Open();
  AddStream();
  OfferEvent(WatchType::kModified, {"v", "12"});
  Commit();
  EXPECT_THAT(Story(), ElementsAre("Listed u@9 (list)", "Modified v@12"));
}

TEST_F(RecorderTest, BookmarkMovesThePositionForward) {
  Open();
  AddStream();
  ListAndFlow({}, "10");
  OfferRv(Kind::kBookmark, "20");
  Commit();
  EXPECT_EQ(Row().position, "20");
  OfferRv(Kind::kBookmark, "9");
  Commit();
  EXPECT_EQ(Row().position, "20");
}

TEST_F(RecorderTest, NonComparablePositionsFollowTheOrderOfArrival) {
  Open();
  AddStream();
  ListAndFlow({}, "b-7");
  OfferEvent(WatchType::kAdded, {"u", "a-3"});
  Commit();
  EXPECT_EQ(Row().position, "a-3");
}

TEST_F(RecorderTest, LowerRvOfAKnownObjectIsLateAndNeverCurrent) {
  Open();
  AddStream();
  ListAndFlow({}, "10");
  OfferEvent(WatchType::kAdded, {"u", "20", "a", "new"});
  Commit();
  clock.Advance(kSecond);
  OfferEvent(WatchType::kModified, {"u", "15", "a", "old"});
  Commit();
  EXPECT_THAT(Story(), ElementsAre("Added u@20", "[Modified u@15]"));
  EXPECT_EQ(Row().position, "20");
  store::ObjectFilter filter;
  filter.resource_id = resource_id;
  store::AsOf now;
  now.at = clock.wall;
  const auto state = Read()->StateAt(filter, now);
  ASSERT_TRUE(state.ok());
  ASSERT_EQ(state->size(), 1U);
  EXPECT_EQ(state->at(0).rv, "20");
}

TEST_F(RecorderTest, SharedRvStreamsStayOneDistinctRvBehind) {
  spec.shared_rv = true;
  Open();
  AddStream();
  ListAndFlow({{"a", "5"}, {"b", "6"}, {"c", "7"}}, "10");
  OfferEvent(WatchType::kDeleted, {"a", "20"});
  Commit();
  EXPECT_EQ(Row().position, "10");
  OfferEvent(WatchType::kDeleted, {"b", "20"});
  Commit();
  EXPECT_EQ(Row().position, "10");
  OfferEvent(WatchType::kAdded, {"d", "21"});
  Commit();
  EXPECT_EQ(Row().position, "20");
  OfferRv(Kind::kBookmark, "21");
  Commit();
  EXPECT_EQ(Row().position, "21");
}

TEST_F(RecorderTest, DeletedWithASelectorIsLeft) {
  spec.selected = true;
  spec.key.label_selector = "a=b";
  Open();
  AddStream();
  ListAndFlow({{"u", "5"}}, "10");
  OfferEvent(WatchType::kDeleted, {"u", "11"});
  Commit();
  EXPECT_THAT(Story(), ElementsAre("Listed u@5 (list)", "Left u@11"));
}

TEST_F(RecorderTest, DeletedUnderTheRecordedRvIsStillADeletion) {
  Open();
  AddStream();
  ListAndFlow({{"u", "5"}}, "10");
  OfferEvent(WatchType::kDeleted, {"u", "5"});
  OfferEvent(WatchType::kDeleted, {"u", "5"});
  Commit();
  EXPECT_THAT(Story(), ElementsAre("Listed u@5 (list)", "Deleted u"));
}

// -- time

TEST_F(RecorderTest, EventOfAFlowingStreamIsAPoint) {
  Open();
  AddStream();
  ListAndFlow({}, "10");
  OfferEvent(WatchType::kAdded, {"u", "11"});
  clock.Advance(kSecond);
  Commit();
  const store::Revision revision = History().at(0);
  EXPECT_EQ(revision.changed_at, clock.wall);
  EXPECT_EQ(revision.not_before, clock.wall);
  EXPECT_EQ(revision.recorded_at, clock.wall);
}

TEST_F(RecorderTest, EventThatWaitedIsAnInterval) {
  Open();
  AddStream();
  ListAndFlow({}, "10");
  const Micros received = clock.wall;
  OfferEvent(WatchType::kAdded, {"u", "11"});
  clock.Advance(kSecond + 1);
  Commit();
  const store::Revision revision = History().at(0);
  EXPECT_EQ(revision.not_before, received);
  EXPECT_EQ(revision.changed_at, clock.wall);
}

TEST_F(RecorderTest, EvidenceIsClampedIntoTheIntervalAndNeverDecreases) {
  Open();
  AddStream();
  ListAndFlow({}, "10");
  const Micros paused = clock.wall;
  clock.Advance(100 * kSecond);
  // 2023-11-14T22:13:20Z is the fake clock's first second.
  const auto managed = [](const std::string& time) {
    return ",\"managedFields\":[{\"time\":\"" + time + "\"}]";
  };
  OfferEvent(WatchType::kModified,
             {"u", "11", "a", "1", managed("2023-11-14T22:14:00Z")}, false,
             paused);
  OfferEvent(WatchType::kModified,
             {"u", "12", "a", "2", managed("2023-11-14T22:13:50Z")}, false,
             paused);
  OfferEvent(WatchType::kModified,
             {"v", "13", "b", "3", managed("2001-01-01T00:00:00Z")}, false,
             paused);
  OfferEvent(WatchType::kModified,
             {"w", "14", "c", "4", managed("2031-01-01T00:00:00Z")}, false,
             paused);
  Commit();
  const auto history = History();
  ASSERT_EQ(history.size(), 4U);
  const Micros start = 1'700'000'000 * kSecond;
  EXPECT_EQ(history[0].changed_at, start + 40 * kSecond);
  EXPECT_EQ(history[0].evidence, store::Evidence::kManagedFields);
  EXPECT_EQ(history[0].not_before, paused);
  EXPECT_EQ(history[1].changed_at, start + 40 * kSecond);
  EXPECT_EQ(history[2].changed_at, paused);
  EXPECT_EQ(history[3].changed_at, clock.wall);
}

TEST_F(RecorderTest, AddedAfterAPauseRestsOnCreationAndDeletedOnDeletion) {
  Open();
  AddStream();
  ListAndFlow({}, "10");
  const Micros paused = clock.wall;
  clock.Advance(100 * kSecond);
  OfferEvent(
      WatchType::kAdded,
      {"u", "11", "a", "1", R"(,"creationTimestamp":"2023-11-14T22:14:00Z")"},
      false, paused);
  OfferEvent(WatchType::kDeleted,
             {"u", "12", "a", "1",
              R"(,"deletionTimestamp":"2023-11-14T22:14:40Z",)"
              R"("deletionGracePeriodSeconds":30)"},
             false, paused);
  Commit();
  const auto history = History();
  const Micros start = 1'700'000'000 * kSecond;
  EXPECT_EQ(history.at(0).evidence, store::Evidence::kCreation);
  EXPECT_EQ(history.at(0).changed_at, start + 40 * kSecond);
  EXPECT_EQ(history.at(1).evidence, store::Evidence::kDeletion);
  EXPECT_EQ(history.at(1).changed_at, start + 50 * kSecond);
}

TEST_F(RecorderTest, EventWithoutAKnownPastHasNoNotBefore) {
  Open();
  AddStream();
  ListAndFlow({}, "10");
  OfferEvent(
      WatchType::kAdded,
      {"u", "11", "a", "1", R"(,"creationTimestamp":"2023-11-14T22:13:21Z")"},
      false);
  Commit();
  EXPECT_EQ(History().at(0).not_before, std::nullopt);
  EXPECT_EQ(History().at(0).changed_at, clock.wall);
}

TEST_F(RecorderTest, FlowIsKeptInTheStreamRow) {
  Open();
  AddStream();
  ListAndFlow({}, "10");
  EXPECT_TRUE(Row().flowing);
  kube::Observation end = Make(Kind::kNotFlowing);
  end.not_before = clock.wall - 500;
  Offer(end);
  Commit();
  EXPECT_FALSE(Row().flowing);
  EXPECT_EQ(Row().flowed_until, clock.wall - 500);
  // Found out later: it ended earlier still. Never later.
  end.not_before = clock.wall - 900;
  Offer(end);
  end.not_before = clock.wall;
  Offer(end);
  Commit();
  EXPECT_EQ(Row().flowed_until, clock.wall - 900);
}

TEST_F(RecorderTest, CrashEndsTheFlowAtTheLastCommit) {
  Open();
  AddStream();
  ListAndFlow({}, "10");
  const Micros known = Read()->info().known_until;
  clock.Advance(kMinute);
  Crash();
  Open();
  EXPECT_FALSE(Row().flowing);
  EXPECT_EQ(Row().flowed_until, known);
}

// -- the file's own records

TEST_F(RecorderTest, StartSaysHowTheLastRunEnded) {
  Open();
  AddStream();
  const Micros known = Read()->info().known_until;
  ASSERT_TRUE(recorder->Stop(kSecond).ok());
  clock.Advance(kHour);
  Open();
  Crash();
  Open();
  const auto starts = Records("start");
  ASSERT_EQ(starts.size(), 3U);
  const auto second = nlohmann::json::parse(starts[1].detail);
  EXPECT_EQ(second["cleanStop"], true);
  EXPECT_EQ(second["knownUntil"], known);
  EXPECT_EQ(second["redactionKey"].get<std::string>().size(), 8U);
  EXPECT_EQ(nlohmann::json::parse(starts[2].detail)["cleanStop"], false);
  EXPECT_EQ(Records("stop").size(), 1U);
}

// What says so is in the same transaction, so that the file can be verified
// whenever the recorder ends.
TEST_F(RecorderTest, WhatTheClusterIsCalledAndKnownByIsInRecords) {
  Open();
  EXPECT_EQ(Read()->info().cluster, "c");
  auto detail = nlohmann::json::parse(Records("start").back().detail);
  EXPECT_EQ(detail["cluster"], "c");
  EXPECT_EQ(detail["identity"], "id");
  ASSERT_TRUE(recorder->SetIdentity("server=1", true).ok());
  EXPECT_EQ(Read()->info().identity, "server=1");
  const auto identities = Records("identity");
  ASSERT_EQ(identities.size(), 1U);
  EXPECT_EQ(identities[0].detail,
            R"({"identity":"server=1","identityWeak":true})");
  ASSERT_TRUE(recorder->Stop(kSecond).ok());
  // The configuration calls it otherwise now.
  RecorderOptions options;
  options.cluster = "d";
  options.path = file;
  options.store.cluster = "d";
  options.store.identity = "kube-system=1";
  options.store.clock = &clock;
  options.store.random = &random;
  options.store.synchronous_full = false;
  auto renamed = Recorder::Open(options, MakeRedactor(), {});
  ASSERT_TRUE(renamed.ok()) << renamed.error().message();
  EXPECT_EQ(Read()->info().cluster, "c");
  EXPECT_EQ(Read()->info().identity, "server=1");
  ASSERT_TRUE((*renamed)->Begin().ok());
  EXPECT_EQ(Read()->info().cluster, "d");
  EXPECT_EQ(Read()->info().identity, "kube-system=1");
  detail = nlohmann::json::parse(Records("start").back().detail);
  EXPECT_EQ(detail["cluster"], "d");
  EXPECT_EQ(detail["identity"], "kube-system=1");
  EXPECT_FALSE(detail.contains("identityWeak"));
}

TEST_F(RecorderTest, EachChangeOfTheServersVersionIsARecord) {
  Open();
  recorder->SetServerVersion("v1.32.13");
  recorder->SetServerVersion("v1.32.13");
  const Micros old = Read()->info().known_until;
  clock.Advance(kHour);
  Crash();
  Open();
  recorder->SetServerVersion("v1.32.13");
  recorder->SetServerVersion("v1.36.3");
  const auto records = Records("server");
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].detail, R"({"version":"v1.32.13"})");
  EXPECT_EQ(records[1].detail, R"({"version":"v1.36.3","before":"v1.32.13"})");

  const auto reader = Read();
  EXPECT_EQ(reader->info().server_version, "v1.36.3");
  EXPECT_EQ(*reader->ServerVersion({old, {}, {}}), "v1.32.13");
  EXPECT_EQ(*reader->ServerVersion({old - kHour, {}, {}}), "v1.32.13");
  EXPECT_EQ(*reader->ServerVersion({reader->info().known_until, {}, {}}),
            "v1.36.3");
  EXPECT_EQ(*reader->ServerVersion({0, records[1].seq - 1, {}}), "v1.32.13");
  EXPECT_EQ(*reader->ServerVersion({0, records[1].seq, {}}), "v1.36.3");
  EXPECT_EQ(*reader->ServerVersion({0, {}, "1"}), "v1.36.3");
}

// -- checkpoints of the log

class CheckpointTest : public RecorderTest {
 protected:
  CheckpointTest() {
    signing.key = codec::Ed25519Key::FromSeed({1});
    on_checkpoint = [this](const std::string& note) -> Status {
      ++tries_;
      if (broken_) return Error(Code::kIo, "no disk");
      const auto first = note.find('\n') + 1;
      given_.push_back(std::stoll(note.substr(first)));
      return {};
    };
  }
  void Event(int rv) {
    OfferEvent(WatchType::kModified, {"u", std::to_string(rv)});
    recorder->Step(0);
  }
  store::Seq last() { return Read()->info().last_seq; }

  bool broken_ = false;
  int tries_ = 0;
  std::vector<store::Seq> given_;
};

TEST_F(CheckpointTest, AreSignedOnScheduleWhereThereIsSomethingNewAndAtAStop) {
  Open();
  AddStream();
  ListAndFlow({}, "10");
  Event(11);
  EXPECT_TRUE(given_.empty());
  clock.Advance(kMinute);
  Event(12);
  ASSERT_EQ(given_.size(), 1U);
  EXPECT_EQ(given_[0], last());
  clock.Advance(10 * kMinute);
  recorder->Step(0);
  EXPECT_EQ(given_.size(), 1U);
  Event(13);
  // The time was over already, and nothing was new then.
  clock.Advance(kMinute);
  recorder->Step(0);
  EXPECT_EQ(given_.size(), 2U);
  EXPECT_EQ(recorder->stats().checkpoints, 2U);
  ASSERT_TRUE(recorder->Stop(kSecond).ok());
  ASSERT_EQ(given_.size(), 3U);
  EXPECT_EQ(given_[2], last());
}

TEST_F(CheckpointTest, AreHandedOutLaterWhereTheSinkFails) {
  Open();
  AddStream();
  ListAndFlow({}, "10");
  broken_ = true;
  for (int i = 0; i < 3; ++i) {
    clock.Advance(kMinute);
    Event(11 + i);
  }
  EXPECT_TRUE(given_.empty());
  EXPECT_EQ(recorder->stats().sink_errors, 3U);
  // Not at every turn.
  const int tries = tries_;
  recorder->Step(0);
  EXPECT_EQ(tries_, tries);
  broken_ = false;
  clock.Advance(kMinute);
  recorder->Step(0);
  EXPECT_EQ(given_.size(), 3U);
  EXPECT_TRUE(std::is_sorted(given_.begin(), given_.end()));
}

TEST_F(CheckpointTest, ASinkThatHangsHoldsNobodyUp) {
  std::promise<void> back;
  const std::shared_future<void> comes_back = back.get_future().share();
  const auto given = std::make_shared<std::promise<store::Seq>>();
  on_checkpoint = [given, comes_back](const std::string& note) -> Status {
    comes_back.wait();
    given->set_value(std::stoll(note.substr(note.find('\n') + 1)));
    return {};
  };
  sink_wait = 0;
  Open();
  AddStream();
  ListAndFlow({}, "10");
  clock.Advance(kMinute);
  Event(11);
  const store::Seq signed_at = last();
  EXPECT_EQ(recorder->stats().sink_errors, 0U);
  clock.Advance(11 * kSecond);
  Event(12);
  EXPECT_EQ(last(), signed_at + 1);
  EXPECT_EQ(recorder->stats().sink_errors, 1U);
  // What it took is not given a second time, or the promise would throw.
  back.set_value();
  EXPECT_EQ(given->get_future().get(), signed_at);
  clock.Advance(11 * kSecond);
  recorder->Step(0);
  EXPECT_EQ(recorder->stats().sink_errors, 1U);
}

TEST_F(CheckpointTest, WithoutAKeyNothingIsSigned) {
  signing.key = nullptr;
  Open();
  AddStream();
  ListAndFlow({}, "10");
  clock.Advance(kMinute);
  Event(11);
  ASSERT_TRUE(recorder->Stop(kSecond).ok());
  EXPECT_TRUE(given_.empty());
  EXPECT_EQ(Records("key").size(), 0U);
}

TEST_F(RecorderTest, StopCommitsAllThatWasOffered) {
  Open();
  AddStream();
  ListAndFlow({}, "10");
  for (int i = 0; i < 3000; ++i) {
    OfferEvent(WatchType::kModified, {"u", std::to_string(11 + i)});
  }
  ASSERT_TRUE(recorder->Stop(10 * kSecond).ok());
  recorder.reset();
  EXPECT_EQ(History().size(), 3000U);
  EXPECT_TRUE(Read()->info().clean_stop);
  EXPECT_FALSE(Row().flowing);
}

TEST_F(RecorderTest, HeartbeatMovesKnownUntilWhenNothingWaits) {
  Open();
  AddStream();
  ListAndFlow({}, "10");
  const Micros before = Read()->info().known_until;
  clock.Advance(9 * kSecond - 1);
  recorder->Step(0);
  EXPECT_EQ(Read()->info().known_until, before);
  clock.Advance(2 * kSecond);
  recorder->Step(0);
  EXPECT_EQ(Read()->info().known_until, clock.wall);
}

TEST_F(RecorderTest, DiscoveryIsRecordedWhenItDiffers) {
  Open();
  kube::Observation seen;
  seen.kind = Kind::kDiscovery;
  for (const char* body : {"{\"a\":1}", "{\"a\":1}", "{\"a\":2}"}) {
    seen.body = body;
    Offer(seen);
    Commit();
  }
  Crash();
  Open();
  Offer(seen);
  Commit();
  EXPECT_EQ(Records("discovery").size(), 2U);
  store::AsOf newest;
  newest.seq = Read()->info().last_seq;
  EXPECT_EQ(*Read()->Discovery(newest), "{\"a\":2}");
}

TEST_F(RecorderTest, StateIsWrittenToTheStreamRow) {
  Open();
  AddStream();
  kube::Observation seen = Make(Kind::kState);
  seen.state = kube::StreamState::kForbidden;
  seen.message = "no";
  Offer(seen);
  Commit();
  EXPECT_EQ(Row().state, "forbidden");
  EXPECT_EQ(Row().message, "no");
}

TEST_F(RecorderTest, RemovedKindTakesItsObjectsWithIt) {
  Open();
  AddStream();
  ListAndFlow({{"u", "5"}, {"v", "6"}}, "10");
  OfferEvent(WatchType::kDeleted, {"v", "11"});
  kube::Observation seen = Make(Kind::kStreamEnd);
  seen.cause = GapCause::kUnavailable;
  seen.crd_deleted = true;
  Offer(seen);
  Commit();
  EXPECT_EQ(Story().back(), "Vanished u");
  EXPECT_EQ(Story().size(), 4U);
  EXPECT_EQ(Row().state, "ended");
  EXPECT_EQ(Row().position, "");
}

TEST_F(RecorderTest, StreamTakenOutKeepsItsObjectsAndPosition) {
  Open();
  AddStream();
  ListAndFlow({{"u", "5"}}, "10");
  kube::Observation seen = Make(Kind::kStreamEnd);
  seen.cause = GapCause::kConfig;
  Offer(seen);
  Commit();
  EXPECT_EQ(Story().size(), 1U);
  EXPECT_EQ(Row().state, "ended");
  EXPECT_EQ(Row().position, "10");
}

// -- stubs

TEST_F(RecorderTest, OversizeEventLeavesAStubAndAGap) {
  Open();
  AddStream();
  ListAndFlow({{"u", "5"}}, "10");
  kube::Observation seen = About(Kind::kStub, {"u", "11"});
  seen.type = WatchType::kModified;
  seen.cause = GapCause::kOversize;
  seen.size = 20 << 20;
  seen.digest = std::string(64, 'a');
  seen.body.clear();
  seen.flowing = true;
  Offer(seen);
  Offer(seen);  // delivered again
  Commit();
  const auto stubs = Records("stub");
  ASSERT_EQ(stubs.size(), 1U);
  const auto detail = nlohmann::json::parse(stubs[0].detail);
  EXPECT_EQ(detail["reason"], "oversize");
  EXPECT_EQ(detail["size"], 20 << 20);
  EXPECT_EQ(detail["uid"], "u");
  EXPECT_EQ(detail["resourceVersion"], "11");
  EXPECT_EQ(detail["digest"], "sha256:" + std::string(64, 'a'));
  EXPECT_EQ(Story().back(), "Modified u@11");
  EXPECT_EQ(History().back().body_kind, store::BodyKind::kStub);
  const auto gaps = Gaps();
  ASSERT_EQ(gaps.size(), 2U);
  EXPECT_EQ(gaps[1].cause, "oversize");
  EXPECT_EQ(gaps[1].from_rv, "10");
  EXPECT_EQ(gaps[1].to_rv, "11");
  EXPECT_EQ(Row().position, "11");
}

TEST_F(RecorderTest, UnreadableEventLeavesAStubAndTheStreamGoesOn) {
  Open();
  AddStream();
  ListAndFlow({{"u", "5"}}, "10");
  kube::Observation seen = Make(Kind::kStub);
  seen.cause = GapCause::kParse;
  seen.size = 3;
  seen.message = "not JSON";
  Offer(seen);
  Commit();
  // Where it lies is not known before something comes behind it.
  EXPECT_EQ(Row().gap_cause, "parse");
  EXPECT_EQ(Row().gap_from_rv, "10");
  EXPECT_EQ(Gaps().size(), 1U);
  OfferEvent(WatchType::kModified, {"u", "12"});
  Commit();
  EXPECT_EQ(Records("stub").size(), 1U);
  EXPECT_EQ(Row().gap_cause, "");
  ASSERT_EQ(Gaps().size(), 2U);
  EXPECT_EQ(Gaps().back().cause, "parse");
  EXPECT_EQ(Gaps().back().from_rv, "10");
  EXPECT_EQ(Gaps().back().to_rv, "12");
  EXPECT_EQ(Gaps().back().changed, 1);
  EXPECT_EQ(Story().back(), "Modified u@12");
}

TEST_F(RecorderTest, EachGapEndsAtTheNextPosition) {
  Open();
  AddStream();
  ListAndFlow({{"u", "5"}}, "10");
  OfferEvent(WatchType::kModified, {"u", ""});
  OfferEvent(WatchType::kModified, {"u", "12"});
  OfferEvent(WatchType::kModified, {"u", "13"});
  OfferEvent(WatchType::kModified, {"u", ""});
  OfferEvent(WatchType::kModified, {"u", "15"});
  Commit();
  const auto gaps = Gaps();
  ASSERT_EQ(gaps.size(), 3U);
  EXPECT_EQ(gaps[1].from_rv + "-" + gaps[1].to_rv, "10-12");
  EXPECT_EQ(gaps[2].from_rv + "-" + gaps[2].to_rv, "13-15");
}

TEST_F(RecorderTest, AListTakesOverWhatCouldNotBePlaced) {
  Open();
  AddStream();
  ListAndFlow({{"u", "5"}}, "10");
  OfferEvent(WatchType::kModified, {"u", ""});
  OfferListBegin(GapCause::kGone);
  OfferItem({"u", "14"}, "20");
  OfferRv(Kind::kListEnd, "20");
  Commit();
  const auto gaps = Gaps();
  ASSERT_EQ(gaps.size(), 2U);
  EXPECT_EQ(gaps[1].cause, "gone");
  EXPECT_EQ(gaps[1].from_rv + "-" + gaps[1].to_rv, "10-20");
  EXPECT_EQ(Row().gap_cause, "");
}

TEST_F(RecorderTest, ABookmarkBoundsWhatCouldNotBeRead) {
  Open();
  AddStream();
  ListAndFlow({{"u", "5"}}, "10");
  OfferEvent(WatchType::kModified, {"u", ""});
  OfferEvent(WatchType::kModified, {"u", ""});
  OfferRv(Kind::kBookmark, "20");
  Commit();
  ASSERT_EQ(Gaps().size(), 2U);
  EXPECT_EQ(Gaps().back().from_rv, "10");
  EXPECT_EQ(Gaps().back().to_rv, "20");
  EXPECT_EQ(Gaps().back().changed, 2);
}

TEST_F(RecorderTest, WhereRvsAreSharedTheNextOneBoundsWhatCouldNotBeRead) {
  spec.shared_rv = true;
  Open();
  AddStream("events");
  ListAndFlow({}, "10");
  OfferEvent(WatchType::kAdded, {"u", "12"});
  OfferEvent(WatchType::kModified, {"u", ""});
  OfferEvent(WatchType::kAdded, {"v", "14"});
  Commit();
  EXPECT_EQ(Row().gap_cause, "parse") << "14 may be shared with it";
  OfferEvent(WatchType::kAdded, {"w", "15"});
  Commit();
  EXPECT_EQ(Gaps().back().from_rv, "12");
  EXPECT_EQ(Gaps().back().to_rv, "14");
}

TEST_F(RecorderTest, EventWithoutUidOrRvIsAStub) {
  Open();
  AddStream();
  ListAndFlow({}, "10");
  OfferEvent(WatchType::kModified, {"", "12"});
  OfferEvent(WatchType::kModified, {"u", ""});
  Commit();
  EXPECT_THAT(Story(), IsEmpty());
  const auto stubs = Records("stub");
  ASSERT_EQ(stubs.size(), 2U);
  EXPECT_EQ(nlohmann::json::parse(stubs[0].detail)["message"],
            "no metadata.uid");
  EXPECT_EQ(nlohmann::json::parse(stubs[1].detail)["message"],
            "no metadata.resourceVersion");
}

TEST_F(RecorderTest, SecretStubsHaveAKeyedDigest) {
  Open();
  AddStream("secrets");
  kube::Observation seen = About(Kind::kStub, {"u", "11"});
  seen.cause = GapCause::kOversize;
  seen.digest = std::string(64, 'a');
  Offer(seen);
  Commit();
  const std::string detail = Records("stub").at(0).detail;
  EXPECT_EQ(detail.find(std::string(64, 'a')), std::string::npos);
  EXPECT_NE(detail.find("hmac-sha256:"), std::string::npos);
}

TEST_F(RecorderTest, SecretThatCannotBeReadIsAStub) {
  Open();
  AddStream("secrets");
  kube::Observation seen = About(Kind::kEvent, {"u", "11"});
  seen.body = "{\"data\":{\"k\":\"canary\"";
  Offer(seen);
  Commit();
  EXPECT_EQ(History().at(0).body_kind, store::BodyKind::kStub);
  const auto body = Read()->Body(History().at(0).seq);
  ASSERT_TRUE(body.ok());
  EXPECT_EQ(body->find("canary"), std::string::npos);
}

TEST_F(RecorderTest, MetadataLevelKeepsNoContent) {
  spec.level = Level::kMetadata;
  Open();
  AddStream();
  OfferEvent(WatchType::kAdded, {"u", "11", "a", "content"});
  Commit();
  const auto body = Read()->Body(History().at(0).seq);
  ASSERT_TRUE(body.ok());
  EXPECT_EQ(*body,
            R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a",)"
            R"("namespace":"ns","uid":"u","resourceVersion":"11"}})");
  EXPECT_EQ(History().at(0).body_kind, store::BodyKind::kMetadata);
}

TEST_F(RecorderTest, AFileThatIsTakenAwayIsSaidAndWaitedFor) {
  Open();
  AddStream();
  ListAndFlow({}, "10");
  std::filesystem::rename(file, file + ".away");
  clock.Advance(2 * kSecond);
  OfferEvent(WatchType::kAdded, {"u", "11"});
  recorder->Step(0);
  EXPECT_THAT(recorder->stats().error,
              ::testing::HasSubstr("was removed or replaced"));
  EXPECT_FALSE(std::filesystem::exists(file)) << "no new one in its place";
  std::filesystem::rename(file + ".away", file);
  clock.Advance(kMinute);
  Commit();
  EXPECT_EQ(recorder->stats().error, "");
  EXPECT_THAT(Story(), ElementsAre("Added u@11"));
}

TEST_F(RecorderTest, AFileKnownByAnotherIdentityIsOpenedAgainAfterAnError) {
  Open();
  AddStream();
  ListAndFlow({}, "10");
  ASSERT_TRUE(recorder->SetIdentity("kube-system=1", false).ok());
  std::filesystem::rename(file, file + ".away");
  clock.Advance(2 * kSecond);
  OfferEvent(WatchType::kAdded, {"u", "11"});
  recorder->Step(0);
  EXPECT_NE(recorder->stats().error, "");
  std::filesystem::rename(file + ".away", file);
  clock.Advance(kMinute);
  Commit();
  EXPECT_EQ(recorder->stats().error, "");
  EXPECT_EQ(Read()->info().identity, "kube-system=1");
  EXPECT_THAT(Story(), ElementsAre("Added u@11"));
}

}  // namespace
}  // namespace kubescribe::record
