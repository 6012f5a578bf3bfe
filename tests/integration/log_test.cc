// The log with whole programs: what the recorder signs, where it hands that
// out, and what `kubescribe checkpoint` and `kubescribe verify` say of it.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "integration/world.h"

namespace kubescribe::integration {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

std::string TextIn(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

int Occurrences(const std::string& text, const std::string& word) {
  int count = 0;
  for (std::size_t at = text.find(word); at != std::string::npos;
       at = text.find(word, at + 1)) {
    ++count;
  }
  return count;
}

class LogTest : public testing::Test {
 protected:
  LogTest() : sim_(world_.AddCluster()) {}

  void Record(const std::string& sink) {
    world_.Configure("checkpoint:\n  every: 1s\n  sink: " + sink + "\n");
    world_.StartRecorder();
    Apply();
    ASSERT_EQ(world_.WaitUntilRecorded(sim_), "");
  }
  void Apply() {
    ++applied_;
    sim_.Apply("configmaps",
               R"({"metadata":{"namespace":"a","name":"x"},"data":{"n":")" +
                   std::to_string(applied_) + R"("}})");
  }
  bool WaitForCheckpoint() {
    return world_.WaitFor(sim_, [](store::Reader& reader) {
      const auto newest = reader.NewestCheckpoint();
      return newest.ok() && newest->has_value();
    });
  }
  Answer Tool(const std::string& words) const {
    return RunCommand(KUBESCRIBE_BIN_DIR "/kubescribe --data '" +
                      world_.data_dir() + "' " + words + " 2>&1");
  }
  std::string Elsewhere() const { return world_.dir() + "/elsewhere"; }

  World world_;
  fakes::SimCluster& sim_;
  int applied_ = 0;
};

TEST_F(LogTest, ARecorderSignsAndVerifyTellsWhatWasAltered) {
  Record(Elsewhere());
  ASSERT_TRUE(WaitForCheckpoint());
  const Answer newest = Tool("checkpoint");
  EXPECT_EQ(newest.code, 0) << newest.text;
  EXPECT_THAT(newest.text, StartsWith("kubescribe.dev/"));
  EXPECT_THAT(newest.text, HasSubstr("\n\n\u2014 kubescribe.dev/"));
  std::ofstream(world_.dir() + "/kept") << newest.text;
  // While it is recorded too.
  const Answer live = Tool("verify --from " + world_.dir() + "/kept");
  EXPECT_EQ(live.code, 0) << live.text;
  EXPECT_THAT(live.text, HasSubstr("good, anchored up to record "));

  ASSERT_EQ(world_.StopRecorder().code, 0);
  EXPECT_THAT(world_.Violations(sim_), IsEmpty());
  struct stat key = {};
  ASSERT_EQ(stat((world_.data_dir() + "/keys/signing.key").c_str(), &key), 0);
  EXPECT_EQ(key.st_mode & 0777, 0400U);
  // The last one, of the stop, covers all there is.
  auto reader = store::Reader::Open(world_.Database(sim_));
  ASSERT_TRUE(reader.ok());
  const std::string last = std::to_string((*reader)->info().last_seq);
  reader->reset();
  const std::string sink = TextIn(Elsewhere());
  EXPECT_THAT(sink, HasSubstr(newest.text));
  EXPECT_THAT(sink, HasSubstr("\n" + last + "\n"));
  EXPECT_THAT(sink, HasSubstr(Tool("checkpoint").text));
  const Answer good = Tool("verify --from " + Elsewhere());
  EXPECT_EQ(good.code, 0) << good.text;
  EXPECT_THAT(good.text, HasSubstr("good, anchored up to record " + last));
  const Answer alone = Tool("verify");
  EXPECT_EQ(alone.code, 0) << alone.text;
  EXPECT_THAT(alone.text, HasSubstr("consistent, not anchored"));
  const std::string public_key = Tool("checkpoint --public-key").text;
  EXPECT_EQ(
      Tool("verify --key '" + public_key.substr(0, public_key.size() - 1) + "'")
          .code,
      0);

  EXPECT_EQ(Tool("verify --key nonsense").code, 2);
  EXPECT_EQ(Tool("verify --from /nonexistent").code, 1);
  EXPECT_EQ(Tool("verify --from " + world_.config_path()).code, 6);
  const std::string other =
      "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";  // of RFC 8032
  EXPECT_EQ(Tool("verify --key " + other).code, 6);

  SQLite::Database db(world_.Database(sim_), SQLite::OPEN_READWRITE);
  const std::string seq =
      db.execAndGet("SELECT max(seq) FROM revision").getString();
  db.exec("UPDATE revision SET api_version = 'v9' WHERE seq = " + seq);
  const Answer altered = Tool("verify");
  EXPECT_EQ(altered.code, 5) << altered.text;
  EXPECT_THAT(altered.text, HasSubstr("ALTERED"));
  EXPECT_THAT(altered.text, HasSubstr("the first bad record is " + seq));
}

TEST_F(LogTest, TheClustersNameAndIdentityAreUnderTheLog) {
  Record(Elsewhere());
  ASSERT_EQ(world_.StopRecorder().code, 0);
  for (const char* sql : {"UPDATE meta SET cluster = 'other'",
                          "UPDATE meta SET identity = 'kube-system=other'"}) {
    const std::string whole = world_.dir() + "/whole";
    std::filesystem::copy_file(world_.Database(sim_), whole);
    SQLite::Database(world_.Database(sim_), SQLite::OPEN_READWRITE).exec(sql);
    const Answer altered = Tool("verify --from " + Elsewhere());
    EXPECT_EQ(altered.code, 5) << sql << "\n" << altered.text;
    EXPECT_THAT(altered.text, HasSubstr("of the cluster that no record tells"));
    std::filesystem::rename(whole, world_.Database(sim_));
  }
  EXPECT_EQ(Tool("verify --from " + Elsewhere()).code, 0);
}

TEST_F(LogTest, AReplacedKeyIsVouchedForByTheOldOne) {
  Record(Elsewhere());
  ASSERT_TRUE(WaitForCheckpoint());
  std::string old_key = Tool("checkpoint --public-key").text;
  old_key.pop_back();
  ASSERT_EQ(world_.StopRecorder().code, 0);
  const std::string key = world_.data_dir() + "/keys/signing.key";
  std::filesystem::rename(key, key + ".old");
  world_.StartRecorder();
  Apply();
  ASSERT_EQ(world_.WaitUntilRecorded(sim_), "");
  ASSERT_EQ(world_.StopRecorder().code, 0);
  EXPECT_EQ(world_.Records(sim_, "key"), 2U);
  EXPECT_THAT(Tool("checkpoint --public-key").text, Not(HasSubstr(old_key)));
  const Answer good =
      Tool("verify --from " + Elsewhere() + " --key '" + old_key + "'");
  EXPECT_EQ(good.code, 0) << good.text;
  // With nobody to vouch for it, it is told apart.
  std::filesystem::remove(key);
  std::filesystem::remove(key + ".old");
  world_.StartRecorder();
  Apply();
  ASSERT_EQ(world_.WaitUntilRecorded(sim_), "");
  ASSERT_EQ(world_.StopRecorder().code, 0);
  EXPECT_EQ(world_.Records(sim_, "key"), 3U);
  EXPECT_EQ(
      Tool("verify --from " + Elsewhere() + " --key '" + old_key + "'").code,
      6);
  const Answer noted = Tool("verify --from " + Elsewhere());
  EXPECT_EQ(noted.code, 0) << noted.text;
  EXPECT_THAT(noted.text, HasSubstr("did not sign that"));
}

TEST_F(LogTest, ASinkThatFailsIsSaidOnceAndGetsAllLater) {
  const std::string folder = world_.dir() + "/disk";
  Record(folder + "/checkpoints");
  ASSERT_TRUE(WaitForCheckpoint());
  ASSERT_TRUE(world_.WaitFor(sim_, [&](store::Reader&) {
    return Occurrences(world_.RecorderLog(), "was not handed out") > 0;
  }));
  std::filesystem::create_directory(folder);
  ASSERT_EQ(world_.StopRecorder().code, 0);
  EXPECT_EQ(Occurrences(world_.RecorderLog(), "was not handed out"), 1);
  EXPECT_THAT(world_.RecorderLog(), HasSubstr("handed out again"));
  const std::string sink = TextIn(folder + "/checkpoints");
  EXPECT_GE(Occurrences(sink, "\u2014 "),
            2);  // the first, and that of the stop
  const Answer good = Tool("verify --from " + folder + "/checkpoints");
  EXPECT_EQ(good.code, 0) << good.text;
}

}  // namespace
}  // namespace kubescribe::integration
