// The made-up workload: repeatable, lifelike, servable.
#include <fstream>
#include <map>
#include <set>

#include "unit/fakes/sim_test.h"

namespace kubescribe::fakes {
namespace {

class StoppedClock final : public Clock {
 public:
  Micros Wall() const override { return 1700000000 * kSecond; }
  Micros Mono() const override { return kSecond; }
};

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
