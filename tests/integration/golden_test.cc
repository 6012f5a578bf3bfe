// Files of every format that was ever given out: tests/golden/make made them,
// with what the programs of then said about them. The same must be said now,
// of the file as it is and once a recorder has brought it up to date.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "codec/dictionary.h"
#include "codec/zstd.h"
#include "integration/truth.h"
#include "integration/world.h"
#include "store/body_reader.h"
#include "store/dictionaries.h"
#include "store/migrations.h"
#include "store/reader.h"
#include "store/writer.h"

namespace kubescribe::integration {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostBytes = std::size_t{64} << 20;

std::string Unpacked(const fs::path& path) {
  std::ostringstream packed;
  packed << std::ifstream(path, std::ios::binary).rdbuf();
  Result<std::string> raw =
      codec::Decompressor().Decompress(packed.str(), kMostBytes);
  EXPECT_TRUE(raw.ok()) << path << ": " << raw.error().message();
  return raw.ok() ? *raw : "";
}

constexpr int kFirstWithLog = 4;  // schema/004-log.sql

struct Question {
  std::string words;
  std::string answer;
  int code = 0;
};

// "$ WORDS", lines of the answer, "= CODE".
std::vector<Question> Questions(const std::string& text) {
  std::vector<Question> questions;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("$ ")) {
      questions.push_back({line.substr(2), "", 0});
    } else if (line.starts_with("= ")) {
      questions.back().code = std::stoi(line.substr(2));
    } else {
      questions.back().answer += line + "\n";
    }
  }
  return questions;
}

// All bodies of a file in another form of schema/formats/body.md, the bytes
// that they decode to the same.
class Encoder {
 public:
  explicit Encoder(const std::string& path)
      : db_(path, SQLite::OPEN_READWRITE) {
    auto reader = store::Reader::Open(path);
    EXPECT_TRUE(reader.ok()) << path;
    SQLite::Statement rows(
        db_,
        "SELECT b.seq, CASE v.body_kind WHEN 3 THEN 0 ELSE "
        "coalesce(v.object_id, 0) END FROM body b "
        "LEFT JOIN revision v ON v.seq = b.seq ORDER BY b.seq");
    while (rows.executeStep()) {
      Result<std::string> raw =
          (*reader)->Payload(rows.getColumn(0).getInt64());
      EXPECT_TRUE(raw.ok()) << raw.error().message();
      bodies_.push_back({rows.getColumn(0).getInt64(),
                         rows.getColumn(1).getInt64(), *std::move(raw)});
    }
    EXPECT_GT(bodies_.size(), 50U);
  }

  // Each a frame of its own.
  void Alone() {
    Rewrite([this](const Body& body) {
      return Row{1, {}, {}, std::string(compressor_.Compress(body.raw))};
    });
  }
  void WithDictionary(std::uint32_t id, std::string bytes) {
    Exec("INSERT OR IGNORE INTO dictionary VALUES (?, 0, 0, ?)", id, bytes);
    const auto dictionary = codec::Dictionary::Load(std::move(bytes));
    ASSERT_TRUE(dictionary.ok());
    Rewrite([&](const Body& body) {
      return Row{
          2, id, {}, std::string(compressor_.Compress(body.raw, **dictionary))};
    });
  }
  // One that was trained on these bodies.
  void WithAnotherDictionary() {
    std::vector<std::string> samples;
    for (const Body& body : bodies_) samples.push_back(body.raw);
    constexpr std::uint32_t kId = 40000;
    auto bytes = codec::TrainDictionary(samples, 16 << 10, kId);
    ASSERT_TRUE(bytes.ok()) << bytes.error().message();
    WithDictionary(kId, *std::move(bytes));
  }
  // Chains as long as a reader follows them.
  void Deltas() {
    std::map<std::int64_t, std::pair<const Body*, int>> bases;
    Rewrite([&](const Body& body) {
      const auto base = bases.find(body.object);
      if (body.object == 0 || base == bases.end() ||
          base->second.second + 1 >= store::kLongestChain) {
        bases[body.object] = {&body, 0};
        return Row{1, {}, {}, std::string(compressor_.Compress(body.raw))};
      }
      const Body* before = base->second.first;
      bases[body.object] = {&body, base->second.second + 1};
      ++deltas_;
      return Row{3,
                 {},
                 before->seq,
                 std::string(compressor_.Delta(body.raw, before->raw))};
    });
    EXPECT_GT(deltas_, 20);
  }

 private:
  struct Body {
    std::int64_t seq = 0;
    std::int64_t object = 0;  // 0: nothing may build on it
    std::string raw;
  };
  struct Row {
    int encoding = 0;
    std::optional<std::uint32_t> dictionary;
    std::optional<std::int64_t> base;
    std::string data;
  };

  template <typename Encode>
  void Rewrite(Encode encode) {
    SQLite::Transaction transaction(db_);
    for (const Body& body : bodies_) {
      const Row row = encode(body);
      SQLite::Statement put(db_,
                            "UPDATE body SET encoding = ?, dictionary = ?, "
                            "base = ?, data = ? WHERE seq = ?");
      put.bind(1, row.encoding);
      if (row.dictionary) put.bind(2, static_cast<int64_t>(*row.dictionary));
      if (row.base) put.bind(3, *row.base);
      put.bind(4, row.data.data(), static_cast<int>(row.data.size()));
      put.bind(5, body.seq);
      put.exec();
    }
    transaction.commit();
  }
  void Exec(const char* sql, std::uint32_t id, const std::string& bytes) {
    SQLite::Statement statement(db_, sql);
    statement.bind(1, static_cast<int64_t>(id));
    statement.bind(2, bytes.data(), static_cast<int>(bytes.size()));
    statement.exec();
  }

  SQLite::Database db_;
  codec::Compressor compressor_;
  std::vector<Body> bodies_;
  int deltas_ = 0;
};

class GoldenTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    golden_ = fs::path(KUBESCRIBE_SOURCE_DIR) / "tests/golden" / GetParam();
    std::ofstream(file_, std::ios::binary)
        << Unpacked(golden_ / "cluster.db.zst");
  }

  Answer Ask(const std::string& words) const {
    return RunCommand("TZ=UTC " KUBESCRIBE_BIN_DIR "/kubescribe --file '" +
                      file_ + "' " + words + " 2>&1");
  }

  void ExpectTheSameAnswers() const {
    const auto questions = Questions(Unpacked(golden_ / "answers.zst"));
    EXPECT_GT(questions.size(), 10U);
    for (const Question& question : questions) {
      const Answer answer = Ask(question.words);
      EXPECT_EQ(answer.code, question.code) << question.words;
      EXPECT_EQ(answer.text, question.answer) << question.words;
    }
    EXPECT_EQ(Ask("export").text, Unpacked(golden_ / "export.jsonl.zst"));
  }

  int SchemaVersion() const {
    const auto reader = store::Reader::Open(file_);
    EXPECT_TRUE(reader.ok());
    return reader.ok() ? (*reader)->info().schema_version : 0;
  }

  // Brings the file up to the schema of now.
  void Upgrade() const {
    store::OpenOptions options;
    options.cluster = "golden";
    options.create = false;
    auto writer = store::Writer::Open(file_, options);
    ASSERT_TRUE(writer.ok()) << writer.error().message();
    auto closed = (*writer)->CloseCleanly();
    ASSERT_TRUE(closed.ok()) << closed.error().message();
  }

  World folder_;
  fs::path golden_;
  std::string file_ = folder_.dir() + "/cluster.db";
};

TEST_P(GoldenTest, SaysWhatItAlwaysSaid) {
  ExpectTheSameAnswers();
  Upgrade();
  ExpectTheSameAnswers();
  EXPECT_THAT(Altered(file_), testing::IsEmpty());
}

TEST_P(GoldenTest, SaysTheSameHoweverItsBodiesAreEncoded) {
  Upgrade();
  const Answer verified = Ask("verify");
  EXPECT_EQ(verified.code, 0) << verified.text;
  const auto expect_the_same = [&](const char* form, std::size_t encodings) {
    SCOPED_TRACE(form);
    {
      SQLite::Database db(file_, SQLite::OPEN_READONLY);
      EXPECT_EQ(
          db.execAndGet("SELECT count(DISTINCT encoding) FROM body").getInt64(),
          static_cast<std::int64_t>(encodings));
    }
    ExpectTheSameAnswers();
    const Answer again = Ask("verify");
    EXPECT_EQ(again.code, verified.code) << again.text;
    EXPECT_EQ(again.text, verified.text);
  };
  Encoder(file_).Deltas();
  expect_the_same("deltas", 2);
  Encoder(file_).WithDictionary(store::kShippedDictionary,
                                std::string(store::ShippedDictionaryBytes()));
  expect_the_same("keyframes", 1);
  Encoder(file_).WithAnotherDictionary();
  expect_the_same("keyframes with another dictionary", 1);
  Encoder(file_).Alone();
  expect_the_same("frames alone", 1);
}

TEST_P(GoldenTest, IsReadWhereNothingCanBeWritten) {
  const fs::path folder = folder_.dir() + "/read-only";
  fs::create_directory(folder);
  fs::rename(file_, folder / "cluster.db");
  file_ = folder / "cluster.db";
  chmod(file_.c_str(), 0400);
  chmod(folder.c_str(), 0500);
  ExpectTheSameAnswers();
  // Which also says that no migration of a frozen schema was edited.
  if (SchemaVersion() >= kFirstWithLog) {
    EXPECT_THAT(Altered(file_), testing::IsEmpty());
  }
  // Whoever may write anything all the same has left nothing.
  int files = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    EXPECT_EQ(entry.path().filename(), "cluster.db");
    ++files;
  }
  EXPECT_EQ(files, 1);
  chmod(folder.c_str(), 0700);
}

// What is given out has a golden file, made by the programs of then.
TEST(SchemaTest, TheNewestIsFrozen) {
  const fs::path golden =
      fs::path(KUBESCRIBE_SOURCE_DIR) / "tests/golden" /
      ("schema-" + std::to_string(store::Migrations().back().version));
  ASSERT_TRUE(fs::exists(golden)) << golden << ": run tests/golden/make";
  const World folder;
  const std::string file = folder.dir() + "/cluster.db";
  std::ofstream(file, std::ios::binary) << Unpacked(golden / "cluster.db.zst");
  SQLite::Database db(file, SQLite::OPEN_READONLY);
  // It has something of all that there is.
  for (const char* sql :
       {"SELECT count(*) FROM v_revision WHERE resource = 'pods'",
        "SELECT count(*) FROM revision WHERE event = 3",
        "SELECT count(*) FROM revision WHERE event = 5",
        "SELECT count(*) FROM revision WHERE event = 6",
        "SELECT count(*) FROM revision WHERE changed_at < recorded_at",
        "SELECT count(*) FROM body WHERE encoding = 0",
        "SELECT count(*) FROM body WHERE encoding = 2",
        "SELECT count(*) FROM body WHERE encoding = 4",
        "SELECT count(*) FROM salt_seed",
        "SELECT count(*) FROM revision WHERE salt IS NOT NULL",
        "SELECT count(*) FROM v_gap WHERE cause = 'gone'",
        "SELECT count(*) FROM v_pruned WHERE before_seq IS NOT NULL",
        "SELECT count(*) FROM v_pruned WHERE keep IS NOT NULL",
        "SELECT count(*) - 1 FROM v_checkpoint",
        "SELECT count(*) FROM lifetime"}) {
    EXPECT_GT(db.execAndGet(sql).getInt(), 0) << sql;
  }
}

TEST_P(GoldenTest, SaysItWhenItHasTravelled) {
  const std::string text = folder_.dir() + "/export.zst";
  ASSERT_EQ(Ask("export -o '" + text + "'").code, 0);
  fs::remove(file_);
  const Answer imported = RunCommand(KUBESCRIBE_BIN_DIR "/kubescribe import '" +
                                     text + "' -o '" + file_ + "' 2>&1");
  ASSERT_EQ(imported.code, 0) << imported.text;
  ExpectTheSameAnswers();
  EXPECT_THAT(Altered(file_), testing::IsEmpty());
}

std::vector<std::string> Formats() {
  std::vector<std::string> formats;
  for (const auto& entry :
       fs::directory_iterator(KUBESCRIBE_SOURCE_DIR "/tests/golden")) {
    const std::string name = entry.path().filename();
    if (name.starts_with("schema-")) formats.push_back(name);
  }
  return formats;
}

INSTANTIATE_TEST_SUITE_P(Formats, GoldenTest, testing::ValuesIn(Formats()));

}  // namespace
}  // namespace kubescribe::integration
