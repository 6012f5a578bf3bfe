// The table of faults, against real recorder processes: clusters with a fault
// each, many in one recorder, and beside them a witness without any.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "fakes/faults.h"
#include "integration/fault_table.h"
#include "integration/setup.h"
#include "integration/truth.h"
#include "integration/world.h"

namespace kubescribe::integration {
namespace {

using fakes::SimCluster;
using fakes::SimOptions;
using testing::IsEmpty;

constexpr std::size_t kRowsAtOnce = 12;
constexpr std::size_t kObjects = 20;
// Of the recorder, above what it took before there was a fault: what
// half-received events may take together (limits.frameBytes), and as much again
// for those that are parsed and written.
constexpr std::size_t kMoreMemory = std::size_t{128} << 20;
// However a fault tries: so many requests for its kind.
constexpr std::size_t kMostRequests = 80;
constexpr char kToken[] = "token-that-is-nobodys-business";
constexpr char kSecret[] = "c2VjcmV0LW9mLXRoZS1jbHVzdGVy";

// What is recorded of each cluster.
constexpr char kConfig[] = R"(resources:
- resource: configmaps
- resource: secrets
- resource: events
- resource: deployments.apps
)";
const std::vector<std::string>& Kinds() {
  static const std::vector<std::string> kinds = {"configmaps", "secrets",
                                                 "events", "deployments.apps"};
  return kinds;
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif
// That a witness is recorded later for the faults of others.
constexpr Micros kLongestWait = (kSanitized ? 10 : 1) * kSecond;

// What of the cluster the record does not show yet; "" when all is there.
std::string Missing(store::Reader& reader, const SimCluster& sim) {
  auto wanted = RvsToReach(sim);
  const std::uint64_t current = sim.CurrentRv();
  const auto streams = reader.Streams();
  if (!streams.ok()) return streams.error().message();
  std::string missing;
  for (const std::string& kind : Kinds()) {
    bool covered = false;
    std::string where = "no stream";
    for (const auto& row : *streams) {
      if (Kind(row.key.group, row.key.resource) != kind) continue;
      where = row.state + " at " + row.position + " " + row.gap_cause + " " +
              row.message;
      const std::uint64_t position = RvNumber(row.position);
      covered = row.gap_cause.empty() && position >= wanted[kind] &&
                position <= current;
    }
    if (!covered) {
      missing +=
          kind + " up to " + std::to_string(wanted[kind]) + ": " + where + "; ";
    }
  }
  return missing;
}

std::string WaitUntilRecorded(const World& world, const SimCluster& sim,
                              Micros limit) {
  std::string missing = "no database";
  world.WaitFor(
      sim,
      [&](store::Reader& reader) {
        missing = Missing(reader, sim);
        return missing.empty();
      },
      limit);
  return missing;
}

// The longest time from a revision's being there to its commit, of the
// revisions above an RV.
Micros LongestDelay(const World& world, const SimCluster& sim,
                    std::uint64_t above) {
  auto reader = store::Reader::Open(world.Database(sim));
  if (!reader.ok()) return kMinute;
  std::map<std::pair<std::string, std::uint64_t>, Micros> made;
  for (const auto& entry : sim.Journal()) {
    if (entry.fault.empty()) made[{entry.uid, entry.rv}] = entry.at;
  }
  Micros longest = 0;
  const store::Seq last = (*reader)->info().last_seq;
  for (store::Seq after = 0; after < last;) {
    const auto batch = (*reader)->Records(after, last, 5000);
    if (!batch.ok() || batch->last == after) break;
    for (const auto& revision : batch->revisions) {
      const std::uint64_t rv = RvNumber(revision.rv);
      if (rv <= above) continue;
      const auto at = made.find({revision.uid, rv});
      if (at == made.end()) continue;
      longest = std::max(longest, revision.recorded_at - at->second);
    }
    after = batch->last;
  }
  return longest;
}

class Batch {
 public:
  explicit Batch(std::vector<FaultRow> rows) : rows_(std::move(rows)) {}

  void Run() {
    auto trap = SimCluster::Start({.name = "trap"});
    ASSERT_TRUE(trap.ok());
    elsewhere_ = (*trap)->Url();
    world_.Configure(kConfig);
    witness_ = &world_.AddCluster({.name = "witness", .seed = TestSeed(7)});
    Fill(*witness_);
    for (const FaultRow& row : rows_) {
      if (row.meeting != Meeting::kStart) AddCluster(row);
    }
    world_.StartRecorder();
    WaitForAll(60 * kSecond);
    if (testing::Test::HasFatalFailure()) return;
    // The same writes, without and then with faults.
    std::uint64_t before = witness_->CurrentRv();
    for (int round = 1; round <= 3; ++round) Write(*witness_, round);
    WaitForAll(kMinute);
    if (testing::Test::HasFatalFailure()) return;
    const Micros calm_delay = LongestDelay(world_, *witness_, before);
    const std::size_t calm_memory = world_.RecorderPeakMemory();

    before = witness_->CurrentRv();
    Misbehave();
    WaitForFaults();
    Finish();
    if (testing::Test::HasFatalFailure()) return;

    for (const FaultRow& row : rows_) CheckRow(row);
    witness_waited_ = LongestDelay(world_, *witness_, before) - calm_delay;
    EXPECT_THAT(world_.Violations(*witness_), IsEmpty());
    EXPECT_THAT(world_.Gaps(*witness_), IsEmpty());
    if (!kSanitized) {
      EXPECT_LT(world_.RecorderPeakMemory(), calm_memory + kMoreMemory);
    }
    EXPECT_THAT((*trap)->Requests(), testing::SizeIs(0))
        << "something was asked of another host";
    const ExitState end = world_.StopRecorder();
    EXPECT_FALSE(end.signalled);
    EXPECT_EQ(end.code, 0);
    const std::string log = world_.RecorderLog();
    EXPECT_EQ(log.find(kToken), std::string::npos);
    EXPECT_EQ(log.find(kSecret), std::string::npos);
  }

  // By how much its longest delay grew with the faults of others.
  Micros witness_waited() const { return witness_waited_; }

 private:
  static std::string ConfigMap(std::size_t i, int value) {
    return R"({"metadata":{"namespace":"a","name":"c)" + std::to_string(i) +
           R"("},"data":{"value":")" + std::to_string(value) + R"("}})";
  }

  static void Fill(SimCluster& sim) {
    sim.Apply("secrets",
              R"({"metadata":{"namespace":"a","name":"s"},"data":{"k":")" +
                  std::string(kSecret) + R"("}})");
    sim.CreateMany("events", "a", "e", 10);
    for (std::size_t i = 0; i < kObjects; ++i) {
      sim.Apply("configmaps", ConfigMap(i, 0));
    }
  }

  // One round of the same for every cluster.
  static void Write(SimCluster& sim, int round) {
    for (std::size_t i = 0; i < kObjects; ++i) {
      sim.Apply("configmaps", ConfigMap(i, round));
    }
    sim.Delete("configmaps", "a", "c3");
    sim.DeleteBatch("events", "a", {"e0", "e1", "e2", "e3"});
    sim.CreateMany("events", "a", "e", 4);
  }

  void AddCluster(const FaultRow& row) {
    SimOptions options;
    options.name = row.name;
    options.seed = 7 + sims_.size();
    options.page_size_limit = row.meeting == Meeting::kStart ? 6 : 0;
    options.tls = row.tls;
    if (row.tls) options.token = kToken;
    SimCluster& sim = world_.AddCluster(options);
    sims_[row.name] = &sim;
    Fill(sim);
    if (row.meeting == Meeting::kStart) Inject(row);
  }

  void Inject(const FaultRow& row) {
    fakes::Fault fault = row.fault;
    if (fault.name == "redirect") fault.location = elsewhere_;
    sims_[row.name]->Inject(fault);
  }

  void Misbehave() {
    bool more = false;
    for (const FaultRow& row : rows_) {
      if (row.meeting == Meeting::kStart) {
        AddCluster(row);
        more = true;
        continue;
      }
      Inject(row);
      if (row.meeting == Meeting::kRequest) {
        sims_[row.name]->CutConnections();
      }
    }
    if (more) world_.ReloadRecorder();
    for (int round = 11; round <= 13; ++round) {
      for (auto& [name, sim] : sims_) Write(*sim, round);
      Write(*witness_, round);
    }
  }

  void WaitForFaults() {
    for (const FaultRow& row : rows_) {
      const std::string& name = row.fault.name;
      EXPECT_TRUE(sims_[row.name]->WaitUntil(
          [&](const SimCluster& sim) { return sim.FaultsServed(name) > 0; },
          kMinute))
          << row.name << " never happened";
    }
  }

  // All connections once more, so that what is wrong with a position shows.
  void Finish() {
    // A position that the server never had heals with the next connection.
    std::set<std::string> unsound;
    for (const FaultRow& row : rows_) {
      if (row.cause == "rewind") unsound.insert(row.name);
    }
    WaitForAll(90 * kSecond, unsound);
    if (testing::Test::HasFatalFailure()) return;
    for (auto& [name, sim] : sims_) {
      sim->ClearFaults();
      sim->CutConnections();
      Write(*sim, 99);
    }
    for (std::size_t i = 0; i < kObjects; ++i) {
      witness_->Apply("configmaps", ConfigMap(i, 99));
    }
    WaitForAll(60 * kSecond);
  }

  void WaitForAll(Micros limit, const std::set<std::string>& but = {}) {
    if (kSanitized) limit *= 4;
    std::string late;
    for (auto& [name, sim] : sims_) {
      if (but.count(name) != 0) continue;
      const std::string missing = WaitUntilRecorded(world_, *sim, limit);
      if (missing.empty()) continue;
      late += name + ": " + missing + "\n";
      limit = 1;
    }
    ASSERT_EQ(late, "");
    ASSERT_EQ(WaitUntilRecorded(world_, *witness_, limit), "");
  }

  // What befalls a cluster may be the loss of any of its streams.
  static bool OfAllStreams(const FaultRow& row) {
    return !row.cause.empty() && fakes::FindFaultKind(row.fault.name)->scope ==
                                     fakes::FaultScope::kCluster;
  }

  // A line of the log that is of the row's cluster and gives the reason.
  bool LogSays(const FaultRow& row) const {
    std::istringstream log(world_.RecorderLog());
    std::string line;
    while (std::getline(log, line)) {
      if (line.find(" " + row.name + ": ") != std::string::npos &&
          line.find(row.says) != std::string::npos) {
        return true;
      }
    }
    return false;
  }

  void CheckRow(const FaultRow& row) {
    SCOPED_TRACE(row.name);
    const SimCluster& sim = *sims_[row.name];
    EXPECT_THAT(world_.Violations(sim), IsEmpty());
    const std::string resource = row.fault.resource;
    const std::vector<std::string> gaps = world_.Gaps(sim);
    const std::string allowed = resource + ":" + row.cause;
    if (row.gap == Expect::kNoGap) {
      EXPECT_THAT(gaps, IsEmpty());
    }
    for (const std::string& gap : gaps) {
      EXPECT_TRUE(OfAllStreams(row) ? gap.ends_with(":" + row.cause)
                                    : gap == allowed)
          << "a false gap: " << gap;
    }
    if (row.gap == Expect::kGap) {
      EXPECT_THAT(gaps, testing::Contains(allowed).Times(1));
    }
    std::size_t requests = 0;
    for (const auto& request : sim.Requests()) {
      EXPECT_EQ(request.connection, "") << "whoever that server was";
      requests += request.resource == resource;
    }
    EXPECT_LT(requests, kMostRequests);
    if (!row.says.empty()) {
      EXPECT_TRUE(LogSays(row)) << row.says;
    }
    // What no list came of is tried again by its back-off.
    if (row.meeting != Meeting::kStart) {
      EXPECT_THAT(Delays(ListTimes(sim, resource)),
                  testing::Each(testing::Ge(kListSpacing)));
    }
  }

  World world_;
  std::string elsewhere_;
  SimCluster* witness_ = nullptr;
  std::map<std::string, SimCluster*> sims_;
  const std::vector<FaultRow> rows_;
  Micros witness_waited_ = 0;
};

std::vector<FaultRow> RowsHere() {
  std::vector<FaultRow> rows;
  const char* only = std::getenv("KUBESCRIBE_FAULT_ROW");
  for (const FaultRow& row : FaultTable()) {
    if (row.meeting == Meeting::kElsewhere) continue;
    if (only == nullptr || row.name == only) rows.push_back(row);
  }
  return rows;
}

std::size_t Batches() {
  return (RowsHere().size() + kRowsAtOnce - 1) / kRowsAtOnce;
}

// KUBESCRIBE_FAULT_ROW=NAME runs one row alone.
class FaultTableTest : public testing::TestWithParam<std::size_t> {};

TEST_P(FaultTableTest, HoldsWhatItsRowsPromise) {
  const std::vector<FaultRow> all = RowsHere();
  std::vector<FaultRow> rows;
  // Rows of one kind are slow in the same way: dealt like cards.
  for (std::size_t i = GetParam(); i < all.size(); i += Batches()) {
    rows.push_back(all[i]);
  }
  // A fault makes the witness wait each time, a busy machine does not.
  std::vector<Micros> waited;
  do {
    Batch batch(rows);
    batch.Run();
    if (HasFailure()) return;
    waited.push_back(batch.witness_waited());
  } while (waited.back() >= kLongestWait && waited.size() < 3);
  EXPECT_LT(waited.back(), kLongestWait)
      << "longer than without faults, in us: "
      << testing::PrintToString(waited);
}

INSTANTIATE_TEST_SUITE_P(Batches, FaultTableTest,
                         testing::Range(std::size_t{0}, Batches()));

// A CA file that is replaced is read again (in a minute at the latest).
TEST(FaultTest, NewCaInItsFileIsTrusted) {
  World world;
  world.Configure(kConfig);
  SimOptions options;
  options.tls = true;
  options.token = kToken;
  options.ca_path = world.dir() + "/ca.pem";
  SimCluster& sim = world.AddCluster(options);
  sim.CreateMany("configmaps", "a", "c", 5);
  world.StartRecorder();
  ASSERT_EQ(WaitUntilRecorded(world, sim, 20 * kSecond), "");
  sim.Inject({.name = "tls-rotate"});
  ASSERT_TRUE(sim.WaitUntil(
      [](const SimCluster& s) { return s.FaultsServed("tls-rotate") == 1; },
      5 * kSecond));
  sim.CutConnections();
  sim.CreateMany("configmaps", "a", "d", 5);
  EXPECT_EQ(WaitUntilRecorded(world, sim, 90 * kSecond), "");
  EXPECT_THAT(world.Violations(sim), IsEmpty());
  EXPECT_THAT(world.Gaps(sim), IsEmpty());
}

// A cluster that knows its clients by their certificates.
TEST(FaultTest, ClientIsKnownByItsCertificateAndAForeignOneGetsNothing) {
  World world;
  world.Configure(kConfig);
  SimOptions options;
  options.tls = true;
  options.client_certificates = true;
  options.name = "known";
  SimCluster& known = world.AddCluster(options);
  options.name = "foreign";
  SimCluster& foreign = world.AddCluster(options);
  known.CreateMany("configmaps", "a", "c", 5);
  foreign.CreateMany("configmaps", "a", "c", 5);
  // Each other's users.
  std::string kubeconfig = SimCluster::Kubeconfig({&known, &foreign});
  const std::string user = "cluster: foreign\n    user: foreign";
  const std::size_t at = kubeconfig.find(user);
  ASSERT_NE(at, std::string::npos);
  kubeconfig.replace(at, user.size(), "cluster: foreign\n    user: known");
  const std::string path = world.dir() + "/swapped";
  std::ofstream(path) << kubeconfig;
  world.Configure(std::string(kConfig) +
                  "clusters:\n- name: known\n  kubeconfig: " + path +
                  "\n  context: known\n- name: foreign\n  kubeconfig: " + path +
                  "\n  context: foreign\n");
  world.StartRecorder();
  EXPECT_EQ(WaitUntilRecorded(world, known, 20 * kSecond), "");
  EXPECT_THAT(world.Violations(known), IsEmpty());
  EXPECT_TRUE(foreign.WaitUntil(
      [](const SimCluster& s) { return s.Requests().size() > 3; },
      20 * kSecond));
  for (const auto& request : foreign.Requests()) {
    EXPECT_EQ(request.status, 401) << request.target;
  }
}

TEST(FaultTest, EveryFaultHasARow) {
  std::set<std::string> rows;
  std::set<std::string> names;
  for (const FaultRow& row : FaultTable()) {
    rows.insert(row.fault.name);
    EXPECT_TRUE(names.insert(row.name).second) << row.name << " is there twice";
  }
  for (const auto& fault : fakes::FaultCatalog()) {
    EXPECT_EQ(rows.count(fault.name), 1U) << fault.name << " has no row";
    rows.erase(fault.name);
  }
  EXPECT_THAT(rows, IsEmpty()) << "no such faults";
}

TEST(FaultTest, EveryTestThatARowNamesIsThere) {
  std::set<std::string> tests;
  const auto& all = *testing::UnitTest::GetInstance();
  for (int i = 0; i < all.total_test_suite_count(); ++i) {
    const auto& suite = *all.GetTestSuite(i);
    for (int k = 0; k < suite.total_test_count(); ++k) {
      tests.insert(std::string(suite.name()) + "." +
                   suite.GetTestInfo(k)->name());
    }
  }
  for (const FaultRow& row : FaultTable()) {
    if (row.meeting != Meeting::kElsewhere) continue;
    EXPECT_EQ(tests.count(row.test), 1U) << row.name << ": " << row.test;
  }
}

}  // namespace
}  // namespace kubescribe::integration
