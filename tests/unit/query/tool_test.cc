// The built `kubescribe` over a small recorded past: what it prints, where,
// and its exit codes.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "base/paths.h"
#include "codec/digest.h"
#include "codec/zstd.h"
#include "control/socket.h"
#include "unit/query/tool_run.h"

namespace kubescribe::query {
namespace {

TEST_F(ToolTest, GetPrintsKubectlsTableAsOfTheInstant) {
  const Answer answer = Run("get pods" + At(35));
  EXPECT_EQ(answer.code, 0) << answer.err;
  EXPECT_EQ(answer.out,
            "NAME   READY   STATUS    RESTARTS   AGE\n"
            "db     0/1     Running   0          35s\n"
            "web    0/1     Running   0          35s\n");
  EXPECT_EQ(answer.err, "");
}

TEST_F(ToolTest, AllNamespacesPutTheNamespaceInFront) {
  const Answer answer = Run("get po -A --no-headers -l app=v1" + At(15));
  EXPECT_EQ(answer.out,
            "default   web   0/1   Running   0     15s\n"
            "prod      web   0/1   Running   0     15s\n");
}

TEST_F(ToolTest, NothingThereIsExitCode3AndSaysSo) {
  Answer answer = Run("get pods -n empty" + At(35));
  EXPECT_EQ(answer.code, 3);
  EXPECT_EQ(answer.out, "");
  EXPECT_EQ(answer.err.rfind("No resources found in empty namespace", 0), 0U)
      << answer.err;
  answer = Run("get pods ghost" + At(35));
  EXPECT_EQ(answer.code, 3);
  EXPECT_NE(answer.err.find("\"ghost\" not found"), std::string::npos);
}

TEST_F(ToolTest, UncertainAnswersWarnAndWithStrictExitWith4) {
  Answer answer = Run("get pods" + At(55));
  EXPECT_EQ(answer.code, 0);
  EXPECT_NE(answer.err.find("warning: uncertain: pods: gap from"),
            std::string::npos)
      << answer.err;
  EXPECT_EQ(Run("get pods --strict" + At(55)).code, 4);
  EXPECT_EQ(Run("get pods --strict" + At(35)).code, 0);
  answer = Run("get pods -o json" + At(55));
  const auto json = nlohmann::json::parse(answer.out);
  EXPECT_TRUE(
      json["metadata"]["annotations"].contains("kubescribe.dev/uncertain"));
  EXPECT_EQ(
      nlohmann::json::parse(Run("get pods -o json" + At(35)).out)["metadata"]
          .contains("annotations"),
      false);
}

TEST_F(ToolTest, JsonIsKubectlsListWithoutManagedFields) {
  const Answer answer = Run("get pods -o json" + At(35));
  EXPECT_EQ(
      answer.out.rfind("{\n    \"apiVersion\": \"v1\",\n    \"items\": [", 0),
      0U);
  const auto json = nlohmann::json::parse(answer.out);
  EXPECT_EQ(json["kind"], "List");
  EXPECT_EQ(json["items"].size(), 2U);
  EXPECT_FALSE(json["items"][0]["metadata"].contains("managedFields"));
  EXPECT_TRUE(nlohmann::json::parse(
                  Run("get pods -o json --show-managed-fields" + At(35))
                      .out)["items"][0]["metadata"]
                  .contains("managedFields"));
}

TEST_F(ToolTest, YamlOfOneObjectIsTheObject) {
  const Answer answer = Run("get cm/settings -o yaml" + At(35));
  EXPECT_EQ(answer.out,
            "apiVersion: v1\ndata:\n  \"n\": \"08\"\nkind: ConfigMap\n"
            "metadata:\n  name: settings\n  namespace: default\n"
            "  resourceVersion: \"90\"\n  uid: u9\n");
}

TEST_F(ToolTest, NamesAreKindAndName) {
  EXPECT_EQ(Run("get pods -o name" + At(35)).out, "pod/db\npod/web\n");
}

TEST_F(ToolTest, StateAtAResourceVersion) {
  const Answer answer = Run("get pods -A -o name --rv 105");
  EXPECT_EQ(answer.out, "pod/web\npod/web\n");
  EXPECT_EQ(answer.code, 0);
}

TEST_F(ToolTest, WrongUseIsExitCode2) {
  EXPECT_EQ(Run("get").code, 2);
  EXPECT_EQ(Run("get pods --at nonsense").code, 2);
  EXPECT_EQ(Run("get pods --at 1h --rv 5").code, 2);
  EXPECT_EQ(Run("get pods -o toml").code, 2);
  EXPECT_EQ(Run("get pods -l '=='").code, 2);
  const Answer answer = Run("gte pods");
  EXPECT_EQ(answer.code, 2);
  EXPECT_NE(answer.err.find("\tget\n"), std::string::npos) << answer.err;
}

TEST_F(ToolTest, ObjectCalledAsACommandIsAnObject) {
  EXPECT_EQ(Run("get pods status" + At(35)).code, 3);
  EXPECT_NE(Run("get pods status" + At(35)).err.find("\"status\" not found"),
            std::string::npos);
}

TEST_F(ToolTest, HelpHasExamplesAndExitCode0) {
  EXPECT_EQ(Run("").out, Run("--help").out);  // as kubectl
  for (const char* command :
       {"get", "history", "diff", "gaps", "status", "export", "audit"}) {
    const Answer answer = Run(std::string(command) + " --help");
    EXPECT_EQ(answer.code, 0) << command;
    EXPECT_NE(answer.out.find("Examples:\n  kubescribe "), std::string::npos)
        << command;
  }
  EXPECT_EQ(Run("--version").code, 0);
}

TEST_F(ToolTest, DiffHasDiffsExitCodes) {
  const auto from_to = [](int from, int to) {
    return " --from " + std::to_string(Second(from) / kSecond) + " --to " +
           std::to_string(Second(to) / kSecond);
  };
  EXPECT_EQ(Run("diff pod/web" + from_to(12, 15)).code, 0);
  const Answer answer = Run("diff pod/web" + from_to(15, 25));
  EXPECT_EQ(answer.code, 1) << answer.err;
  EXPECT_NE(answer.out.find("-    app: v1\n+    app: v2\n"), std::string::npos)
      << answer.out;
  EXPECT_EQ(answer.out.find('\x1b'), std::string::npos);
  EXPECT_EQ(Run("diff pod/ghost" + from_to(15, 25)).code, 2);
  // Before the recording: nobody knows whether it existed.
  const Answer early = Run("diff pod/web" + from_to(-5, 15));
  EXPECT_EQ(early.code, 1) << early.err;
  EXPECT_NE(early.out.find("(not recorded)"), std::string::npos) << early.out;
  EXPECT_EQ(Run("diff pod/web --from nonsense").code, 2);
}

TEST_F(ToolTest, HistoryHasOneLineARevision) {
  const Answer answer = Run("history pod/web");
  EXPECT_EQ(answer.code, 0) << answer.err;
  EXPECT_NE(answer.out.find("~2023-11-14 22:13:30.000   Listed     100"),
            std::string::npos)
      << answer.out;
  EXPECT_NE(answer.out.find("2023-11-14 22:13:40.000    Modified   110        "
                            "kubectl   metadata.labels.app"),
            std::string::npos)
      << answer.out;
  EXPECT_EQ(Run("history pod/ghost").code, 3);
}

TEST_F(ToolTest, GapsLeaveTheBeginningOutUnlessAsked) {
  const Answer answer = Run("gaps");
  EXPECT_EQ(answer.code, 0);
  EXPECT_NE(answer.out.find("pods     gone"), std::string::npos) << answer.out;
  EXPECT_EQ(answer.out.find("start"), std::string::npos);
  EXPECT_NE(Run("gaps --all").out.find("start"), std::string::npos);
  EXPECT_EQ(Run("gaps --since '2024-01-01'").code, 3);
}

TEST_F(ToolTest, StatusWorksWithoutARecorder) {
  const Answer answer = Run("status -o json");
  EXPECT_EQ(answer.code, 0) << answer.err;
  const auto json = nlohmann::json::parse(answer.out);
  EXPECT_EQ(json["running"], false);
  EXPECT_EQ(json["clusters"][0]["cluster"], "test");
  EXPECT_EQ(json["clusters"][0]["gaps"], 1);
  EXPECT_EQ(json["clusters"][0]["streams"].size(), 2U);
  const std::string text = Run("status").out;
  EXPECT_NE(text.find("not running (stopped cleanly)"), std::string::npos);
  EXPECT_NE(text.find(" stopped "), std::string::npos) << text;
  EXPECT_EQ(text.find(" watching "), std::string::npos) << text;
}

TEST_F(ToolTest, WordsForTheRecorderWithoutOneAreErrors) {
  for (const char* word : {"audit", "reload"}) {
    const Answer answer = Run(word);
    EXPECT_EQ(answer.code, 1) << word;
    EXPECT_NE(answer.err.find("no recorder is running"), std::string::npos)
        << answer.err;
    EXPECT_EQ(Run(std::string(word) + " --file x").code, 2) << word;
  }
}

TEST_F(ToolTest, AFileThatIsNoneIsNamedOnce) {
  const std::string none = file_.folder() + "/none.db";
  std::ofstream(none) << std::string(5000, 'x');
  for (const char* command : {"status", "gaps", "export", "get pods"}) {
    const Answer answer = Run(std::string(command) + " --file '" + none + "'");
    EXPECT_EQ(answer.code, 1) << command;
    const std::size_t at = answer.err.find(none);
    ASSERT_NE(at, std::string::npos) << answer.err;
    EXPECT_EQ(answer.err.find(none, at + 1), std::string::npos) << answer.err;
  }
}

TEST_F(ToolTest, ExportIsJsonLinesAndABrokenPipeIsNoError) {
  const Answer answer = Run("export --after 2");
  EXPECT_EQ(answer.code, 0);
  EXPECT_EQ(answer.out.rfind("{\"seq\":3,\"cluster\":\"test\"", 0), 0U)
      << answer.out.substr(0, 200);
  const Answer cut = Run("export | head -c 1; exit ${PIPESTATUS:-0}");
  EXPECT_EQ(cut.out, "{");
  EXPECT_EQ(cut.err, "");
}

TEST_F(ToolTest, VerifyAndCheckpointSayWhereAFileStands) {
  const Answer good = Run("verify");
  EXPECT_EQ(good.code, 0) << good.out << good.err;
  EXPECT_EQ(good.out.rfind("test: consistent, not anchored (14 records", 0), 0U)
      << good.out;
  // Nobody has signed it.
  EXPECT_EQ(Run("checkpoint").code, 3);
  EXPECT_EQ(Run("checkpoint --public-key").code, 3);
  SQLite::Database(file_.path(), SQLite::OPEN_READWRITE)
      .exec("UPDATE gap SET cause = 'start' WHERE cause = 'gone'");
  const Answer altered = Run("verify");
  EXPECT_EQ(altered.code, 5);
  EXPECT_EQ(altered.out.rfind("test: ALTERED", 0), 0U) << altered.out;
}

TEST_F(ToolTest, ABodyThatIsNotTheOneRecordedIsNamedAndTheRestGoesOn) {
  codec::Compressor compressor;
  const std::string lie = R"({"kind":"Pod","metadata":{"name":"lie"}})";
  SQLite::Database(file_.path(), SQLite::OPEN_READWRITE)
      .exec(
          "UPDATE body SET encoding = 1, dictionary = NULL, base = NULL, "
          "raw_size = " +
          std::to_string(lie.size()) + ", data = x'" +
          codec::Hex(compressor.Compress(lie)) +
          "' WHERE seq = (SELECT seq FROM revision WHERE rv = '110')");
  for (const std::string& words :
       {"get pods -o wide" + At(35), "get pods -o json" + At(35),
        std::string("history pod/web"), std::string("history pod/web -o json"),
        std::string("export")}) {
    const Answer answer = Run(words);
    EXPECT_EQ(answer.code, 1) << words;
    EXPECT_NE(answer.err.find("the body of record 8 is damaged"),
              std::string::npos)
        << words << "\n"
        << answer.err;
    EXPECT_EQ(answer.out.find("lie"), std::string::npos) << answer.out;
    EXPECT_NE(answer.out.find(words.find("history") == 0 ? "Listed" : "db"),
              std::string::npos)
        << answer.out;
  }
  const Answer diff =
      Run("diff pod/web --from " + std::to_string(Second(15) / kSecond) +
          " --to " + std::to_string(Second(35) / kSecond));
  EXPECT_EQ(diff.code, 2);
  EXPECT_NE(diff.err.find("record 8"), std::string::npos) << diff.err;
}

TEST_F(ToolTest, OneFileAnywhereCanBeAsked) {
  EXPECT_EQ(Run("get pods --file '" + file_.path() + "'" + At(35)).code, 0);
  const Answer answer = Run("get pods --file /nonexistent.db");
  EXPECT_NE(answer.code, 0);
  EXPECT_NE(answer.err.find("/nonexistent.db"), std::string::npos);
  EXPECT_EQ(answer.code, 1);
  EXPECT_EQ(Run("get pods --cluster other").code, 1);
  EXPECT_EQ(Run("get pods --all-clusters --cluster test").code, 2);
  EXPECT_EQ(Run("history --cluster test pod/web").code, 0);
  EXPECT_EQ(Run("get pods --data /nonexistent").code, 1);
  EXPECT_EQ(Run("get xylophones").code, 2);
  EXPECT_EQ(Run("get pods --at ''").code, 2);
  EXPECT_EQ(Run("get pods --seq -1").code, 2);
}

TEST_F(ToolTest, PruneSaysWhatWouldGoAndThenItIsGone) {
  const std::string cut =
      "prune --before " + std::to_string(Second(45) / kSecond);
  const std::string later = Run("get pods -A -o yaml --strict" + At(48)).out;
  Answer answer = Run(cut + " --dry-run -o json");
  EXPECT_EQ(answer.code, 0) << answer.err;
  const auto planned = nlohmann::json::parse(answer.out);
  ASSERT_EQ(planned["kinds"].size(), 1U);
  EXPECT_EQ(planned["kinds"][0]["kind"], "pods");
  EXPECT_EQ(planned["kinds"][0]["revisions"], 3);
  EXPECT_EQ(planned["kinds"][0]["objects"], 1);
  EXPECT_EQ(Run(cut + " --dry-run").out.rfind("KIND   REVISIONS", 0), 0U);
  EXPECT_EQ(Run(cut + " --kind cm --dry-run").code, 3);
  EXPECT_EQ(Run("get pods --strict" + At(35)).code, 0);  // nothing went

  answer = Run(cut + " -o json");
  EXPECT_EQ(answer.code, 0) << answer.err;
  const auto done = nlohmann::json::parse(answer.out);
  EXPECT_EQ(done["revisions"], 3);
  EXPECT_EQ(done["objects"], 1);
  EXPECT_EQ(Run(cut).code, 3);

  // From the cut on all is as it was; before it, "pruned".
  EXPECT_EQ(Run("get pods -A -o yaml --strict" + At(48)).out, later);
  EXPECT_EQ(Run("get pods --strict" + At(45)).code, 0);
  for (const std::string& question :
       {"get pods --strict" + At(35), std::string("get pods --strict --rv 115"),
        std::string("get pods --strict --seq 8"),
        std::string("history pod/web --strict"),
        std::string("export --strict")}) {
    answer = Run(question);
    EXPECT_EQ(answer.code, 4) << question;
    EXPECT_NE(answer.err.find("warning: pruned: "), std::string::npos)
        << question << ": " << answer.err;
  }
  const auto json = nlohmann::json::parse(Run("get pods -o json" + At(35)).out);
  EXPECT_NE(json["metadata"]["annotations"]["kubescribe.dev/uncertain"]
                .get<std::string>()
                .find("pods: pruned to "),
            std::string::npos);
  EXPECT_NE(Run("diff pod/web --from " + std::to_string(Second(15) / kSecond) +
                " --to " + std::to_string(Second(48) / kSecond))
                .err.find("pruned"),
            std::string::npos);
  answer = Run("history pod/web -n prod");
  EXPECT_EQ(answer.code, 3);
  EXPECT_NE(answer.err.find("was pruned up to"), std::string::npos);
  EXPECT_EQ(Run("history pod/db --strict --since " +
                std::to_string(Second(65) / kSecond))
                .code,
            0);
}

TEST_F(ToolTest, PruneToTheNewestRevisionsOfEachObject) {
  Answer answer = Run("prune --revisions 1 --kind pods");
  EXPECT_EQ(answer.code, 0) << answer.err;
  EXPECT_EQ(answer.out.rfind("test: pruned 4 revisions and 0 ended", 0), 0U)
      << answer.out;
  // Of default/web the first state is gone, of the other kinds nothing.
  EXPECT_EQ(Run("get pods/web --strict" + At(25)).code, 0);
  answer = Run("get pods/web --strict" + At(15));
  EXPECT_EQ(answer.code, 4);
  EXPECT_NE(answer.err.find("warning: pruned: of 1 object what was before"),
            std::string::npos)
      << answer.err;
  EXPECT_EQ(Run("get cm --strict" + At(15)).code, 0);
  EXPECT_EQ(Run("history pod/web --strict").code, 4);
}

TEST_F(ToolTest, ADryRunSaysAsThePruneThatASizeIsOutOfReach) {
  const std::string text = "error: what lives now takes more than 4096";
  Answer answer = Run("prune --max-size 4096 --dry-run");
  EXPECT_EQ(answer.code, 1);
  EXPECT_EQ(answer.out.rfind("KIND   REVISIONS", 0), 0U) << answer.out;
  EXPECT_NE(answer.err.find(text), std::string::npos) << answer.err;
  answer = Run("prune --max-size 4096 --dry-run -o json");
  EXPECT_EQ(answer.code, 1);
  EXPECT_EQ(nlohmann::json::parse(answer.out)["outOfReach"], true);
  EXPECT_EQ(Run("prune --max-size 10GB --dry-run").code, 3);
  answer = Run("prune --max-size 10GB --dry-run -o json");
  EXPECT_EQ(nlohmann::json::parse(answer.out)["outOfReach"], false);

  answer = Run("prune --max-size 4096");
  EXPECT_EQ(answer.code, 1);
  EXPECT_NE(answer.err.find(text), std::string::npos) << answer.err;
  // All that can go is gone.
  answer = Run("prune --max-size 4096 --dry-run");
  EXPECT_EQ(answer.code, 1);
  EXPECT_NE(answer.err.find(text), std::string::npos) << answer.err;
}

TEST_F(ToolTest, PruneSaysWhatHappensNextWhereTheRecorderDies) {
  const std::string path = ControlSocketPath(file_.folder());
  const auto address = control::MakeAddress(path);
  ASSERT_TRUE(address.ok()) << address.error().message();
  const control::Fd listener(socket(AF_UNIX, SOCK_STREAM, 0));
  ASSERT_EQ(
      bind(listener.get(), reinterpret_cast<const sockaddr*>(&address->value),
           sizeof address->value),
      0);
  ASSERT_EQ(listen(listener.get(), 1), 0);
  std::thread recorder([&] {
    const control::Fd asked(accept(listener.get(), nullptr, nullptr));
    char byte = 0;
    while (recv(asked.get(), &byte, 1, 0) == 1 && byte != '\n') {
    }
  });
  const Answer answer = Run("prune --revisions 1");
  recorder.join();
  EXPECT_EQ(answer.code, 1);
  EXPECT_NE(answer.err.find("the connection was closed"), std::string::npos)
      << answer.err;
  EXPECT_NE(answer.err.find("goes on when a recorder, or kubescribe prune, "
                            "opens the file again"),
            std::string::npos)
      << answer.err;
}

TEST_F(ToolTest, PruneNeedsOneBound) {
  EXPECT_EQ(Run("prune").code, 2);
  EXPECT_EQ(Run("prune --before 1h --revisions 3").code, 2);
  EXPECT_EQ(Run("prune --before rv:5").code, 2);
  EXPECT_EQ(Run("prune --max-size 10XB").code, 2);
  EXPECT_EQ(Run("prune --revisions 0").code, 2);
  EXPECT_EQ(Run("prune --before 1h --kind nonsense").code, 2);
}

}  // namespace
}  // namespace kubescribe::query
