// DESIGN §6: what the recorder's clock may do, and what becomes of it.

#include "store_fixture.h"

namespace kubescribe::store {
namespace {

class ClockRules : public StoreTest {
 protected:
  Micros RecordedAt(Writer& writer) {
    Micros at = 0;
    EXPECT_TRUE(
        writer.Transact([&](Transaction& tx) { at = tx.recorded_at(); }).ok());
    return at;
  }
  std::vector<Record> ClockRecords() {
    std::vector<Record> found;
    const auto batch = MustRead()->Records(0, 1000, 1000);
    for (const Record& record : (*batch).records) {
      if (record.kind == "clock") found.push_back(record);
    }
    return found;
  }
};

TEST_F(ClockRules, OneReadingATransactionBecomesKnownUntil) {
  auto writer = MustOpen();
  clock_.Advance(kSecond);
  EXPECT_TRUE(writer
                  ->Transact([&](Transaction& tx) {
                    const Micros at = tx.recorded_at();
                    clock_.Advance(kSecond);
                    EXPECT_EQ(tx.recorded_at(), at);
                  })
                  .ok());
  EXPECT_EQ(writer->info().known_until, clock_.wall - kSecond);
}

TEST_F(ClockRules, ASmallStepBackIsWaitedOutAtTheLastValue) {
  auto writer = MustOpen();
  const Micros first = RecordedAt(*writer);
  clock_.wall -= kMinute;
  EXPECT_EQ(RecordedAt(*writer), first);
  clock_.Advance(kMinute - 1);
  EXPECT_EQ(RecordedAt(*writer), first);
  clock_.Advance(2);
  EXPECT_EQ(RecordedAt(*writer), first + 1);
  EXPECT_TRUE(ClockRecords().empty());
}

TEST_F(ClockRules, ALargeStepBackIsARecordAndDoubt) {
  auto writer = MustOpen();
  const Micros first = RecordedAt(*writer);
  clock_.wall -= kMinute + 1;
  const Micros now = RecordedAt(*writer);
  EXPECT_EQ(now, clock_.wall);
  EXPECT_EQ(writer->info().known_until, now);
  const auto records = ClockRecords();
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].recorded_at, now);
  EXPECT_EQ(records[0].detail, R"({"step":-60000001,"from":)" +
                                   std::to_string(first) + R"(,"to":)" +
                                   std::to_string(now) + "}");
  const auto doubts = MustRead()->Doubts(1);
  ASSERT_EQ((*doubts).size(), 1U);
  EXPECT_EQ((*doubts)[0].stream_id, 0);
  EXPECT_EQ((*doubts)[0].from, now);
  EXPECT_EQ((*doubts)[0].to, first);
}

TEST_F(ClockRules, ALargeStepBackOverARestartIsSeen) {
  auto writer = MustOpen();
  RecordedAt(*writer);
  writer.reset();
  clock_.wall -= kHour;
  writer = MustOpen();
  EXPECT_EQ(RecordedAt(*writer), clock_.wall);
  EXPECT_EQ(ClockRecords().size(), 1U);
}

TEST_F(ClockRules, AForwardJumpAgainstTheMonotonicClockIsARecord) {
  auto writer = MustOpen();
  RecordedAt(*writer);
  clock_.Advance(kHour);  // no jump: both clocks moved
  RecordedAt(*writer);
  clock_.wall += kMinute;  // not yet
  RecordedAt(*writer);
  EXPECT_TRUE(ClockRecords().empty());
  clock_.wall += kMinute + 1;
  EXPECT_EQ(RecordedAt(*writer), clock_.wall);
  const auto records = ClockRecords();
  ASSERT_EQ(records.size(), 1U);
  EXPECT_NE(records[0].detail.find(R"("step":60000001)"), std::string::npos);
  EXPECT_TRUE((*MustRead()->Doubts(0)).empty());
}

}  // namespace
}  // namespace kubescribe::store
