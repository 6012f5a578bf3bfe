// Which prune a retention asks for, by what is known of a file.

#include "store/retention.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kubescribe::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr Micros kDay = 24 * kHour;

class RetentionTest : public testing::Test {
 protected:
  RetentionTest() {
    facts_.created_at = 1000 * kDay;
    facts_.known_until = 1100 * kDay;
    facts_.used_bytes = 1000;
    facts_.resources = {{1, "", "pods", "Pod", true},
                        {2, "", "events", "Event", true},
                        {3, "events.k8s.io", "events", "Event", true},
                        {4, "apps", "deployments", "Deployment", true}};
  }
  void Pruned(std::vector<std::int64_t> resources, Micros before) {
    PrunedRow row;
    row.seq = static_cast<Seq>(facts_.prunes.size()) + 1;
    row.resources = std::move(resources);
    row.before_at = before;
    facts_.prunes.push_back(row);
  }

  RetentionFacts facts_;
};

TEST_F(RetentionTest, WithoutBoundsAllStays) {
  EXPECT_FALSE(RetentionPolicy().bounded());
  EXPECT_THAT(Retention({}).Due(facts_), IsEmpty());
}

TEST_F(RetentionTest, AnAgeIsDueOnceA32ndOfItHasComeTogether) {
  RetentionPolicy policy;
  policy.age = 32 * kDay;
  Retention retention(policy);
  auto due = retention.Due(facts_);
  ASSERT_EQ(due.size(), 1U);
  EXPECT_THAT(due[0].resources, IsEmpty());
  EXPECT_EQ(due[0].before, 1068 * kDay);
  EXPECT_EQ(due[0].reason, "age");
  // Nothing was found; that is not asked for again.
  EXPECT_THAT(retention.Due(facts_), IsEmpty());
  // Nor after a restart, where something was.
  Pruned({}, 1068 * kDay);
  EXPECT_THAT(Retention(policy).Due(facts_), IsEmpty());
  facts_.known_until += kDay - 1;
  EXPECT_THAT(Retention(policy).Due(facts_), IsEmpty());
  facts_.known_until += 1;
  EXPECT_EQ(Retention(policy).Due(facts_).size(), 1U);
  EXPECT_EQ(retention.Due(facts_)[0].before, 1069 * kDay);
}

TEST_F(RetentionTest, AFileYoungerThanTheAgeIsLeftAlone) {
  RetentionPolicy policy;
  policy.age = 100 * kDay;
  EXPECT_THAT(Retention(policy).Due(facts_), IsEmpty());
}

TEST_F(RetentionTest, KindsWithBoundsOfTheirOwnArePrunedApart) {
  RetentionPolicy policy;
  policy.age = 64 * kDay;
  policy.resources = {{{}, "events", 8 * kDay, {}},
                      {"apps", "*", 80 * kDay, {}},
                      {"apps", "deployments", 90 * kDay, {}}};
  Retention retention(policy);
  const auto due = retention.Due(facts_);
  ASSERT_EQ(due.size(), 3U);
  EXPECT_THAT(due[0].resources, ElementsAre(2, 3));
  EXPECT_EQ(due[0].before, 1092 * kDay);
  EXPECT_THAT(due[1].resources, ElementsAre(1));
  EXPECT_EQ(due[1].before, 1036 * kDay);
  EXPECT_THAT(due[2].resources, ElementsAre(4));
  EXPECT_EQ(due[2].before, 1010 * kDay);
  // One of the two was pruned: the other is due still.
  Pruned({2}, 1092 * kDay);
  EXPECT_EQ(Retention(policy).Due(facts_).size(), 3U);
  Pruned({3}, 1092 * kDay);
  EXPECT_EQ(Retention(policy).Due(facts_).size(), 2U);
}

TEST_F(RetentionTest, TheMostExactRuleCountsForEachBound) {
  RetentionPolicy policy;
  policy.revisions = 7;
  policy.resources = {{{}, "deployments", {}, 3}, {"apps", "*", kDay, 2}};
  const KindBounds bounds = BoundsOf(policy, facts_.resources[3]);
  EXPECT_EQ(bounds.age, kDay);
  EXPECT_EQ(bounds.revisions, 3);
  EXPECT_EQ(BoundsOf(policy, facts_.resources[0]).revisions, 7);
  EXPECT_FALSE(BoundsOf(policy, facts_.resources[0]).age);
}

TEST_F(RetentionTest, CountsAreLookedAtOnceAnHour) {
  RetentionPolicy policy;
  policy.revisions = 50;
  policy.resources = {{"", "events", {}, 5}};
  Retention retention(policy);
  auto due = retention.Due(facts_);
  ASSERT_EQ(due.size(), 2U);
  EXPECT_EQ(due[0].keep, 5);
  EXPECT_THAT(due[0].resources, ElementsAre(2));
  EXPECT_EQ(due[1].keep, 50);
  EXPECT_THAT(due[1].resources, ElementsAre(1, 3, 4));
  EXPECT_EQ(due[1].reason, "count");
  EXPECT_THAT(retention.Due(facts_), IsEmpty());
  facts_.known_until += kHour;
  EXPECT_EQ(retention.Due(facts_).size(), 2U);
}

TEST_F(RetentionTest, ASizeIsDueWhenItIsExceededAndTriedAgainWhenItGrew) {
  RetentionPolicy policy;
  policy.size = 1000;
  Retention retention(policy);
  EXPECT_THAT(retention.Due(facts_), IsEmpty());
  facts_.used_bytes = 1200;
  auto due = retention.Due(facts_);
  ASSERT_EQ(due.size(), 1U);
  EXPECT_EQ(due[0].max_bytes, 1000U);
  EXPECT_EQ(due[0].reason, "size");
  // Out of reach: not again and again.
  facts_.used_bytes = 1210;
  EXPECT_THAT(retention.Due(facts_), IsEmpty());
  facts_.used_bytes = 1300;
  EXPECT_EQ(retention.Due(facts_).size(), 1U);
  facts_.used_bytes = 1310;
  facts_.known_until += kHour;
  EXPECT_EQ(retention.Due(facts_).size(), 1U);
}

}  // namespace
}  // namespace kubescribe::store
