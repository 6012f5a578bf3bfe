// `kubescribe backup`, recorder running and not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "integration/world.h"
#include "store/reader.h"

namespace kubescribe::integration {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class BackupTest : public testing::Test {
 protected:
  BackupTest() : sim_(world_.AddCluster()) {
    sim_.CreateMany("configmaps", "a", "c", 2000);
  }
  Answer Kubescribe(const std::string& words) const {
    return RunCommand("TZ=UTC " KUBESCRIBE_BIN_DIR "/kubescribe " + words +
                      " 2>&1");
  }
  std::string Data() const { return " --data " + world_.data_dir(); }

  World world_;
  fakes::SimCluster& sim_;
  const std::string copy_ = world_.dir() + "/copy.db";
};

TEST_F(BackupTest, IsMadeWhileTheClusterIsRecorded) {
  world_.StartRecorder();
  world_.WaitUntilRecorded(sim_);
  sim_.CreateMany("configmaps", "a", "more", 500);
  const Answer made = Kubescribe("backup " + copy_ + Data());
  EXPECT_EQ(made.code, 0) << made.text;
  EXPECT_THAT(made.text, HasSubstr("up to record "));
  sim_.CreateMany("configmaps", "a", "later", 5);
  world_.WaitUntilRecorded(sim_);
  EXPECT_THAT(world_.Violations(sim_), IsEmpty());

  // All that the copy holds is what the original holds of it.
  const auto copy = store::Reader::Open(copy_);
  ASSERT_TRUE(copy.ok()) << copy.error().message();
  EXPECT_THAT((*copy)->warnings(), IsEmpty());
  const std::string last = std::to_string((*copy)->info().last_seq);
  EXPECT_GT((*copy)->info().last_seq, 2000);
  const Answer original = Kubescribe("export --last " + last + Data());
  EXPECT_EQ(original.code, 0) << original.text;
  EXPECT_EQ(Kubescribe("export --file " + copy_).text, original.text);

  const Answer again = Kubescribe("backup " + copy_ + Data());
  EXPECT_EQ(again.code, 1);
  EXPECT_THAT(again.text, HasSubstr("there is such a file already"));
}

TEST_F(BackupTest, NeedsNoRecorder) {
  world_.StartRecorder();
  world_.WaitUntilRecorded(sim_);
  EXPECT_EQ(world_.StopRecorder().code, 0);
  const Answer before = Kubescribe("export" + Data());
  const Answer made = Kubescribe("backup " + copy_ + Data());
  EXPECT_EQ(made.code, 0) << made.text;
  EXPECT_EQ(Kubescribe("export --file " + copy_).text, before.text);
  // Another one, of the copy.
  EXPECT_EQ(
      Kubescribe("backup " + world_.dir() + "/third.db --file " + copy_).code,
      0);
  EXPECT_EQ(Kubescribe("backup " + world_.dir() + "/no/where.db" + Data()).code,
            1);
}

TEST_F(BackupTest, KilledRecorderLeavesNoFileOfThatName) {
  world_.StartRecorder({{"KUBESCRIBE_KILL_AT", "backup.synced"}});
  world_.WaitUntilRecorded(sim_);
  const Answer killed = Kubescribe("backup " + copy_ + Data());
  EXPECT_NE(killed.code, 0) << killed.text;
  ASSERT_TRUE(world_.RecorderEnds(20 * kSecond)) << killed.text;
  EXPECT_FALSE(std::filesystem::exists(copy_));
  // One that is only starting is waited for.
  world_.StartRecorder();
  const Answer made = Kubescribe("backup " + copy_ + Data());
  EXPECT_EQ(made.code, 0) << made.text << world_.RecorderLog();
  EXPECT_FALSE(std::filesystem::exists(copy_ + ".partial"));
}

}  // namespace
}  // namespace kubescribe::integration
