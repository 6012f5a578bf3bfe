// The truth table of store/certainty.h.
#include "store/certainty.h"

#include <gtest/gtest.h>

#include <vector>

namespace kubescribe::store {
namespace {

// Stream 1, flowing, in a file known until 100.
class CertaintyTest : public testing::Test {
 protected:
  CertaintyTest() {
    stream_.id = 1;
    stream_.flowing = true;
  }

  // The names of the reasons, in order.
  std::vector<std::string> At(Micros at) const { return Over(at, at); }
  std::vector<std::string> Over(Micros from, Micros to) const {
    std::vector<std::string> names;
    for (const Doubtful& why :
         WhyUncertain({stream_, known_until_, gaps_, doubts_}, from, to)) {
      names.emplace_back(ReasonName(why.reason));
    }
    return names;
  }
  void AddGap(std::int64_t stream, std::optional<Micros> from, Micros to) {
    GapRow gap;
    gap.stream_id = stream;
    gap.cause = "gone";
    gap.from_at = from;
    gap.to_at = to;
    gaps_.push_back(gap);
  }

  using Names = std::vector<std::string>;
  StreamRow stream_;
  Micros known_until_ = 100;
  std::vector<GapRow> gaps_;
  std::vector<Doubt> doubts_;
};

TEST_F(CertaintyTest, FlowingStreamIsCertainUpToTheFilesKnownUntil) {
  EXPECT_EQ(At(0), Names{});
  EXPECT_EQ(At(100), Names{});
  EXPECT_EQ(At(101), Names{"beyond"});
}

TEST_F(CertaintyTest, StreamThatStoppedFlowingIsCertainUpToThen) {
  stream_.flowing = false;
  stream_.flowed_until = 60;
  EXPECT_EQ(At(60), Names{});
  EXPECT_EQ(At(61), Names{"beyond"});
}

TEST_F(CertaintyTest, FlowIsNeverTrustedBeyondTheFile) {
  stream_.flowing = false;
  stream_.flowed_until = 160;
  EXPECT_EQ(At(100), Names{});
  EXPECT_EQ(At(101), Names{"beyond"});
}

TEST_F(CertaintyTest, StreamThatNeverFlowedKnowsNothing) {
  stream_.flowing = false;
  EXPECT_EQ(At(0), Names{"unknown"});
  EXPECT_EQ(At(100), Names{"unknown"});
}

TEST_F(CertaintyTest, GapIsHalfOpen) {
  AddGap(1, 20, 30);
  EXPECT_EQ(At(19), Names{});
  EXPECT_EQ(At(20), Names{"gap"});
  EXPECT_EQ(At(29), Names{"gap"});
  EXPECT_EQ(At(30), Names{});
}

TEST_F(CertaintyTest, EmptyGapMakesNothingUncertain) {
  AddGap(1, 20, 20);
  EXPECT_EQ(At(20), Names{});
}

TEST_F(CertaintyTest, StartGapReachesBackForEver) {
  AddGap(1, std::nullopt, 30);
  EXPECT_EQ(At(-1'000'000), Names{"gap"});
  EXPECT_EQ(At(29), Names{"gap"});
  EXPECT_EQ(At(30), Names{});
}

TEST_F(CertaintyTest, GapsAndDoubtsOfOtherStreamsDoNotCount) {
  AddGap(2, 20, 30);
  doubts_.push_back({2, 20, 30});
  EXPECT_EQ(At(25), Names{});
}

TEST_F(CertaintyTest, DoubtIsHalfOpenAndThatOfTheFileCountsForAll) {
  doubts_.push_back({1, 20, 30});
  doubts_.push_back({0, 40, 50});
  EXPECT_EQ(At(19), Names{});
  EXPECT_EQ(At(20), Names{"doubt"});
  EXPECT_EQ(At(30), Names{});
  EXPECT_EQ(At(45), Names{"doubt"});
  EXPECT_EQ(At(50), Names{});
}

TEST_F(CertaintyTest, OpenGapLastsUntilItCloses) {
  stream_.gap_cause = "gone";
  stream_.gap_from_at = 50;
  EXPECT_EQ(At(49), Names{});
  EXPECT_EQ(At(50), Names{"open-gap"});
  EXPECT_EQ(At(101), (Names{"open-gap", "beyond"}));
  stream_.gap_from_at = std::nullopt;
  EXPECT_EQ(At(0), Names{"open-gap"});
}

TEST_F(CertaintyTest, IntervalIsUncertainWhereAnyOfItIs) {
  AddGap(1, 20, 30);
  EXPECT_EQ(Over(0, 19), Names{});
  EXPECT_EQ(Over(0, 20), Names{"gap"});
  EXPECT_EQ(Over(0, 90), Names{"gap"});
  EXPECT_EQ(Over(29, 90), Names{"gap"});
  EXPECT_EQ(Over(30, 90), Names{});
  EXPECT_EQ(Over(30, 101), Names{"beyond"});
}

TEST_F(CertaintyTest, EveryReasonIsTold) {
  AddGap(1, 20, 30);
  doubts_.push_back({1, 25, 35});
  EXPECT_EQ(At(27), (Names{"gap", "doubt"}));
}

}  // namespace
}  // namespace kubescribe::store
