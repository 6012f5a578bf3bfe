// What a writable simulated cluster makes of writes, and who may do what.
#include "unit/fakes/sim_test.h"

namespace kubescribe::fakes {
namespace {

constexpr char kMaps[] = "/api/v1/namespaces/default/configmaps";
constexpr char kCrds[] =
    "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
constexpr char kMerge[] = "application/merge-patch+json";
constexpr char kCrd[] = R"({"metadata":{"name":"widgets.example.com"},
    "spec":{"group":"example.com","names":{"plural":"widgets",
    "singular":"widget","kind":"Widget"},"scope":"Namespaced","versions":[
    {"name":"v1","served":true,"storage":true}]}})";

class WriteTest : public SimTest {
 protected:
  void StartWritable() {
    SimOptions options;
    options.writable = true;
    StartSim(options);
  }
  HttpClient::Response Send(const std::string& method,
                            const std::string& target,
                            const std::string& body = "",
                            const std::string& type = "application/json") {
    HttpClient::Headers headers = {{"Content-Type", type}};
    return HttpClient(sim_->port()).Get(target, headers, method, body);
  }
  static std::string Map(const std::string& name, const std::string& value,
                         const std::string& rv = "") {
    return R"({"metadata":{"name":")" + name + R"(","resourceVersion":")" + rv +
           R"("},"data":{"k":")" + value + R"("}})";
  }
};

TEST_F(WriteTest, NothingIsWrittenUnlessTheClusterIsWritable) {
  StartSim();
  for (const char* method : {"POST", "PUT", "PATCH", "DELETE"}) {
    EXPECT_EQ(Send(method, kMaps, Map("a", "v")).status, 405) << method;
  }
}

TEST_F(WriteTest, CreatedOnceThenThereAlready) {
  StartWritable();
  const auto made = Send("POST", kMaps, Map("a", "v"));
  EXPECT_EQ(made.status, 201);
  EXPECT_EQ(made.Json()["metadata"]["resourceVersion"],
            std::to_string(sim_->CurrentRv()));
  const auto again = Send("POST", kMaps, Map("a", "v"));
  EXPECT_EQ(again.status, 409);
  EXPECT_EQ(again.Json()["reason"], "AlreadyExists");
}

TEST_F(WriteTest, OtherFormsThanJsonAreRefused) {
  StartWritable();
  EXPECT_EQ(
      Send("POST", kMaps, "k8s", "application/vnd.kubernetes.protobuf").status,
      415);
  Send("POST", kMaps, Map("a", "v"));
  EXPECT_EQ(Send("PATCH", std::string(kMaps) + "/a", "[]",
                 "application/json-patch+json")
                .status,
            415);
}

TEST_F(WriteTest, BodiesOfWrongTypesAreRefusedAndLeaveNothingBehind) {
  StartWritable();
  Send("POST", kMaps, Map("a", "v"));
  Send("POST", kCrds, kCrd);
  const std::uint64_t before = sim_->CurrentRv();
  const std::string map = std::string(kMaps) + "/a";
  const std::string crd = std::string(kCrds) + "/widgets.example.com";
  for (const char* patch :
       {R"({"metadata":null})", R"({"metadata":"x"})",
        R"({"metadata":{"labels":5}})", R"({"metadata":{"labels":{"a":1}}})",
        R"({"metadata":{"finalizers":"x"}})"}) {
    EXPECT_EQ(Send("PATCH", map, patch, kMerge).status, 400) << patch;
  }
  for (const char* patch :
       {R"({"spec":5})", R"({"spec":{"group":5}})",
        R"({"spec":{"versions":[5]}})", R"({"spec":{"names":null}})"}) {
    EXPECT_EQ(Send("PATCH", crd, patch, kMerge).status, 400) << patch;
  }
  const std::string name = R"({"metadata":{"name":"x"},"spec":{)";
  const std::string names = R"("names":{"plural":"x","kind":"X"})";
  for (const std::string& spec :
       {R"("group":5,)" + names + R"(,"versions":[{"name":"v1"}])",
        R"("group":"g",)" + names + R"(,"versions":[5])",
        R"("group":"g",)" + names + R"(,"versions":[{"served":true}])",
        R"("group":"g",)" + names +
            R"(,"conversion":5,"versions":[{"name":"v1","served":true}])",
        std::string(R"("group":"g","names":5,"versions":[{"name":"v1"}])")}) {
    EXPECT_EQ(Send("POST", kCrds, name + spec + "}}").status, 400) << spec;
  }
  EXPECT_EQ(Send("POST", "/api/v1/namespaces",
                 R"({"metadata":{"name":"n","labels":5}})")
                .status,
            400);
  EXPECT_EQ(Send("POST", "/api/v1/namespaces", R"({"metadata":5})").status,
            400);
  EXPECT_EQ(sim_->CurrentRv(), before);
  EXPECT_EQ(Get("/api/v1/namespaces/n").status, 404);
}

TEST_F(WriteTest, ReplacingAnOldRevisionIsAConflict) {
  StartWritable();
  const std::string rv =
      Send("POST", kMaps, Map("a", "v")).Json()["metadata"]["resourceVersion"];
  const std::string path = std::string(kMaps) + "/a";
  EXPECT_EQ(Send("PUT", path, Map("a", "w", rv)).status, 200);
  const auto late = Send("PUT", path, Map("a", "x", rv));
  EXPECT_EQ(late.status, 409);
  EXPECT_EQ(late.Json()["reason"], "Conflict");
  EXPECT_EQ(Get(path).Json()["data"]["k"], "w");
}

TEST_F(WriteTest, ChangeThatChangesNothingIsNoRevision) {
  StartWritable();
  Send("POST", kMaps, Map("a", "v"));
  const std::uint64_t before = sim_->CurrentRv();
  const auto same =
      Send("PATCH", std::string(kMaps) + "/a", R"({"data":{"k":"v"}})", kMerge);
  EXPECT_EQ(same.status, 200);
  EXPECT_EQ(sim_->CurrentRv(), before);
  Send("PATCH", std::string(kMaps) + "/a", R"({"data":{"k":"w"}})", kMerge);
  EXPECT_EQ(sim_->CurrentRv(), before + 1);
}

TEST_F(WriteTest, FinalizerHoldsAnObjectUntilItIsTakenAway) {
  StartWritable();
  const std::string path = std::string(kMaps) + "/a";
  Send("POST", kMaps,
       R"({"metadata":{"name":"a","finalizers":["example.com/wait"]}})");
  EXPECT_EQ(Send("DELETE", path).status, 200);
  EXPECT_TRUE(Get(path).Json()["metadata"].contains("deletionTimestamp"));
  Send("PATCH", path, R"({"metadata":{"finalizers":null}})", kMerge);
  EXPECT_EQ(Get(path).status, 404);
}

TEST_F(WriteTest, DeletedCollectionIsAnEventAnObject) {
  StartWritable();
  for (const char* name : {"a", "b"}) Send("POST", kMaps, Map(name, "v"));
  HttpClient client(sim_->port());
  client.Open(WatchFrom(sim_->CurrentRv()));
  EXPECT_EQ(Send("DELETE", kMaps).Json()["items"].size(), 2U);
  const auto first = NextEvent(client);
  const auto second = NextEvent(client);
  EXPECT_EQ(second["type"], "DELETED");
  EXPECT_NE(RvOf(first), RvOf(second));
}

TEST_F(WriteTest, CrdThatIsCreatedIsServedAndDeletedEndsItsWatches) {
  StartWritable();
  const std::string path = "/apis/example.com/v1/namespaces/default/widgets";
  EXPECT_EQ(Get(path).status, 404);
  EXPECT_EQ(Send("POST", kCrds, kCrd).status, 201);
  EXPECT_EQ(Send("POST", path, R"({"metadata":{"name":"w"}})").status, 201);
  HttpClient client(sim_->port());
  client.Open(path + "?watch=1");
  EXPECT_EQ(NextEvent(client)["type"], "ADDED");
  Send("DELETE", std::string(kCrds) + "/widgets.example.com");
  EXPECT_EQ(NextEvent(client)["type"], "DELETED");
  EXPECT_TRUE(NextEvent(client).is_null());
  EXPECT_EQ(client.end(), HttpClient::End::kClean);
  EXPECT_EQ(Get(path).status, 404);
}

TEST_F(WriteTest, EditOfACrdsSpecEndsItsWatchesAndItsHistory) {
  StartSim();
  sim_->AddCrd({"example.com", "v1", "widgets", "Widget"});
  const Written widget =
      sim_->Apply("widgets.example.com", R"({"metadata":{"name":"w"}})");
  const std::string from =
      "/apis/example.com/v1/widgets?watch=1&resourceVersion=" +
      std::to_string(widget.rv);
  HttpClient client(sim_->port());
  client.Open(from);
  EXPECT_GT(sim_->EditCrd("example.com", "widgets",
                          R"({"metadata":{"labels":{"a":"b"}}})"),
            widget.rv);
  const Written later =
      sim_->Patch("widgets.example.com", "default", "w", R"({"spec":{"x":1}})");
  EXPECT_EQ(RvOf(NextEvent(client)), Rv(later));
  sim_->EditCrd("example.com", "widgets",
                R"({"spec":{"names":{"shortNames":["wg"]}}})");
  EXPECT_TRUE(NextEvent(client).is_null());
  EXPECT_EQ(client.end(), HttpClient::End::kClean);
  HttpClient again(sim_->port());
  again.Open(from);
  EXPECT_EQ(NextEvent(again)["object"]["code"], 410);
  EXPECT_EQ(Get("/apis/example.com/v1/widgets").Json()["items"].size(), 1U);
}

TEST_F(WriteTest, UserMayDoWhatIsAllowedAndNothingElse) {
  SimOptions options;
  options.token = "all";
  options.users = {{"reader", "some", {{"configmaps", "default", "list"}}}};
  StartSim(options);
  const HttpClient::Headers reader = {{"Authorization", "Bearer some"}};
  EXPECT_EQ(Get(kMaps, reader).status, 200);
  EXPECT_EQ(Get("/apis", reader).status, 200);
  const auto refused = Get("/api/v1/configmaps", reader);
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(refused.Json()["message"],
            "configmaps is forbidden: User \"reader\" cannot list resource "
            "\"configmaps\" in API group \"\" at the cluster scope");
  EXPECT_EQ(Get(std::string(kMaps) + "?watch=1", reader).status, 403);
  EXPECT_EQ(Get("/api/v1/configmaps", {{"Authorization", "Bearer all"}}).status,
            200);
}

TEST_F(WriteTest, WhereThereAreUsersOthersAreNotLetIn) {
  SimOptions options;
  options.users = {{"reader", "some", {{"configmaps", "default", "list"}}}};
  StartSim(options);
  EXPECT_EQ(Get(kMaps, {{"Authorization", "Bearer some"}}).status, 200);
  EXPECT_EQ(Get(kMaps, {{"Authorization", "Bearer other"}}).status, 401);
  EXPECT_EQ(Get(kMaps, {{"Authorization", "Bearer "}}).status, 401);
  EXPECT_EQ(Get(kMaps).status, 403);
  EXPECT_EQ(Get("/version").status, 200);
}

}  // namespace
}  // namespace kubescribe::fakes
