// The look of answers, against what real kubectl prints.
//
// testdata/hard.json holds strings that are hard on emitters; the two files
// beside it are what `kubectl annotate --local -f hard.json -o yaml|json`
// (1.36.3) made of it.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "output/diff.h"
#include "output/table.h"
#include "output/terminal.h"
#include "output/value.h"
#include "output/yaml.h"

namespace kubescribe::output {
namespace {

std::string ReadFile(const std::string& name) {
  std::ifstream file(KUBESCRIBE_SOURCE_DIR "/tests/unit/output/testdata/" +
                     name);
  EXPECT_TRUE(file.good()) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

Value Parse(const std::string& text) {
  Result<Value> value = ParseJson(text);
  if (!value.ok()) {
    ADD_FAILURE() << value.error().message();
    return Value::Null();
  }
  return *std::move(value);
}

// Line by line, because a difference of two whole files tells nothing.
void ExpectSameLines(const std::string& want, const std::string& got) {
  std::size_t line = 1;
  std::size_t w = 0;
  std::size_t g = 0;
  while (w < want.size() || g < got.size()) {
    const std::size_t we = std::min(want.find('\n', w), want.size());
    const std::size_t ge = std::min(got.find('\n', g), got.size());
    ASSERT_EQ(want.substr(w, we - w), got.substr(g, ge - g)) << "line " << line;
    w = we + 1;
    g = ge + 1;
    ++line;
  }
  EXPECT_EQ(want, got);
}

TEST(YamlTest, HardStringsPrintAsKubectlPrintsThem) {
  const std::string want = ReadFile("hard.kubectl.yaml");
  ASSERT_GT(want.size(), 10000U);
  ExpectSameLines(want, ToYaml(Parse(ReadFile("hard.json"))));
}

TEST(JsonTest, HardStringsPrintAsKubectlPrintsThem) {
  const std::string want = ReadFile("hard.kubectl.json");
  ASSERT_GT(want.size(), 10000U);
  ExpectSameLines(want, ToJson(Parse(ReadFile("hard.json"))) + "\n");
}

TEST(YamlTest, StringsThatReadAsOtherTypesAreQuoted) {
  const Value value = Parse(
      R"({"a":"08","b":"null","c":"yes","d":"1:20","e":"2020-01-02","f":"",)"
      R"("g":"plain","h":true,"i":1.0,"j":null,"y":"x"})");
  EXPECT_EQ(ToYaml(value),
            "a: \"08\"\nb: \"null\"\nc: \"yes\"\nd: \"1:20\"\n"
            "e: \"2020-01-02\"\nf: \"\"\ng: plain\nh: true\ni: 1.0\n"
            "j: null\n\"y\": x\n");
}

TEST(YamlTest, SequencesAreNotIndentedAndBlocksAreLiteral) {
  const Value value = Parse(
      R"({"list":[{"a":1,"b":[]},["x"]],"text":"one\ntwo\n","cut":"a\nb"})");
  EXPECT_EQ(ToYaml(value),
            "cut: |-\n  a\n  b\nlist:\n- a: 1\n  b: []\n- - x\n"
            "text: |\n  one\n  two\n");
}

TEST(ValueTest, NumbersStayAsTheyWereWritten) {
  for (const char* number :
       {"9007199254740993", "18446744073709551615", "1.0", "1e300", "-0.10",
        "123456789012345678901234567890"}) {
    EXPECT_EQ(ToJsonLine(Parse(number)), number);
  }
}

TEST(ValueTest, OfAKeyThatComesTwiceTheLastCounts) {
  EXPECT_EQ(ToJsonLine(Parse(R"({"b":1,"a":2,"b":3})")), R"({"a":2,"b":3})");
}

TEST(ValueTest, WhatIsNotJsonIsCorruption) {
  for (const std::string& text :
       {std::string(""), std::string("{"), std::string("{} x"),
        std::string(600, '[') + std::string(600, ']')}) {
    const Result<Value> value = ParseJson(text);
    ASSERT_FALSE(value.ok()) << text.substr(0, 10);
    EXPECT_EQ(value.error().code(), Code::kCorruption);
  }
}

TEST(ValueTest, MembersCanBePutAndRemoved) {
  Value value = Value::Object();
  value["b"] = Value::String("x");
  value["a"] = Value::Bool(true);
  value.Remove("absent");
  EXPECT_EQ(ToJsonLine(value), R"({"a":true,"b":"x"})");
  value.Remove("b");
  EXPECT_EQ(value.Find("b"), nullptr);
}

TEST(TableTest, ColumnsAreAsWideAsTheirWidestCellAndThreeSpaces) {
  EXPECT_EQ(RenderTable({"NAME", "AGE"}, {{"a", "1d"}, {"long-name", "2d"}}),
            "NAME        AGE\na           1d\nlong-name   2d\n");
}

TEST(TableTest, NarrowColumnsTakeSixCharacters) {
  EXPECT_EQ(RenderTable({"", ""}, {{"a", "b"}}, {.header = false}),
            "a     b\n");
}

TEST(TableTest, WidthCountsCharactersNotBytes) {
  EXPECT_EQ(RenderTable({"", ""}, {{"ééééé", "b"}, {"eeeee", "b"}},
                        {.header = false}),
            "ééééé   b\neeeee   b\n");
}

TEST(TableTest, CellsAreCutAtTheFirstLineAndCannotSteerTheTerminal) {
  EXPECT_EQ(RenderTable({"", ""}, {{"a\nb", "\x1b[31m"}}, {.header = false}),
            "a...   ^[[31m\n");
}

TEST(TerminalTest, ControlCharactersAreMadeVisible) {
  EXPECT_EQ(EscapeControls("a\x1b]0;x\x07\r\x7f\xc2\x9b\n\t\xc3\xa9"),
            "a^[]0;x^G^M^?\\u009b\n\t\xc3\xa9");
}

TEST(DiffTest, EqualTextsHaveNoDifference) {
  EXPECT_EQ(UnifiedDiff("a\nb\n", "a\nb\n", "x", "y", false), "");
}

TEST(DiffTest, HunksCarryThreeLinesOfContext) {
  std::string from;
  std::string to;
  for (int i = 1; i <= 20; ++i) {
    const std::string line = "line " + std::to_string(i) + "\n";
    from += line;
    to += i == 10 ? "changed\n" : line;
  }
  EXPECT_EQ(UnifiedDiff(from, to, "old", "new", false),
            "--- old\n+++ new\n@@ -7,7 +7,7 @@\n line 7\n line 8\n line 9\n"
            "-line 10\n+changed\n line 11\n line 12\n line 13\n");
}

TEST(DiffTest, ChangesWhoseContextsMeetAreOneHunk) {
  std::string from;
  std::string to;
  for (int i = 1; i <= 9; ++i) {
    const std::string line = std::to_string(i) + "\n";
    from += line;
    to += i == 1 || i == 7 ? "x\n" : line;
  }
  EXPECT_EQ(UnifiedDiff(from, to, "old", "new", false),
            "--- old\n+++ new\n@@ -1,9 +1,9 @@\n-1\n+x\n 2\n 3\n 4\n 5\n "
            "6\n-7\n+x\n 8\n 9\n");
}

TEST(DiffTest, AllOfAnObjectThatAppearedIsAdded) {
  EXPECT_EQ(UnifiedDiff("", "a: 1\n", "old", "new", false),
            "--- old\n+++ new\n@@ -0,0 +1,1 @@\n+a: 1\n");
}

}  // namespace
}  // namespace kubescribe::output
