// Lists, gaps, epochs, vanished objects.
#include <gmock/gmock.h>

#include "recorder_harness.h"

namespace kubescribe::record {
namespace {

using kube::GapCause;
using kube::WatchType;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

using ListTest = RecorderTest;

TEST_F(ListTest, FirstListIsAStartGapWithoutABeginning) {
  Open();
  AddStream();
  OfferListBegin(GapCause::kStart);
  OfferItem({"u", "5"}, "10");
  Commit();
  EXPECT_EQ(Row().gap_cause, "start");
  EXPECT_EQ(Row().position, "");
  OfferItem({"v", "6", "b"}, "10");
  OfferRv(Kind::kListEnd, "10");
  Commit();
  EXPECT_THAT(Story(), ElementsAre("Listed u@5 (list)", "Listed v@6 (list)"));
  EXPECT_EQ(History()[0].list_rv, "10");
  EXPECT_EQ(History()[0].api_version, "v1");
  EXPECT_EQ(History()[0].not_before, std::nullopt);
  EXPECT_EQ(History()[0].changed_at, clock.wall);
  const auto gaps = Gaps();
  ASSERT_EQ(gaps.size(), 1U);
  EXPECT_EQ(gaps[0].cause, "start");
  EXPECT_EQ(gaps[0].from_at, std::nullopt);
  EXPECT_EQ(gaps[0].to_at, clock.wall);
  EXPECT_EQ(gaps[0].from_rv, "");
  EXPECT_EQ(gaps[0].to_rv, "10");
  EXPECT_EQ(gaps[0].appeared, 2);
  EXPECT_EQ(Row().position, "10");
  EXPECT_EQ(Row().confirmed_at, clock.wall);
  EXPECT_EQ(Row().gap_cause, "");
}

TEST_F(ListTest, RelistAfterGoneRecordsGapAndTheDifference) {
  Open();
  AddStream();
  ListAndFlow({{"same", "5", "a"}, {"changed", "6", "b"}, {"gone", "7", "c"}},
              "10");
  const Micros flowed = clock.wall;
  clock.Advance(kMinute);
  OfferListBegin(GapCause::kGone, flowed);
  OfferItem({"same", "5", "a"}, "30");
  OfferItem({"changed", "20", "b"}, "30");
  // The same name under another uid is another object.
  OfferItem({"again", "25", "c"}, "30");
  OfferRv(Kind::kListEnd, "30");
  Commit();
  const auto story = Story();
  EXPECT_THAT(std::vector(story.begin() + 3, story.end()),
              ElementsAre("Relisted changed@20 (list)",
                          "Listed again@25 (list)", "Vanished gone (list)"));
  const auto gaps = Gaps();
  ASSERT_EQ(gaps.size(), 2U);
  EXPECT_EQ(gaps[1].cause, "gone");
  EXPECT_EQ(gaps[1].from_rv, "10");
  EXPECT_EQ(gaps[1].to_rv, "30");
  EXPECT_EQ(gaps[1].from_at, flowed);
  EXPECT_EQ(gaps[1].to_at, clock.wall);
  EXPECT_EQ(gaps[1].changed, 1);
  EXPECT_EQ(gaps[1].appeared, 1);
  EXPECT_EQ(gaps[1].vanished, 1);
  for (std::size_t i = 3; i < 6; ++i) {
    EXPECT_EQ(History()[i].not_before, flowed);
    EXPECT_EQ(History()[i].list_rv, "30");
  }
}

TEST_F(ListTest, NothingVanishesBeforeTheLastPage) {
  Open();
  AddStream();
  ListAndFlow({{"u", "5"}, {"v", "6"}}, "10");
  OfferListBegin(GapCause::kGone, clock.wall);
  OfferItem({"u", "5"}, "30");
  Commit();
  Crash();
  Open();
  AddStream();
  EXPECT_EQ(History().size(), 2U);
  EXPECT_EQ(Row().position, "");
  EXPECT_EQ(Row().gap_cause, "gone");
}

TEST_F(ListTest, GapSurvivesACrashWithItsFirstCauseAndBounds) {
  Open();
  AddStream();
  ListAndFlow({{"u", "5"}, {"v", "6"}}, "10");
  const Micros flowed = clock.wall;
  clock.Advance(kMinute);
  OfferListBegin(GapCause::kGone, flowed);
  OfferItem({"u", "20"}, "30");
  Commit();
  Crash();
  clock.Advance(kMinute);
  Open();
  AddStream();
  OfferListBegin(GapCause::kUnavailable, clock.wall);
  OfferItem({"u", "20"}, "40");
  OfferItem({"w", "35"}, "40");
  OfferRv(Kind::kListEnd, "40");
  Commit();
  const auto gaps = Gaps();
  ASSERT_EQ(gaps.size(), 2U);
  EXPECT_EQ(gaps[1].cause, "gone");
  EXPECT_EQ(gaps[1].from_rv, "10");
  EXPECT_EQ(gaps[1].to_rv, "40");
  EXPECT_EQ(gaps[1].from_at, flowed);
  EXPECT_EQ(gaps[1].changed, 1);
  EXPECT_EQ(gaps[1].appeared, 1);
  EXPECT_EQ(gaps[1].vanished, 1);
  const auto story = Story();
  EXPECT_THAT(std::vector(story.begin() + 2, story.end()),
              ElementsAre("Relisted u@20 (list)", "Listed w@35 (list)",
                          "Vanished v (list)"));
}

TEST_F(ListTest, ListStartedOverForgetsWhatTheFirstShowed) {
  Open();
  AddStream();
  ListAndFlow({{"u", "5"}, {"v", "6"}}, "10");
  OfferListBegin(GapCause::kGone, clock.wall);
  OfferItem({"u", "5"}, "30");
  OfferListBegin(GapCause::kGone, clock.wall);
  OfferItem({"v", "6"}, "40");
  OfferRv(Kind::kListEnd, "40");
  Commit();
  EXPECT_EQ(Story().back(), "Vanished u (list)");
  EXPECT_EQ(Gaps().size(), 2U);
}

TEST_F(ListTest, NewEpochRecordsEveryObjectAnew) {
  Open();
  AddStream();
  ListAndFlow({{"u", "50"}, {"v", "60"}}, "100");
  OfferListBegin(GapCause::kRewind, clock.wall, true);
  OfferItem({"u", "50"}, "70");
  OfferItem({"v", "40"}, "70");
  OfferRv(Kind::kListEnd, "70");
  OfferEvent(WatchType::kModified, {"v", "100"});
  Commit();
  const auto history = History();
  ASSERT_EQ(history.size(), 5U);
  EXPECT_THAT(Story(), ElementsAre("Listed u@50 (list)", "Listed v@60 (list)",
                                   "Relisted u@50 (list)",
                                   "Relisted v@40 (list)", "Modified v@100"));
  EXPECT_EQ(history[1].epoch, 1);
  EXPECT_GT(history[2].epoch, 1);
  EXPECT_EQ(history[4].epoch, history[2].epoch);
  EXPECT_FALSE(history[3].late);
  EXPECT_FALSE(history[4].late);
  EXPECT_EQ(Records("epoch").size(), 1U);
  EXPECT_EQ(Row().position, "100");
  EXPECT_TRUE(relists.empty());
}

TEST_F(ListTest, RewindListedTwiceIsOneEpoch) {
  Open();
  AddStream();
  ListAndFlow({{"u", "50"}}, "100");
  OfferListBegin(GapCause::kRewind, clock.wall, true);
  OfferItem({"u", "50"}, "70");
  OfferListBegin(GapCause::kRewind, clock.wall, true);
  OfferItem({"u", "50"}, "70");
  OfferRv(Kind::kListEnd, "70");
  Commit();
  EXPECT_EQ(Records("epoch").size(), 1U);
  EXPECT_EQ(History().size(), 2U);
}

TEST_F(ListTest, LowerRvInAListAsNewAsTheRecordIsARewind) {
  Open();
  AddStream();
  ListAndFlow({{"u", "50"}}, "100");
  OfferListBegin(GapCause::kGone, clock.wall);
  OfferItem({"u", "40"}, "100");
  OfferItem({"v", "45"}, "100");
  OfferRv(Kind::kListEnd, "100");
  // What follows on that connection is of the other history.
  OfferEvent(WatchType::kModified, {"u", "101"});
  Commit();
  EXPECT_EQ(Story().size(), 1U);
  ASSERT_EQ(relists.size(), 1U);
  EXPECT_EQ(relists[0].first, stream);
  EXPECT_EQ(relists[0].second, GapCause::kRewind);
  EXPECT_EQ(Row().position, "");
  OfferListBegin(GapCause::kRewind, clock.wall, true);
  OfferItem({"u", "40"}, "100");
  OfferRv(Kind::kListEnd, "100");
  Commit();
  EXPECT_EQ(Story().back(), "Relisted u@40 (list)");
  EXPECT_EQ(Gaps().size(), 2U);
}

TEST_F(ListTest, LowerRvInAnOlderListIsOnlyStale) {
  Open();
  AddStream();
  ListAndFlow({{"u", "50"}}, "100");
  OfferListBegin(GapCause::kGone, clock.wall);
  OfferItem({"u", "40"}, "90");
  OfferRv(Kind::kListEnd, "90");
  Commit();
  EXPECT_THAT(relists, IsEmpty());
  EXPECT_EQ(Story().size(), 1U);
  EXPECT_EQ(Row().position, "90");
}

TEST_F(ListTest, ObjectNewerThanTheListDoesNotVanish) {
  Open();
  AddStream();
  ListAndFlow({}, "100");
  OfferEvent(WatchType::kAdded, {"u", "110"});
  OfferListBegin(GapCause::kGone, clock.wall);
  OfferRv(Kind::kListEnd, "105");
  Commit();
  EXPECT_THAT(Story(), ElementsAre("Added u@110"));
}

TEST_F(ListTest, UnreadableItemForbidsInferringDeletions) {
  Open();
  AddStream();
  ListAndFlow({{"u", "5"}, {"v", "6"}}, "10");
  OfferListBegin(GapCause::kGone, clock.wall);
  OfferItem({"u", "5"}, "30");
  kube::Observation stub = Make(Kind::kStub);
  stub.cause = GapCause::kParse;
  stub.rv = "30";
  Offer(stub);
  OfferRv(Kind::kListEnd, "30");
  Commit();
  EXPECT_EQ(Story().size(), 2U);
}

TEST_F(ListTest, OversizeItemCountsAsSeen) {
  Open();
  AddStream();
  ListAndFlow({{"u", "5"}}, "10");
  for (int i = 0; i < 2; ++i) {
    OfferListBegin(GapCause::kGone, clock.wall);
    kube::Observation stub = About(Kind::kStub, {"u", "20"});
    stub.cause = GapCause::kOversize;
    stub.rv = "30";
    Offer(stub);
    OfferRv(Kind::kListEnd, "30");
    Commit();
  }
  EXPECT_THAT(Story(),
              ElementsAre("Listed u@5 (list)", "Relisted u@20 (list)"));
  EXPECT_EQ(Records("stub").size(), 1U);
}

TEST_F(ListTest, VanishedObjectThatIsThereAfterAllComesBack) {
  Open();
  AddStream();
  ListAndFlow({{"u", "5"}}, "10");
  OfferListBegin(GapCause::kGone, clock.wall);
  OfferRv(Kind::kListEnd, "20");
  for (int i = 0; i < 2; ++i) {
    OfferListBegin(GapCause::kGone, clock.wall);
    OfferItem({"u", "5"}, "30");
    OfferRv(Kind::kListEnd, "30");
  }
  Commit();
  EXPECT_THAT(Story(), ElementsAre("Listed u@5 (list)", "Vanished u (list)",
                                   "Listed u (list)"));
}

TEST_F(ListTest, ObjectsAreAdoptedByTheStreamThatListsThem) {
  Open();
  AddStream();
  ListAndFlow({{"u", "5"}}, "10");
  const auto first = stream;
  spec.key.name_space = "ns";
  AddStream();
  ASSERT_NE(stream, first);
  ListAndFlow({{"u", "5"}}, "20");
  OfferListBegin(GapCause::kGone, clock.wall);
  OfferRv(Kind::kListEnd, "30");
  Commit();
  EXPECT_THAT(Story(), ElementsAre("Listed u@5 (list)", "Vanished u (list)"));
  EXPECT_EQ(History()[1].stream_id, stream);
}

// -- audits

using AuditTest = RecorderTest;

TEST_F(AuditTest, NothingLostIsARecordAndNoGap) {
  Open();
  AddStream();
  ListAndFlow({{"u", "5"}}, "10");
  const Micros began = clock.wall;
  Audit({{"u", "5"}}, "10");
  EXPECT_THAT(audits, ElementsAre(0));
  EXPECT_EQ(Records("audit").size(), 1U);
  EXPECT_EQ(Gaps().size(), 1U);
  EXPECT_EQ(Row().confirmed_at, began);
}

TEST_F(AuditTest, LostEventsAreFoundAndMarked) {
  Open();
  AddStream();
  ListAndFlow({{"changed", "5", "a"}, {"gone", "6", "b"}, {"same", "7", "c"}},
              "10");
  const Micros listed = *Row().confirmed_at;
  OfferEvent(WatchType::kModified, {"changed", "11", "a"});
  const Micros changed = clock.wall;
  OfferRv(Kind::kBookmark, "30");
  Commit();
  clock.Advance(kMinute);
  Audit({{"changed", "20", "a"}, {"same", "7", "c"}, {"new", "25", "d"}}, "30");
  EXPECT_THAT(audits, ElementsAre(3));
  const auto story = Story();
  EXPECT_THAT(std::vector(story.begin() + 4, story.end()),
              ElementsAre("Relisted changed@20 (audit)",
                          "Listed new@25 (audit)", "Vanished gone (audit)"));
  const auto history = History();
  EXPECT_EQ(history[4].not_before, changed);
  EXPECT_EQ(history[5].not_before, listed);
  EXPECT_EQ(history[6].not_before, listed);
  const auto gaps = Gaps();
  ASSERT_EQ(gaps.size(), 2U);
  EXPECT_EQ(gaps[1].cause, "lost");
  EXPECT_EQ(gaps[1].from_at, listed);
  EXPECT_EQ(gaps[1].from_rv, "10");
  EXPECT_EQ(gaps[1].to_rv, "30");
  EXPECT_EQ(gaps[1].changed, 1);
  EXPECT_EQ(gaps[1].appeared, 1);
  EXPECT_EQ(gaps[1].vanished, 1);
  EXPECT_EQ(Row().position, "30");
}

TEST_F(AuditTest, EventThatComesBeforeTheComparisonIsNoFinding) {
  Open();
  AddStream();
  ListAndFlow({{"u", "5"}}, "10");
  Offer(Make(Kind::kAuditBegin));
  OfferItem({"u", "20"}, "30", Kind::kAuditItem);
  OfferItem({"new", "25", "b"}, "30", Kind::kAuditItem);
  OfferRv(Kind::kAuditEnd, "30");
  Commit();
  EXPECT_THAT(audits, IsEmpty());
  OfferEvent(WatchType::kModified, {"u", "20"});
  OfferEvent(WatchType::kAdded, {"new", "25", "b"});
  OfferEvent(WatchType::kAdded, {"later", "31", "c"});
  OfferRv(Kind::kAuditReached, "30");
  Commit();
  EXPECT_THAT(audits, ElementsAre(0));
  EXPECT_EQ(Gaps().size(), 1U);
}

TEST_F(AuditTest, EventThatComesAfterItsFindingIsLate) {
  Open();
  AddStream();
  ListAndFlow({{"u", "5"}, {"v", "6"}}, "10");
  const Micros listed = *Row().confirmed_at;
  OfferRv(Kind::kBookmark, "30");
  Commit();
  Audit({{"u", "20"}}, "30");
  OfferEvent(WatchType::kModified, {"u", "15"});
  OfferEvent(WatchType::kDeleted, {"v", "16"});
  Commit();
  const auto story = Story();
  EXPECT_THAT(std::vector(story.begin() + 2, story.end()),
              ElementsAre("Relisted u@20 (audit)", "Vanished v (audit)",
                          "[Modified u@15]", "[Deleted v@16]"));
  EXPECT_EQ(History()[4].not_before, listed);
}

TEST_F(AuditTest, RevisionThatWasOvertakenIsALateFinding) {
  Open();
  AddStream();
  ListAndFlow({{"u", "5"}}, "10");
  Offer(Make(Kind::kAuditBegin));
  OfferItem({"u", "20"}, "30", Kind::kAuditItem);
  OfferRv(Kind::kAuditEnd, "30");
  // 20 was lost, 35 was not.
  OfferEvent(WatchType::kModified, {"u", "35"});
  OfferRv(Kind::kAuditReached, "30");
  Commit();
  EXPECT_THAT(audits, ElementsAre(1));
  EXPECT_EQ(Story().back(), "[Relisted u@20 (audit)]");
}

TEST_F(AuditTest, LowerRvInAnAuditIsARewind) {
  Open();
  AddStream();
  ListAndFlow({{"u", "50"}}, "100");
  Audit({{"u", "40"}}, "100");
  EXPECT_THAT(audits, ElementsAre(-1));
  ASSERT_EQ(relists.size(), 1U);
  EXPECT_EQ(relists[0].second, GapCause::kRewind);
}

TEST_F(AuditTest, SharedRvDifferencesMustStandTwice) {
  spec.shared_rv = true;
  Open();
  AddStream();
  ListAndFlow({{"u", "5"}, {"v", "6", "b"}}, "10");
  OfferRv(Kind::kBookmark, "30");
  Commit();
  const auto confirmed = Row().confirmed_at;
  Audit({{"v", "20", "b"}}, "30");
  EXPECT_THAT(audits, ElementsAre(0));
  EXPECT_EQ(Row().confirmed_at, confirmed);
  // One was only slow.
  OfferEvent(WatchType::kDeleted, {"u", "25"});
  Commit();
  Audit({{"v", "20", "b"}}, "30");
  EXPECT_THAT(audits, ElementsAre(0, 1));
  EXPECT_EQ(Story().back(), "Relisted v@20 (audit)");
  EXPECT_EQ(History().back().not_before, confirmed);
}

TEST_F(AuditTest, ListDropsAnAuditUnderWay) {
  Open();
  AddStream();
  ListAndFlow({{"u", "5"}}, "10");
  Offer(Make(Kind::kAuditBegin));
  OfferItem({"u", "20"}, "30", Kind::kAuditItem);
  OfferRv(Kind::kAuditEnd, "30");
  OfferListBegin(GapCause::kGone, clock.wall);
  OfferItem({"u", "20"}, "30");
  OfferRv(Kind::kListEnd, "30");
  OfferRv(Kind::kAuditReached, "30");
  Commit();
  EXPECT_THAT(audits, ElementsAre(-1));
  EXPECT_EQ(Records("audit").size(), 0U);
}

TEST_F(AuditTest, TooMuchToHoldEndsTheAudit) {
  Open();
  AddStream();
  ListAndFlow({}, "10");
  Offer(Make(Kind::kAuditBegin));
  for (int i = 0; i < 20; ++i) {
    Thing thing{std::to_string(i), "20"};
    thing.value = std::string(1 << 20, 'x');
    OfferItem(thing, "30", Kind::kAuditItem);
  }
  OfferRv(Kind::kAuditEnd, "30");
  OfferRv(Kind::kAuditReached, "30");
  Commit();
  EXPECT_THAT(audits, ElementsAre(-1));
  EXPECT_THAT(History(), IsEmpty());
}

// A namespace alone, then all: nobody of before lives for ever.
TEST_F(RecorderTest, AStreamOfAnotherScopeTakesOver) {
  Open();
  spec.key.name_space = "ns";
  AddStream();
  const kube::StreamId narrow = stream;
  ListAndFlow({{"a", "5", "a"}, {"b", "6", "b"}}, "10");
  Crash();
  clock.Advance(kMinute);
  Open();
  spec.key.name_space = "";
  AddStream();
  ASSERT_NE(stream, narrow);
  ListAndFlow({{"b", "6", "b"}, {"c", "20", "c"}}, "30");
  EXPECT_THAT(Story(), ElementsAre("Listed a@5 (list)", "Listed b@6 (list)",
                                   "Listed c@20 (list)", "Vanished a (list)"));
  const auto gaps = Gaps();
  ASSERT_EQ(gaps.size(), 2U);
  EXPECT_EQ(gaps[0].cause, "config");
  EXPECT_EQ(gaps[0].from_rv, "10");
  EXPECT_EQ(gaps[0].to_rv, "30");
  EXPECT_EQ(gaps[1].cause, "start");
  stream = narrow;
  EXPECT_EQ(Row().state, "ended");
}

// All, then a namespace alone: the others stay as they were last seen.
TEST_F(RecorderTest, ANarrowerStreamTakesOverItsPart) {
  Open();
  AddStream();
  ListAndFlow({{"a", "5", "a"}}, "10");
  kube::Observation elsewhere = About(Kind::kEvent, {"x", "11", "x"});
  elsewhere.head.name_space = "other";
  elsewhere.flowing = true;
  Offer(std::move(elsewhere));
  Commit();
  Crash();
  clock.Advance(kMinute);
  Open();
  spec.key.name_space = "ns";
  AddStream();
  ListAndFlow({}, "30");
  EXPECT_THAT(Story(), ElementsAre("Listed a@5 (list)", "Modified x@11",
                                   "Vanished a (list)"));
}

}  // namespace
}  // namespace kubescribe::record
