#include "kube/resource_version.h"

#include <gtest/gtest.h>

#include <string>

#include "base/random.h"

namespace kubescribe::kube {
namespace {

std::string Digits(SeededRandom& random, std::size_t count) {
  std::string text;
  text += static_cast<char>('1' + random.Below(9));
  while (text.size() < count) {
    text += static_cast<char>('0' + random.Below(10));
  }
  return text;
}

TEST(ResourceVersion, ShorterIsLessAndEqualLengthComparesAsText) {
  EXPECT_EQ(CompareRv("9", "10"), RvOrder::kLess);
  EXPECT_EQ(CompareRv("10", "9"), RvOrder::kGreater);
  EXPECT_EQ(CompareRv("0", "1"), RvOrder::kLess);
  EXPECT_EQ(CompareRv("18446744073709551615", "18446744073709551616"),
            RvOrder::kLess);
  EXPECT_EQ(CompareRv("340282366920938463463374607431768211455",
                      "340282366920938463463374607431768211456"),
            RvOrder::kLess);
}

TEST(ResourceVersion, AddingOneIsGreaterUpToFortyDigits) {
  SeededRandom random(1);
  for (std::size_t digits = 1; digits <= 40; ++digits) {
    for (int round = 0; round < 50; ++round) {
      const std::string less = Digits(random, digits);
      std::string more = less;
      std::size_t at = more.size();
      while (at > 0 && more[at - 1] == '9') more[--at] = '0';
      if (at == 0) {
        more.insert(more.begin(), '1');
      } else {
        ++more[at - 1];
      }
      EXPECT_EQ(CompareRv(less, more), RvOrder::kLess) << less;
      EXPECT_EQ(CompareRv(more, less), RvOrder::kGreater) << less;
      EXPECT_EQ(CompareRv(less, std::string(less)), RvOrder::kEqual);
    }
  }
}

TEST(ResourceVersion, OrderIsTransitiveOverLengths) {
  SeededRandom random(2);
  for (std::size_t a = 1; a <= 40; ++a) {
    for (std::size_t b = 1; b <= 40; ++b) {
      if (a == b) continue;
      EXPECT_EQ(CompareRv(Digits(random, a), Digits(random, b)),
                a < b ? RvOrder::kLess : RvOrder::kGreater);
    }
  }
}

TEST(ResourceVersion, OthersAreEqualOrUnknown) {
  for (const char* odd :
       {"", "01", "00", "-1", "+1", "1.0", "1 ", "0x1", "abc", "1e3"}) {
    EXPECT_FALSE(IsComparable(odd)) << odd;
    EXPECT_EQ(CompareRv(odd, odd), RvOrder::kEqual);
    EXPECT_EQ(CompareRv(odd, "5"), RvOrder::kUnknown) << odd;
    EXPECT_EQ(CompareRv("5", odd), RvOrder::kUnknown) << odd;
  }
  EXPECT_TRUE(IsComparable("0"));
  EXPECT_TRUE(IsComparable("1234567890123456789012345678901234567890"));
}

}  // namespace
}  // namespace kubescribe::kube
