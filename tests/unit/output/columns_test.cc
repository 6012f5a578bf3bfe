// Columns: kubectl's layout, over one answer and over one that goes on.
#include "output/columns.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace kubescribe::output {
namespace {

using Line = std::vector<std::string>;

std::string Flushed(Columns& columns) {
  std::string text;
  columns.Flush([&](std::string_view line) { text += line; });
  return text;
}

std::string Columned(const std::vector<Line>& lines, const Look& look = {}) {
  Columns columns(look);
  for (const Line& line : lines) columns.Add(line);
  return Flushed(columns);
}

TEST(ColumnsTest, AColumnIsAsWideAsItsWidestCellAndThreeSpaces) {
  EXPECT_EQ(Columned({{"NAME", "READY", "AGE"},
                      {"a", "1/1", "longest of all"},
                      {"longer-name", "0/1", "2d"}}),
            "NAME          READY   AGE\n"
            "a             1/1     longest of all\n"
            "longer-name   0/1     2d\n");
}

TEST(ColumnsTest, ANarrowColumnTakesSixAndTheLastCellNone) {
  EXPECT_EQ(Columned({{"A", "B"}, {"1", ""}}), "A     B\n1     \n");
  EXPECT_EQ(Columned({{"alone"}}), "alone\n");
}

TEST(ColumnsTest, CharactersCountNotBytes) {
  EXPECT_EQ(Columned({{"ééééé", "x"}, {"eeeee", "x"}}),
            "ééééé   x\neeeee   x\n");
}

TEST(ColumnsTest, ALineWithoutTheCellEndsTheColumn) {
  // What is last in a line does not widen what stands above and below.
  EXPECT_EQ(Columned({{"wide-cell-here", "x"},
                      {"a line of its own, and long"},
                      {"b", "x"}}),
            "wide-cell-here   x\na line of its own, and long\n"
            "b                x\n");
  EXPECT_EQ(
      Columned(
          {{"a", "a-cell-of-some-width", "x"}, {"b", "y"}, {"c", "c", "x"}}),
      "a     a-cell-of-some-width   x\n"
      "b     y\n"
      "c     c                      x\n");
}

TEST(ColumnsTest, ATabBeginsAnotherCell) {
  EXPECT_EQ(Columned({{"a\tb", "c"}, {"1", "2", "3"}}),
            "a     b     c\n1     2     3\n");
}

TEST(ColumnsTest, OnlyTheFirstLineOfACellIsShown) {
  for (const char* end : {"\n", "\r", "\f"}) {
    EXPECT_EQ(Columned({{"first" + std::string(end) + "second", "x"}}),
              "first...   x\n");
  }
}

TEST(ColumnsTest, EscIsMadeVisibleAndOnATerminalEveryControlCharacter) {
  const std::vector<Line> lines = {{"a\x1b[31m\x07", "x"}};
  EXPECT_EQ(Columned(lines), "a^[[31m\x07   x\n");
  EXPECT_EQ(Columned(lines, {.terminal = true}), "a^[[31m^G   x\n");
}

TEST(ColumnsTest, WhatFollowsStandsUnderWhatWasWrittenAndWiderIfItHasTo) {
  Columns columns;
  EXPECT_TRUE(columns.empty());
  columns.Add({"NAME", "AGE"});
  columns.Add({"twelve-chars", "1d"});
  EXPECT_FALSE(columns.empty());
  EXPECT_EQ(Flushed(columns), "NAME           AGE\ntwelve-chars   1d\n");
  EXPECT_TRUE(columns.empty());
  EXPECT_EQ(Flushed(columns), "");
  columns.Add({"a", "2d"});
  EXPECT_EQ(Flushed(columns), "a              2d\n");
  columns.Add({"a-name-of-twenty-one", "3d"});
  columns.Add({"b", "4d"});
  EXPECT_EQ(Flushed(columns),
            "a-name-of-twenty-one   3d\nb                      4d\n");
  columns.Add({"c", "5d"});
  EXPECT_EQ(Flushed(columns), "c                      5d\n");
  columns.Reset();
  columns.Add({"d", "6d"});
  EXPECT_EQ(Flushed(columns), "d     6d\n");
}

}  // namespace
}  // namespace kubescribe::output
