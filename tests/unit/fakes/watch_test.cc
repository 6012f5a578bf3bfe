// Watches, as bytes on the wire.
#include "unit/fakes/sim_test.h"

namespace kubescribe::fakes {
namespace {

using WatchTest = SimTest;

TEST_F(WatchTest, EventsComeInOrderAfterThePosition) {
  StartSim();
  Put("before", "v");
  HttpClient client(sim_->port());
  client.Open(WatchFrom(sim_->CurrentRv()));
  const Written added = Put("one", "v1");
  const Written changed = Put("one", "v2");
  const Written deleted = sim_->Delete("configmaps", "a", "one");
  const auto first = NextEvent(client);
  EXPECT_EQ(first["type"], "ADDED");
  EXPECT_EQ(first["object"]["kind"], "ConfigMap");
  EXPECT_EQ(RvOf(first), Rv(added));
  const auto second = NextEvent(client);
  EXPECT_EQ(second["type"], "MODIFIED");
  EXPECT_EQ(RvOf(second), Rv(changed));
  const auto third = NextEvent(client);
  EXPECT_EQ(third["type"], "DELETED");
  EXPECT_EQ(RvOf(third), Rv(deleted));
  EXPECT_EQ(third["object"]["data"]["k"], "v2");
  EXPECT_GT(deleted.rv, changed.rv);
}

TEST_F(WatchTest, RecreatedNameHasANewUid) {
  StartSim();
  const Written first = Put("one", "v");
  sim_->Delete("configmaps", "a", "one");
  EXPECT_NE(Put("one", "v").uid, first.uid);
}

TEST_F(WatchTest, WithoutAPositionTheStateComesFirst) {
  StartSim();
  Put("one", "v");
  Put("two", "v");
  HttpClient client(sim_->port());
  client.Open("/api/v1/configmaps?watch=1");
  EXPECT_EQ(NextEvent(client)["object"]["metadata"]["name"], "one");
  EXPECT_EQ(NextEvent(client)["object"]["metadata"]["name"], "two");
  Put("three", "v");
  EXPECT_EQ(NextEvent(client)["object"]["metadata"]["name"], "three");
}

TEST_F(WatchTest, WatchListEndsItsInitialEventsWithAMarkedBookmark) {
  StartSim();
  Put("one", "v");
  HttpClient client(sim_->port());
  client.Open(
      "/api/v1/configmaps?watch=1&sendInitialEvents=true"
      "&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true");
  EXPECT_EQ(NextEvent(client)["type"], "ADDED");
  const auto mark = NextEvent(client);
  EXPECT_EQ(mark["type"], "BOOKMARK");
  EXPECT_EQ(
      mark["object"]["metadata"]["annotations"]["k8s.io/initial-events-end"],
      "true");
}

TEST_F(WatchTest, WatchListFromTheFutureIsAnErrorEvent) {
  StartSim();
  HttpClient client(sim_->port());
  const auto head = client.Open(
      "/api/v1/configmaps?watch=1&sendInitialEvents=true&"
      "resourceVersionMatch=NotOlderThan&resourceVersion=99999999");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(NextEvent(client)["object"]["code"], 504);
}

TEST_F(WatchTest, RevisionZeroEndsItsInitialEventsAsNoRevisionDoes) {
  StartSim();
  Put("one", "v");
  HttpClient client(sim_->port());
  client.Open(WatchFrom(0));
  EXPECT_EQ(NextEvent(client)["type"], "ADDED");
  EXPECT_TRUE(NextEvent(client)["object"]["metadata"]["annotations"].contains(
      "k8s.io/initial-events-end"));
}

TEST_F(WatchTest, NoInitialEventsMeansNoMarkEither) {
  StartSim();
  Put("one", "v");
  HttpClient client(sim_->port());
  client.Open(
      "/api/v1/configmaps?watch=1&sendInitialEvents=false&"
      "resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true");
  const Written two = Put("two", "v");
  EXPECT_EQ(RvOf(NextEvent(client)), Rv(two));
}

TEST_F(WatchTest, PositionBeforeTheWindowIsAnErrorEventWithin200) {
  SimOptions options;
  options.history = 3;
  StartSim(options);
  const Written first = Put("one", "v");
  sim_->CreateMany("configmaps", "a", "c", 4);
  HttpClient client(sim_->port());
  EXPECT_EQ(client.Open(WatchFrom(first.rv)).status, 200);
  const auto error = NextEvent(client);
  EXPECT_EQ(error["type"], "ERROR");
  EXPECT_EQ(error["object"]["code"], 410);
  EXPECT_EQ(error["object"]["reason"], "Expired");
  EXPECT_TRUE(NextEvent(client).is_null());
  EXPECT_EQ(client.end(), HttpClient::End::kClean);
}

TEST_F(WatchTest, FuturePositionIsAcceptedInSilence) {
  SimOptions options;
  options.bookmark_interval = 20 * kMillisecond;
  StartSim(options);
  const std::uint64_t future = sim_->CurrentRv() + 2;
  HttpClient client(sim_->port());
  EXPECT_EQ(client.Open(WatchFrom(future)).status, 200);
  Put("one", "v");
  Put("two", "v");
  const Written third = Put("three", "v");
  nlohmann::json event = NextEvent(client);
  while (event["type"] == "BOOKMARK") {
    EXPECT_GE(std::stoull(RvOf(event)), future);
    event = NextEvent(client);
  }
  EXPECT_EQ(RvOf(event), Rv(third));
}

TEST_F(WatchTest, BookmarksFollowTheCounterOfOtherKinds) {
  SimOptions options;
  options.bookmark_interval = 20 * kMillisecond;
  StartSim(options);
  HttpClient client(sim_->port());
  client.Open(WatchFrom(sim_->CurrentRv(), "pods"));
  const Written other = Put("one", "v");
  std::uint64_t rv = 0;
  while (rv < other.rv) {
    const auto event = NextEvent(client);
    ASSERT_EQ(event["type"], "BOOKMARK");
    rv = std::stoull(RvOf(event));
  }
  EXPECT_EQ(rv, other.rv);
}

TEST_F(WatchTest, EventsHaveNoBookmarks) {
  SimOptions options;
  options.bookmark_interval = 10 * kMillisecond;
  StartSim(options);
  HttpClient client(sim_->port());
  client.Open(WatchFrom(sim_->CurrentRv(), "events") + "&timeoutSeconds=1");
  EXPECT_TRUE(NextEvent(client).is_null());
  EXPECT_EQ(client.end(), HttpClient::End::kClean);
}

TEST_F(WatchTest, BookmarkOfABuiltInKindHasItsTypesEmptyFields) {
  StartSim();
  HttpClient client(sim_->port());
  client.Open("/api/v1/events?watch=1&allowWatchBookmarks=true");
  const auto bookmark = NextEvent(client);
  EXPECT_EQ(bookmark["type"], "BOOKMARK");
  EXPECT_EQ(bookmark["object"]["reportingComponent"], "");
  EXPECT_FALSE(bookmark["object"]["metadata"].contains("uid"));
}

TEST_F(WatchTest, TimeoutEndsTheStreamInOrderAndKeepsTheConnection) {
  StartSim();
  HttpClient client(sim_->port());
  client.Open("/api/v1/pods?watch=1&timeoutSeconds=1&resourceVersion=" +
              std::to_string(sim_->CurrentRv()));
  EXPECT_TRUE(NextEvent(client).is_null());
  EXPECT_EQ(client.end(), HttpClient::End::kClean);
  EXPECT_EQ(client.Get("/readyz").body, "ok");
}

TEST_F(WatchTest, NamespaceIsWatchedAlone) {
  StartSim();
  HttpClient client(sim_->port());
  client.Open("/api/v1/namespaces/b/configmaps?watch=1&resourceVersion=" +
              std::to_string(sim_->CurrentRv()));
  Put("one", "v", "a");
  Put("two", "v", "b");
  EXPECT_EQ(NextEvent(client)["object"]["metadata"]["name"], "two");
}

TEST_F(WatchTest, LeavingASelectorIsADeletionWithThePreviousContent) {
  StartSim();
  const auto pod = [](const char* app) {
    return std::string(R"({"metadata":{"namespace":"a","name":"p",)") +
           R"("labels":{"app":")" + app + R"("}}})";
  };
  sim_->Apply("pods", pod("web"));
  HttpClient client(sim_->port());
  client.Open("/api/v1/pods?watch=1&labelSelector=app%3Dweb&resourceVersion=" +
              std::to_string(sim_->CurrentRv()));
  const Written left = sim_->Apply("pods", pod("db"));
  const auto deleted = NextEvent(client);
  EXPECT_EQ(deleted["type"], "DELETED");
  EXPECT_EQ(RvOf(deleted), Rv(left));
  EXPECT_EQ(deleted["object"]["metadata"]["labels"]["app"], "web");
  sim_->Apply("pods", pod("web"));
  EXPECT_EQ(NextEvent(client)["type"], "ADDED");
}

TEST_F(WatchTest, SharedRevisionOfABatchDeleteIsOnEachEvent) {
  StartSim();
  sim_->CreateMany("events", "a", "e", 3);
  HttpClient client(sim_->port());
  client.Open(WatchFrom(sim_->CurrentRv(), "events"));
  const Written batch = sim_->DeleteBatch("events", "a", {"e0", "e1", "e2"});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(RvOf(NextEvent(client)), Rv(batch));
}

TEST_F(WatchTest, RemovedCrdDeletesItsObjectsThenEndsThen404) {
  StartSim();
  sim_->AddCrd({"example.com", "v1", "widgets", "Widget"});
  sim_->Apply("widgets.example.com", R"({"metadata":{"name":"w"}})");
  HttpClient client(sim_->port());
  client.Open("/apis/example.com/v1/widgets?watch=1&resourceVersion=" +
              std::to_string(sim_->CurrentRv()));
  sim_->RemoveCrd("example.com", "widgets");
  EXPECT_EQ(NextEvent(client)["type"], "DELETED");
  EXPECT_TRUE(NextEvent(client).is_null());
  EXPECT_EQ(client.end(), HttpClient::End::kClean);
  EXPECT_EQ(Get("/apis/example.com/v1/widgets").status, 404);
  sim_->AddCrd({"example.com", "v1", "widgets", "Widget"});
  EXPECT_EQ(Get("/apis/example.com/v1/widgets").Json()["items"].size(), 0U);
}

TEST_F(WatchTest, RewindTakesObjectsAndCounterBackAndCutsConnections) {
  StartSim();
  Put("one", "old");
  const std::uint64_t before = sim_->CurrentRv();
  HttpClient client(sim_->port());
  client.Open(WatchFrom(before));
  Put("one", "new");
  Put("two", "new");
  EXPECT_EQ(sim_->Rewind(2), before);
  while (!NextEvent(client).is_null()) {
  }
  EXPECT_EQ(client.end(), HttpClient::End::kCut);
  const auto list = Get("/api/v1/configmaps").Json();
  EXPECT_EQ(list["metadata"]["resourceVersion"], std::to_string(before));
  ASSERT_EQ(list["items"].size(), 1U);
  EXPECT_EQ(list["items"][0]["data"]["k"], "old");
  EXPECT_EQ(Put("three", "v").rv, before + 1);
}

TEST_F(WatchTest, SnapshotIsRestoredWithItsCounter) {
  StartSim();
  Put("one", "old");
  const std::uint64_t before = sim_->CurrentRv();
  const int snapshot = sim_->TakeSnapshot();
  sim_->Delete("configmaps", "a", "one");
  sim_->Restore(snapshot);
  EXPECT_EQ(sim_->CurrentRv(), before);
  EXPECT_EQ(sim_->Objects("configmaps").size(), 1U);
}

TEST_F(WatchTest, FrozenServerAcceptsAndGoesOnWhenThawed) {
  StartSim();
  HttpClient watching(sim_->port());
  watching.Open(WatchFrom(sim_->CurrentRv()));
  sim_->Freeze();
  const Written written = Put("one", "v");
  HttpClient late(sim_->port());
  late.set_timeout_ms(200);
  EXPECT_EQ(late.Get("/readyz").status, 0);
  EXPECT_EQ(late.end(), HttpClient::End::kTimeout);
  watching.set_timeout_ms(200);
  EXPECT_TRUE(NextEvent(watching).is_null());
  sim_->Thaw();
  watching.set_timeout_ms(5000);
  HttpClient after(sim_->port());
  EXPECT_EQ(after.Get("/readyz").status, 200);
  HttpClient again(sim_->port());
  again.Open(WatchFrom(written.rv - 1));
  EXPECT_EQ(RvOf(NextEvent(again)), Rv(written));
}

TEST_F(WatchTest, ServerThatWasDownForgotItsWindows) {
  StartSim();
  const std::uint64_t before = sim_->CurrentRv();
  Put("one", "v");
  sim_->GoDown();
  EXPECT_EQ(Get("/readyz").status, 0);
  sim_->ComeUp();
  HttpClient client(sim_->port());
  client.Open(WatchFrom(before));
  EXPECT_EQ(NextEvent(client)["object"]["code"], 410);
}

TEST_F(WatchTest, OpenWatchesAreCountedUntilTheirClientGoes) {
  StartSim();
  {
    HttpClient client(sim_->port());
    client.Open(WatchFrom(sim_->CurrentRv(), "pods"));
    EXPECT_TRUE(sim_->WaitForWatches("pods", 1, 5 * kSecond));
    EXPECT_EQ(sim_->OpenWatches("*"), 1U);
  }
  EXPECT_TRUE(sim_->WaitUntil(
      [](const SimCluster& sim) { return sim.OpenWatches("*") == 0; },
      5 * kSecond));
}

}  // namespace
}  // namespace kubescribe::fakes
