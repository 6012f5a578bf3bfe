// Lists, single objects, discovery and errors, as bytes on the wire.
#include <set>

#include "unit/fakes/sim_test.h"

namespace kubescribe::fakes {
namespace {

using ListTest = SimTest;

TEST_F(ListTest, ItemsOfBuiltInKindsCarryNoKind) {
  StartSim();
  const Written written = Put("one", "v");
  const auto list = Get("/api/v1/configmaps").Json();
  EXPECT_EQ(list["kind"], "ConfigMapList");
  EXPECT_EQ(list["metadata"]["resourceVersion"], Rv(written));
  ASSERT_EQ(list["items"].size(), 1U);
  EXPECT_FALSE(list["items"][0].contains("kind"));
  EXPECT_EQ(list["items"][0]["data"]["k"], "v");
}

TEST_F(ListTest, ListsOfCustomResourcesHaveMetadataLastAndItemsWithKind) {
  StartSim();
  sim_->AddCrd({"example.com", "v1", "widgets", "Widget"});
  sim_->Apply("widgets.example.com",
              R"({"metadata":{"name":"w","namespace":"a"},"spec":{"x":1}})");
  const std::string body = Get("/apis/example.com/v1/widgets").body;
  EXPECT_GT(body.find(R"("metadata":{"resourceVersion")"),
            body.find(R"("items")"));
  const auto list = nlohmann::json::parse(body);
  EXPECT_EQ(list["items"][0]["kind"], "Widget");
  EXPECT_EQ(list["items"][0]["apiVersion"], "example.com/v1");
}

TEST_F(ListTest, PagesShowOneRevisionThoughTheClusterMoves) {
  StartSim();
  sim_->CreateMany("configmaps", "a", "c", 7);
  std::set<std::string> names;
  std::string token;
  std::string rv;
  int pages = 0;
  do {
    const auto page =
        Get("/api/v1/configmaps?limit=3&continue=" + token).Json();
    if (rv.empty()) rv = page["metadata"]["resourceVersion"];
    EXPECT_EQ(page["metadata"]["resourceVersion"], rv);
    for (const auto& item : page["items"]) {
      names.insert(item["metadata"]["name"]);
    }
    token = page["metadata"].value("continue", "");
    sim_->Delete("configmaps", "a", "c6");
    ++pages;
  } while (!token.empty());
  EXPECT_EQ(pages, 3);
  EXPECT_EQ(names.size(), 7U);
}

TEST_F(ListTest, ExpiredTokenIs410WithAReplacementThatGoesOnWithLatest) {
  StartSim();
  sim_->CreateMany("configmaps", "a", "c", 4);
  const auto first = Get("/api/v1/configmaps?limit=2").Json();
  sim_->ExpireContinueTokens();
  const std::uint64_t later = sim_->CreateMany("configmaps", "a", "d", 1);
  const auto gone = Get("/api/v1/configmaps?limit=2&continue=" +
                        first["metadata"]["continue"].get<std::string>());
  EXPECT_EQ(gone.status, 410);
  EXPECT_EQ(gone.Json()["reason"], "Expired");
  const std::string token = gone.Json()["metadata"]["continue"];
  const auto rest = Get("/api/v1/configmaps?limit=5&continue=" + token).Json();
  EXPECT_EQ(rest["metadata"]["resourceVersion"], std::to_string(later));
  EXPECT_EQ(rest["items"].size(), 3U);
}

TEST_F(ListTest, ExactListShowsThePast) {
  StartSim();
  const Written first = Put("one", "old");
  Put("one", "new");
  Put("two", "new");
  const auto then = Get("/api/v1/configmaps?resourceVersionMatch=Exact"
                        "&resourceVersion=" +
                        Rv(first))
                        .Json();
  EXPECT_EQ(then["metadata"]["resourceVersion"], Rv(first));
  ASSERT_EQ(then["items"].size(), 1U);
  EXPECT_EQ(then["items"][0]["data"]["k"], "old");
  sim_->Compact();
  EXPECT_EQ(
      Get("/api/v1/configmaps?limit=1&resourceVersion=" + Rv(first)).status,
      410);
}

TEST_F(ListTest, FutureRevisionIsTooLarge) {
  StartSim();
  const auto answer =
      Get("/api/v1/configmaps?resourceVersion=99999999"
          "&resourceVersionMatch=NotOlderThan");
  EXPECT_EQ(answer.status, 504);
  EXPECT_EQ(answer.headers.at("retry-after"), "1");
  EXPECT_EQ(answer.Json()["details"]["causes"][0]["reason"],
            "ResourceVersionTooLarge");
}

TEST_F(ListTest, LimitIsIgnoredForResourceVersionZeroWhereThereIsACache) {
  StartSim();
  sim_->CreateMany("configmaps", "a", "c", 5);
  sim_->CreateMany("events", "a", "e", 5);
  EXPECT_EQ(Get("/api/v1/configmaps?limit=2&resourceVersion=0")
                .Json()["items"]
                .size(),
            5U);
  EXPECT_EQ(
      Get("/api/v1/events?limit=2&resourceVersion=0").Json()["items"].size(),
      2U);
}

TEST_F(ListTest, WrongOptionsAreRefusedAsTheRealServerDoes) {
  StartSim();
  const std::string path = "/api/v1/configmaps?";
  EXPECT_EQ(Get(path + "resourceVersion=abc").status, 400);
  EXPECT_EQ(Get(path + "continue=xxx").status, 400);
  EXPECT_EQ(Get(path + "limit=x").status, 400);
  EXPECT_EQ(Get(path + "watch=1&timeoutSeconds=x").status, 400);
  EXPECT_EQ(Get(path + "resourceVersionMatch=Exact").status, 422);
  EXPECT_EQ(Get(path + "resourceVersion=0&resourceVersionMatch=Exact").status,
            422);
  EXPECT_EQ(Get(path + "sendInitialEvents=true").status, 422);
  EXPECT_EQ(Get(path + "fieldSelector=spec.x%3Dy").status, 400);
  EXPECT_EQ(Get(path + "watch=1&resourceVersion=abc").status, 500);
  EXPECT_EQ(Get("/api/v1/nopes").status, 404);
  EXPECT_EQ(Get("/apis/no.group/v1/things").body, "404 page not found\n");
  EXPECT_EQ(HttpClient(sim_->port()).Get("/api/v1/pods", {}, "DELETE").status,
            405);
}

TEST_F(ListTest, TokensOfWrongTypesAreRefused) {
  StartSim();
  for (const char* token : {
           "eyJ2Ijo1fQ",  // {"v":5}
           // {"v":"meta.k8s.io/v1","rv":1000,"start":5}
           "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MTAwMCwic3RhcnQiOjV9",
           "W10",  // []
       }) {
    EXPECT_EQ(Get(std::string("/api/v1/pods?continue=") + token).status, 400)
        << token;
  }
  HttpClient client(sim_->port());
  EXPECT_EQ(client
                .Open("/api/v1/pods?watch=1&resourceVersion=1000"
                      "&timeoutSeconds=9223372036854775807")
                .status,
            200);
  client.set_timeout_ms(100);
  EXPECT_TRUE(NextEvent(client).is_null());
  EXPECT_EQ(client.end(), HttpClient::End::kTimeout);
}

TEST_F(ListTest, EveryViolationOfTheOptionsIsNamed) {
  StartSim();
  const auto refused =
      Get("/api/v1/configmaps?continue=e30&resourceVersionMatch=Wrong").Json();
  EXPECT_EQ(refused["details"]["causes"].size(), 3U);
  EXPECT_EQ(refused["message"].get<std::string>().find(
                "ListOptions.meta.k8s.io \"\" is invalid: "
                "[resourceVersionMatch: Forbidden: "),
            0U);
  EXPECT_EQ(Get("/api/v1/configmaps?limit=-1").status, 200);
  EXPECT_EQ(Get("/api/v1/configmaps?limit=").status, 400);
}

TEST_F(ListTest, UnknownVersionOfABuiltInGroupIsAStatus) {
  StartSim();
  sim_->AddCrd({"example.com", "v1", "widgets", "Widget"});
  for (const char* path : {"/api/v2", "/apis/apps/v9", "/apis/apps/v9/x",
                           "/api/v1/configmaps/a"}) {
    EXPECT_EQ(Get(path).Json()["reason"], "NotFound") << path;
  }
  for (const char* path : {"/apis/example.com/v2", "/apis/example.com/v1/x",
                           "/apis/no.group/v1"}) {
    EXPECT_EQ(Get(path).body, "404 page not found\n") << path;
  }
}

TEST_F(ListTest, WatchOfOneObjectsOwnPathIsAGet) {
  StartSim();
  Put("one", "v");
  EXPECT_EQ(Get("/api/v1/namespaces/a/configmaps/one?watch=1").Json()["kind"],
            "ConfigMap");
}

TEST_F(ListTest, BodiesOfMoreThan2KiBAreChunked) {
  StartSim();
  Put("one", "v");
  EXPECT_EQ(Get("/api/v1/configmaps").headers.count("content-length"), 1U);
  sim_->CreateMany("configmaps", "a", "c", 10);
  EXPECT_EQ(Get("/api/v1/configmaps").headers.count("content-length"), 0U);
}

TEST_F(ListTest, WhoTakesNoJsonGetsNothing) {
  StartSim();
  EXPECT_EQ(Get("/api/v1/pods", {{"Accept", "text/html"}}).status, 406);
  EXPECT_EQ(Get("/api/v1/pods", {{"Accept", "text/html,*/*"}}).status, 200);
}

TEST_F(ListTest, LastPageOfCustomResourcesHasAnEmptyToken) {
  StartSim();
  sim_->AddCrd({"example.com", "v1", "widgets", "Widget"});
  const auto list = Get("/apis/example.com/v1/widgets").Json();
  EXPECT_EQ(list["metadata"].value("continue", "absent"), "");
}

TEST_F(ListTest, SelectorsThatCannotBeReadAreRefused) {
  StartSim();
  const auto message = [&](const std::string& query) -> std::string {
    const auto answer = Get("/api/v1/configmaps?" + query);
    EXPECT_EQ(answer.status, 400) << query;
    return answer.Json()["message"];
  };
  EXPECT_EQ(message("labelSelector=a%20foo%20b"),
            "unable to parse requirement: found 'foo', expected: in, notin, =, "
            "==, !=, gt, lt");
  EXPECT_EQ(message("labelSelector=a,,b"),
            "found ',', expected: identifier after ','");
  EXPECT_EQ(message("labelSelector=a%20in%20(b"),
            "unable to parse requirement: found '', expected: ',' or ')'");
  EXPECT_EQ(message("fieldSelector=spec.x%3Dy"),
            "\"spec.x\" is not a known field selector: only "
            "\"metadata.name\", \"metadata.namespace\"");
}

TEST_F(ListTest, MissingObjectIsNotFoundByName) {
  StartSim();
  const auto answer = Get("/api/v1/namespaces/a/configmaps/none");
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(answer.Json()["message"], "configmaps \"none\" not found");
  EXPECT_EQ(answer.Json()["details"]["kind"], "configmaps");
}

TEST_F(ListTest, TokenIsAskedForAndCanExpire) {
  SimOptions options;
  options.token = "first";
  StartSim(options);
  const HttpClient::Headers first = {{"Authorization", "Bearer first"}};
  const HttpClient::Headers second = {{"Authorization", "Bearer second"}};
  EXPECT_EQ(Get("/api/v1/pods", first).status, 200);
  EXPECT_EQ(Get("/api/v1/pods").status, 403);  // anonymous
  EXPECT_EQ(Get("/api/v1/pods", second).status, 401);
  sim_->ExpireToken();
  EXPECT_EQ(Get("/api/v1/pods", first).status, 401);
  sim_->SetToken("second");
  EXPECT_EQ(Get("/api/v1/pods", second).status, 200);
  EXPECT_EQ(Get("/readyz").body, "ok");
}

TEST_F(ListTest, RulesForbidByKindNamespaceAndVerb) {
  StartSim();
  sim_->Forbid({"pods", "", "*"});
  sim_->Forbid({"secrets", "*", "watch"});
  const auto refused = Get("/api/v1/pods");
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(refused.Json()["message"],
            "pods is forbidden: User \"sim-user\" cannot list resource "
            "\"pods\" in API group \"\" at the cluster scope");
  EXPECT_EQ(Get("/api/v1/namespaces/a/pods").status, 200);
  EXPECT_EQ(Get("/api/v1/secrets").status, 200);
  EXPECT_EQ(Get("/api/v1/secrets?watch=1").status, 403);
  sim_->AllowAll();
  EXPECT_EQ(Get("/api/v1/pods").status, 200);
}

TEST_F(ListTest, DiscoveryShowsBothEventApisAsOneStorage) {
  StartSim();
  const auto hash = [&](const std::string& path) -> std::string {
    const auto list = Get(path).Json();
    for (const auto& resource : list["resources"]) {
      if (resource["name"] == "events") return resource["storageVersionHash"];
    }
    return "none";
  };
  EXPECT_EQ(hash("/api/v1"), hash("/apis/events.k8s.io/v1"));
  sim_->Apply("events", R"({"metadata":{"name":"e","namespace":"a"},
      "involvedObject":{"kind":"Pod","name":"p"},"message":"hello"})");
  const auto old = Get("/api/v1/events").Json()["items"][0];
  const auto now = Get("/apis/events.k8s.io/v1/events").Json()["items"][0];
  EXPECT_EQ(old["metadata"], now["metadata"]);
  EXPECT_EQ(old["message"], now["note"]);
  EXPECT_EQ(old["involvedObject"], now["regarding"]);
}

TEST_F(ListTest, AggregatedDiscoveryIsServedWhereItIsAskedFor) {
  StartSim();
  const std::string type =
      "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
  const auto answer = Get("/apis", {{"Accept", type + ",application/json"}});
  EXPECT_EQ(answer.headers.at("content-type"), type);
  EXPECT_EQ(answer.Json()["kind"], "APIGroupDiscoveryList");
  EXPECT_EQ(Get("/apis", {{"Accept", "application/json"}}).Json()["kind"],
            "APIGroupList");
}

TEST_F(ListTest, FailingGroupIs503AndStaleAndSparesTheOthers) {
  StartSim();
  sim_->SetApiService({"metrics.example", "v1", "nodes", "NodeMetrics"}, true);
  EXPECT_EQ(Get("/apis/metrics.example/v1").status, 503);
  EXPECT_EQ(Get("/apis/metrics.example/v1/nodes").status, 503);
  EXPECT_EQ(Get("/apis/apps/v1").status, 200);
  const auto all = Get("/apis", {{"Accept",
                                  "application/json;g=apidiscovery.k8s.io;v=v2;"
                                  "as=APIGroupDiscoveryList"}})
                       .Json();
  for (const auto& item : all["items"]) {
    const bool failing = item["metadata"]["name"] == "metrics.example";
    EXPECT_EQ(item["versions"][0]["freshness"], failing ? "Stale" : "Current");
  }
  sim_->SetApiService({"metrics.example", "v1", "nodes", "NodeMetrics"}, false);
  EXPECT_EQ(Get("/apis/metrics.example/v1").status, 200);
}

TEST_F(ListTest, LabelSelectorsSelect) {
  StartSim();
  for (const char* app : {"web", "db"}) {
    sim_->Apply("pods",
                std::string(R"({"metadata":{"namespace":"a","name":")") + app +
                    R"(","labels":{"app":")" + app + R"("}}})");
  }
  const auto count = [&](const std::string& selector) {
    return Get("/api/v1/pods?" + selector).Json()["items"].size();
  };
  EXPECT_EQ(count("labelSelector=app%3Dweb"), 1U);
  EXPECT_EQ(count("labelSelector=app!%3Dweb"), 1U);
  EXPECT_EQ(count("labelSelector=app%20in%20(web,db)"), 2U);
  EXPECT_EQ(count("labelSelector=!app"), 0U);
  EXPECT_EQ(count("labelSelector=app%20in%20()"), 0U);
  sim_->Apply("pods", R"({"metadata":{"namespace":"a","name":"n",
      "labels":{"size":"5"}}})");
  EXPECT_EQ(count("labelSelector=size%3E4"), 1U);
  EXPECT_EQ(count("labelSelector=size%3C5"), 0U);
  EXPECT_EQ(count("fieldSelector=metadata.name%3Ddb"), 1U);
}

TEST_F(ListTest, LargeListsAreGzippedForWhoAcceptsIt) {
  StartSim();
  sim_->Fill({200});
  const auto zipped = Get("/api/v1/pods", {{"Accept-Encoding", "gzip"}});
  EXPECT_EQ(zipped.headers.at("content-encoding"), "gzip");
  EXPECT_EQ(zipped.body.substr(0, 2), "\x1f\x8b");
  const auto plain = Get("/api/v1/pods");
  EXPECT_EQ(plain.headers.count("content-encoding"), 0U);
  EXPECT_GT(plain.body.size(), 4 * zipped.body.size());
}

TEST_F(ListTest, ListsAboveAMebibyteStillArriveWhole) {
  StartSim();
  sim_->Fill({1000});
  const auto list = Get("/api/v1/pods");
  EXPECT_GT(list.body.size(), std::size_t{1} << 20);
  EXPECT_TRUE(list.complete);
  EXPECT_EQ(list.Json()["items"].size(), sim_->Objects("pods").size());
}

}  // namespace
}  // namespace kubescribe::fakes
