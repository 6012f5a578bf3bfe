// `kubescribe prune` and `retention`, with the real recorder.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "control/client.h"
#include "integration/setup.h"
#include "integration/world.h"
#include "store/reader.h"

namespace kubescribe::integration {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

class PruneTest : public testing::Test {
 protected:
  PruneTest() : sim_(world_.AddCluster()) {}

  Answer Kubescribe(const std::string& words) const {
    return RunCommand("TZ=UTC " KUBESCRIBE_BIN_DIR "/kubescribe " + words);
  }
  std::string Data() const { return " --data " + world_.data_dir(); }

  // What follows is watched, not listed.
  void Start(std::map<std::string, std::string> environment = {}) {
    world_.StartRecorder(std::move(environment));
    EXPECT_EQ(world_.WaitUntilRecorded(sim_), "");
  }

  // `times` states of each of `objects`; the first tenth of them is deleted.
  void Churn(const std::string& prefix, int objects, int times) {
    for (int t = 0; t < times; ++t) {
      for (int i = 0; i < objects; ++i) {
        sim_.Apply("configmaps", R"({"metadata":{"namespace":"a","name":")" +
                                     prefix + std::to_string(i) +
                                     R"("},"data":{"text":")" +
                                     std::string(1500, 'x') +
                                     std::to_string(t * 1000 + i) + R"("}})");
      }
    }
    for (int i = 0; i < objects / 10; ++i) {
      sim_.Delete("configmaps", "a", prefix + std::to_string(i));
    }
    EXPECT_EQ(world_.WaitUntilRecorded(sim_), "");
  }
  store::Seq LastSeq() const {
    const auto reader = store::Reader::Open(world_.Database(sim_));
    return reader.ok() ? (*reader)->info().last_seq : 0;
  }
  bool WaitForPrune(const std::string& reason) const {
    return world_.WaitFor(sim_, [&](store::Reader& reader) {
      const auto prunes = reader.Prunes();
      return prunes.ok() && std::any_of(prunes->begin(), prunes->end(),
                                        [&](const auto& prune) {
                                          return prune.done &&
                                                 prune.reason == reason;
                                        });
    });
  }
  // What the recorder says of itself.
  json Status() const {
    const auto answer =
        control::Ask(world_.data_dir(), {.command = "status"}, 20 * kSecond);
    return answer.ok() ? json::parse(*answer)["clusters"][0] : json();
  }

  World world_;
  fakes::SimCluster& sim_;
  const std::string copy_ = world_.dir() + "/copy.db";
};

TEST_F(PruneTest, WhileTheClusterIsRecorded) {
  Start();
  Churn("old", static_cast<int>(Scaled(300)) + 20, 10);
  const store::Seq cut = LastSeq();
  Churn("new", 20, 3);
  ASSERT_EQ(Kubescribe("backup " + copy_ + Data()).code, 0);
  ASSERT_TRUE(
      control::Ask(world_.data_dir(), {.command = "checkpoint"}, kMinute).ok());

  const Answer planned =
      Kubescribe("prune --before now --dry-run -o json" + Data());
  ASSERT_EQ(planned.code, 0) << planned.text;
  std::int64_t expected = 0;
  const json plan = json::parse(planned.text);
  for (const json& kind : plan["kinds"]) {
    expected += kind["revisions"].get<std::int64_t>();
  }
  const Answer pruned =
      Kubescribe("prune --before now --kind cm -o json" + Data());
  ASSERT_EQ(pruned.code, 0) << pruned.text;
  const json told = json::parse(pruned.text);
  EXPECT_GT(expected, cut / 2);
  EXPECT_GT(told["revisions"], cut / 2);
  EXPECT_GE(told["objects"], 2);
  EXPECT_GT(told["returnedBytes"], 0);
  // Who did it is under a checkpoint already.
  EXPECT_EQ(SQLite::Database(world_.Database(sim_), SQLite::OPEN_READONLY)
                .execAndGet("SELECT (SELECT max(size) FROM checkpoint) >= "
                            "(SELECT max(seq) FROM record WHERE kind = "
                            "'pruned')")
                .getInt(),
            1);
  std::cout << "longest step of a prune: " << Status()["pruneHoldMs"]
            << " ms\n";

  // The present is as it was, the past says what it is.
  const std::string living = "get configmaps -A -o yaml";
  const Answer before = Kubescribe(living + " --file " + copy_);
  ASSERT_EQ(before.code, 0);
  EXPECT_EQ(Kubescribe(living + Data()).text, before.text);
  const Answer past = Kubescribe("get configmaps -A --strict --at seq:" +
                                 std::to_string(cut / 2) + Data() + " 2>&1");
  EXPECT_EQ(past.code, 4);
  EXPECT_THAT(past.text, HasSubstr("warning: pruned: configmaps"));

  // And recording goes on.
  Churn("later", 20, 3);
  EXPECT_THAT(Kubescribe("get configmaps -n a -o name" + Data()).text,
              HasSubstr("configmap/later19"));
  EXPECT_EQ(world_.StopRecorder().code, 0);
  EXPECT_THAT(Kubescribe("export" + Data()).text, Not(HasSubstr("damaged")));
}

TEST_F(PruneTest, NeedsNoRecorderAndGivesSpaceBack) {
  Start();
  Churn("old", static_cast<int>(Scaled(300)) + 50, 20);
  EXPECT_EQ(world_.StopRecorder().code, 0);
  const auto size = std::filesystem::file_size(world_.Database(sim_));
  const Answer pruned = Kubescribe("prune --revisions 1" + Data() + " 2>&1");
  EXPECT_EQ(pruned.code, 0) << pruned.text;
  EXPECT_THAT(pruned.text, HasSubstr("bytes given back"));
  EXPECT_LT(std::filesystem::file_size(world_.Database(sim_)), size * 3 / 4);
  EXPECT_EQ(Kubescribe("prune --revisions 1" + Data()).code, 3);
  // The recorder takes it up again.
  Start();
  Churn("new", 20, 2);
  EXPECT_EQ(Kubescribe("history cm/new19 -n a" + Data()).code, 0);
}

TEST_F(PruneTest, TheToolSignsWhatAKilledRecorderDidNot) {
  Start();
  Churn("old", 30, 5);
  world_.KillRecorder();
  const Answer pruned = Kubescribe("prune --revisions 1" + Data() + " 2>&1");
  EXPECT_EQ(pruned.code, 0) << pruned.text;
  SQLite::Database db(world_.Database(sim_), SQLite::OPEN_READONLY);
  EXPECT_EQ(
      db.execAndGet("SELECT count(*) FROM checkpoint WHERE size = (SELECT "
                    "min(seq) FROM pruned) - 1")
          .getInt(),
      1);
}

TEST_F(PruneTest, AKilledOneIsContinuedByTheNextRecorder) {
  Start({{"KUBESCRIBE_KILL_AT", "prune.step"}});
  Churn("old", 120, 10);
  EXPECT_NE(Kubescribe("prune --before now" + Data()).code, 0);
  ASSERT_TRUE(world_.RecorderEnds(20 * kSecond));
  {
    const auto reader = store::Reader::Open(world_.Database(sim_));
    ASSERT_TRUE(reader.ok()) << reader.error().message();
    const auto prunes = (*reader)->Prunes();
    ASSERT_TRUE(prunes.ok());
    ASSERT_EQ(prunes->size(), 1U);
    EXPECT_FALSE(prunes->front().done);
  }
  Start();
  EXPECT_TRUE(WaitForPrune("asked"));
  Churn("new", 20, 2);
}

TEST_F(PruneTest, ANewRetentionTakesEffectWhileRecordingGoesOn) {
  Start();
  Churn("old", 30, 5);
  world_.Configure("retention: {resources: [{resource: cm, revisions: 1}]}\n");
  const auto wrong = world_.AskForReload();
  ASSERT_TRUE(wrong.ok()) << wrong.error().message();
  world_.Configure(
      "retention: {resources: [{resource: configmaps, revisions: 1}]}\n");
  const auto reloaded = world_.AskForReload();
  ASSERT_TRUE(reloaded.ok()) << reloaded.error().message();
  EXPECT_TRUE(WaitForPrune("count"));
  EXPECT_EQ(world_.Records(sim_, "start"), 1U);
  const Answer history =
      Kubescribe("history cm/old29 -n a --no-headers --strict" + Data());
  EXPECT_EQ(history.code, 4);
  EXPECT_EQ(std::count(history.text.begin(), history.text.end(), '\n'), 1);
  Churn("new", 20, 2);
}

TEST_F(PruneTest, AnAgeIsKept) {
  world_.Configure("retention: {age: 1s}\n");
  Start();
  Churn("old", 30, 5);
  EXPECT_EQ(world_.StopRecorder().code, 0);
  // At a start all of it is older.
  ASSERT_TRUE(world_.WaitFor(sim_, [](store::Reader& reader) {
    return SystemClock().Wall() > reader.info().known_until + 2 * kSecond;
  }));
  Start();
  EXPECT_TRUE(WaitForPrune("age"));
  EXPECT_EQ(world_.WaitUntilRecorded(sim_), "");
  EXPECT_THAT(Kubescribe("get cm -n a -o name" + Data()).text,
              HasSubstr("configmap/old29"));
}

}  // namespace
}  // namespace kubescribe::integration
