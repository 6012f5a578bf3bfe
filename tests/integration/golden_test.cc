// Files of every format that was ever given out: tests/golden/make made them,
// with what the programs of then said about them. The same must be said now,
// of the file as it is and once a recorder has brought it up to date.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "codec/zstd.h"
#include "integration/truth.h"
#include "integration/world.h"
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

  World folder_;
  fs::path golden_;
  std::string file_ = folder_.dir() + "/cluster.db";
};

TEST_P(GoldenTest, SaysWhatItAlwaysSaid) {
  ExpectTheSameAnswers();
  store::OpenOptions options;
  options.cluster = "golden";
  options.create = false;
  auto writer = store::Writer::Open(file_, options);
  ASSERT_TRUE(writer.ok()) << writer.error().message();
  auto closed = (*writer)->CloseCleanly();
  ASSERT_TRUE(closed.ok()) << closed.error().message();
  writer->reset();
  ExpectTheSameAnswers();
  EXPECT_THAT(Altered(file_), testing::IsEmpty());
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
    if (entry.is_directory()) formats.push_back(entry.path().filename());
  }
  return formats;
}

INSTANTIATE_TEST_SUITE_P(Formats, GoldenTest, testing::ValuesIn(Formats()));

}  // namespace
}  // namespace kubescribe::integration
