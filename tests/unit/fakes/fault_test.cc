// Each fault, as bytes on the wire; scenarios; the journal.
#include <cstdio>
#include <fstream>

#include "fakes/faults.h"
#include "fakes/scenario.h"
#include "unit/fakes/sim_test.h"

namespace kubescribe::fakes {
namespace {

class FaultTest : public SimTest {
 protected:
  void SetUp() override { StartSim(); }
};

TEST_F(FaultTest, CutEndsTheConnectionAfterThatManyBytesOfAnEvent) {
  for (const std::size_t bytes : {0U, 1U, 40U}) {
    sim_->Inject({.name = "cut", .resource = "configmaps", .bytes = bytes});
    const auto client = Watch();
    Put("one", "v");
    EXPECT_TRUE(NextEvent(*client).is_null());
    EXPECT_EQ(client->end(), HttpClient::End::kCut);
    EXPECT_EQ(client->rest().size(), bytes);
  }
  EXPECT_EQ(sim_->FaultsServed("cut"), 3U);
}

TEST_F(FaultTest, HalfOpenFallsSilentInTheMiddleOfAnEvent) {
  sim_->Inject({.name = "half-open", .bytes = 10});
  const auto client = Watch();
  client->set_timeout_ms(300);
  Put("one", "v");
  Put("two", "v");
  EXPECT_TRUE(NextEvent(*client).is_null());
  EXPECT_EQ(client->end(), HttpClient::End::kTimeout);
}

TEST_F(FaultTest, TrickleSendsTheWholeEventSlowly) {
  sim_->Inject({.name = "trickle", .delay = 100});
  const auto client = Watch();
  const Written written = Put("one", "v");
  EXPECT_EQ(RvOf(NextEvent(*client)), Rv(written));
}

TEST_F(FaultTest, DroppedEventNeverComes) {
  sim_->Inject({.name = "drop"});
  const auto client = Watch();
  Put("one", "v");
  const Written second = Put("two", "v");
  EXPECT_EQ(RvOf(NextEvent(*client)), Rv(second));
}

TEST_F(FaultTest, DuplicateAndReorderChangeTheSequence) {
  sim_->Inject({.name = "duplicate"});
  auto client = Watch();
  const Written one = Put("one", "v");
  EXPECT_EQ(RvOf(NextEvent(*client)), Rv(one));
  EXPECT_EQ(RvOf(NextEvent(*client)), Rv(one));
  sim_->Inject({.name = "reorder"});
  const Written two = Put("two", "v");
  const Written three = Put("three", "v");
  EXPECT_EQ(RvOf(NextEvent(*client)), Rv(three));
  EXPECT_EQ(RvOf(NextEvent(*client)), Rv(two));
}

TEST_F(FaultTest, NullDeletedWaitsForADeletion) {
  sim_->Inject({.name = "null-deleted"});
  const auto client = Watch();
  Put("one", "v");
  sim_->Delete("configmaps", "a", "one");
  EXPECT_EQ(NextEvent(*client)["type"], "ADDED");
  const auto deleted = NextEvent(*client);
  EXPECT_EQ(deleted["type"], "DELETED");
  EXPECT_TRUE(deleted["object"].is_null());
}

TEST_F(FaultTest, SpoiltEventsAreSpoiltInTheirOwnWays) {
  const auto client = Watch();
  sim_->Inject({.name = "oversize", .bytes = 1 << 20});
  Put("one", "v");
  EXPECT_GT(NextEvent(*client).dump().size(), std::size_t{1} << 20);
  sim_->Inject({.name = "unparsable"});
  const Written broken = Put("two", "v");
  std::string line;
  ASSERT_TRUE(client->ReadLine(line));
  EXPECT_TRUE(nlohmann::json::parse(line, nullptr, false).is_discarded());
  EXPECT_NE(line.find(broken.uid), std::string::npos);
  sim_->Inject({.name = "bad-rv"});
  Put("three", "v");
  EXPECT_EQ(RvOf(NextEvent(*client)), "not-a-number");
  sim_->Inject({.name = "empty-rv"});
  Put("four", "v");
  EXPECT_EQ(RvOf(NextEvent(*client)), "");
  sim_->Inject({.name = "unknown-type"});
  Put("five", "v");
  EXPECT_EQ(NextEvent(*client)["type"], "PECULIAR");
  sim_->Inject({.name = "garbage"});
  const Written last = Put("six", "v");
  EXPECT_TRUE(NextEvent(*client).is_discarded());
  EXPECT_EQ(RvOf(NextEvent(*client)), Rv(last));
}

TEST_F(FaultTest, LowBookmarkLiesBelowThePosition) {
  sim_->Inject({.name = "low-bookmark"});
  const auto client = Watch();
  const Written written = Put("one", "v");
  EXPECT_EQ(RvOf(NextEvent(*client)), Rv(written));
  const auto bookmark = NextEvent(*client);
  EXPECT_EQ(bookmark["type"], "BOOKMARK");
  EXPECT_LT(std::stoull(RvOf(bookmark)), written.rv);
}

TEST_F(FaultTest, ErrorEventEndsTheStreamAndTheEventComesLater) {
  sim_->Inject({.name = "error-event", .code = 504});
  const std::uint64_t from = sim_->CurrentRv();
  const auto client = Watch();
  const Written written = Put("one", "v");
  const auto error = NextEvent(*client);
  EXPECT_EQ(error["type"], "ERROR");
  EXPECT_EQ(error["object"]["code"], 504);
  EXPECT_TRUE(NextEvent(*client).is_null());
  EXPECT_EQ(client->end(), HttpClient::End::kClean);
  HttpClient again(sim_->port());
  again.Open(WatchFrom(from));
  EXPECT_EQ(RvOf(NextEvent(again)), Rv(written));
}

TEST_F(FaultTest, AnswersFailByName) {
  const std::string watch = WatchFrom(sim_->CurrentRv());
  sim_->Inject({.name = "gone-connect"});
  EXPECT_EQ(Get(watch).status, 410);
  sim_->Inject({.name = "gone-event"});
  const auto gone = Get(watch);
  EXPECT_EQ(gone.status, 200);
  EXPECT_EQ(gone.Json()["object"]["code"], 410);
  sim_->Inject({.name = "eof"});
  const auto empty = Get(watch);
  EXPECT_EQ(empty.status, 200);
  EXPECT_EQ(empty.body, "");
  EXPECT_TRUE(empty.complete);
  sim_->Inject({.name = "gone-list"});
  EXPECT_EQ(Get("/api/v1/pods").status, 410);
  sim_->Inject({.name = "status-429", .retry_after = "7"});
  const auto busy = Get("/api/v1/pods");
  EXPECT_EQ(busy.status, 429);
  EXPECT_EQ(busy.headers.at("retry-after"), "7");
  EXPECT_TRUE(busy.Json().is_discarded());
  sim_->Inject({.name = "status-503"});
  EXPECT_EQ(Get("/api/v1/pods").headers.count("retry-after"), 0U);
  sim_->Inject({.name = "html"});
  EXPECT_EQ(Get("/api/v1/pods").headers.at("content-type"),
            "text/html; charset=utf-8");
  sim_->Inject({.name = "unauthorized", .verb = "discovery"});
  EXPECT_EQ(Get("/api/v1/pods").status, 200);
  EXPECT_EQ(Get("/api").status, 401);
}

TEST_F(FaultTest, ContinueExpiresAsOftenAsAsked) {
  sim_->CreateMany("configmaps", "a", "c", 5);
  sim_->Inject({.name = "expired-continue", .count = 2});
  const std::string path = "/api/v1/configmaps?limit=2";
  for (const int expected : {410, 410, 200}) {
    const auto first = Get(path).Json();
    EXPECT_EQ(Get(path + "&continue=" +
                  first["metadata"]["continue"].get<std::string>())
                  .status,
              expected);
  }
}

TEST_F(FaultTest, ListBodiesCanBeCutToo) {
  sim_->CreateMany("configmaps", "a", "c", 5);
  sim_->Inject({.name = "cut", .verb = "list", .bytes = 100});
  HttpClient client(sim_->port());
  const auto list = client.Get("/api/v1/configmaps");
  EXPECT_EQ(list.status, 200);
  EXPECT_FALSE(list.complete);
  EXPECT_EQ(list.body.size(), 100U);
}

TEST_F(FaultTest, PlacesSkipsAndCountsAreKept) {
  sim_->Inject({.name = "drop",
                .resource = "configmaps",
                .ns = "",
                .skip = 1,
                .count = 2});
  const auto client = Watch();
  for (const char* name : {"a", "b", "c", "d"}) Put(name, "v");
  EXPECT_EQ(NextEvent(*client)["object"]["metadata"]["name"], "a");
  EXPECT_EQ(NextEvent(*client)["object"]["metadata"]["name"], "d");
}

TEST_F(FaultTest, ClusterFaultsStrikeAtTheirRevision) {
  sim_->Inject({.name = "compact", .skip = 2});
  const std::uint64_t from = sim_->CurrentRv();
  Put("one", "v");
  Put("two", "v");
  EXPECT_EQ(sim_->FaultsServed("compact"), 0U);
  Put("three", "v");
  EXPECT_TRUE(sim_->WaitUntil(
      [](const SimCluster& sim) { return sim.FaultsServed("compact") == 1; },
      5 * kSecond));
  HttpClient client(sim_->port());
  client.Open(WatchFrom(from));
  EXPECT_EQ(NextEvent(client)["object"]["code"], 410);
}

TEST_F(FaultTest, IdentityChangesWithoutAnEvent) {
  const std::string before = sim_->KubeSystemUid();
  const std::uint64_t rv = sim_->CurrentRv();
  sim_->ChangeIdentity();
  EXPECT_NE(sim_->KubeSystemUid(), before);
  EXPECT_EQ(sim_->CurrentRv(), rv);
  EXPECT_EQ(Get("/api/v1/namespaces/kube-system").Json()["metadata"]["uid"],
            sim_->KubeSystemUid());
}

TEST_F(FaultTest, HookAnswersInPlaceOfTheServer) {
  sim_->SetHook([](const RequestRecord& request) {
    std::optional<CannedAnswer> answer;
    if (request.resource == "pods") answer = CannedAnswer{.status = 418};
    return answer;
  });
  EXPECT_EQ(Get("/api/v1/pods").status, 418);
  EXPECT_EQ(Get("/api/v1/secrets").status, 200);
  const auto requests = sim_->Requests();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[0].status, 418);
  EXPECT_EQ(requests[1].verb, "list");
}

TEST_F(FaultTest, JournalHasEachRevisionOnceAndEachFault) {
  const std::string path = testing::TempDir() + "/journal.jsonl";
  std::remove(path.c_str());
  SimOptions options;
  options.journal_path = path;
  options.journal_fsync = true;
  StartSim(options);
  sim_->Inject({.name = "drop"});
  const auto client = Watch();
  const Written one = Put("one", "\\\"quoted\\\" \\u2028");
  Put("two", "v");
  EXPECT_EQ(NextEvent(*client)["object"]["metadata"]["name"], "two");
  std::ifstream file(path);
  std::string line;
  std::uint64_t seq = 0;
  std::uint64_t rv = options.first_rv;
  bool found = false;
  bool fault = false;
  while (std::getline(file, line)) {
    const auto entry = nlohmann::json::parse(line);
    EXPECT_EQ(entry["seq"], ++seq);
    if (entry["type"] == "FAULT") {
      fault |= entry["fault"] == "drop";
      continue;
    }
    EXPECT_EQ(std::stoull(entry["rv"].get<std::string>()), ++rv);
    if (entry["uid"] != one.uid) continue;
    found = true;
    EXPECT_EQ(entry["object"], nlohmann::json::parse(one.body));
  }
  EXPECT_TRUE(found);
  EXPECT_TRUE(fault);
  EXPECT_EQ(rv, sim_->CurrentRv());
  EXPECT_EQ(sim_->Journal().size(), seq);
}

TEST(ScenarioTest, YamlAndJsonLinesSayTheSame) {
  const std::string yaml = testing::TempDir() + "/scenario.yaml";
  std::ofstream(yaml) << "- {fault: cut, resource: pods, skip: 3, bytes: 40}\n"
                         "- fault: rewind\n  after: 1.5\n  revisions: 9\n";
  const std::string json = testing::TempDir() + "/scenario.jsonl";
  std::ofstream(json)
      << R"({"fault":"cut","resource":"pods","skip":3,"bytes":40})"
      << "\n"
      << R"({"fault":"rewind","after":1.5,"revisions":9})"
      << "\n";
  for (const std::string& path : {yaml, json}) {
    const auto faults = ReadScenario(path, false);
    ASSERT_TRUE(faults.ok()) << faults.error().message();
    ASSERT_EQ(faults->size(), 2U);
    EXPECT_EQ((*faults)[0].skip, 3U);
    EXPECT_EQ((*faults)[1].after, 1500 * kMillisecond);
  }
}

TEST(ScenarioTest, MistakesNameFileEntryAndKey) {
  const std::string path = testing::TempDir() + "/wrong.yaml";
  const auto message = [&](const std::string& text) {
    std::ofstream(path) << text;
    const auto faults = ReadScenario(path, false);
    return faults.ok() ? "" : faults.error().message();
  };
  EXPECT_EQ(message("- {fault: cutt}\n"),
            path +
                ": fault 1: no fault is called 'cutt'; see kubescribe-sim "
                "--list-faults");
  EXPECT_EQ(message("- {fault: cut, byte: 1}\n"),
            path + ": fault 1: unknown key 'byte'");
  EXPECT_EQ(message("- {fault: cut, bytes: many}\n"),
            path + ": fault 1: wrong type of 'bytes'");
  EXPECT_EQ(message("- {fault: cut, verb: lst}\n"),
            path +
                ": fault 1: wrong value of 'verb': expected list, watch, get, "
                "discovery or *");
  for (const char* wrong :
       {"probability: 1.5", "probability: -0.1", "probability: .nan",
        "after: -1", "delay: -0.5", "delay: .inf", "count: -1", "skip: -3"}) {
    const std::string key =
        std::string(wrong).substr(0, std::string(wrong).find(':'));
    EXPECT_EQ(
        message("- {fault: cut}\n- {fault: cut, " + std::string(wrong) + "}\n")
            .find(path + ": fault 2: wrong value of '" + key + "'"),
        0U)
        << wrong;
  }
  EXPECT_EQ(message("- {fault: fail-group}\n"),
            path + ": fault 1: 'fail-group' needs a 'group'");
  EXPECT_EQ(message("- {fault: tls-rotate}\n"),
            path +
                ": fault 1: wrong value of 'fault': 'tls-rotate' needs a "
                "cluster with TLS (--tls)");
  EXPECT_TRUE(ReadScenario(path, true).ok());
}

TEST(CatalogTest, EveryFaultHasASentence) {
  for (const FaultDescription& fault : FaultCatalog()) {
    EXPECT_TRUE(fault.sentence.ends_with(".")) << fault.name;
    EXPECT_NE(FindFaultKind(fault.name), nullptr);
  }
}

}  // namespace
}  // namespace kubescribe::fakes
