#include "kube/quantity.h"

#include <gtest/gtest.h>

namespace kubescribe::kube {
namespace {

std::string Printed(const char* text) {
  const Result<Quantity> quantity = Quantity::Parse(text);
  return quantity.ok() ? quantity->ToString() : "invalid";
}

TEST(QuantityTest, IsPrintedWithTheLargestSuffixThatNeedsNoFraction) {
  EXPECT_EQ(Printed("0"), "0");
  EXPECT_EQ(Printed("0Mi"), "0");
  EXPECT_EQ(Printed("0.5"), "500m");
  EXPECT_EQ(Printed("1.5"), "1500m");
  EXPECT_EQ(Printed("1000m"), "1");
  EXPECT_EQ(Printed("1024Mi"), "1Gi");
  EXPECT_EQ(Printed("1.5Gi"), "1536Mi");
  EXPECT_EQ(Printed("2000"), "2k");
  EXPECT_EQ(Printed("12e6"), "12e6");
  EXPECT_EQ(Printed("12000e3"), "12e6");
  EXPECT_EQ(Printed("1E"), "1E");
  EXPECT_EQ(Printed("-1500m"), "-1500m");
}

TEST(QuantityTest, StaysAsWrittenWhereThatIsNearlyCanonical) {
  EXPECT_EQ(Printed("100Mi"), "100Mi");
  EXPECT_EQ(Printed("1500m"), "1500m");
  EXPECT_EQ(Printed("1.500"), "1.500");
  EXPECT_EQ(Printed("16424064Ki"), "16424064Ki");
}

TEST(QuantityTest, BinaryOnesThatAreSmallOrBrokenAreDecimal) {
  EXPECT_EQ(Printed("0.5Ki"), "512");
  EXPECT_EQ(Printed("0.3Ki"), "307200m");
  EXPECT_EQ(Printed("1.3Ki"), "1331200m");
}

TEST(QuantityTest, WhatIsSmallerThanANanoIsRoundedUp) {
  EXPECT_EQ(Printed("0.1n"), "1n");
  EXPECT_EQ(Printed("1.00000000001"), "1000000001n");
}

TEST(QuantityTest, OtherTextIsInvalid) {
  for (const char* text :
       {"", "a", "1x", "1ki", "--1", "1.1.1", ".", "1e", "Mi"}) {
    EXPECT_EQ(Printed(text), "invalid") << text;
  }
}

TEST(QuantityTest, SumsKeepTheFormatOfTheFirstThatIsNotZero) {
  Quantity sum;
  sum.Add(Quantity::ParseOrZero("100Mi"));
  sum.Add(Quantity::ParseOrZero("924Mi"));
  EXPECT_EQ(sum.ToString(), "1Gi");
  Quantity cpu;
  cpu.Add(Quantity::ParseOrZero("250m"));
  cpu.Add(Quantity::ParseOrZero("1"));
  EXPECT_EQ(cpu.ToString(), "1250m");
  EXPECT_EQ(cpu.MilliValue(), 1250);
  EXPECT_EQ(cpu.Value(), 2);
}

TEST(QuantityTest, AmountsCompareWhateverTheyAreWrittenIn) {
  const auto compare = [](const char* a, const char* b) {
    return Quantity::ParseOrZero(a).Compare(Quantity::ParseOrZero(b));
  };
  EXPECT_EQ(compare("1", "1000m"), 0);
  EXPECT_EQ(compare("1Ki", "1k"), 1);
  EXPECT_EQ(compare("1M", "1Mi"), -1);
  EXPECT_EQ(compare("8E", "1n"), 1);
  EXPECT_EQ(compare("16Ei", "9223372036854775807"), 0);
}

}  // namespace
}  // namespace kubescribe::kube
