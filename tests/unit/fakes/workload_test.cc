// The made-up workload: repeatable, lifelike, servable.
#include <yaml-cpp/yaml.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "unit/fakes/sim_test.h"
#include "unit/fakes/stopped_clock.h"

namespace kubescribe::fakes {
namespace {

class WorkloadTest : public SimTest {
 protected:
  static std::vector<JournalEntry> Run(std::uint64_t seed, const Clock* clock) {
    SimOptions options;
    options.seed = seed;
    options.clock = clock;
    auto sim = SimCluster::Start(options);
    (*sim)->Fill({300});
    (*sim)->Step(500);
    return (*sim)->Journal();
  }
};

TEST_F(WorkloadTest, SameSeedGivesTheSameRevisions) {
  const StoppedClock clock;
  const auto first = Run(7, &clock);
  const auto second = Run(7, &clock);
  const auto other = Run(8, &clock);
  ASSERT_EQ(first.size(), second.size());
  std::size_t different = 0;
  for (std::size_t i = 0; i < first.size(); ++i) {
    ASSERT_EQ(*first[i].object, *second[i].object);
    if (i < other.size() && *first[i].object != *other[i].object) ++different;
  }
  EXPECT_GT(different, first.size() / 2);
}

TEST_F(WorkloadTest, FillsToAboutWhatWasAsked) {
  for (const std::size_t objects : {20U, 100U, 1000U, 5000U}) {
    SimOptions options;
    options.keep_journal = false;
    StartSim(options);
    sim_->Fill({objects});
    std::size_t all = 0;
    for (const char* kind :
         {"pods", "configmaps", "secrets", "namespaces", "nodes", "events",
          "serviceaccounts", "deployments.apps", "replicasets.apps",
          "statefulsets.apps", "daemonsets.apps", "controllerrevisions.apps",
          "jobs.batch", "cronjobs.batch", "leases.coordination.k8s.io",
          "customresourcedefinitions.apiextensions.k8s.io"}) {
      all += sim_->Objects(kind).size();
    }
    const std::size_t pods = sim_->Objects("pods").size();
    if (objects < 100) {
      EXPECT_LT(all, 40U);
      EXPECT_GT(pods, 7U);
      continue;
    }
    for (const char* kind :
         {"certificates.cert-manager.io",
          "servicemonitors.monitoring.coreos.com", "applications.argoproj.io",
          "clusters.postgresql.cnpg.io"}) {
      all += sim_->Objects(kind).size();
    }
    EXPECT_GT(all, objects * 9 / 10) << objects;
    EXPECT_LT(all, objects * 5 / 4) << objects;
    EXPECT_GT(pods, objects * 45 / 100) << objects;
  }
}

TEST_F(WorkloadTest, PodsAreFullSizeAndGoThroughTheirPhases) {
  std::map<std::string, std::vector<std::string>> phases;
  std::size_t bytes = 0;
  std::size_t pods = 0;
  for (const JournalEntry& entry : Run(3, nullptr)) {
    const auto object = nlohmann::json::parse(*entry.object);
    EXPECT_EQ(object["metadata"]["resourceVersion"], std::to_string(entry.rv));
    if (entry.resource != "pods") continue;
    ++pods;
    bytes += entry.object->size();
    std::string phase = object["status"]["phase"];
    if (object["metadata"].contains("deletionTimestamp")) phase = "Deleting";
    if (entry.type == "DELETED") phase = "Gone";
    auto& seen = phases[entry.uid];
    if (seen.empty() || seen.back() != phase) seen.push_back(phase);
  }
  EXPECT_GT(bytes / pods, 4000U);
  EXPECT_LT(bytes / pods, 8000U);
  std::set<std::vector<std::string>> lives;
  for (const auto& [uid, life] : phases) lives.insert(life);
  EXPECT_EQ(lives.count({"Pending", "Running"}), 1U);
  EXPECT_EQ(lives.count({"Running", "Deleting", "Gone"}), 1U);
}

TEST_F(WorkloadTest, NamesComeBackWithNewUids) {
  std::map<std::string, std::set<std::string>> uids;
  for (const JournalEntry& entry : Run(5, nullptr)) {
    if (entry.resource != "configmaps") continue;
    uids[entry.ns + "/" + entry.name].insert(entry.uid);
  }
  std::size_t recreated = 0;
  for (const auto& [name, seen] : uids) recreated += seen.size() > 1 ? 1 : 0;
  EXPECT_GT(recreated, 0U);
}

TEST_F(WorkloadTest, StepMakesExactlySoManyRevisions) {
  StartSim();
  sim_->Fill({100});
  const std::uint64_t before = sim_->CurrentRv();
  sim_->Step(250);
  EXPECT_EQ(sim_->CurrentRv(), before + 250);
}

TEST_F(WorkloadTest, ReplayedLinesAreServed) {
  const std::string path = testing::TempDir() + "/replay.jsonl";
  {
    std::ofstream file(path);
    file << R"({"type":"ADDED","object":{"kind":"ConfigMap","apiVersion":"v1",)"
         << R"("metadata":{"name":"x","namespace":"a"},"data":{"n":"1"}}})"
         << "\n"
         << R"({"type":"MODIFIED","object":{"kind":"ConfigMap","apiVersion":)"
         << R"("v1","metadata":{"name":"x","namespace":"a"},)"
         << R"("data":{"n":"2"}}})"
         << "\n";
  }
  StartSim();
  EXPECT_TRUE(sim_->Replay(path, 0).ok());
  ASSERT_EQ(sim_->Objects("configmaps").size(), 1U);
  EXPECT_EQ(nlohmann::json::parse(sim_->Objects("configmaps")[0].body)["data"],
            nlohmann::json({{"n", "2"}}));
}

TEST_F(WorkloadTest, ReplayKeepsWhatAServerWrote) {
  const std::string path = testing::TempDir() + "/replay-kept.jsonl";
  const std::string kept =
      R"("creationTimestamp":"2020-01-01T00:00:00Z","annotations":)"
      R"({"uid":"mine","q":"a\"}{,:b\\"}},"spec":{"n":1.50,"list":[1,{}]}})";
  {
    std::ofstream file(path);
    file
        << R"({"type":"ADDED","object":{"apiVersion":"apps/v1","kind":)"
        << R"("Deployment","metadata":{"name":"x","namespace":"a","uid":"old",)"
        << R"("resourceVersion":"7", )" << kept << "}\n"
        << "not JSON\n"
        << R"({"type":"ADDED","object":{"kind":"Unheard","apiVersion":"v1",)"
        << R"("metadata":{"name":"x"}}})"
        << "\n"
        << R"({"type":"BOOKMARK","object":{"kind":"Deployment"}})"
        << "\n";
  }
  StartSim();
  const auto replayed = sim_->Replay(path, 0);
  ASSERT_TRUE(replayed.ok());
  EXPECT_EQ(replayed->lines, 4U);
  EXPECT_EQ(replayed->bad, 2U);
  EXPECT_EQ(replayed->first_bad, 2U);
  const auto objects = sim_->Objects("deployments.apps");
  ASSERT_EQ(objects.size(), 1U);
  EXPECT_EQ(objects[0].body,
            R"({"kind":"Deployment","apiVersion":"apps/v1","metadata":)"
            R"({"name":"x","namespace":"a","uid":")" +
                objects[0].uid + R"(","resourceVersion":")" +
                std::to_string(objects[0].rv) + "\"," + kept);
  EXPECT_NE(objects[0].uid, "old");
}

TEST_F(WorkloadTest, ReplayPassesOverWhatItCannotApply) {
  const std::string path = testing::TempDir() + "/replay-bad.jsonl";
  const auto line = [](const std::string& type, const std::string& name) {
    return R"({"type":")" + type +
           R"(","object":{"kind":"ConfigMap","apiVersion":"v1",)" +
           R"("metadata":{"name":")" + name + R"(","namespace":"a"}}})" + "\n";
  };
  std::ofstream(path)
      << line("DELETED", "before") << "\n"
      << R"({"type":"ERROR","object":{"kind":"Status","apiVersion":"v1",)"
      << R"("metadata":{},"code":410}})"
      << "\n"
      << line("PECULIAR", "y") << line("ADDED", "x")
      << line("ADDED", "z").substr(0, 40);
  StartSim();
  const auto replayed = sim_->Replay(path, 0);
  ASSERT_TRUE(replayed.ok());
  EXPECT_EQ(replayed->lines, 5U);
  EXPECT_EQ(replayed->unknown, 1U);
  EXPECT_EQ(replayed->bad, 3U);
  EXPECT_EQ(replayed->first_bad, 3U);
  ASSERT_EQ(sim_->Objects("configmaps").size(), 1U);
  EXPECT_EQ(sim_->Objects("configmaps")[0].name, "x");
  EXPECT_FALSE(sim_->Replay(path + ".none", 0).ok());
}

TEST_F(WorkloadTest, KubeconfigIsItsOwnersAndTakesAnyToken) {
  SimOptions options;
  options.token = "a: \"b\" #c\\";
  StartSim(options);
  const std::string path = testing::TempDir() + "/sim.kubeconfig";
  std::ofstream(path) << "old";
  std::filesystem::permissions(path, std::filesystem::perms(0644));
  ASSERT_TRUE(sim_->WriteKubeconfig(path).ok());
  EXPECT_EQ(std::filesystem::status(path).permissions(),
            std::filesystem::perms(0600));
  EXPECT_EQ(YAML::LoadFile(path)["users"][0]["user"]["token"].as<std::string>(),
            options.token);
}

TEST_F(WorkloadTest, TlsServesWithACertificateThatTheKubeconfigTrusts) {
  SimOptions options;
  options.tls = true;
  options.token = "secret";
  StartSim(options);
  EXPECT_EQ(sim_->Url().substr(0, 8), "https://");
  EXPECT_NE(sim_->CaPem().find("BEGIN CERTIFICATE"), std::string::npos);
  EXPECT_NE(sim_->Kubeconfig().find("certificate-authority-data: "),
            std::string::npos);
  // Plain HTTP to a TLS port gets no answer.
  EXPECT_EQ(Get("/readyz").status, 0);
}

}  // namespace
}  // namespace kubescribe::fakes
