// What the made-up workload's objects live through, read from its journal.
#include <map>
#include <set>
#include <vector>

#include "unit/fakes/sim_test.h"
#include "unit/fakes/stopped_clock.h"

namespace kubescribe::fakes {
namespace {

using Json = nlohmann::json;

// One run for all tests: a cluster of five hundred objects, at work for a
// while.
class LivesTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    const StoppedClock clock;
    SimOptions options;
    options.seed = 11;
    options.clock = &clock;
    auto sim = SimCluster::Start(options);
    (*sim)->Fill({500});
    filled_ = (*sim)->Journal().size();
    (*sim)->Step(8000);
    journal_ = new std::vector<JournalEntry>((*sim)->Journal());
  }
  static void TearDownTestSuite() {
    delete journal_;
    journal_ = nullptr;
  }

  static Json Body(const JournalEntry& entry) {
    return Json::parse(*entry.object);
  }
  static std::vector<JournalEntry> Of(const std::string& resource) {
    std::vector<JournalEntry> out;
    for (const JournalEntry& entry : *journal_) {
      if (entry.resource == resource) out.push_back(entry);
    }
    return out;
  }
  static bool Ready(const Json& pod) {
    return pod["status"].dump().find("\"ready\":true") != std::string::npos &&
           !pod["metadata"].contains("deletionTimestamp");
  }

  static std::size_t filled_;
  static std::vector<JournalEntry>* journal_;
};

std::size_t LivesTest::filled_ = 0;
std::vector<JournalEntry>* LivesTest::journal_ = nullptr;

TEST_F(LivesTest, EveryTextIsWholeAndSaysWhoseItIs) {
  for (const JournalEntry& entry : *journal_) {
    const Json object = Json::parse(*entry.object, nullptr, false);
    ASSERT_TRUE(object.is_object()) << *entry.object;
    const Json& metadata = object["metadata"];
    ASSERT_EQ(metadata["name"], entry.name);
    ASSERT_EQ(metadata.value("namespace", ""), entry.ns);
    ASSERT_EQ(metadata["uid"], entry.uid);
    ASSERT_EQ(metadata["resourceVersion"], std::to_string(entry.rv));
    ASSERT_EQ(entry.object->find("${"), std::string::npos) << *entry.object;
  }
}

TEST_F(LivesTest, OwnersStandWhenTheirObjectsAreMade) {
  std::set<std::string> standing;
  std::size_t owned = 0;
  for (const JournalEntry& entry : *journal_) {
    if (entry.type == "DELETED") standing.erase(entry.uid);
    if (entry.type == "ADDED") standing.insert(entry.uid);
    const Json body = Body(entry);
    if (entry.type != "ADDED" || !body["metadata"].contains("ownerReferences"))
      continue;
    ++owned;
    EXPECT_EQ(standing.count(body["metadata"]["ownerReferences"][0]["uid"]), 1U)
        << *entry.object;
  }
  EXPECT_GT(owned, 1000U);
}

TEST_F(LivesTest, PodsOfAStatefulSetComeInOrder) {
  std::map<std::string, bool> ready;  // by namespace and name
  std::map<std::string, int> made;
  for (const JournalEntry& entry : Of("pods")) {
    const Json pod = Body(entry);
    if (pod["metadata"]["ownerReferences"][0]["kind"] != "StatefulSet")
      continue;
    const std::string key = entry.ns + "/" + entry.name;
    if (entry.type == "ADDED") {
      ++made[key];
      const std::size_t dash = key.rfind('-');
      for (int n = std::stoi(key.substr(dash + 1)); n-- > 0;) {
        EXPECT_TRUE(ready[key.substr(0, dash + 1) + std::to_string(n)]) << key;
      }
    }
    ready[key] = entry.type != "DELETED" && Ready(pod);
  }
  int again = 0;
  for (const auto& [key, times] : made) again += times > 1 ? 1 : 0;
  EXPECT_GT(again, 5);
}

TEST_F(LivesTest, AStatefulSetIsUpdatedFromItsLastPod) {
  std::map<std::string, std::string> hashes;  // of the Pods that stand
  int compared = 0;
  for (const JournalEntry& entry : Of("pods")) {
    const Json labels = Body(entry)["metadata"]["labels"];
    if (!labels.contains("statefulset.kubernetes.io/pod-name")) continue;
    const std::string key = entry.ns + "/" + entry.name;
    if (entry.type == "DELETED") {
      hashes.erase(key);
      continue;
    }
    hashes[key] = labels["controller-revision-hash"];
    const std::size_t dash = key.rfind('-');
    const auto next =
        hashes.find(key.substr(0, dash + 1) +
                    std::to_string(std::stoi(key.substr(dash + 1)) + 1));
    if (entry.type != "ADDED" || next == hashes.end()) continue;
    ++compared;
    EXPECT_EQ(hashes[key], next->second) << key;
  }
  EXPECT_GT(compared, 5);
}

TEST_F(LivesTest, SetsKeepTheirRevisions) {
  std::map<std::string, std::set<std::string>> standing;
  int gone = 0;
  for (const JournalEntry& entry : Of("controllerrevisions")) {
    const std::string owner =
        Body(entry)["metadata"]["ownerReferences"][0]["uid"];
    if (entry.type == "DELETED") {
      ++gone;
      standing[owner].erase(entry.name);
    } else {
      standing[owner].insert(entry.name);
      EXPECT_LE(standing[owner].size(), 4U);
    }
  }
  EXPECT_GT(gone, 0);
}

TEST_F(LivesTest, DaemonSetsHaveAPodOnEachNode) {
  std::map<std::string, std::set<std::string>> nodes;  // by owner
  std::set<std::string> all;
  for (std::size_t i = 0; i < filled_; ++i) {
    const JournalEntry& entry = (*journal_)[i];
    if (entry.resource == "nodes") all.insert(entry.name);
    if (entry.resource != "pods") continue;
    const Json pod = Body(entry);
    const Json& owner = pod["metadata"]["ownerReferences"][0];
    if (owner["kind"] != "DaemonSet") continue;
    nodes[owner["name"]].insert(pod["spec"]["nodeName"]);
  }
  ASSERT_FALSE(nodes.empty());
  for (const auto& [name, its] : nodes) EXPECT_EQ(its, all) << name;
}

TEST_F(LivesTest, JobsEndAndAreCleanedUpAfterTheirPods) {
  std::map<std::string, std::vector<std::string>> lives;  // by uid of the Job
  for (const JournalEntry& entry : *journal_) {
    if (entry.resource == "jobs") {
      const Json job = Body(entry);
      const Json& status = job["status"];
      lives[entry.uid].push_back(
          entry.type == "DELETED"                         ? "gone"
          : job["metadata"].contains("deletionTimestamp") ? "deleting"
          : status.contains("completionTime")             ? "complete"
                                                          : "active");
    }
    if (entry.resource == "pods" && entry.type == "DELETED") {
      const Json pod = Body(entry);
      const Json& owner = pod["metadata"]["ownerReferences"][0];
      if (owner["kind"] != "Job") continue;
      EXPECT_EQ(pod["status"]["phase"], "Succeeded");
      lives[owner["uid"]].push_back("pod gone");
    }
  }
  std::size_t whole = 0;
  for (const auto& [uid, life] : lives) {
    if (life == std::vector<std::string>{"active", "complete", "deleting",
                                         "pod gone", "gone"}) {
      ++whole;
    }
  }
  EXPECT_GT(whole, 3U);
}

TEST_F(LivesTest, CronJobsSayWhatRuns) {
  std::map<std::string, std::vector<bool>> active;
  for (const JournalEntry& entry : Of("cronjobs")) {
    active[entry.uid].push_back(Body(entry)["status"].contains("active"));
  }
  std::size_t ran = 0;
  for (const auto& [uid, life] : active) {
    const std::vector<bool> once{false, true, false};
    if (life.size() >= 3 && std::equal(once.begin(), once.end(), life.begin()))
      ++ran;
  }
  EXPECT_GT(ran, 3U);
}

TEST_F(LivesTest, EventsAreCountedAndExpireTogether) {
  std::map<std::uint64_t, std::set<std::string>> expired;  // by RV
  std::map<std::string, std::uint64_t> counts;
  bool repeated = false;
  for (const JournalEntry& entry : Of("events")) {
    if (entry.type == "DELETED") {
      expired[entry.rv].insert(entry.ns);
      continue;
    }
    const std::uint64_t count = Body(entry)["count"];
    EXPECT_EQ(count, counts[entry.uid] + 1);
    repeated = repeated || count > 1;
    counts[entry.uid] = count;
  }
  EXPECT_TRUE(repeated);
  ASSERT_FALSE(expired.empty());
  // Several namespaces' under one revision.
  for (const auto& [rv, namespaces] : expired) {
    EXPECT_GT(namespaces.size(), 1U) << rv;
  }
}

TEST_F(LivesTest, NamespacesComeAndGoEmpty) {
  std::map<std::string, std::set<std::string>> inside;
  std::map<std::string, std::vector<std::string>> lives;
  for (const JournalEntry& entry : *journal_) {
    const std::string key = entry.resource + "/" + entry.name;
    if (entry.resource == "namespaces") {
      if (entry.type == "DELETED") {
        EXPECT_EQ(inside[entry.name], std::set<std::string>{}) << entry.name;
      }
      lives[entry.name].push_back(
          entry.type == "DELETED"
              ? "gone"
              : Body(entry)["status"]["phase"].get<std::string>());
    } else if (entry.type == "DELETED") {
      inside[entry.ns].erase(key);
    } else {
      inside[entry.ns].insert(key);
      if (entry.ns.starts_with("preview-")) {
        EXPECT_FALSE(lives[entry.ns].empty()) << key;
      }
    }
    if (entry.resource == "pods" && entry.ns.starts_with("preview-")) {
      EXPECT_EQ(inside[entry.ns].count("serviceaccounts/default"), 1U);
      EXPECT_EQ(inside[entry.ns].count("configmaps/kube-root-ca.crt"), 1U);
    }
  }
  std::size_t whole = 0;
  for (const auto& [name, life] : lives) {
    if (life == std::vector<std::string>{"Active", "Terminating", "gone"})
      ++whole;
  }
  EXPECT_GT(whole, 2U);
}

TEST_F(LivesTest, HelmReleasesAreSuperseded) {
  std::map<std::string, std::vector<std::string>> lives;  // of each version
  std::size_t largest = 0;
  for (const JournalEntry& entry : Of("secrets")) {
    if (!entry.name.starts_with("sh.helm.release.v1.")) continue;
    const Json secret = Body(entry);
    EXPECT_EQ(secret["type"], "helm.sh/release.v1");
    EXPECT_GT(entry.object->size(), 20000U);
    largest = std::max(largest, entry.object->size());
    lives[entry.name].push_back(
        entry.type == "DELETED"
            ? "gone"
            : secret["metadata"]["labels"]["status"].get<std::string>());
  }
  EXPECT_LT(largest, 220000U);
  std::set<std::vector<std::string>> seen;
  for (const auto& [name, life] : lives) seen.insert(life);
  EXPECT_EQ(seen.count({"pending-upgrade", "deployed", "superseded", "gone"}),
            1U);
}

TEST_F(LivesTest, PeopleEditWithKubectl) {
  std::set<std::string> managers;
  for (const char* resource : {"configmaps", "secrets"}) {
    for (const JournalEntry& entry : Of(resource)) {
      const Json object = Body(entry);
      for (const Json& fields : object["metadata"]["managedFields"]) {
        managers.insert(std::string(resource) + " " +
                        fields["manager"].get<std::string>());
      }
    }
  }
  for (const char* resource : {"configmaps ", "secrets "}) {
    for (const char* manager : {"kubectl-edit", "kubectl-client-side-apply"}) {
      EXPECT_EQ(managers.count(std::string(resource) + manager), 1U) << manager;
    }
  }
}

TEST_F(LivesTest, OperatorsChangeTheirResources) {
  std::map<std::string, int> changed;
  for (const JournalEntry& entry : *journal_) {
    if (entry.type == "MODIFIED") ++changed[entry.group];
    if (entry.group != "postgresql.cnpg.io") continue;
    EXPECT_TRUE(entry.object->starts_with(
        R"({"apiVersion":"postgresql.cnpg.io/v1","kind":"Cluster",)"
        R"("metadata":{"creationTimestamp")"));
  }
  for (const char* group : {"cert-manager.io", "monitoring.coreos.com",
                            "argoproj.io", "postgresql.cnpg.io"}) {
    EXPECT_GT(changed[group], 10) << group;
  }
}

TEST_F(LivesTest, HeartbeatsAndPodsHaveTheirShares) {
  std::map<std::string, std::size_t> counts;
  for (std::size_t i = filled_; i < journal_->size(); ++i) {
    ++counts[(*journal_)[i].resource];
  }
  EXPECT_GT(counts["pods"], 3500U);  // of 8000
  EXPECT_LT(counts["pods"], 5500U);
  EXPECT_GT(counts["leases"], 300U);
  EXPECT_GT(counts["leases"], 4 * counts["nodes"]);
  EXPECT_GT(counts["nodes"], 50U);
}

}  // namespace
}  // namespace kubescribe::fakes
