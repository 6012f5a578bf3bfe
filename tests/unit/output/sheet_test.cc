#include "output/sheet.h"

#include <gtest/gtest.h>

namespace kubescribe::output {
namespace {

TEST(SheetTest, AColumnIsAsWideAsItsWidestCellAndTwoSpaces) {
  EXPECT_EQ(AlignCells("Name:\tweb\nNamespace:\tprod\n"),
            "Name:       web\nNamespace:  prod\n");
}

TEST(SheetTest, ALineWithoutTheCellEndsTheColumn) {
  EXPECT_EQ(AlignCells("a\tb\nlong line without a cell\nccc\td\n"),
            "a  b\nlong line without a cell\nccc  d\n");
}

TEST(SheetTest, TextAfterTheLastTabIsInNoColumn) {
  EXPECT_EQ(AlignCells("a\tvery long\tx\nb\tc\n"), "a  very long  x\nb  c\n");
}

TEST(SheetTest, ALineThatEndsInATabEndsInSpaces) {
  EXPECT_EQ(AlignCells("a\t\nbbb\tx\n"), "a    \nbbb  x\n");
}

TEST(SheetTest, CharactersCountNotBytes) {
  EXPECT_EQ(AlignCells("é\tx\nab\ty\n"), "é   x\nab  y\n");
}

TEST(SheetTest, LevelsAreTwoSpacesBeforeEachText) {
  Sheet sheet;
  sheet.Write(0, "Containers:\n");
  sheet.Write(1, "{}:\n", "web");
  sheet.Put(2, "Port:\t{80}\n");
  EXPECT_EQ(sheet.Text(), "Containers:\n  web:\n    Port:  {80}\n");
}

TEST(SheetTest, EscapesAndCarriageReturnsAreMadeVisible) {
  Sheet sheet;
  sheet.Put(0, "a\x1b[31mb\rc\n");
  EXPECT_EQ(sheet.Text(), "a^[[31mb\\rc\n");
}

}  // namespace
}  // namespace kubescribe::output
