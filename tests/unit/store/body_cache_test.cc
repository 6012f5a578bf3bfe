#include "store/body_cache.h"

#include <gtest/gtest.h>

namespace kubescribe::store {
namespace {

TEST(BodyCache, KeepsWhatWasUsedLastWithinItsBytes) {
  BodyCache cache(9'000);
  for (int key = 1; key <= 5; ++key) {
    cache.Put(key, key * 10, 0, std::string(1500, 'x'));
  }
  EXPECT_EQ(cache.size(), 5U);
  ASSERT_NE(cache.Find(1), nullptr);  // used: 2 is the oldest now
  cache.Put(6, 60, 3, std::string(1500, 'y'));
  EXPECT_EQ(cache.Find(2), nullptr);
  ASSERT_NE(cache.Find(1), nullptr);
  EXPECT_EQ(cache.Find(1)->seq, 10);
  EXPECT_EQ(cache.Find(6)->depth, 3);
  EXPECT_LE(cache.bytes(), 9'000U);
}

TEST(BodyCache, ReplacesAndForgets) {
  BodyCache cache(10'000);
  cache.Put(1, 1, 0, std::string(8000, 'x'));
  cache.Put(1, 2, 1, "small");
  EXPECT_EQ(cache.Find(1)->bytes, "small");
  EXPECT_LT(cache.bytes(), 300U);
  cache.Erase(1);
  cache.Erase(1);
  EXPECT_EQ(cache.Find(1), nullptr);
  EXPECT_EQ(cache.bytes(), 0U);
  cache.Put(2, 1, 0, "a");
  cache.Clear();
  EXPECT_EQ(cache.size(), 0U);
  EXPECT_EQ(cache.bytes(), 0U);
}

TEST(BodyCache, WhatIsLargerThanAllOfItIsNotKept) {
  BodyCache cache(1000);
  cache.Put(1, 1, 0, "small");
  cache.Put(2, 2, 0, std::string(5000, 'x'));
  EXPECT_EQ(cache.Find(2), nullptr);
  EXPECT_LE(cache.bytes(), 1000U);
}

}  // namespace
}  // namespace kubescribe::store
