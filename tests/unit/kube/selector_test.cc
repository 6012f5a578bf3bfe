#include "kube/selector.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "base/random.h"

namespace kubescribe::kube {
namespace {

using Labels = std::map<std::string, std::string>;

bool Matches(const std::string& text, const Labels& labels) {
  const auto selector = LabelSelector::Parse(text);
  EXPECT_TRUE(selector.ok()) << text;
  return selector.ok() && selector->Matches(labels);
}

TEST(LabelSelector, HasTheMeaningOfTheServers) {
  const Labels web = {{"app", "web"}, {"tier", ""}, {"n", "10"}};
  for (const char* yes : {"",
                          " ",
                          "app",
                          "app=web",
                          "app==web",
                          " app = web ",
                          "app!=db",
                          "other!=db",
                          "!other",
                          "! other",
                          "app in (web,db)",
                          "app in(web)",
                          "app notin (db)",
                          "other notin (db)",
                          "tier=",
                          "tier in (,x)",
                          "tier",
                          "app=web,tier=",
                          "app , n>9",
                          "n<11",

                          "app=web,!other,n>9",
                          "tier!=x",
                          "app in ( web , db )",
                          "tier==",
                          "tier in ()"}) {
    EXPECT_TRUE(Matches(yes, web)) << yes;
  }
  for (const char* no :
       {"app=db", "other", "!app", "app!=web", "app notin (web,db)",
        "app in (db)", "other in (web)", "other=", "app=web,other", "n>10",
        "n<10", "app>1", "other>1", "tier>0", "app="}) {
    EXPECT_FALSE(Matches(no, web)) << no;
  }
  EXPECT_TRUE(
      Matches("example.com/role=a_b.c-d", {{"example.com/role", "a_b.c-d"}}));
  EXPECT_TRUE(Matches("n>00000000000000000000000000012", {{"n", "013"}}));
  EXPECT_TRUE(Matches("n>0", {{"n", "9223372036854775807"}}));
  EXPECT_FALSE(Matches("n>0", {{"n", "9223372036854775808"}}));
  EXPECT_TRUE(Matches("in in (in)", {{"in", "in"}}));
  EXPECT_TRUE(Matches("notin=in", {{"notin", "in"}}));
}

TEST(LabelSelector, SaysWhereItIsWrong) {
  for (const char* bad : {",",
                          "a,",
                          ",a",
                          "a,,b",
                          "=b",
                          "a=b=c",
                          "a b",
                          "a in",
                          "a in b",
                          "a in (b",
                          "a in (b c)",
                          "a notin",
                          "!",
                          "!a=b",
                          "a>b",
                          "a>",
                          "a<1.5",
                          "a>-1",
                          "-a=b",
                          "a-=b",
                          "a/b/c",
                          "/b",
                          "a/",
                          "a=b/c",
                          "a=-b",
                          "A_.io/x",
                          "a=\xc3\xa9",
                          "a!b",
                          "a=>1",
                          "(a)",
                          "a in (b),",
                          "a..b/x",
                          "a.-b/x",
                          "a-.b/x",
                          ".a/x",
                          "a./x",
                          "n>9223372036854775808"}) {
    const auto selector = LabelSelector::Parse(bad);
    ASSERT_FALSE(selector.ok()) << bad;
    EXPECT_EQ(selector.error().code(), Code::kInvalid);
    EXPECT_NE(selector.error().message().find("at character"),
              std::string::npos);
  }
  EXPECT_TRUE(LabelSelector::Parse("1.a-b.c/x").ok());
  EXPECT_FALSE(LabelSelector::Parse(std::string(64, 'a')).ok());
  EXPECT_TRUE(LabelSelector::Parse(std::string(63, 'a')).ok());
}

TEST(LabelSelector, ReadsLabelsOfAnObject) {
  const auto selector = LabelSelector::Parse("app=web,!x");
  ASSERT_TRUE(selector.ok());
  EXPECT_TRUE(selector->MatchesObject(
      R"({"metadata":{"labels":{"app":"web"}},"labels":{"x":"y"}})"));
  EXPECT_FALSE(selector->MatchesObject(R"({"metadata":{"labels":null}})"));
  EXPECT_FALSE(selector->MatchesObject("{"));
  const auto negative = LabelSelector::Parse("app!=web");
  EXPECT_TRUE(negative->MatchesObject(R"({"metadata":{}})"));
  EXPECT_FALSE(negative->MatchesObject("no json"));
}

TEST(LabelSelector, NegationsAreComplements) {
  SeededRandom random(5);
  const std::string values[] = {"", "a", "b", "1", "2"};
  for (int round = 0; round < 2000; ++round) {
    Labels labels;
    if (random.Below(3) != 0) labels["k"] = values[random.Below(5)];
    const std::string value = values[random.Below(5)];
    EXPECT_NE(Matches("k=" + value, labels), Matches("k!=" + value, labels));
    const std::string set = "(" + value + "," + values[random.Below(5)] + ")";
    EXPECT_NE(Matches("k in " + set, labels),
              Matches("k notin " + set, labels));
    EXPECT_NE(Matches("k", labels), Matches("!k", labels));
  }
}

constexpr std::string_view kSelectedPod =
    R"({"metadata":{"name":"web","namespace":"prod"},"spec":{"nodeName":"n1",)"
    R"("hostNetwork":true},"status":{"phase":"Running","podIP":"10.0.0.1"}})";

bool FieldMatches(const std::string& text, const GroupResource& resource,
                  std::string_view object) {
  const auto selector = FieldSelector::Parse(text);
  EXPECT_TRUE(selector.ok()) << text;
  return selector.ok() && selector->MatchesObject(resource, object);
}

TEST(FieldSelector, ComparesFields) {
  const GroupResource pods{"", "pods"};
  for (const char* yes :
       {"", "metadata.name=web", "metadata.name==web", "metadata.name!=db",
        "status.phase=Running,spec.nodeName=n1", "spec.host=n1",
        "spec.hostNetwork=true", "status.podIPs=", "status.nominatedNodeName=",
        "metadata.namespace=prod,"}) {
    EXPECT_TRUE(FieldMatches(yes, pods, kSelectedPod)) << yes;
  }
  for (const char* no :
       {"metadata.name=db", "metadata.name!=web", "spec.hostNetwork=false",
        "status.phase=Running,spec.nodeName=n2",
        "status.phase=", "status.podIPs=10.0.0.1"}) {
    EXPECT_FALSE(FieldMatches(no, pods, kSelectedPod)) << no;
  }
  EXPECT_TRUE(FieldMatches("spec.hostNetwork=false", pods, "{}"));
  EXPECT_TRUE(FieldMatches("spec.unschedulable=false", {"", "nodes"}, "{}"));
  EXPECT_TRUE(FieldMatches("status.successful=0", {"batch", "jobs"}, "{}"));
  EXPECT_TRUE(FieldMatches("status.successful=2", {"batch", "jobs"},
                           R"({"status":{"succeeded":2}})"));
  EXPECT_TRUE(FieldMatches("source=kubelet", {"", "events"},
                           R"({"source":{"component":"kubelet"}})"));
  // Events of one group, recorded as those of the other.
  const GroupResource events{"events.k8s.io", "events"};
  const std::string_view event =
      R"({"involvedObject":{"name":"web"},"source":{"component":"x"},)"
      R"("reportingComponent":"y"})";
  EXPECT_TRUE(FieldMatches("regarding.name=web", events, event));
  EXPECT_TRUE(FieldMatches("reportingController=y", events, event));
  EXPECT_TRUE(FieldMatches("reportingController=", events,
                           R"({"source":{"component":"x"}})"));
  EXPECT_FALSE(FieldMatches("metadata.name=web", pods, "{"));
}

TEST(FieldSelector, EscapesInValues) {
  const GroupResource any{"x.io", "xs"};
  EXPECT_TRUE(
      FieldMatches(R"(spec.a=x\,y\=z\\)", any, R"({"spec":{"a":"x,y=z\\"}})"));
  for (const char* bad :
       {"a", "=b", "a=b=c", R"(a=b\)", R"(a=b\c)", "!=b", "a=b,c", "==b"}) {
    EXPECT_FALSE(FieldSelector::Parse(bad).ok()) << bad;
  }
}

std::string Unsupported(const char* text, const GroupResource& resource,
                        const char* version = "v1",
                        const char* definition = "") {
  const auto status =
      FieldSelector::Parse(text)->Supports(resource, version, definition);
  return status.ok() ? "" : status.error().message();
}

TEST(FieldSelector, KnowsWhatServersSupport) {
  const std::string_view no = "field label not supported: ";
  const auto is = [&](const char* path) { return std::string(no) + path; };
  EXPECT_EQ(Unsupported("spec.nodeName=a,metadata.name=b,metadata.namespace!=c",
                        {"", "pods"}),
            "");
  EXPECT_EQ(Unsupported("spec.image=a", {"", "pods"}), is("spec.image"));
  EXPECT_EQ(Unsupported("metadata.namespace=a", {"", "nodes"}),
            is("metadata.namespace"));
  // Not so in a namespace, and a server lets it through all the same.
  EXPECT_EQ(Unsupported("metadata.namespace=a", {"", "persistentvolumes"}), "");
  // Each as kubectl's 1.36 tells it.
  for (const char* kind : {"deployments", "replicasets"}) {
    EXPECT_EQ(Unsupported("status.replicas=1", {"apps", kind}),
              "\"status.replicas\" is not a known field selector: only "
              "\"metadata.name\", \"metadata.namespace\"");
  }
  EXPECT_EQ(
      Unsupported("spec.pool.name=a", {"resource.k8s.io", "resourceslices"}),
      "field label not supported for resource.k8s.io/v1, Kind=ResourceSlice: "
      "spec.pool.name");
  EXPECT_EQ(Unsupported("foo=bar", {"batch", "jobs"}),
            "field label \"foo\" not supported for Job");
  EXPECT_EQ(Unsupported("spec.signerName=a,metadata.namespace=b",
                        {"certificates.k8s.io", "clustertrustbundles"}),
            is("metadata.namespace"));
  EXPECT_EQ(Unsupported("spec.group=a",
                        {"apiextensions.k8s.io", "customresourcedefinitions"}),
            "\"spec.group\" is not a known field selector: only "
            "\"metadata.name\", \"metadata.namespace\"");
  EXPECT_EQ(Unsupported(R"(metadata\.name=a)", {"", "pods"}),
            is(R"(metadata\.name)"));
}

TEST(FieldSelector, CustomResourcesSelectByWhatTheirDefinitionSays) {
  const GroupResource things{"example.com", "things"};
  EXPECT_EQ(Unsupported("spec.color=a", things), "");
  const char* definition =
      R"({"spec":{"scope":"Namespaced","versions":[{"name":"v1",)"
      R"("selectableFields":[{"jsonPath":".spec.color"}]},{"name":"v2"}]}})";
  EXPECT_EQ(Unsupported("spec.color=a,metadata.namespace=b,metadata.name=c",
                        things, "v1", definition),
            "");
  EXPECT_EQ(Unsupported("spec.size=1", things, "v1", definition),
            "field label not supported: spec.size");
  EXPECT_EQ(Unsupported("spec.color=a", things, "v2", definition),
            "field label not supported: spec.color");
  EXPECT_EQ(Unsupported("metadata.namespace=b", things, "v1",
                        R"({"spec":{"scope":"Cluster","versions":[]}})"),
            "field label not supported: metadata.namespace");
  // What cannot be read says nothing.
  EXPECT_EQ(Unsupported("spec.color=a", things, "v1", "{"), "");
}

}  // namespace
}  // namespace kubescribe::kube
