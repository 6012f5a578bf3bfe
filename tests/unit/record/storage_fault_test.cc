// A disk that fails under the recorder, at each operation in turn: recording
// stops, says so, leaves what is there readable, and goes on by itself, with
// nothing lost and nothing twice. (Nothing is read while it records; failing
// reads are the store's FaultTest.)
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "fakes/fault_vfs.h"
#include "recorder_harness.h"

namespace kubescribe::record {
namespace {

using fakes::DiskFault;
using ::testing::ElementsAreArray;
using ::testing::SizeIs;

constexpr int kBatches = 6;
constexpr Micros kLongestRetry = 31 * kSecond;

struct Case {
  const char* name;
  DiskFault fault;
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

class StorageFaultTest : public RecorderTest,
                         public ::testing::WithParamInterface<Case> {
 protected:
  void OfferBatch(int batch) {
    const std::string rv = std::to_string(10 + 2 * batch);
    const std::string next = std::to_string(11 + 2 * batch);
    OfferEvent(kube::WatchType::kAdded, {"u" + rv, rv, "n" + rv});
    OfferEvent(kube::WatchType::kModified, {"u" + rv, next, "n" + rv});
    OfferRv(Kind::kBookmark, next);
  }

  // How the story ends whatever happened on the way.
  std::vector<std::string> Expected() const {
    std::vector<std::string> lines = {"Listed a@5 (list)"};
    for (int batch = 1; batch <= kBatches; ++batch) {
      const std::string rv = std::to_string(10 + 2 * batch);
      lines.push_back("Added u" + rv + "@" + rv);
      lines.push_back("Modified u" + rv + "@" + std::to_string(11 + 2 * batch));
    }
    return lines;
  }

  void StepUntilWritten() {
    for (int tries = 0; tries < 50; ++tries) {
      clock.Advance(kLongestRetry);
      recorder->Step(0);
      if (recorder->stats().error.empty() &&
          recorder->stats().queue_items == 0 && recorder->Step(0) == 0) {
        return;
      }
    }
    ADD_FAILURE() << "does not go on: " << recorder->stats().error;
  }
};

TEST_P(StorageFaultTest, GoesOnByItselfWithNothingLostAndNothingTwice) {
  fakes::FaultVfs faults("faulty-record");
  vfs = "faulty-record";
  synchronous = true;
  const int step = std::getenv("KUBESCRIBE_TEST_SCALE") == nullptr ? 3 : 15;
  int hits = 0;
  for (int nth = 1;; nth += step) {
    SCOPED_TRACE("operation " + std::to_string(nth));
    file = dir.path() + "/" + std::to_string(nth) + ".db";
    Open();
    AddStream();
    ListAndFlow({{"a", "5"}}, "10");
    faults.Arm(GetParam().fault, nth, true);
    for (int batch = 1; batch <= kBatches; ++batch) {
      OfferBatch(batch);
      recorder->Step(0);
      clock.Advance(kSecond);
    }
    const bool hit = faults.hit();
    if (hit) {
      // Still broken at the next try; then the disk works again.
      clock.Advance(kLongestRetry);
      recorder->Step(0);
      EXPECT_GE(recorder->stats().write_errors, 1U);
      const std::vector<std::string> story = Story();
      const std::vector<std::string> expected = Expected();
      ASSERT_LE(story.size(), expected.size());
      EXPECT_TRUE(std::equal(story.begin(), story.end(), expected.begin()));
      ++hits;
    }
    faults.Disarm();
    StepUntilWritten();
    EXPECT_THAT(Story(), ElementsAreArray(Expected()));
    EXPECT_EQ(Row().position, std::to_string(11 + 2 * kBatches));
    EXPECT_THAT(Gaps(), SizeIs(1)) << "more than the start";
    EXPECT_TRUE(recorder->Stop(kSecond).ok());
    recorder.reset();
    EXPECT_TRUE(Read()->info().clean_stop);
    if (!hit || HasFailure()) break;
  }
  EXPECT_GT(hits, 0) << "no operation of this kind ever failed";
}

INSTANTIATE_TEST_SUITE_P(Faults, StorageFaultTest,
                         ::testing::Values(Case{"Write", DiskFault::kWrite},
                                           Case{"NoSpace", DiskFault::kNoSpace},
                                           Case{"ShortWrite",
                                                DiskFault::kShortWrite},
                                           Case{"Sync", DiskFault::kSync}),
                         [](const ::testing::TestParamInfo<Case>& info) {
                           return std::string(info.param.name);
                         });

}  // namespace
}  // namespace kubescribe::record
