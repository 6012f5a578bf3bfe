// A disk budget under the recorder: it is never exceeded, whatever is offered;
// pruning makes room, or recording is held and goes on with nothing lost.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include "base/test_switches.h"
#include "recorder_harness.h"
#include "store/disk_budget.h"
#include "store/vfs_shim.h"
#include "verify/verify.h"

namespace kubescribe::record {
namespace {

using store::DiskBudget;
using store::WhenFull;
using ::testing::ElementsAre;
using ::testing::SizeIs;

constexpr std::uint64_t kBudget = std::uint64_t{32} << 20;
constexpr int kObjects = 30;

std::uint64_t BytesOf(const std::string& folder) {
  std::uint64_t sum = 0;
  std::error_code error;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(folder, error)) {
    if (entry.is_regular_file(error)) sum += entry.file_size(error);
  }
  return sum;
}

// The most that a folder ever took, looked at after each operation on a file.
class Scale final : public store::VfsObserver {
 public:
  explicit Scale(std::string folder) : folder_(std::move(folder)) {}
  int Before(const store::VfsOp& /*op*/, std::size_t* /*keep*/) override {
    return 0;
  }
  void After(const store::VfsOp& op) override {
    if (op.kind != store::VfsOp::Kind::kWrite &&
        op.kind != store::VfsOp::Kind::kTruncate &&
        op.kind != store::VfsOp::Kind::kCreate) {
      return;
    }
    most = std::max(most, BytesOf(folder_));
    // In a child that is to be killed there is nobody to ask afterwards.
    if (most > exit_above) _exit(kTooMuch);
  }
  static constexpr int kTooMuch = 3;
  std::uint64_t most = 0;
  std::uint64_t exit_above = std::uint64_t{1} << 40;

 private:
  const std::string folder_;
};

class DiskFullTest : public RecorderTest {
 protected:
  DiskFullTest() {
    vfs = kScaleVfs;
    disk = std::make_shared<DiskBudget>(dir.path(), clock);
  }
  ~DiskFullTest() override { recorder.reset(); }

  void Start(WhenFull when_full, std::uint64_t budget = kBudget) {
    disk->Set({budget, when_full});
    Open();
    AddStream();
    if (Row().position.empty()) ListAndFlow({}, "10");
  }

  // `bytes` that nothing makes smaller.
  std::string Noise(std::size_t bytes) {
    std::string text;
    while (text.size() < bytes) text += fmt::format("{:016x}", random.Next());
    return text;
  }

  // New states of so many objects, of 20 KB each on the disk.
  void OfferStates(int states) {
    for (int i = 0; i < states; ++i) {
      const int object = rv_ % kObjects;
      const std::string rv = std::to_string(100 + rv_);
      values_[object] = fmt::format("{}-{}", rv, Noise(40'000));
      OfferEvent(
          rv_ < kObjects ? kube::WatchType::kAdded : kube::WatchType::kModified,
          {.uid = fmt::format("u{}", object),
           .rv = rv,
           .name = fmt::format("n{}", object),
           .value = values_[object]});
      ++rv_;
    }
  }

  // Until all that was offered is committed; false: it is held.
  bool StepUntilWritten(int most = 20000) {
    for (int i = 0; i < most; ++i) {
      recorder->Step(0);
      clock.Advance(10 * kMillisecond);
      const RecorderStats stats = recorder->stats();
      if (stats.held) return false;
      if (stats.queue_items == 0 &&
          stats.revisions == static_cast<std::uint64_t>(rv_ - rv_before_)) {
        return true;
      }
    }
    ADD_FAILURE() << "nothing moves: " << recorder->stats().error;
    return false;
  }

  // One that is still under way when it stops could not be decided on.
  void StepUntilPruned() {
    const auto going_on = [](const store::PrunedRow& prune) {
      return !prune.done;
    };
    for (int i = 0; i < 10000; ++i) {
      const auto prunes = Prunes();
      if (std::none_of(prunes.begin(), prunes.end(), going_on)) return;
      recorder->Step(0);
    }
    ADD_FAILURE() << "a prune does not end";
  }

  std::map<int, std::string> ValuesAt(const store::AsOf& as_of) const {
    std::map<int, std::string> values;
    const auto reader = Read();
    const auto state = reader->StateAt({}, as_of);
    EXPECT_TRUE(state.ok());
    for (const store::Revision& revision : *state) {
      const auto body = reader->Body(revision.seq);
      EXPECT_TRUE(body.ok()) << body.error().message();
      const std::string start = R"("data":{"v":")";
      const std::size_t at = body->find(start) + start.size();
      values[std::stoi(revision.uid.substr(1))] =
          body->substr(at, body->find('"', at) - at);
    }
    return values;
  }
  static store::AsOf At(Micros at) {
    store::AsOf as_of;
    as_of.at = at;
    return as_of;
  }

  void ExpectVerified() const {
    const auto report = verify::Verify(file, {});
    ASSERT_TRUE(report.ok()) << report.error().message();
    EXPECT_EQ(report->verdict, verify::Verdict::kGood)
        << (report->findings.empty() ? "" : report->findings[0].what);
  }

  std::vector<store::PrunedRow> Prunes() const {
    auto prunes = Read()->Prunes();
    EXPECT_TRUE(prunes.ok());
    return *prunes;
  }

  static constexpr char kScaleVfs[] = "disk-full-test";
  Scale scale_{dir.path()};
  const store::VfsShim shim_{kScaleVfs, scale_};
  int rv_ = 0;
  int rv_before_ = 0;  // what another recorder has written
  std::map<int, std::string> values_;
};

TEST_F(DiskFullTest, TheOldestIsPrunedAndRecordingGoesOn) {
  Start(WhenFull::kPrune);
  std::map<Micros, std::map<int, std::string>> states;
  // Three times what there is room for.
  for (int i = 0; i < 120; ++i) {
    OfferStates(20);
    ASSERT_TRUE(StepUntilWritten()) << "held, with " << BytesOf(dir.path());
    states[Row().flowing ? recorder->info().known_until : 0] = values_;
    clock.Advance(kSecond);
  }
  StepUntilPruned();
  EXPECT_LE(scale_.most, kBudget);
  // It is made use of, too.
  EXPECT_GT(scale_.most, kBudget / 2);
  const auto prunes = Prunes();
  ASSERT_GE(prunes.size(), 2U);
  Micros cut = 0;
  for (const store::PrunedRow& prune : prunes) {
    EXPECT_EQ(prune.reason, "budget");
    cut = std::max(cut, prune.before_at.value_or(0));
  }
  for (const store::Record& record : Records("prune")) {
    EXPECT_NE(record.detail.find(R"("reason":"budget")"), std::string::npos);
  }
  // Whatever is asked for a time after the cut is answered as it was.
  int asked = 0;
  for (const auto& [at, values] : states) {
    if (at < cut) continue;
    ++asked;
    EXPECT_EQ(ValuesAt(At(at)), values);
  }
  EXPECT_GT(asked, 2);
  EXPECT_LT(asked, 110);
  EXPECT_THAT(Gaps(), SizeIs(1)) << "more than the start";
  EXPECT_TRUE(recorder->Stop(kSecond).ok());
  recorder.reset();
  EXPECT_LE(scale_.most, kBudget);
  ExpectVerified();
}

// Another cluster's file, which is on a slow disk, makes the room.
TEST_F(DiskFullTest, ALongWaitForPruningIsAHoldAndEndsByItself) {
  Start(WhenFull::kPrune);
  OfferStates(20);
  ASSERT_TRUE(StepUntilWritten());
  const std::string other = dir.path() + "/other.db";
  std::ofstream(other).flush();
  std::filesystem::resize_file(other, kBudget - DiskBudget::kReserve);
  disk->Reaches(other, 1, clock.Wall());
  OfferStates(5);
  for (int i = 0; i < 20 && !recorder->stats().held; ++i) {
    recorder->Step(0);
    clock.Advance(kSecond);
  }
  EXPECT_TRUE(recorder->stats().held);
  std::filesystem::remove(other);
  disk->Leave(other);
  for (int i = 0; i < 20 && recorder->stats().held; ++i) {
    clock.Advance(kSecond);
    recorder->Step(0);
  }
  EXPECT_TRUE(StepUntilWritten());
}

TEST_F(DiskFullTest, AHeldRecorderGoesOnWithALargerBudget) {
  Start(WhenFull::kHold);
  while (true) {
    OfferStates(20);
    if (!StepUntilWritten()) break;
    ASSERT_LT(rv_, 2000);
  }
  EXPECT_TRUE(recorder->stats().held);
  EXPECT_EQ(recorder->stats().write_errors, 0U);
  const std::uint64_t written = recorder->stats().revisions;
  const auto before = Story();
  EXPECT_EQ(before.size(), written);
  OfferStates(20);
  for (int i = 0; i < 50; ++i) {
    recorder->Step(0);
    clock.Advance(kSecond);
  }
  EXPECT_EQ(recorder->stats().revisions, written);
  EXPECT_GT(recorder->stats().queue_items, 0U);
  EXPECT_LE(scale_.most, kBudget - DiskBudget::kReserve);

  disk->Set({2 * kBudget, WhenFull::kHold});
  recorder->Step(0);
  EXPECT_FALSE(recorder->stats().held);
  ASSERT_TRUE(StepUntilWritten());
  EXPECT_THAT(History(), SizeIs(static_cast<std::size_t>(rv_)));
  EXPECT_EQ(ValuesAt(At(recorder->info().known_until)), values_);
  EXPECT_THAT(Gaps(), SizeIs(1)) << "more than the start";
  EXPECT_TRUE(recorder->Stop(kSecond).ok());
  recorder.reset();
  ExpectVerified();
}

TEST_F(DiskFullTest, WhatTheServerForgotDuringAHoldIsAGapOfTheStorage) {
  Start(WhenFull::kHold);
  while (true) {
    OfferStates(20);
    if (!StepUntilWritten()) break;
  }
  OfferListBegin(kube::GapCause::kGone, clock.wall);
  OfferRv(Kind::kListEnd, "900000");
  disk->Set({2 * kBudget, WhenFull::kHold});
  for (int i = 0; i < 10; ++i) recorder->Step(0);
  Offer(Make(Kind::kFlowing));
  Commit();
  // One that comes when all flows again has nothing to do with it.
  OfferListBegin(kube::GapCause::kGone, clock.wall);
  OfferRv(Kind::kListEnd, "900001");
  Commit();
  std::vector<std::string> causes;
  for (const store::GapRow& gap : Gaps()) causes.push_back(gap.cause);
  EXPECT_THAT(causes, ElementsAre("start", "storage", "gone"));
}

TEST_F(DiskFullTest, AHeldOneStopsCleanlyAndBeginsHeld) {
  Start(WhenFull::kHold);
  while (true) {
    OfferStates(20);
    if (!StepUntilWritten()) break;
  }
  const std::size_t written = History().size();
  EXPECT_TRUE(recorder->Stop(kSecond).ok());
  recorder.reset();
  EXPECT_TRUE(Read()->info().clean_stop);
  EXPECT_LE(scale_.most, kBudget);
  Open();
  AddStream();
  rv_before_ = rv_ = 5000;
  OfferStates(20);
  EXPECT_FALSE(StepUntilWritten());
  EXPECT_THAT(History(), SizeIs(written));
  EXPECT_LE(scale_.most, kBudget);
}

TEST_F(DiskFullTest, WhatLivesAloneIsTooMuchIsHeldAndSaid) {
  Start(WhenFull::kPrune);
  // Objects of one state each: there is nothing to prune.
  for (int i = 0; i < 2000; ++i) {
    const std::string id = std::to_string(i);
    OfferEvent(kube::WatchType::kAdded, {.uid = "a" + id,
                                         .rv = std::to_string(100 + i),
                                         .name = "a" + id,
                                         .value = Noise(40'000)});
    recorder->Step(0);
    clock.Advance(kSecond);
    if (recorder->stats().held) break;
  }
  EXPECT_TRUE(recorder->stats().held);
  EXPECT_LE(scale_.most, kBudget);
}

TEST_F(DiskFullTest, ASmallerBudgetIsPrunedDownTo) {
  Start(WhenFull::kPrune, 3 * kBudget);
  for (int i = 0; i < 100; ++i) {
    OfferStates(20);
    ASSERT_TRUE(StepUntilWritten());
  }
  const std::uint64_t before = BytesOf(dir.path());
  ASSERT_GT(before, kBudget);
  disk->Set({kBudget, WhenFull::kPrune});
  OfferStates(20);
  ASSERT_TRUE(StepUntilWritten());
  EXPECT_LE(BytesOf(dir.path()), kBudget);
  EXPECT_EQ(ValuesAt(At(recorder->info().known_until)), values_);
}

#ifdef KUBESCRIBE_TEST_SWITCHES

// kill -9 while the budget has it pruned; the next recorder goes on.
TEST_F(DiskFullTest, AKillLosesNothingAndTheBudgetIsKept) {
  const auto run = [this](const std::string& variable,
                          const std::string& value) {
    const pid_t child = fork();
    if (child == 0) {
      setenv(variable.c_str(), value.c_str(), 1);
      RereadTestSwitches();
      scale_.exit_above = kBudget;
      Start(WhenFull::kPrune);
      for (int i = 0; i < 80; ++i) {
        OfferStates(20);
        if (!StepUntilWritten()) _exit(1);
      }
      _exit(HasFailure() ? 1 : 0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return status;
  };
  const char* const scale = std::getenv("KUBESCRIBE_TEST_SCALE");
  const bool all = scale == nullptr || std::strtod(scale, nullptr) >= 1;
  std::vector<std::string> points = {
      "prune.record:1", "prune.revision:40", "prune.before-commit:2",
      "prune.step:3",   "prune.totals:1",    "prune.done:1",
      "prune.pages:2",  "wal.truncated:9"};
  if (!all) points.resize(2);
  for (const std::string& point : points) {
    SCOPED_TRACE(point);
    const std::string folder = dir.path();
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      std::filesystem::remove(entry.path());
    }
    disk = std::make_shared<DiskBudget>(folder, clock);
    rv_ = rv_before_ = 0;
    values_.clear();
    const int status = run("KUBESCRIBE_KILL_AT", point);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
        << "exit " << WEXITSTATUS(status);
    EXPECT_LE(BytesOf(folder), kBudget);
    disk = std::make_shared<DiskBudget>(folder, clock);
    clock.wall = Read()->info().known_until + kSecond;
    scale_.most = 0;
    rv_ = rv_before_ = 100'000;
    values_.clear();
    Start(WhenFull::kPrune);
    for (int i = 0; i < 20; ++i) {
      OfferStates(20);
      ASSERT_TRUE(StepUntilWritten());
    }
    EXPECT_EQ(ValuesAt(At(recorder->info().known_until)), values_);
    StepUntilPruned();
    EXPECT_TRUE(recorder->Stop(kSecond).ok());
    recorder.reset();
    EXPECT_LE(scale_.most, kBudget);
    ExpectVerified();
  }
}

#endif  // KUBESCRIBE_TEST_SWITCHES

}  // namespace
}  // namespace kubescribe::record
