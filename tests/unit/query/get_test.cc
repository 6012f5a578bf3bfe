// `kubescribe get` as it is typed: kubectl's grammar, what it prints, spans of
// time, several clusters, and a watch.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "unit/query/tool_run.h"

namespace kubescribe::query {
namespace {

using nlohmann::json;

class GetTest : public ToolTest {
 protected:
  static std::string Seconds(int second) {
    return std::to_string(Second(second) / kSecond);
  }
};

TEST_F(GetTest, SeveralKindsAreTablesWithTheKindBeforeTheName) {
  EXPECT_EQ(Run("get po,cm" + At(15)).out,
            "NAME      READY   STATUS    RESTARTS   AGE\n"
            "pod/web   0/1     Running   0          15s\n"
            "\n"
            "NAME                 DATA   AGE\n"
            "configmap/settings   1      <unknown>\n");
  // Without column names nothing stands between them.
  EXPECT_EQ(Run("get po,cm --no-headers" + At(15)).out,
            "pod/web   0/1   Running   0     15s\n"
            "configmap/settings   1     <unknown>\n");
}

TEST_F(GetTest, TypesAreNamedInEveryWayOfKubectlsAndByVersionInFront) {
  const std::string expected = Run("get pods -o name" + At(35)).out;
  EXPECT_EQ(expected, "pod/db\npod/web\n");
  for (const char* type :
       {"pod", "po", "Pods", "pods.v1.", "v1/pods", "core/v1/pods"}) {
    EXPECT_EQ(Run(std::string("get ") + type + " -o name" + At(35)).out,
              expected)
        << type;
  }
  for (const char* words : {"pod web", "po/web", "v1/pods web", "v1/pods/web",
                            "core/v1/pods/web"}) {
    EXPECT_EQ(Run(std::string("get ") + words + " -o name" + At(35)).out,
              "pod/web\n")
        << words;
  }
}

TEST_F(GetTest, NamesComeInTheOrderAskedForAndAKindAgainIsATableAgain) {
  EXPECT_EQ(Run("get po/web cm/settings po/db --no-headers" + At(35)).out,
            "pod/web   0/1   Running   0     35s\n"
            "configmap/settings   1     <unknown>\n"
            "pod/db   0/1   Running   0     35s\n");
  EXPECT_EQ(
      Run("get po,cm web settings -o name --ignore-not-found" + At(35)).out,
      "pod/web\nconfigmap/settings\n");
  EXPECT_EQ(Run("get pods web web -o name" + At(35)).out, "pod/web\npod/web\n");
}

TEST_F(GetTest, WhatIsNotThereIsSaidInKubectlsWords) {
  Answer answer = Run("get pods ghost web" + At(35));
  EXPECT_EQ(answer.err,
            "Error from server (NotFound): pods \"ghost\" not found\n");
  EXPECT_NE(answer.out.find("web"), std::string::npos);
  EXPECT_EQ(answer.code, 3);
  answer = Run("get pods ghost --ignore-not-found" + At(35));
  EXPECT_EQ(answer.err + answer.out, "");
  EXPECT_EQ(answer.code, 0);
  answer = Run("get pods -n empty" + At(35));
  EXPECT_EQ(answer.err, "No resources found in empty namespace.\n");
  EXPECT_EQ(Run("get pods -A -l app=none" + At(35)).err,
            "No resources found\n");
  EXPECT_EQ(Run("get pods ghost -o json" + At(35)).out, "");
}

TEST_F(GetTest, WrongArgumentsAreRefusedInKubectlsWords) {
  const auto error = [&](const std::string& args) {
    const Answer answer = Run("get " + args);
    EXPECT_EQ(answer.code, 2) << args;
    return answer.err;
  };
  EXPECT_NE(error("xylophones")
                .find("the server doesn't have a resource type \"xylophones\""),
            std::string::npos);
  EXPECT_NE(error("pods web/x").find("there is no need to specify a resource"),
            std::string::npos);
  EXPECT_NE(error("pods,cm/x").find("must have a single resource and name"),
            std::string::npos);
  EXPECT_NE(error("pods web -l app=v1")
                .find("name cannot be provided when a selector is specified"),
            std::string::npos);
  EXPECT_NE(error("pods/web --field-selector metadata.name=web")
                .find("selectors and the all flag cannot be used"),
            std::string::npos);
  EXPECT_NE(
      error("pods web -A")
          .find("a resource cannot be retrieved by name across all namespaces"),
      std::string::npos);
  EXPECT_NE(error("pods -o go-template={{.}}").find("-o jsonpath="),
            std::string::npos);
  EXPECT_NE(error("pods --show-labels -o json").find("json printer"),
            std::string::npos);
  EXPECT_NE(error("pods --output-watch-events").find("--watch"),
            std::string::npos);
}

TEST_F(GetTest, AFieldThatTheServerDoesNotSelectByIsRefusedInItsWords) {
  const Answer one = Run(
      "get pods -l ' app==v1 ' --field-selector 'foo=bar,metadata.name=web'" +
      At(35));
  EXPECT_EQ(one.code, 2);
  EXPECT_EQ(one.out, "");
  EXPECT_EQ(one.err,
            "Error from server (BadRequest): Unable to find \"/v1, "
            "Resource=pods\" that match label selector \"app==v1\", field "
            "selector \"foo=bar,metadata.name=web\": field label not "
            "supported: foo\n");
  // A line a kind, in its own words.
  const Answer two = Run("get pods,cm --field-selector foo=bar" + At(35));
  EXPECT_EQ(two.code, 2);
  EXPECT_EQ(two.err,
            "Error from server (BadRequest): Unable to find \"/v1, "
            "Resource=pods\" that match label selector \"\", field selector "
            "\"foo=bar\": field label not supported: foo\n"
            "Error from server (BadRequest): Unable to find \"/v1, "
            "Resource=configmaps\" that match label selector \"\", field "
            "selector \"foo=bar\": \"foo\" is not a known field selector: only "
            "\"metadata.name\", \"metadata.namespace\"\n");
}

TEST_F(GetTest, ShortFlagsTakeTheirValueBehindAnEqualsSign) {
  const auto out = [&](const std::string& args) {
    return Run("get pods " + args + At(15)).out;
  };
  const std::string all = out("-n prod -o name");
  EXPECT_EQ(all, "pod/web\n");
  EXPECT_EQ(out("-n=prod -o=name"), all);
  EXPECT_EQ(out("-o=name --selector= -n=prod"), all);
  EXPECT_EQ(out("-o=name --field-selector= -n=prod"), all);
  EXPECT_EQ(out("-A=true -l=app=v1 -o=name"), all + all);
  EXPECT_EQ(Run("get pods -A -l==app").code, 2);
  EXPECT_EQ(Run("get pods -A -l=").code, 2);  // "=", as with kubectl
  EXPECT_EQ(Run("get pods -A --selector==app").code, 2);
}

TEST_F(GetTest, LabelsAndKindsAreColumnsAsKubectlHasThem) {
  EXPECT_EQ(Run("get pods -L app,x.io/tier --show-labels" + At(35)).out,
            "NAME   READY   STATUS    RESTARTS   AGE   APP   TIER   LABELS\n"
            "db     0/1     Running   0          35s   db           app=db\n"
            "web    0/1     Running   0          35s   v2           app=v2\n");
  EXPECT_EQ(Run("get pods web --show-kind --no-headers" + At(35)).out,
            "pod/web   0/1   Running   0     35s\n");
}

TEST_F(GetTest, DeletedShowsWhatLivedWithWhenAndHowItEnded) {
  Answer answer = Run("get pods -A --deleted --since " + Seconds(15) + At(75));
  EXPECT_EQ(answer.code, 0) << answer.err;
  EXPECT_EQ(answer.out,
            "NAMESPACE   NAME   READY   STATUS    RESTARTS   AGE   "
            "DELETED                   HOW\n"
            "default     db     0/1     Running   0          70s   "
            "2023-11-14 22:14:30.000   deleted\n"
            "prod        web    0/1     Running   0          40s   "
            "2023-11-14 22:14:00.000   deleted\n");
  // The gap from 50 to 60 lies within the span.
  EXPECT_NE(answer.err.find("gap from"), std::string::npos) << answer.err;
  EXPECT_EQ(
      Run("get pods -A --deleted -o name --since " + Seconds(45) + At(75)).out,
      "pod/db\n");
  EXPECT_EQ(Run("get pods -A --deleted --since " + Seconds(45) + At(65)).code,
            3);
  const json list =
      json::parse(Run("get pods -n prod --deleted -o json" + At(45)).out);
  ASSERT_EQ(list["items"].size(), 1U);
  const json& annotations = list["items"][0]["metadata"]["annotations"];
  EXPECT_EQ(annotations["kubescribe.dev/deleted"],
            "2023-11-14T22:14:00.000000Z");
  EXPECT_EQ(annotations["kubescribe.dev/deleted-how"], "Deleted");
}

TEST_F(GetTest, ChangedSinceLeavesOutWhatStayedTheSame) {
  EXPECT_EQ(
      Run("get pods -A -o name --changed-since " + Seconds(25) + At(35)).out,
      "pod/db\n");
  EXPECT_EQ(
      Run("get pods -A -o name --changed-since " + Seconds(15) + At(35)).out,
      "pod/db\npod/web\n");
  EXPECT_EQ(
      Run("get pods -A --strict --changed-since " + Seconds(45) + At(65)).code,
      4);
}

TEST_F(GetTest, SeveralClustersAreOneTableAndOneList) {
  AddCluster("another");
  EXPECT_EQ(Run("get pods" + At(15)).code, 2);  // which one?
  const Answer answer = Run("get pods -A --all-clusters" + At(15));
  EXPECT_EQ(answer.code, 0) << answer.err;
  EXPECT_EQ(answer.out,
            "CLUSTER   NAMESPACE   NAME   READY   STATUS    RESTARTS   AGE\n"
            "another   default     web    0/1     Running   0          15s\n"
            "another   prod        web    0/1     Running   0          15s\n"
            "test      default     web    0/1     Running   0          15s\n"
            "test      prod        web    0/1     Running   0          15s\n");
  const json list = json::parse(
      Run("get pods web --cluster test,another -o json" + At(15)).out);
  ASSERT_EQ(list["items"].size(), 2U);
  EXPECT_EQ(
      list["items"][0]["metadata"]["annotations"]["kubescribe.dev/cluster"],
      "test");
}

TEST_F(GetTest, AClusterThatCannotBeReadIsNamedAndTheRestIsShown) {
  std::ofstream(store::DatabasePath(file_.folder(), "broken"))
      << std::string(5000, 'x');
  const Answer answer = Run("get pods --all-clusters --no-headers" + At(15));
  EXPECT_EQ(answer.code, 1);
  EXPECT_EQ(answer.out, "test   web   0/1   Running   0     15s\n");
  EXPECT_EQ(answer.err.rfind("error: broken: ", 0), 0U) << answer.err;
}

TEST_F(GetTest, AListIsValidJsonHoweverItIsPutTogether) {
  for (const char* args : {"get pods -n empty -o json", "get pods -o json",
                           "get pods,cm -A -o json"}) {
    const Answer answer = Run(args + At(35));
    const json list = json::parse(answer.out, nullptr, false);
    ASSERT_FALSE(list.is_discarded()) << answer.out;
    // Byte for byte what the whole document is printed as.
    EXPECT_EQ(answer.out, list.dump(4) + "\n");
  }
  EXPECT_EQ(Run("get pods -n empty -o yaml" + At(35)).out,
            "apiVersion: v1\nitems: []\nkind: List\nmetadata:\n"
            "  resourceVersion: \"\"\n");
  EXPECT_EQ(Run("get cm -o yaml" + At(35)).out,
            "apiVersion: v1\nitems:\n- apiVersion: v1\n  data:\n"
            "    \"n\": \"08\"\n  kind: ConfigMap\n  metadata:\n"
            "    name: settings\n    namespace: default\n"
            "    resourceVersion: \"90\"\n    uid: u9\nkind: List\n"
            "metadata:\n  resourceVersion: \"\"\n");
}

TEST_F(GetTest, TemplatesAreFilledInFromTheListOrTheOneObject) {
  EXPECT_EQ(
      Run("get pods -o jsonpath='{.items[*].metadata.name}'" + At(35)).out,
      "db web");
  EXPECT_EQ(Run("get pod web -o jsonpath={.metadata.labels.app}" + At(35)).out,
            "v2");
  EXPECT_EQ(Run("get pods -o jsonpath='{.x'" + At(35)).code, 2);
  EXPECT_EQ(Run("get pods -o jsonpath" + At(35)).code, 2);
}

TEST_F(GetTest, SortedByAFieldAndInColumnsOfOnesOwn) {
  EXPECT_EQ(Run("get pods -o name --sort-by=.metadata.labels.app" + At(35)).out,
            "pod/db\npod/web\n");
  EXPECT_EQ(
      Run("get pods --no-headers --sort-by=.metadata.uid" + At(35)).out,
      "web   0/1   Running   0     35s\ndb    0/1   Running   0     35s\n");
  EXPECT_EQ(
      Run("get pods -o custom-columns=N:.metadata.name,A:.metadata.labels.app" +
          At(35))
          .out,
      "N     A\ndb    db\nweb   v2\n");
}

TEST_F(GetTest, AWatchGoesOnFromASeqAndEndsWithItsTime) {
  // Seq 9 is the state at 40; what follows stands in the file already.
  const std::string all = Run("get pods -A --no-headers -w --timeout 1ms"
                              " --output-watch-events --seq 9")
                              .out;
  EXPECT_NE(all.find("ADDED"), std::string::npos) << all;
  EXPECT_NE(all.find("MODIFIED   default   db "), std::string::npos) << all;
  EXPECT_NE(all.find("DELETED    default   db "), std::string::npos) << all;
  const Answer only = Run("get pods -A -o name --watch-only --timeout 1ms");
  EXPECT_EQ(only.out, "");
  EXPECT_EQ(only.code, 0) << only.err;
  EXPECT_EQ(Run("get pods,cm -w --timeout 1ms").code, 2);
  EXPECT_EQ(Run("get pods -w --at 1h").code, 2);
  for (const char* wrong : {"soon", "5x", "-1s", "1s2"}) {
    const Answer answer = Run(std::string("get pods,cm -w --timeout ") + wrong);
    EXPECT_NE(answer.err.find("is no duration"), std::string::npos) << wrong;
  }
}

}  // namespace
}  // namespace kubescribe::query
