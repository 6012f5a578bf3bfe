// The manager of a cluster, against a scripted server.
#include "watch/cluster.h"

#include "unit/watch/stream_harness.h"

namespace kubescribe::watch {
namespace {

// A server that answers what the manager asks; streams are left to the test.
class ClusterTest : public ::testing::Test {
 protected:
  ClusterTest() {
    options.name = "c";
    options.stream.audit_interval = 0;
    options.stream.list_jitter = 0;
    options.gate = {100, 1e6, 1e6};
    callbacks.on_identity = [this](const Identity& identity) -> Status {
      identities.push_back(identity);
      if (identity.uid == refused) {
        return Error(Code::kConflict, "the file is another cluster's");
      }
      return {};
    };
    callbacks.on_version = [this](const std::string& v) { version = v; };
    callbacks.select = [this](const kube::ResourceInfo& resource) {
      std::vector<Selection> all;
      if (selected.empty() || selected.count(resource.resource) > 0) {
        all.push_back({});
      }
      return all;
    };
    callbacks.open_stream =
        [this](const StreamSpec& spec) -> Result<OpenedStream> {
      if (!opens) return Error(Code::kIo, "disk");
      opened.push_back(spec.Name());
      auto [found, added] = ids.try_emplace(
          spec.Name(), static_cast<kube::StreamId>(ids.size() + 1));
      OpenedStream stream;
      stream.id = found->second;
      stream.stored = stored[spec.Name()];
      return stream;
    };
  }

  void Make() {
    cluster = std::make_unique<Cluster>(options, callbacks, http, time, random,
                                        frames, sink);
    cluster->Start();
  }
  void Identify(const std::string& uid = "cluster-1") {
    http.Open("/namespaces/kube-system")
        .Json(R"({"metadata":{"uid":")" + uid + "\"}}");
  }
  static std::string Kind(const std::string& name, const std::string& kind,
                          bool namespaced) {
    return R"({"name":")" + name + R"(","singularName":"","namespaced":)" +
           (namespaced ? "true" : "false") + R"(,"kind":")" + kind +
           R"(","verbs":["get","list","watch"]})";
  }
  // Answers one reading of legacy discovery.
  void Discover() {
    if (ScriptedTransfer* v = http.Find("/version")) {
      v->Json(R"({"gitVersion":"v1.36.3"})");
    }
    if (core_refused) {
      ExactRoot("/api").Json(StatusBody(403, "Forbidden"), 403);
    } else {
      ExactRoot("/api").Json(R"({"kind":"APIVersions","versions":["v1"]})");
    }
    std::string groups;
    for (const auto& [group, body] : groups_) {
      if (!groups.empty()) groups += ",";
      groups += R"({"name":")" + group + R"(","versions":[{"groupVersion":")" +
                group + R"(/v1","version":"v1"}],"preferredVersion":)" +
                R"({"groupVersion":")" + group + R"(/v1","version":"v1"}})";
    }
    ExactRoot("/apis").Json(
        R"({"kind":"APIGroupList","apiVersion":"v1","groups":[)" + groups +
        "]}");
    if (!core_refused) {
      ExactRoot("/api/v1").Json(
          R"({"kind":"APIResourceList","groupVersion":"v1","resources":[)" +
          Kind("pods", "Pod", true) + "]}");
    }
    for (const auto& [group, body] : groups_) {
      ScriptedTransfer& list = ExactRoot("/apis/" + group + "/v1");
      if (body.empty()) {
        list.Json("down", 503);
      } else {
        list.Json(R"({"kind":"APIResourceList","groupVersion":")" + group +
                  R"(/v1","resources":[)" + body + "]}");
      }
    }
    time.Run();
  }
  using ScriptedTransfer = fakes::ScriptedTransfer;
  ScriptedTransfer& ExactRoot(const std::string& path) {
    time.Run();
    for (const auto& transfer : http.transfers()) {
      if (transfer->open() && transfer->request.target == path) {
        return *transfer;
      }
    }
    return http.Open(path + " (exactly)");
  }
  void AddCrds() {
    groups_["apiextensions.k8s.io"] =
        Kind("customresourcedefinitions", "CustomResourceDefinition", false);
  }
  // Lists and opens the watch of a kind, which then is silent.
  ScriptedTransfer& Bring(const std::string& path, const std::string& rv) {
    http.Open(path + "?limit=500").Json(ListBody(rv, {}));
    ScriptedTransfer& watch = http.Open(path + "?watch=1");
    watch.Head();
    watch.Drained();
    return watch;
  }
  static std::string CrdEvent(const std::string& type, const std::string& rv,
                              const std::string& uid) {
    return R"({"type":")" + type +
           R"(","object":{"apiVersion":"apiextensions.k8s.io/v1","kind":)"
           R"("CustomResourceDefinition","metadata":{"name":)"
           R"("widgets.example.com","uid":")" +
           uid + R"(","resourceVersion":")" + rv + "\"}}}\n";
  }
  bool Has(const std::string& name) const {
    for (const StreamStatus& stream : cluster->status().streams) {
      if (stream.name == name) return true;
    }
    return false;
  }

  static constexpr const char* kCrds =
      "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  static constexpr const char* kWidgets = "/apis/example.com/v1/widgets";

  ClusterOptions options;
  ClusterCallbacks callbacks;
  std::map<std::string, std::string> groups_;  // group → its kinds; "": fails
  bool core_refused = false;                   // 403 for /api
  std::set<std::string> selected;              // empty: all
  std::map<std::string, StoredPosition> stored;
  std::map<std::string, kube::StreamId> ids;
  std::vector<Identity> identities;
  std::vector<std::string> opened;
  std::string refused = "none";
  std::string version;
  bool opens = true;
  fakes::ManualScheduler time;
  fakes::ScriptedHttp http{time};
  SeededRandom random{1};
  ListeningSink sink;
  FrameBudget frames{time};
  std::unique_ptr<Cluster> cluster;
};

TEST_F(ClusterTest, IdentityThenDiscoveryThenStreams) {
  Make();
  EXPECT_FALSE(http.Has("/apis"));
  Identify();
  ASSERT_EQ(identities.size(), 1U);
  EXPECT_EQ(identities[0].uid, "cluster-1");
  Discover();
  EXPECT_EQ(version, "v1.36.3");
  EXPECT_EQ(sink.Count(Kind::kDiscovery), 1U);
  EXPECT_EQ(sink.Last(Kind::kDiscovery).stream, kube::kNoStream);
  EXPECT_EQ(opened, std::vector<std::string>{"pods"});
  EXPECT_TRUE(http.Has("/api/v1/pods?limit=500"));
}

TEST_F(ClusterTest, UnreadableIdentityIsReportedAsWeak) {
  options.identity_namespaces = {"kube-system", "prod"};
  Make();
  http.Open("kube-system").Json(StatusBody(403, "Forbidden"), 403);
  http.Open("/namespaces/prod").Json(StatusBody(403, "Forbidden"), 403);
  ASSERT_EQ(identities.size(), 1U);
  EXPECT_TRUE(identities[0].uid.empty());
  Discover();
  EXPECT_EQ(cluster->status().state, "recording");
}

TEST_F(ClusterTest, AnUnreachableServerIsAskedAgain) {
  Make();
  http.Open("kube-system").Cut();
  EXPECT_EQ(cluster->status().state, "connecting");
  EXPECT_FALSE(cluster->status().message.empty());
  time.Advance(2 * kSecond);
  Identify();
  Discover();
  EXPECT_EQ(cluster->status().state, "recording");
}

TEST_F(ClusterTest, AnotherClusterInThePlaceStopsAllStreams) {
  Make();
  Identify();
  Discover();
  auto& watch = Bring("/api/v1/pods", "100");
  refused = "cluster-2";
  watch.Cut();
  time.Advance(2 * kSecond);
  EXPECT_FALSE(http.Has("/api/v1/pods?limit=1"));
  Identify("cluster-2");
  EXPECT_EQ(cluster->status().state, "refused");
  EXPECT_TRUE(cluster->status().streams.empty());
  EXPECT_FALSE(http.Has("pods"));
  time.Advance(options.refused_retry);
  stored["pods"].position = "100";
  Identify("cluster-1");
  Discover();
  EXPECT_TRUE(http.Has("/api/v1/pods?limit=1"));
}

TEST_F(ClusterTest, IdentityIsAskedAgainAfterTheNetworkFailed) {
  Make();
  Identify();
  Discover();
  auto& watch = Bring("/api/v1/pods", "100");
  watch.Cut();
  time.Advance(2 * kSecond);
  Identify();
  EXPECT_EQ(identities.size(), 2U);
  EXPECT_TRUE(http.Has("/api/v1/pods?limit=1"));
}

TEST_F(ClusterTest, WhatIsNotSelectedIsNotRecordedButCrdsAre) {
  selected = {"nothing"};
  AddCrds();
  Make();
  Identify();
  Discover();
  EXPECT_EQ(opened, std::vector<std::string>{
                        "customresourcedefinitions.apiextensions.k8s.io"});
}

TEST_F(ClusterTest, ANewCrdsKindIsRecordedWithinSeconds) {
  AddCrds();
  Make();
  Identify();
  Discover();
  auto& crds = Bring(kCrds, "100");
  crds.Body(CrdEvent("ADDED", "101", "u1"));
  time.Advance(options.discovery_debounce);
  // Discovery does not know it yet: asked again at once.
  Discover();
  EXPECT_FALSE(Has("widgets.example.com"));
  groups_["example.com"] = Kind("widgets", "Widget", true);
  time.Advance(options.discovery_debounce);
  Discover();
  EXPECT_TRUE(Has("widgets.example.com"));
  EXPECT_EQ(sink.Count(Kind::kDiscovery), 2U);
  // The kind itself answers 404 for a while.
  http.Open(std::string(kWidgets) + "?limit=500")
      .Json(StatusBody(404, "NotFound"), 404);
  time.Advance(2 * kSecond);
  EXPECT_TRUE(http.Has(std::string(kWidgets) + "?limit=500"));
}

// k/k#79610, k/k#84494
TEST_F(ClusterTest, ADeletedCrdEndsItsStreamWithItsObjects) {
  AddCrds();
  groups_["example.com"] = Kind("widgets", "Widget", true);
  Make();
  Identify();
  Discover();
  auto& crds = Bring(kCrds, "100");
  crds.Body(CrdEvent("ADDED", "101", "u1"));
  Bring(kWidgets, "100").Body(Bookmark("110"));
  crds.Body(CrdEvent("DELETED", "120", "u1"));
  EXPECT_EQ(sink.Count(Kind::kStreamEnd), 0U);
  http.Open(std::string(kWidgets) + "?watch=1").Done();
  time.Advance(kSecond);
  http.Open(std::string(kWidgets) + "?limit=1")
      .Json(StatusBody(404, "NotFound"), 404);
  time.Run();
  EXPECT_TRUE(sink.Last(Kind::kStreamEnd).crd_deleted);
  EXPECT_FALSE(Has("widgets.example.com"));
}

TEST_F(ClusterTest, NotFoundAloneEndsNoStream) {
  AddCrds();
  groups_["example.com"] = Kind("widgets", "Widget", true);
  Make();
  Identify();
  Discover();
  Bring(kCrds, "100");
  http.Open(std::string(kWidgets) + "?limit=500")
      .Json(StatusBody(404, "NotFound"), 404);
  groups_.erase("example.com");
  time.Advance(options.discovery_debounce);
  Discover();
  EXPECT_EQ(sink.Count(Kind::kStreamEnd), 0U);
  EXPECT_TRUE(Has("widgets.example.com"));
}

TEST_F(ClusterTest, ARecreatedCrdIsANewStreamThatLists) {
  AddCrds();
  groups_["example.com"] = Kind("widgets", "Widget", true);
  Make();
  Identify();
  Discover();
  auto& crds = Bring(kCrds, "100");
  crds.Body(CrdEvent("ADDED", "101", "u1"));
  Bring(kWidgets, "100");
  stored["widgets.example.com"].position = "100";
  crds.Body(CrdEvent("DELETED", "120", "u1") + CrdEvent("ADDED", "121", "u2"));
  time.Advance(options.discovery_debounce);
  Discover();
  EXPECT_EQ(sink.Count(Kind::kStreamEnd), 1U);
  EXPECT_TRUE(Has("widgets.example.com"));
  const Observation begin = sink.Last(Kind::kListBegin);
  EXPECT_EQ(begin.cause, GapCause::kUnavailable);
  EXPECT_EQ(begin.rv, "100");
}

TEST_F(ClusterTest, AFailingGroupIsUnknownAndKeepsItsStreams) {
  groups_["example.com"] = Kind("widgets", "Widget", true);
  Make();
  Identify();
  Discover();
  EXPECT_TRUE(Has("widgets.example.com"));
  groups_["example.com"] = "";
  time.Advance(options.discovery_interval);
  Discover();
  EXPECT_TRUE(Has("widgets.example.com"));
  EXPECT_EQ(sink.Count(Kind::kStreamEnd), 0U);
  EXPECT_EQ(cluster->status().unknown_groups,
            std::vector<std::string>{"example.com/v1"});
}

// A server that has just started refuses what it will grant in a moment.
TEST_F(ClusterTest, ARefusedRootIsUnknownAndReadAgainSoon) {
  groups_["example.com"] = Kind("widgets", "Widget", true);
  core_refused = true;
  Make();
  Identify();
  Discover();
  EXPECT_TRUE(Has("widgets.example.com"));
  EXPECT_FALSE(Has("pods"));
  EXPECT_EQ(cluster->status().unknown_groups, std::vector<std::string>{"/api"});
  core_refused = false;
  time.Advance(options.unknown_retry);
  Discover();
  EXPECT_TRUE(Has("pods"));
  EXPECT_TRUE(cluster->status().unknown_groups.empty());
}

TEST_F(ClusterTest, WhatWasKnownOfARefusedRootStays) {
  Make();
  Identify();
  Discover();
  const std::string known = sink.Last(Kind::kDiscovery).body;
  opened.clear();
  core_refused = true;
  options.last_discovery = known;
  groups_["example.com"] = Kind("widgets", "Widget", true);
  Make();
  Identify();
  Discover();
  EXPECT_TRUE(Has("pods"));
}

TEST_F(ClusterTest, WhatStaysUnknownIsNotAskedForWithoutEnd) {
  groups_["broken.example.com"] = "";
  Make();
  Identify();
  for (int i = 0; i < 4; ++i) {
    Discover();
    time.Advance(40 * kSecond);
  }
  EXPECT_EQ(http.Count("/apis/broken.example.com/v1"), 4U);
  time.Advance(5 * kMinute);
  EXPECT_EQ(http.Count("/apis/broken.example.com/v1"), 4U);
}

TEST_F(ClusterTest, AFailingGroupDoesNotStopTheOthers) {
  groups_["broken.example.com"] = "";
  Make();
  Identify();
  Discover();
  EXPECT_TRUE(Has("pods"));
}

TEST_F(ClusterTest, DiscoveryIsReadAgainEveryTenMinutes) {
  Make();
  Identify();
  Discover();
  Bring("/api/v1/pods", "100");
  time.Advance(options.discovery_interval);
  Discover();
  EXPECT_EQ(sink.Count(Kind::kDiscovery), 1U);
}

TEST_F(ClusterTest, UnchangedDiscoveryOfTheFileIsNotRecordedAgain) {
  Make();
  Identify();
  Discover();
  options.last_discovery = sink.Last(Kind::kDiscovery).body;
  Make();
  Identify();
  Discover();
  EXPECT_EQ(sink.Count(Kind::kDiscovery), 1U);
}

TEST_F(ClusterTest, ReconfigureEndsWhatIsTakenOut) {
  groups_["apps"] = Kind("deployments", "Deployment", true);
  Make();
  Identify();
  Discover();
  EXPECT_TRUE(Has("deployments.apps"));
  selected = {"pods"};
  cluster->Reconfigure();
  EXPECT_FALSE(Has("deployments.apps"));
  EXPECT_EQ(sink.Last(Kind::kStreamEnd).cause, GapCause::kConfig);
  selected = {};
  cluster->Reconfigure();
  EXPECT_TRUE(Has("deployments.apps"));
}

TEST_F(ClusterTest, WhatIsPutBackResumesAndAGapThenHasTheCauseConfig) {
  Make();
  Identify();
  AddCrds();
  Discover();
  Bring("/api/v1/pods", "100");
  selected = {"nothing"};
  cluster->Reconfigure();
  EXPECT_FALSE(Has("pods"));
  selected = {};
  cluster->Reconfigure();
  http.Open("/api/v1/pods?limit=1").Json(ListBody("200", {}));
  auto& watch = http.Open("resourceVersion=100&");
  watch.Head();
  watch.Body(ErrorEvent(410, "Expired"));
  EXPECT_EQ(sink.Last(Kind::kListBegin).cause, GapCause::kConfig);
}

TEST_F(ClusterTest, AStreamThatCannotBeOpenedIsTriedAgain) {
  opens = false;
  Make();
  Identify();
  Discover();
  EXPECT_FALSE(Has("pods"));
  opens = true;
  time.Advance(5 * kSecond);
  EXPECT_TRUE(Has("pods"));
}

TEST_F(ClusterTest, AFullSinkPausesAndRoomResumesAllStreams) {
  Make();
  Identify();
  Discover();
  auto& watch = Bring("/api/v1/pods", "100");
  sink.full = true;
  watch.Body(Event("ADDED", "101"));
  EXPECT_TRUE(watch.paused());
  EXPECT_TRUE(cluster->status().paused);
  sink.full = false;
  cluster->RoomAgain();
  EXPECT_FALSE(watch.paused());
}

TEST_F(ClusterTest, CaughtUpWhenEveryStreamFlows) {
  Make();
  Identify();
  Discover();
  EXPECT_FALSE(cluster->CaughtUp());
  Bring("/api/v1/pods", "100");
  time.Advance(options.stream.settle);
  EXPECT_TRUE(cluster->CaughtUp());
}

TEST_F(ClusterTest, StopLeavesNothingOpen) {
  Make();
  Identify();
  Discover();
  Bring("/api/v1/pods", "100");
  cluster->Stop();
  for (const auto& transfer : http.transfers()) EXPECT_FALSE(transfer->open());
  EXPECT_EQ(cluster->status().state, "stopped");
}

}  // namespace
}  // namespace kubescribe::watch
