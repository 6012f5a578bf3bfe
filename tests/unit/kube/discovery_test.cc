#include "kube/discovery.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace kubescribe::kube {
namespace {

using Json = nlohmann::json;

// What a real API server (1.36.3) answered, of some groups: a CRD in two
// versions and an aggregated API without a server behind it among them.
const Json& Real() {
  static const Json real = [] {
    std::ifstream file(KUBESCRIBE_SOURCE_DIR
                       "/tests/unit/kube/testdata/discovery.json");
    return Json::parse(file);
  }();
  return real;
}

Discovery Aggregated() {
  const Json& docs = Real()["aggregated"];
  DiscoveryBuilder builder;
  for (const char* root : {"/api", "/apis"}) {
    const auto aggregated = builder.AddRoot(
        docs["content_type"].get<std::string>() + ";charset=utf-8",
        docs[root].dump());
    EXPECT_TRUE(aggregated.ok() && *aggregated);
  }
  EXPECT_TRUE(builder.Wanted().empty());
  return builder.Build();
}

Discovery Legacy() {
  const Json& docs = Real()["legacy"];
  DiscoveryBuilder builder;
  for (const char* root : {"/api", "/apis"}) {
    const auto aggregated =
        builder.AddRoot("application/json", docs[root].dump());
    EXPECT_TRUE(aggregated.ok() && !*aggregated);
  }
  for (const std::string& path : builder.Wanted()) {
    if (docs.contains(path)) {
      EXPECT_TRUE(builder.AddResourceList(path, docs[path].dump()).ok());
    } else {
      builder.Failed(path);
    }
  }
  EXPECT_TRUE(builder.Wanted().empty());
  return builder.Build();
}

std::vector<ResourceInfo> Sorted(std::vector<ResourceInfo> list) {
  for (ResourceInfo& info : list) info.storage_version_hash.clear();
  std::sort(list.begin(), list.end(), [](const auto& a, const auto& b) {
    return std::pair(a.group_resource(), a.version) <
           std::pair(b.group_resource(), b.version);
  });
  return list;
}

TEST(Discovery, BothFormsTellTheSame) {
  const Discovery aggregated = Aggregated();
  const Discovery legacy = Legacy();
  EXPECT_EQ(Sorted(aggregated.resources), Sorted(legacy.resources));
  EXPECT_EQ(aggregated.preferred, legacy.preferred);
  EXPECT_EQ(aggregated.unknown, legacy.unknown);
  EXPECT_GT(legacy.resources.size(), 30U);
}

TEST(Discovery, WhatIsReadIsWhatTheServerSaid) {
  const Discovery discovery = Legacy();
  const auto pods = ResolveType(discovery, "pods");
  ASSERT_TRUE(pods.ok());
  EXPECT_EQ(pods->group_version(), "v1");
  EXPECT_EQ(pods->kind, "Pod");
  EXPECT_EQ(pods->singular, "pod");
  EXPECT_TRUE(pods->namespaced);
  EXPECT_EQ(pods->short_names, std::vector<std::string>{"po"});
  EXPECT_EQ(pods->categories, std::vector<std::string>{"all"});
  EXPECT_FALSE(pods->storage_version_hash.empty());
  EXPECT_EQ(pods->Path("prod"), "/api/v1/namespaces/prod/pods");
  EXPECT_FALSE(ResolveType(discovery, "nodes")->namespaced);
}

TEST(Discovery, StaleOrFailingGroupsAreUnknown) {
  const std::set<std::string> expected = {"metrics.k8s.io/v1beta1"};
  EXPECT_EQ(Aggregated().unknown, expected);
  EXPECT_EQ(Legacy().unknown, expected);
}

TEST(Discovery, ListThatWasNeverReadIsUnknown) {
  const Json& docs = Real()["legacy"];
  DiscoveryBuilder builder;
  ASSERT_TRUE(builder.AddRoot("application/json", docs["/api"].dump()).ok());
  EXPECT_EQ(builder.Wanted(), std::vector<std::string>{"/api/v1"});
  EXPECT_EQ(builder.Build().unknown, std::set<std::string>{"v1"});
  EXPECT_FALSE(builder.AddResourceList("/api/v1", "<html>").ok());
  EXPECT_FALSE(builder.AddResourceList("/api/v1", R"({"kind":"Status"})").ok());
  EXPECT_EQ(builder.Wanted(), std::vector<std::string>{"/api/v1"});
}

TEST(Discovery, RootThatIsNoDiscoveryIsAnError) {
  DiscoveryBuilder builder;
  for (const char* body : {"", "<html>", "[]", "{}", R"({"kind":"Status"})"}) {
    EXPECT_FALSE(builder.AddRoot("application/json", body).ok()) << body;
    EXPECT_FALSE(builder
                     .AddRoot("application/json;g=apidiscovery.k8s.io;v=v2;"
                              "as=APIGroupDiscoveryList",
                              body)
                     .ok())
        << body;
  }
}

TEST(Discovery, SurvivesItsRecord) {
  for (const Discovery& discovery : {Aggregated(), Legacy(), Discovery()}) {
    const auto read = Discovery::FromJson(discovery.ToJson());
    ASSERT_TRUE(read.ok());
    EXPECT_EQ(*read, discovery);
    EXPECT_EQ(read->ToJson(), discovery.ToJson());
  }
  for (const char* bad : {"", "[]", "{}", "{\"resources\":5}"}) {
    EXPECT_FALSE(Discovery::FromJson(bad).ok()) << bad;
  }
}

std::vector<std::string> Names(const std::vector<ResourceInfo>& list) {
  std::vector<std::string> names;
  for (const ResourceInfo& info : list) {
    names.push_back(info.group_resource().ToString() + "/" + info.version);
  }
  return names;
}

bool Has(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

TEST(Recordable, IsEachStorageOnceInItsPreferredVersion) {
  for (const Discovery& discovery : {Aggregated(), Legacy()}) {
    const auto list = Recordable(discovery);
    const auto names = Names(list);
    EXPECT_TRUE(std::is_sorted(list.begin(), list.end(),
                               [](const auto& a, const auto& b) {
                                 return a.group_resource() < b.group_resource();
                               }));
    EXPECT_TRUE(Has(names, "events/v1"));
    EXPECT_FALSE(Has(names, "events.events.k8s.io/v1"));
    EXPECT_TRUE(Has(names, "horizontalpodautoscalers.autoscaling/v2"));
    EXPECT_FALSE(Has(names, "horizontalpodautoscalers.autoscaling/v1"));
    EXPECT_TRUE(Has(names, "crontabs.stable.example.com/v1"));
    EXPECT_FALSE(Has(names, "componentstatuses/v1")) << "it has no watch";
    EXPECT_FALSE(Has(names, "bindings/v1"));
    EXPECT_FALSE(Has(names, "subjectaccessreviews.authorization.k8s.io/v1"));
    for (const std::string& name : names) {
      EXPECT_EQ(std::count(name.begin(), name.end(), '/'), 1) << name;
    }
  }
}

ResourceInfo Entry(const std::string& group, const std::string& version,
                   const std::string& resource, const std::string& hash = "") {
  ResourceInfo info;
  info.group = group;
  info.version = version;
  info.resource = resource;
  info.kind = resource;
  info.verbs = {"list", "watch"};
  info.storage_version_hash = hash;
  return info;
}

TEST(Recordable, KnowsTheAliasesOfOldServers) {
  Discovery discovery;
  for (const char* resource :
       {"deployments", "daemonsets", "replicasets", "ingresses",
        "networkpolicies", "podsecuritypolicies"}) {
    discovery.resources.push_back(Entry("extensions", "v1beta1", resource));
  }
  EXPECT_EQ(Recordable(discovery).size(), 6U) << "alone they stand";
  for (const char* resource : {"deployments", "daemonsets", "replicasets"}) {
    discovery.resources.push_back(Entry("apps", "v1", resource));
  }
  discovery.resources.push_back(Entry("networking.k8s.io", "v1", "ingresses"));
  discovery.resources.push_back(
      Entry("networking.k8s.io", "v1", "networkpolicies"));
  discovery.resources.push_back(
      Entry("policy", "v1beta1", "podsecuritypolicies"));
  const auto names = Names(Recordable(discovery));
  EXPECT_EQ(names.size(), 6U);
  for (const std::string& name : names) {
    EXPECT_EQ(name.find("extensions"), std::string::npos) << name;
  }
  EXPECT_EQ(Canonical({"events.k8s.io", "events"}).ToString(), "events");
  EXPECT_EQ(Canonical({"extensions", "ingresses"}).ToString(),
            "ingresses.networking.k8s.io");
  EXPECT_EQ(Canonical({"x.io", "events"}).ToString(), "events.x.io");
}

TEST(Recordable, EqualStorageHashesAreOneStorage) {
  Discovery discovery;
  discovery.resources = {Entry("a.io", "v1", "things", "h="),
                         Entry("b.io", "v1", "things", "h="),
                         Entry("b.io", "v1", "others", "h="),
                         Entry("c.io", "v1", "things", "other="),
                         Entry("d.io", "v1", "things", ""),
                         Entry("e.io", "v1", "things", "")};
  EXPECT_EQ(Names(Recordable(discovery)),
            (std::vector<std::string>{"things.a.io/v1", "others.b.io/v1",
                                      "things.c.io/v1", "things.d.io/v1",
                                      "things.e.io/v1"}));
}

TEST(Recordable, WithoutAPreferredVersionTheStablestIsTaken) {
  Discovery discovery;
  for (const char* version : {"v1alpha1", "v1beta2", "v1beta1", "v2alpha1"}) {
    discovery.resources.push_back(Entry("a.io", version, "things"));
  }
  EXPECT_EQ(Recordable(discovery)[0].version, "v1beta2");
  discovery.preferred["a.io"] = "v3";  // it does not serve this kind
  discovery.resources.push_back(Entry("a.io", "v10", "things"));
  discovery.resources.push_back(Entry("a.io", "v9", "things"));
  EXPECT_EQ(Recordable(discovery)[0].version, "v10");
  discovery.preferred["a.io"] = "v1alpha1";
  EXPECT_EQ(Recordable(discovery)[0].version, "v1alpha1");
}

TEST(ResolveType, TakesWhatKubectlTakes) {
  const Discovery discovery = Aggregated();
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"po", "v1/pods"},
      {"pods", "v1/pods"},
      {"Pod", "v1/pods"},
      {"POD", "v1/pods"},
      {"v1/pods", "v1/pods"},
      {"core/v1/pods", "v1/pods"},
      {"pods.v1", "v1/pods"},
      {"deploy", "apps/v1/deployments"},
      {"Deployment", "apps/v1/deployments"},
      {"deployments.apps", "apps/v1/deployments"},
      {"deployment.apps", "apps/v1/deployments"},
      {"deployments.v1.apps", "apps/v1/deployments"},
      {"apps/v1/deployments", "apps/v1/deployments"},
      {"apps/deployments", "apps/v1/deployments"},
      {"ev", "v1/events"},
      {"events", "v1/events"},
      {"events.events.k8s.io", "events.k8s.io/v1/events"},
      {"events.events", "events.k8s.io/v1/events"},
      {"hpa", "autoscaling/v2/horizontalpodautoscalers"},
      {"hpa.v1.autoscaling", "autoscaling/v1/horizontalpodautoscalers"},
      {"autoscaling/v1/hpa", "autoscaling/v1/horizontalpodautoscalers"},
      {"ct", "stable.example.com/v1/crontabs"},
      {"crontab", "stable.example.com/v1/crontabs"},
      {"crontabs.stable.example.com", "stable.example.com/v1/crontabs"},
      {"crontabs.v1beta1.stable.example.com",
       "stable.example.com/v1beta1/crontabs"},
  };
  for (const auto& [type, expected] : cases) {
    const auto info = ResolveType(discovery, type);
    ASSERT_TRUE(info.ok()) << type;
    EXPECT_EQ(info->group_version() + "/" + info->resource, expected) << type;
  }
}

TEST(ResolveType, SaysWhatWasPerhapsMeant) {
  const Discovery discovery = Aggregated();
  const auto message = [&](const char* type) {
    const auto info = ResolveType(discovery, type);
    EXPECT_FALSE(info.ok()) << type;
    EXPECT_EQ(info.error().code(), Code::kNotFound);
    return info.error().message();
  };
  EXPECT_EQ(message("deploymnets"),
            "the server doesn't have a resource type \"deploymnets\", did you "
            "mean \"deployments\"?");
  EXPECT_NE(message("pdo").find("\"pod\"?"), std::string::npos);
  EXPECT_NE(message("deployments.wrong").find("\"deployments.apps\"?"),
            std::string::npos);
  EXPECT_EQ(message("xylophones"),
            "the server doesn't have a resource type \"xylophones\"");
  for (const char* odd : {"", ".", "/", "//", "..", "a/b/c/d", "v2/pods",
                          "pods.v2", "apps/v9/deployments", "po/"}) {
    message(odd);
  }
  message(std::string(10000, 'x').c_str());
}

}  // namespace
}  // namespace kubescribe::kube
