// The disk budget, with the real recorder: what it takes is watched from
// outside all the time.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "base/random.h"
#include "control/client.h"
#include "integration/setup.h"
#include "integration/world.h"
#include "store/reader.h"

namespace kubescribe::integration {
namespace {

using fakes::SimCluster;
using nlohmann::json;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr std::uintmax_t kDiskBudget = std::uintmax_t{32} << 20;

// Looks at a folder again and again. Files are looked at one after the other,
// so only what two looks in a row agree on was so at one instant.
class FolderWatcher {
 public:
  explicit FolderWatcher(const std::string& folder)
      : thread_([this, folder] {
          std::map<std::string, std::uintmax_t> before;
          while (!stop_) {
            auto now = Look(folder);
            if (now == before) Note(now);
            before = std::move(now);
          }
        }) {}
  ~FolderWatcher() { Stop(); }

  std::uintmax_t Stop() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
    return most_;
  }

 private:
  static std::map<std::string, std::uintmax_t> Look(const std::string& folder) {
    std::map<std::string, std::uintmax_t> sizes;
    std::error_code error;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(folder, error)) {
      std::error_code gone;
      const auto size = entry.file_size(gone);
      if (!gone) sizes[entry.path().string()] = size;
    }
    return sizes;
  }
  void Note(const std::map<std::string, std::uintmax_t>& sizes) {
    std::uintmax_t sum = 0;
    for (const auto& [path, size] : sizes) sum += size;
    most_ = std::max(most_.load(), sum);
  }

  std::atomic<bool> stop_{false};
  std::atomic<std::uintmax_t> most_{0};
  std::thread thread_;
};

class DiskTest : public testing::Test {
 protected:
  void Configure(std::uintmax_t budget, const std::string& when_full) {
    world_.Configure(
        fmt::format("disk: {{budget: {}, whenFull: {}}}\n", budget, when_full));
  }
  Answer Kubescribe(const std::string& words) const {
    return RunCommand("TZ=UTC " KUBESCRIBE_BIN_DIR "/kubescribe " + words +
                      " --data " + world_.data_dir() + " 2>&1");
  }

  // So many states of twenty objects, of 20 KB each on the disk.
  void Write(SimCluster& sim, std::size_t states) {
    for (std::size_t i = 0; i < states; ++i) {
      std::string text;
      while (text.size() < 40'000)
        text += fmt::format("{:016x}", random_.Next());
      sim.Apply("configmaps",
                fmt::format(R"({{"metadata":{{"namespace":"a","name":"c{}"}},)"
                            R"("data":{{"text":"{}"}}}})",
                            written_++ % 20, text));
    }
  }

  json Status() const {
    const auto answer =
        control::Ask(world_.data_dir(), {.command = "status"}, 20 * kSecond);
    return answer.ok() ? json::parse(*answer) : json();
  }
  bool Holding() const {
    const json status = Status();
    return status.is_object() && status["disk"]["holding"] == true;
  }

  // The prunes that are through, by what asked for them.
  std::map<std::string, int> Prunes(const SimCluster& sim) const {
    std::map<std::string, int> reasons;
    const auto reader = store::Reader::Open(world_.Database(sim));
    if (!reader.ok()) return reasons;
    const auto prunes = (*reader)->Prunes();
    if (!prunes.ok()) return reasons;
    for (const auto& prune : *prunes) reasons[prune.reason] += 1;
    return reasons;
  }
  void ExpectTheNewestOf(const SimCluster& sim) const {
    auto reader = store::Reader::Open(world_.Database(sim));
    ASSERT_TRUE(reader.ok()) << reader.error().message();
    store::AsOf now;
    now.seq = (*reader)->info().last_seq;
    const auto state = (*reader)->StateAt({}, now);
    ASSERT_TRUE(state.ok());
    std::map<std::string, std::string> recorded;
    for (const auto& revision : *state) recorded[revision.uid] = revision.rv;
    std::map<std::string, std::string> newest;
    for (const auto& entry : sim.Journal()) {
      if (entry.resource == "configmaps") {
        newest[entry.uid] = std::to_string(entry.rv);
      }
    }
    EXPECT_EQ(newest.size(), 20U);
    for (const auto& [uid, rv] : newest) EXPECT_EQ(recorded[uid], rv) << uid;
  }

  World world_;
  SeededRandom random_{9};
  std::size_t written_ = 0;
};

TEST_F(DiskTest, TwoClustersShareABudgetAndTheOldestIsPruned) {
  Configure(kDiskBudget, "prune");
  SimCluster& one = world_.AddCluster({.name = "one", .seed = TestSeed(61)});
  SimCluster& two = world_.AddCluster({.name = "two", .seed = TestSeed(62)});
  world_.StartRecorder();
  ASSERT_EQ(world_.WaitUntilRecorded(one), "");
  ASSERT_EQ(world_.WaitUntilRecorded(two), "");
  FolderWatcher watcher(world_.data_dir());
  // The one first: it has what is older.
  for (SimCluster* sim : {&one, &two}) {
    for (int i = 0; i < 9; ++i) {
      Write(*sim, 100);
      ASSERT_EQ(world_.WaitUntilRecorded(*sim, 2 * kMinute), "");
    }
  }
  EXPECT_GE(Prunes(one)["budget"], 1);
  ExpectTheNewestOf(one);
  ExpectTheNewestOf(two);
  EXPECT_THAT(world_.Gaps(one), IsEmpty());
  EXPECT_THAT(world_.Gaps(two), IsEmpty());
  const json disk = Status()["disk"];
  EXPECT_EQ(disk["budget"], kDiskBudget);
  EXPECT_EQ(disk["holding"], false);
  EXPECT_LE(disk["used"], kDiskBudget);
  const Answer status = Kubescribe("status");
  EXPECT_THAT(status.text, HasSubstr("of 32.0 MiB, when full: prune"));
  EXPECT_THAT(status.text, Not(HasSubstr("HOLDING")));
  EXPECT_EQ(world_.StopRecorder().code, 0);
  const std::uintmax_t most = watcher.Stop();
  EXPECT_LE(most, kDiskBudget);
  EXPECT_GT(most, kDiskBudget / 3);
}

TEST_F(DiskTest, AHoldEndsWithALargerBudgetAndNothingIsLost) {
  Configure(kDiskBudget, "hold");
  SimCluster& sim = world_.AddCluster({.seed = TestSeed(63)});
  world_.StartRecorder();
  ASSERT_EQ(world_.WaitUntilRecorded(sim), "");
  FolderWatcher watcher(world_.data_dir());
  for (int i = 0; i < 17; ++i) Write(sim, 100);
  ASSERT_TRUE(world_.WaitFor(
      sim, [this](store::Reader& /*reader*/) { return Holding(); }, kMinute));
  EXPECT_THAT(Kubescribe("status").text,
              HasSubstr("when full: hold, HOLDING: nothing is recorded"));
  EXPECT_THAT(world_.RecorderLog(), HasSubstr("disk budget"));
  EXPECT_EQ(Kubescribe("get configmaps -n a -o name").code, 0);
  // What others put there counts as well.
  EXPECT_LE(watcher.Stop(), kDiskBudget);

  Configure(4 * kDiskBudget, "hold");
  const auto reloaded = world_.AskForReload();
  ASSERT_TRUE(reloaded.ok()) << reloaded.error().message();
  ASSERT_EQ(world_.WaitUntilRecorded(sim, 2 * kMinute), "");
  EXPECT_FALSE(Holding());
  EXPECT_EQ(world_.Records(sim, "start"), 1U);
  EXPECT_THAT(world_.Violations(sim), IsEmpty());
  EXPECT_THAT(world_.Gaps(sim), IsEmpty());
  EXPECT_EQ(world_.StopRecorder().code, 0);
}

TEST_F(DiskTest, AKillWhileTheBudgetIsPrunedForLosesNothing) {
  Configure(kDiskBudget, "prune");
  SimCluster& sim = world_.AddCluster({.seed = TestSeed(64)});
  world_.StartRecorder({{"KUBESCRIBE_KILL_AT", "prune.step:3"}});
  ASSERT_EQ(world_.WaitUntilRecorded(sim), "");
  FolderWatcher watcher(world_.data_dir());
  for (int i = 0; i < 15; ++i) Write(sim, 100);
  ASSERT_TRUE(world_.RecorderEnds(2 * kMinute));
  world_.StartRecorder();
  ASSERT_EQ(world_.WaitUntilRecorded(sim, 2 * kMinute), "");
  Write(sim, 300);
  ASSERT_EQ(world_.WaitUntilRecorded(sim, 2 * kMinute), "");
  ExpectTheNewestOf(sim);
  EXPECT_THAT(world_.Gaps(sim), IsEmpty());
  const auto pruned = [](store::Reader& reader) {
    const auto prunes = reader.Prunes();
    return prunes.ok() &&
           std::all_of(prunes->begin(), prunes->end(),
                       [](const auto& prune) { return prune.done; });
  };
  // The next one may begin between the look and the stop; then it goes on with
  // the next start, and nothing more is written.
  Answer verified;
  for (int stops = 0; stops < 5; ++stops) {
    ASSERT_TRUE(world_.WaitFor(sim, pruned, kMinute));
    EXPECT_EQ(world_.StopRecorder().code, 0);
    verified = Kubescribe("verify");
    if (verified.text.find("a prune is under way") == std::string::npos) break;
    world_.StartRecorder();
  }
  EXPECT_LE(watcher.Stop(), kDiskBudget);
  EXPECT_EQ(verified.code, 0) << verified.text;
}

}  // namespace
}  // namespace kubescribe::integration
