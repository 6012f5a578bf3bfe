// Dictionaries that are trained on what is recorded.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>

#include <chrono>

#include "store/dictionaries.h"
#include "store/dictionary_trainer.h"
#include "store_fixture.h"

namespace kubescribe::store {
namespace {

class DictionaryTest : public StoreTest {
 protected:
  DictionaryTest() { options_.synchronous_full = false; }

  // What the shipped dictionary does not know, and all have in common.
  std::string Body(int n) {
    std::string body = "{\"spec\":\"";
    SeededRandom same(42);
    for (int i = 0; i < 600; ++i) {
      body += static_cast<char>('!' + same.Below(90));
    }
    return body + std::to_string(n) + std::to_string(random_.Next()) + "\"}";
  }
  // So many objects with one revision each.
  void PutObjects(Writer& writer, int count) {
    Do(writer, [&](Transaction& tx) {
      for (int i = 0; i < count; ++i) {
        const int n = next_++;
        PutPod(tx, std::to_string(n), std::to_string(n), Event::kAdded,
               Body(n));
      }
    });
  }
  std::int64_t Ask(const std::string& sql) {
    return SQLite::Database(path_, SQLite::OPEN_READONLY)
        .execAndGet(sql)
        .getInt64();
  }
  void ExpectAllReadable() {
    const auto reader = MustRead();
    for (Seq seq = 1; seq <= reader->info().last_seq; ++seq) {
      const auto body = reader->Payload(seq);
      ASSERT_TRUE(body.ok()) << body.error().message();
    }
  }

  int next_ = 0;
};

TEST_F(DictionaryTest, IsTrainedAfterAFewThousandAndUsedForNewKeyframesOnly) {
  options_.training = Training::kAtOnce;
  auto writer = MustOpen();
  PutObjects(*writer, kFirstTraining - 1);
  PutObjects(*writer, 1);
  EXPECT_EQ(Ask("SELECT count(*) FROM dictionary"), 1);
  PutObjects(*writer, 50);
  EXPECT_EQ(Ask("SELECT max(id) FROM dictionary"), kFirstTrained);
  EXPECT_EQ(Ask("SELECT trained_to FROM dictionary WHERE id = 32800"),
            kFirstTraining);
  EXPECT_EQ(Ask("SELECT count(*) FROM body WHERE dictionary = 32800"), 50);
  EXPECT_LT(Ask("SELECT max(length(data)) FROM body WHERE dictionary = 32800"),
            Ask("SELECT min(length(data)) FROM body WHERE dictionary = 32768"));
  ExpectAllReadable();
  // After a restart the newest is the one that is used, and nothing is due
  // before there are eight times as many.
  writer.reset();
  writer = MustOpen();
  PutObjects(*writer, 50);
  PutObjects(*writer, 50);
  EXPECT_EQ(Ask("SELECT count(*) FROM body WHERE dictionary = 32800"), 150);
  EXPECT_EQ(Ask("SELECT count(*) FROM dictionary"), 2);
}

TEST_F(DictionaryTest, OneThatIsNoBetterIsNotKept) {
  options_.training = Training::kAtOnce;
  auto writer = MustOpen();
  Do(*writer, [&](Transaction& tx) {
    for (int n = 0; n < kFirstTraining; ++n) {
      std::string noise(200, '\0');
      for (char& c : noise) c = static_cast<char>(random_.Below(256));
      PutPod(tx, std::to_string(n), std::to_string(n), Event::kAdded, noise);
    }
  });
  next_ = kFirstTraining;
  PutObjects(*writer, 1);
  EXPECT_EQ(Ask("SELECT count(*) FROM dictionary"), 1);
}

TEST_F(DictionaryTest, IsTrainedBesideTheWriter) {
  options_.training = Training::kBeside;
  auto writer = MustOpen();
  PutObjects(*writer, kFirstTraining);
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(2);
  while (Ask("SELECT count(*) FROM dictionary") == 1) {
    ASSERT_LT(std::chrono::steady_clock::now(), end);
    PutObjects(*writer, 1);
  }
  PutObjects(*writer, 1);
  ExpectAllReadable();
}

TEST_F(DictionaryTest, AWriterMayEndWhileOneIsTrained) {
  options_.training = Training::kBeside;
  auto writer = MustOpen();
  PutObjects(*writer, kFirstTraining);
  ASSERT_TRUE(writer->CloseCleanly().ok());
  writer.reset();
  EXPECT_EQ(MustRead()->info().last_seq, kFirstTraining);
}

TEST_F(DictionaryTest, NoneIsTrainedWhereNoneIsAskedFor) {
  auto writer = MustOpen();
  PutObjects(*writer, kFirstTraining);
  PutObjects(*writer, 1);
  EXPECT_EQ(Ask("SELECT count(*) FROM dictionary"), 1);
}

}  // namespace
}  // namespace kubescribe::store
