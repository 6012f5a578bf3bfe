// `kubescribe export -o` and `kubescribe import`, with the real recorder.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "base/random.h"
#include "codec/digest.h"
#include "control/client.h"
#include "integration/setup.h"
#include "integration/world.h"
#include "store/reader.h"
#include "store/writer.h"

namespace kubescribe::integration {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class TravelTest : public testing::Test {
 protected:
  TravelTest() : sim_(world_.AddCluster()) { fs::create_directory(elsewhere_); }

  Answer Kubescribe(const std::string& words) const {
    return RunCommand("TZ=UTC KUBECONFIG=/dev/null " KUBESCRIBE_BIN_DIR
                      "/kubescribe " +
                      words + " 2>&1");
  }
  std::string Data() const { return " --data " + world_.data_dir(); }
  void Apply(const std::string& name, const std::string& text) {
    sim_.Apply("configmaps", R"({"metadata":{"namespace":"a","name":")" + name +
                                 R"(","labels":{"app":")" + name +
                                 R"("}},"data":{"text":")" + text + R"("}})");
  }
  // The newest state of the object is the one with this text. After a restore
  // of the cluster, numbers tell less.
  void WaitForText(const std::string& name, const std::string& text) const {
    const auto recorded = [&](store::Reader& reader) {
      store::ObjectFilter filter;
      filter.name_space = "a";
      filter.name = name;
      const auto rows = reader.History(filter, 0, 1000000);
      if (!rows.ok() || rows->empty()) return false;
      const auto body = reader.Body(rows->back().seq);
      return body.ok() && body->find("\"" + text + "\"") != std::string::npos;
    };
    EXPECT_TRUE(world_.WaitFor(sim_, recorded, kMinute)) << name << text;
  }
  void WaitUntilRecorded() { EXPECT_EQ(world_.WaitUntilRecorded(sim_), ""); }

  // First lists, changes, a name that is used again, history that the server
  // forgot, a relist, an old state of the cluster, a prune, signed checkpoints.
  void RecordAPast(bool restored = false) {
    sim_.CreateMany("configmaps", "b", "c", 50);
    world_.StartRecorder();
    WaitUntilRecorded();
    for (int i = 0; i < 30; ++i) Apply("web", std::to_string(i));
    sim_.Delete("configmaps", "a", "web");
    Apply("web", "again");
    WaitUntilRecorded();
    world_.KillRecorder();
    Apply("web", "unseen");
    sim_.Delete("configmaps", "b", "c7");
    sim_.Compact();
    world_.StartRecorder();
    WaitUntilRecorded();
    ASSERT_TRUE(
        control::Ask(world_.data_dir(), {.command = "checkpoint"}, kMinute)
            .ok());
    const int snapshot = sim_.TakeSnapshot();
    for (int i = 0; i < 30; ++i) Apply("db", std::to_string(i));
    WaitUntilRecorded();
    if (restored) {
      sim_.Restore(snapshot);
      Apply("web", "restored");
      WaitForText("web", "restored");
    }
    EXPECT_EQ(Kubescribe("prune --revisions 5 --kind cm" + Data()).code, 0);
    for (int i = 0; i < 10; ++i) Apply("web", "late" + std::to_string(i));
    WaitForText("web", "late9");
  }

  // Every question that there is.
  std::vector<std::string> Questions() const {
    std::vector<std::string> questions = {
        "get configmaps -A -o yaml",
        "get '*' -A -o name",
        "get configmaps -A -l app=web -o wide",
        "history cm/web -n a -o json",
        "history cm/web -n a -o wide --strict",
        "gaps",
        "gaps -o json",
        "export",
        "checkpoint",
        "diff cm/web -n a --from seq:60 --to now",
        "verify"};
    for (int seq = 20; seq < 200; seq += 30) {
      questions.push_back("get cm -A -o name --strict --at seq:" +
                          std::to_string(seq));
    }
    const auto reader = store::Reader::Open(world_.Database(sim_));
    const auto batch = (*reader)->Records(0, 100000, 100000);
    for (std::size_t i = 0; i < batch->revisions.size(); i += 17) {
      const auto& revision = batch->revisions[i];
      questions.push_back("get cm,ns -A --at " +
                          std::to_string(revision.changed_at / 1000000) +
                          " -o json");
      if (!revision.rv.empty()) {
        questions.push_back("get cm -A -o name --rv " + revision.rv);
      }
    }
    return questions;
  }

  void ExpectTheSameAnswers(const std::string& one, const std::string& other) {
    for (const std::string& question : Questions()) {
      const Answer expected = Kubescribe(question + " --file " + one);
      const Answer got = Kubescribe(question + " --file " + other);
      EXPECT_EQ(got.code, expected.code) << question;
      EXPECT_EQ(got.text, expected.text) << question;
    }
  }

  World world_;
  fakes::SimCluster& sim_;
  const std::string elsewhere_ = world_.dir() + "/elsewhere";
  const std::string export_ = world_.dir() + "/export.zst";
};

TEST_F(TravelTest, TheImportedFileAnswersAsTheOriginal) {
  ASSERT_NO_FATAL_FAILURE(RecordAPast(/*restored=*/true));
  EXPECT_EQ(world_.StopRecorder().code, 0);
  const std::string original = world_.Database(sim_);
  const std::string copy =
      elsewhere_ + "/" + fs::path(original).filename().string();
  const Answer exported = Kubescribe("export -o " + export_ + Data());
  ASSERT_EQ(exported.code, 0) << exported.text;
  const Answer imported = Kubescribe("import " + export_ + " -o " + copy);
  ASSERT_EQ(imported.code, 0) << imported.text;
  EXPECT_THAT(imported.text, HasSubstr(copy + ": "));
  ExpectTheSameAnswers(original, copy);
  const Answer verified = Kubescribe("verify --file " + copy);
  EXPECT_EQ(verified.code, 0) << verified.text;
  EXPECT_THAT(verified.text, Not(HasSubstr(" 0 checkpoints")));

  // Neither is replaced, and what is cut off makes nothing.
  EXPECT_EQ(Kubescribe("export -o " + export_ + Data()).code, 1);
  EXPECT_EQ(Kubescribe("import " + export_ + " -o " + copy).code, 1);
  fs::resize_file(export_, fs::file_size(export_) - 1);
  const std::string third = elsewhere_ + "/third.db";
  const Answer cut = Kubescribe("import " + export_ + " -o " + third);
  EXPECT_EQ(cut.code, 1);
  EXPECT_THAT(cut.text, HasSubstr("it is cut off"));
  EXPECT_FALSE(fs::exists(third));

  // The recorder goes on with the copy.
  fs::rename(copy, original);
  world_.StartRecorder();
  Apply("web", "on the copy");
  WaitForText("web", "on the copy");
  EXPECT_EQ(world_.StopRecorder().code, 0);
  EXPECT_EQ(Kubescribe("verify" + Data()).code, 0);
}

TEST_F(TravelTest, MayBeMadeWhileTheClusterIsRecorded) {
  ASSERT_NO_FATAL_FAILURE(RecordAPast());
  sim_.CreateMany("configmaps", "a", "more", 500);
  const Answer exported = Kubescribe("export -o " + export_ + Data());
  ASSERT_EQ(exported.code, 0) << exported.text;
  Apply("web", "later");
  WaitForText("web", "later");
  const std::string copy =
      elsewhere_ + "/" + fs::path(world_.Database(sim_)).filename().string();
  const Answer imported = Kubescribe("import " + export_ + " -o " + copy);
  ASSERT_EQ(imported.code, 0) << imported.text;
  const auto reader = store::Reader::Open(copy);
  ASSERT_TRUE(reader.ok()) << reader.error().message();
  const std::string last = std::to_string((*reader)->info().last_seq);
  EXPECT_EQ(Kubescribe("export --file " + copy).text,
            Kubescribe("export --last " + last + Data()).text);
  const Answer verified = Kubescribe("verify --file " + copy);
  EXPECT_EQ(verified.code, 0) << verified.text;
}

TEST_F(TravelTest, APartIsWhatItSays) {
  ASSERT_NO_FATAL_FAILURE(RecordAPast());
  const Answer exported =
      Kubescribe("export cm/web -n a -o " + export_ + Data());
  ASSERT_EQ(exported.code, 0) << exported.text;
  EXPECT_THAT(exported.text, HasSubstr("a part of "));
  const std::string copy = elsewhere_ + "/copy.db";
  ASSERT_EQ(Kubescribe("import " + export_ + " -o " + copy).code, 0);
  EXPECT_EQ(world_.StopRecorder().code, 0);
  const Answer verified = Kubescribe("verify --file " + copy);
  EXPECT_EQ(verified.code, 0) << verified.text;
  EXPECT_THAT(verified.text, HasSubstr(" 0 checkpoints"));
  EXPECT_THAT(Kubescribe("get cm/web -n a -o yaml --file " + copy).text,
              HasSubstr("late9"));
  const Answer others = Kubescribe("get cm -n b --strict --file " + copy);
  EXPECT_EQ(others.code, 4) << others.text;
  EXPECT_THAT(others.text, HasSubstr("nothing is recorded of this type"));
  // What was not picked is not denied.
  for (const char* words :
       {"history cm/db -n a", "diff cm/db -n a --from 1m --to now"}) {
    const Answer other = Kubescribe(words + (" --file " + copy) + " 2>&1");
    EXPECT_THAT(other.text, HasSubstr("only what this selector picks"));
  }
  // A mistyped name is not an empty file that nobody notices.
  EXPECT_EQ(
      Kubescribe("export cm/wep -n a -o " + elsewhere_ + "/none" + Data()).code,
      3);
  // The lines of the same part.
  const Answer lines = Kubescribe("export cm/web -n a --since 1h" + Data());
  EXPECT_THAT(lines.text, HasSubstr("\"name\":\"web\""));
  EXPECT_THAT(lines.text, Not(HasSubstr("\"name\":\"db\"")));
  EXPECT_THAT(Kubescribe("export -l app=db" + Data()).text,
              Not(HasSubstr("\"name\":\"web\"")));
}

TEST_F(TravelTest, NeitherKeyNorRedactedBytesTravel) {
  sim_.Apply("secrets", R"({"metadata":{"namespace":"a","name":"s"},)"
                        R"("data":{"password":"aHVudGVyMi1uZXZlcg=="}})");
  world_.StartRecorder();
  WaitUntilRecorded();
  EXPECT_EQ(world_.StopRecorder().code, 0);
  const std::string plain = world_.dir() + "/plain";
  ASSERT_EQ(Kubescribe("export -o " + plain + Data()).code, 0);
  const std::string text = RunCommand("cat " + plain).text;
  EXPECT_THAT(text, HasSubstr("\"name\":\"s\""));
  EXPECT_THAT(text, Not(HasSubstr("aHVudGVyMi1uZXZlcg")));
  int keys = 0;
  for (const auto& entry :
       fs::directory_iterator(world_.data_dir() + "/keys")) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string key((std::istreambuf_iterator<char>(file)), {});
    if (entry.path().extension() != ".key") continue;
    ++keys;
    ASSERT_EQ(key.size(), 32U) << entry.path();
    for (const std::string& form :
         {key, codec::Hex(key), codec::Base64(key).substr(0, 42)}) {
      EXPECT_EQ(text.find(form), std::string::npos) << entry.path();
    }
  }
  EXPECT_EQ(keys, 2);
}

// The most memory that the tool ever held, in MiB.
long PeakOf(std::vector<std::string> words) {
  std::vector<char*> argv;
  words.insert(words.begin(), KUBESCRIBE_BIN_DIR "/kubescribe");
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    execv(argv[0], argv.data());
    _exit(127);
  }
  int status = 0;
  rusage used = {};
  wait4(child, &status, 0, &used);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << words[1];
  return used.ru_maxrss / 1024;
}

// What is larger than memory may travel: bodies of 16 MiB, and many records.
TEST_F(TravelTest, MemoryIsBounded) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  constexpr bool kMemoryIsOurs = false;
#else
  constexpr bool kMemoryIsOurs = true;
#endif
  constexpr long kBound = 256;
  constexpr int kLargeOnes = kMemoryIsOurs ? 6 : 2;
  const std::string file = world_.dir() + "/large.db";
  {
    store::OpenOptions options;
    options.cluster = "large";
    options.synchronous_full = false;
    auto writer = store::Writer::Open(file, options);
    ASSERT_TRUE(writer.ok()) << writer.error().message();
    SeededRandom random(3);
    std::string large(std::size_t{16} << 20, ' ');
    for (char& c : large) c = static_cast<char>(random.Next());
    std::int64_t rv = 0;
    const auto put = [&](store::Transaction& tx, const std::string& body) {
      const auto resource = tx.EnsureResource("", "pods", "Pod", true);
      store::ObjectRow object;
      object.resource_id = resource;
      object.stream_id = tx.EnsureStream({"", "pods", "", "", ""}, resource).id;
      object.uid = std::to_string(rv % 500);
      object.name = "pod" + object.uid;
      const auto known = tx.FindObject(resource, object.uid);
      store::NewRevision revision;
      revision.object_id = known ? known->id : tx.AddObject(object);
      revision.stream_id = object.stream_id;
      revision.epoch = 1;
      revision.rv = std::to_string(++rv);
      revision.api_version = "v1";
      revision.changed_at = tx.recorded_at();
      revision.body = body;
      tx.AppendRevision(revision);
    };
    for (int i = 0; i < kLargeOnes; ++i) {
      large[static_cast<std::size_t>(i)] = 'x';
      ASSERT_TRUE((*writer)
                      ->Transact([&](store::Transaction& tx) {
                        put(tx, large);
                        for (int k = 0; k < 2000; ++k) put(tx, "{\"small\":1}");
                      })
                      .ok());
    }
    ASSERT_TRUE((*writer)->CloseCleanly().ok());
  }
  for (const char* name : {"/large.zst", "/large"}) {
    const std::string to = world_.dir() + name;
    const std::string copy = world_.dir() + "/copy.db";
    const long exported = PeakOf({"export", "--file", file, "-o", to});
    const long imported = PeakOf({"import", to, "-o", copy});
    std::cout << "resident at the peak: " << exported << " and " << imported
              << " MiB\n";
    if (kMemoryIsOurs) {
      EXPECT_LT(exported, kBound);
      EXPECT_LT(imported, kBound);
    }
    EXPECT_EQ(Kubescribe("verify --file " + copy).code, 0);
    fs::remove(to);
    fs::remove(copy);
  }
}

}  // namespace
}  // namespace kubescribe::integration
