// Follower: the changes after a seq as a watch would have told them.
#include "query/follow.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "unit/query/recorded_file.h"

namespace kubescribe::query {
namespace {

using Told = std::vector<std::string>;

// The first records: both Pods called web, and the ConfigMap, are listed.
constexpr store::Seq kListed = 7;

class FollowTest : public testing::Test {
 protected:
  static StateRequest Pods(std::optional<store::Seq> seq = kListed) {
    StateRequest request;
    request.words = {"pods"};
    request.when.seq = seq;
    return request;
  }

  Follower Started(const StateRequest& request) const {
    Result<Follower> follower = Follower::Start(file_.path(), request);
    if (!follower.ok()) {
      ADD_FAILURE() << follower.error().message();
      std::abort();
    }
    return std::move(*follower);
  }

  static std::string Label(const Object& object) {
    const std::string key = R"("app":")";
    const std::size_t at = object.json.find(key) + key.size();
    return object.json.substr(at, object.json.find('"', at) - at);
  }

  // "default/web v1".
  static Told Now(Follower& follower) {
    Told told;
    const Status done = follower.EachNow([&](Object&& object) {
      told.push_back(object.revision.name_space + "/" + object.revision.name +
                     " " + Label(object));
    });
    EXPECT_TRUE(done.ok());
    return told;
  }

  // "MODIFIED default/web v2", of all that is there.
  static Told Rest(Follower& follower) {
    Told told;
    for (bool more = true; more;) {
      const Result<bool> polled = follower.Poll([&](Change&& change) {
        const Object& object = change.object;
        told.push_back(std::string(WatchEventName(change.kind)) + " " +
                       object.revision.name_space + "/" + object.revision.name +
                       " " + Label(object));
      });
      EXPECT_TRUE(polled.ok());
      more = polled.ok() && *polled;
    }
    return told;
  }

  RecordedFile file_;
};

TEST_F(FollowTest, TellsWhatWasThereAndThenEachChangeOnce) {
  Follower follower = Started(Pods());
  EXPECT_EQ(Now(follower), (Told{"default/web v1", "prod/web v1"}));
  EXPECT_EQ(Rest(follower),
            (Told{"MODIFIED default/web v2", "ADDED default/db db",
                  "DELETED prod/web v1", "MODIFIED default/db db2",
                  "DELETED default/db db2", "ADDED default/db db3"}));
  EXPECT_EQ(Rest(follower), Told{});
}

TEST_F(FollowTest, WithoutASeqItGoesOnFromTheNewestRecord) {
  Follower follower = Started(Pods(std::nullopt));
  EXPECT_EQ(Now(follower), (Told{"default/db db3", "default/web v2"}));
  EXPECT_EQ(Rest(follower), Told{});
  file_.AddPods(1);
  EXPECT_EQ(Rest(follower), Told{"ADDED bulk/p00000 bulk"});
}

TEST_F(FollowTest, WhatIsNoLongerPickedIsDeletedAndWhatComesToBeIsAdded) {
  StateRequest request = Pods();
  request.label_selector = "app in (v1, db)";
  Follower follower = Started(request);
  EXPECT_EQ(Now(follower), (Told{"default/web v1", "prod/web v1"}));
  EXPECT_EQ(Rest(follower),
            (Told{"DELETED default/web v2", "ADDED default/db db",
                  "DELETED prod/web v1", "DELETED default/db db2"}));
  request.label_selector = "app=v2";
  Follower later = Started(request);
  EXPECT_EQ(Now(later), Told{});
  EXPECT_EQ(Rest(later), Told{"ADDED default/web v2"});
}

TEST_F(FollowTest, OtherNamespacesAndOtherNamesAreNotTold) {
  StateRequest request = Pods();
  request.name_space = "prod";
  Follower follower = Started(request);
  EXPECT_EQ(Now(follower), Told{"prod/web v1"});
  EXPECT_EQ(Rest(follower), Told{"DELETED prod/web v1"});
  request = Pods();
  request.name_space = "default";
  request.words.emplace_back("web");
  Follower named = Started(request);
  EXPECT_EQ(Now(named), Told{"default/web v1"});
  EXPECT_EQ(Rest(named), Told{"MODIFIED default/web v2"});
}

TEST_F(FollowTest, LateRecordsAreLeftOutAndWhatIsMissingIsToldAsItWasLast) {
  Follower follower = Started(Pods(std::nullopt));
  EXPECT_EQ(Now(follower), (Told{"default/db db3", "default/web v2"}));
  file_.AddLateAndVanished();
  EXPECT_EQ(Rest(follower), Told{"DELETED default/web v2"});
}

TEST_F(FollowTest, WhatWasNotToldIsNotDeletedEither) {
  // Without EachNow it knows of nobody.
  Follower follower = Started(Pods());
  EXPECT_EQ(Rest(follower),
            (Told{"ADDED default/web v2", "ADDED default/db db",
                  "MODIFIED default/db db2", "DELETED default/db db2",
                  "ADDED default/db db3"}));
}

TEST_F(FollowTest, ManyRecordsComePieceByPieceAndInOrder) {
  constexpr int kPods = 12'000;
  Follower follower = Started(Pods(std::nullopt));
  file_.AddPods(kPods);
  int polls = 0;
  int pods = 0;
  store::Seq last = 0;
  for (bool more = true; more; ++polls) {
    int at_once = 0;
    const Result<bool> polled = follower.Poll([&](Change&& change) {
      EXPECT_GT(change.object.revision.seq, last);
      last = change.object.revision.seq;
      ++at_once;
    });
    ASSERT_TRUE(polled.ok());
    more = *polled;
    EXPECT_LT(at_once, kPods);
    pods += at_once;
  }
  EXPECT_EQ(pods, kPods);
  EXPECT_GT(polls, 1);
  EXPECT_EQ(Rest(follower), Told{});
}

TEST_F(FollowTest, ItIsAboutOneTypeAndHasNoTimeOfItsOwn) {
  const auto refused = [&](const StateRequest& request) {
    const Result<Follower> follower = Follower::Start(file_.path(), request);
    return follower.ok() ? "" : follower.error().message();
  };
  StateRequest request = Pods();
  request.words = {"pods,cm"};
  EXPECT_EQ(refused(request), "you may only specify a single resource type");
  request = Pods(std::nullopt);
  request.when.at = Second(20);
  EXPECT_NE(refused(request).find("a watch goes on from now"),
            std::string::npos);
  request.when.at.reset();
  request.when.rv = "110";
  EXPECT_NE(refused(request).find("a watch goes on from now"),
            std::string::npos);
  request = Pods();
  request.field_selector = "foo=bar";
  EXPECT_NE(refused(request).find("field label not supported: foo"),
            std::string::npos);
}

}  // namespace
}  // namespace kubescribe::query
