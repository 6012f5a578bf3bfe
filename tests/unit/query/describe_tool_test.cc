// `kubescribe describe` as it is typed: which objects, what parts their texts,
// several clusters, and what is said beside.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "unit/query/tool_run.h"

namespace kubescribe::query {
namespace {

class DescribeToolTest : public ToolTest {
 protected:
  static constexpr char kBare[] = " --show-events=false --show-changes=false ";
};

TEST_F(DescribeToolTest, EndsWithTheLastChanges) {
  Answer answer = Run("describe pod web" + At(35));
  EXPECT_EQ(answer.code, 0) << answer.err;
  const std::string changes =
      "Changes:\n"
      "  When                      Event     Manager  Fields\n"
      "  ----                      -----     -------  ------\n"
      "  ~2023-11-14 22:13:30.000  Listed    kubectl  -\n"
      "  2023-11-14 22:13:40.000   Modified  kubectl  metadata.labels.app\n";
  EXPECT_TRUE(answer.out.ends_with("\nEvents:           <none>\n" + changes))
      << answer.out;
  answer = Run("describe pod web --show-changes=false" + At(35));
  EXPECT_EQ(answer.out.find("Changes:"), std::string::npos) << answer.out;
  // Of several, as with their Events, only where asked for.
  answer = Run("describe pods" + At(35));
  EXPECT_EQ(answer.out.find("Changes:"), std::string::npos) << answer.out;
  answer = Run("describe pods --show-changes" + At(35));
  EXPECT_NE(answer.out.find("Changes:"), std::string::npos) << answer.out;
}

TEST_F(DescribeToolTest, TakesTheBeginningOfAName) {
  const Answer exact = Run("describe pod web --show-changes=false" + At(35));
  EXPECT_EQ(exact.out.rfind("Name:", 0), 0U) << exact.out;
  EXPECT_NE(exact.out.find("Events:"), std::string::npos);
  // Of those that only begin so no Events are told, as of several.
  const Answer begun = Run("describe pod we" + At(35));
  EXPECT_EQ(begun.code, 0) << begun.err;
  const std::size_t events = exact.out.find("Events:");
  EXPECT_EQ(begun.out, exact.out.substr(0, events) + "\n");
  const Answer none = Run("describe pod ghost" + At(35));
  EXPECT_EQ(none.code, 3);
  EXPECT_EQ(none.out, "");
  EXPECT_EQ(none.err,
            "Error from server (NotFound): pods \"ghost\" not found\n");
}

TEST_F(DescribeToolTest, PartsSeveralByTwoEmptyLines) {
  const Answer web =
      Run("describe pod/web --show-events=false "
          "--show-changes=false" +
          At(35));
  const Answer db =
      Run("describe pod/db --show-events=false "
          "--show-changes=false" +
          At(35));
  const Answer both = Run("describe pod/web pod/db" + At(35));
  EXPECT_EQ(both.code, 0) << both.err;
  EXPECT_EQ(both.out, web.out + "\n\n" + db.out);
  EXPECT_EQ(Run("describe pods" + At(35)).out, db.out + "\n\n" + web.out);
  const Answer half = Run("describe pods web ghost" + At(35));
  EXPECT_EQ(half.code, 3);
  EXPECT_EQ(half.out, web.out);
}

TEST_F(DescribeToolTest, SeveralClustersHaveALineOfTheirNameAboveEachText) {
  AddCluster("another");
  EXPECT_EQ(Run("describe pod web" + At(35)).code, 2);  // which one?
  const Answer web = Run("describe pod/web --cluster test" + At(35));
  ASSERT_EQ(web.out.rfind("Name:         web\n", 0), 0U) << web.out;
  // With Events and changes, as where it is asked alone.
  const Answer each = Run("describe pod/web --cluster test,another" + At(35));
  EXPECT_EQ(each.code, 0) << each.err;
  EXPECT_EQ(each.err, "");
  EXPECT_EQ(each.out, "Cluster:      test\n" + web.out +
                          "\n\nCluster:      another\n" + web.out);
  const Answer all = Run("describe pods --all-clusters" + At(35));
  const Answer one = Run("describe pods --cluster test" + At(35));
  EXPECT_EQ(one.out.find("Cluster:"), std::string::npos);
  const std::size_t second = one.out.find("\n\nName:") + 2;
  std::string both;
  for (const std::string cluster : {"another", "test"}) {
    const std::string line = "Cluster:      " + cluster + "\n";
    both += (both.empty() ? "" : "\n\n") + line +
            std::string(one.out).insert(second, line);
  }
  EXPECT_EQ(all.out, both);
}

TEST_F(DescribeToolTest, WhatNoClusterHasIsNotFoundAndOneThatHasItIsEnough) {
  AddCluster("another");
  Answer answer = Run("describe pod ghost --all-clusters" + At(35));
  EXPECT_EQ(answer.code, 3);
  EXPECT_EQ(answer.out, "");
  EXPECT_EQ(answer.err,
            "Error from server (NotFound): pods \"ghost\" not found\n");
  answer = Run("describe pods -n empty --all-clusters" + At(35));
  EXPECT_EQ(answer.code, 3);
  EXPECT_EQ(answer.err, "No resources found in empty namespace.\n");
  // Only of the file that has it, and no beginnings beside what is called so.
  file_.AddSecret();
  answer = Run("describe secret login -n prod --all-clusters");
  EXPECT_EQ(answer.code, 1);  // the other does not record Secrets
  EXPECT_NE(answer.out.find("Cluster:      test\n"), std::string::npos)
      << answer.out;
  EXPECT_EQ(answer.out.find("another"), std::string::npos);
  EXPECT_NE(answer.err.find("error: another: "), std::string::npos)
      << answer.err;
}

TEST_F(DescribeToolTest, BeginningsAreOfAllClustersWhereNoneHasTheName) {
  AddCluster("another");
  const Answer begun = Run("describe pod we --all-clusters" + At(35));
  EXPECT_EQ(begun.code, 0) << begun.err;
  const Answer alone = Run("describe pod we --cluster test" + At(35));
  EXPECT_EQ(begun.out, "Cluster:      another\n" + alone.out +
                           "Cluster:      test\n" + alone.out);
}

TEST_F(DescribeToolTest, AClusterThatCannotBeReadIsNamedAndTheRestIsShown) {
  std::ofstream(store::DatabasePath(file_.folder(), "broken"))
      << std::string(5000, 'x');
  const Answer answer = Run("describe pod/web --all-clusters" + At(15));
  EXPECT_EQ(answer.code, 1);
  EXPECT_EQ(answer.out.rfind("Cluster:      test\nName: ", 0), 0U)
      << answer.out;
  EXPECT_EQ(answer.err.rfind("error: broken: ", 0), 0U) << answer.err;
}

TEST_F(DescribeToolTest, DoubtsNameTheClusterAndStrictIsExitCode4) {
  AddCluster("another");
  const std::string command = "describe pod/db --all-clusters --strict";
  const Answer answer = Run(command + kBare + At(55));
  EXPECT_EQ(answer.code, 4);
  for (const char* cluster : {"another", "test"}) {
    EXPECT_NE(answer.err.find("warning: " + std::string(cluster) +
                              ": uncertain: pods: gap from"),
              std::string::npos)
        << answer.err;
  }
  EXPECT_EQ(Run(command + kBare + At(35)).code, 0);
}

TEST_F(DescribeToolTest, RedactedValuesAreNotedOnce) {
  file_.AddSecret();
  const Answer answer = Run("describe secret/login secret/login -n prod");
  EXPECT_EQ(answer.code, 0) << answer.err;
  EXPECT_NE(answer.out.find("password:  <redacted>\n"), std::string::npos)
      << answer.out;
  const std::size_t note = answer.err.find("note: values that begin with");
  EXPECT_NE(note, std::string::npos) << answer.err;
  EXPECT_EQ(answer.err.find("note: values", note + 1), std::string::npos);
  EXPECT_EQ(Run("describe cm/settings").err.find("fingerprint"),
            std::string::npos);
}

}  // namespace
}  // namespace kubescribe::query
