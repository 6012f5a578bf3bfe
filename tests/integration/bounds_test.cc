// How much of everything the recorder may need: memory, whatever is offered,
// and nothing is dropped to stay there.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iostream>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "integration/setup.h"
#include "integration/world.h"

namespace kubescribe::integration {
namespace {

using fakes::SimCluster;
using testing::IsEmpty;

constexpr std::size_t kMiB = std::size_t{1} << 20;

// Sanitizers need memory of their own.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kMemoryIsOurs = false;
#else
constexpr bool kMemoryIsOurs = true;
#endif

void ExpectMemoryBelow(const World& world, std::size_t bound) {
  const std::size_t peak = world.RecorderPeakMemory();
  std::cout << fmt::format("resident at the peak: {} MiB\n", peak / kMiB);
  if (kMemoryIsOurs) {
    EXPECT_LT(peak, bound);
  }
}

// `size` bytes that no compression makes small, each time others.
std::string Large(std::size_t i, std::size_t round, std::size_t size) {
  static SeededRandom random(5);
  std::string text;
  while (text.size() < size) text += fmt::format("{:016x}", random.Next());
  return fmt::format(R"({{"metadata":{{"namespace":"a","name":"c{}"}},)"
                     R"("data":{{"round":"{}","text":"{}"}}}})",
                     i, round, text);
}

std::size_t Count(const World& world, const SimCluster& sim,
                  const std::string& resource) {
  const Answer answer = RunCommand(fmt::format(
      "{}/kubescribe --data {} --cluster {} get {} -A -o name | wc -l",
      KUBESCRIBE_BIN_DIR, world.data_dir(), sim.options().name, resource));
  return std::strtoull(answer.text.c_str(), nullptr, 10);
}

// Waits until the record of Pods has come to `rv`; false after `limit`.
bool PodsReach(const World& world, const SimCluster& sim, std::uint64_t rv,
               Micros limit) {
  return world.WaitFor(
      sim,
      [&](store::Reader& reader) {
        const auto streams = reader.Streams();
        if (!streams.ok()) return false;
        for (const auto& stream : *streams) {
          if (stream.key.resource == "pods") {
            return std::stoull(stream.position) >= rv;
          }
        }
        return false;
      },
      limit);
}

// How many of the revisions above an RV are not there. Events' last ones may be
// still to come.
std::size_t Unrecorded(const World& world, const SimCluster& sim,
                       std::uint64_t above) {
  auto reader = store::Reader::Open(world.Database(sim));
  if (!reader.ok()) return ~std::size_t{0};
  std::set<std::pair<std::string, std::string>> recorded;
  const store::Seq last = (*reader)->info().last_seq;
  for (store::Seq after = 0; after < last;) {
    const auto batch = (*reader)->Records(after, last, 5000);
    if (!batch.ok() || batch->last == after) break;
    for (const auto& one : batch->revisions) recorded.insert({one.uid, one.rv});
    after = batch->last;
  }
  std::size_t missing = 0;
  for (const auto& entry : sim.Journal()) {
    if (entry.fault.empty() && entry.rv > above && entry.resource != "events") {
      missing += 1 - recorded.count({entry.uid, std::to_string(entry.rv)});
    }
  }
  return missing;
}

// What a slow disk cannot take is left in the sockets: the recorder holds its
// queue and no more, and takes all of it in the end.
TEST(BoundsTest, SlowDiskPausesTheSocketsAndDropsNothing) {
  World world;
  world.Configure("limits:\n  queueBytes: 4MiB\n");
  SimCluster& sim = world.AddCluster({.seed = TestSeed(21)});
  sim.Apply("configmaps", Large(0, 0, 10));
  world.StartRecorder({{"KUBESCRIBE_SLOW_DISK", "500"}});
  ASSERT_EQ(world.WaitUntilRecorded(sim, kMinute), "");
  const std::size_t at_rest = world.RecorderPeakMemory();

  // All of it is there at once.
  const std::size_t events = Scaled(3000);
  world.PauseRecorder();
  for (std::size_t i = 0; i < events; ++i) {
    sim.Apply("configmaps", Large(i % 100, i, 40 << 10));
  }
  world.WakeRecorder();
  ASSERT_EQ(world.WaitUntilRecorded(sim, 3 * kMinute), "");
  ExpectMemoryBelow(world, at_rest + 40 * kMiB);
  EXPECT_THAT(world.Violations(sim), IsEmpty());
  EXPECT_THAT(world.Gaps(sim), IsEmpty());
}

// A thousand streams in one process, and then every one of them has something
// to say while no writer gets on.
TEST(BoundsTest, ThousandStreamsOverFiftyClustersAllPausedAtOnce) {
  constexpr std::size_t kKinds = 20;
  World world;
  std::vector<SimCluster*> sims;
  const std::size_t clusters = Scaled(50);
  const auto kind = [](std::size_t i) { return fmt::format("k{}s", 10 + i); };
  std::string rules = "resources:\n- resource: namespaces\n";
  for (std::size_t i = 0; i < kKinds; ++i) {
    rules += "- resource: " + kind(i) + ".many.test\n";
  }
  for (std::size_t i = 0; i < clusters; ++i) {
    sims.push_back(&world.AddCluster({.name = fmt::format("c{}", i),
                                      .seed = 30 + i,
                                      .bookmark_interval = 2 * kSecond}));
    for (std::size_t k = 0; k < kKinds; ++k) {
      sims.back()->AddCrd({.group = "many.test",
                           .plural = kind(k),
                           .kind = fmt::format("K{}", 10 + k)});
    }
  }
  world.Configure(rules);
  world.StartRecorder({{"KUBESCRIBE_SLOW_DISK", "1000"}});
  for (SimCluster* sim : sims) {
    ASSERT_TRUE(sim->WaitForWatches("*", kKinds + 3, 2 * kMinute));
  }
  const std::size_t descriptors = world.RecorderDescriptors();
  std::cout << fmt::format("{} streams, {} descriptors\n", clusters * kKinds,
                           descriptors);
  // Twice a cluster's queue, each.
  for (SimCluster* sim : sims) {
    for (std::size_t i = 0; i < kKinds; ++i) {
      for (std::size_t round = 0; round < 5; ++round) {
        sim->Apply(kind(i) + ".many.test", Large(round, round, 40 << 10));
      }
    }
  }
  for (SimCluster* sim : sims) {
    ASSERT_EQ(world.WaitUntilRecorded(*sim, 3 * kMinute), "");
  }
  ExpectMemoryBelow(world, 450 * kMiB);
  // Files, locks, and connections that wait to be used again.
  EXPECT_LE(world.RecorderDescriptors(), descriptors + 8 * clusters);
  for (SimCluster* sim : sims) {
    ASSERT_THAT(world.Violations(*sim), IsEmpty());
    ASSERT_THAT(world.Gaps(*sim), IsEmpty());
  }
}

// The recorder keeps no copy of the cluster.
TEST(BoundsTest, MemoryDoesNotGrowWithTheNumberOfObjects) {
  World world;
  fakes::SimOptions options;
  options.seed = TestSeed(22);
  options.keep_journal = false;
  SimCluster& sim = world.AddCluster(options);
  const std::size_t objects = Scaled(100000);
  sim.Fill({.objects = objects});
  world.StartRecorder();
  ASSERT_TRUE(world.WaitFor(
      sim,
      [](store::Reader& reader) {
        const auto streams = reader.Streams();
        if (!streams.ok() || streams->empty()) return false;
        for (const auto& stream : *streams) {
          if (stream.state != "watching") return false;
        }
        return true;
      },
      4 * kMinute));
  sim.Step(Scaled(5000));
  ASSERT_TRUE(PodsReach(world, sim, sim.CurrentRv(), kMinute));
  ExpectMemoryBelow(world, 150 * kMiB);
  const std::size_t pods = sim.Objects("pods").size();
  EXPECT_GT(pods, objects / 3);
  EXPECT_EQ(Count(world, sim, "pods"), pods);
}

// Nobody looked for a minute at 2 000 events/s: all of it comes, in order,
// without a gap, while more is written.
TEST(BoundsTest, CatchesUpAfterAPause) {
  World world;
  world.Configure("exclude: []\n");
  fakes::SimOptions options;
  options.seed = TestSeed(23);
  options.history = 1000000;
  SimCluster& sim = world.AddCluster(options);
  sim.Fill({.objects = 500});
  world.StartRecorder();
  ASSERT_EQ(world.WaitUntilRecorded(sim), "");
  const std::uint64_t before = sim.CurrentRv();
  world.PauseRecorder();
  const std::size_t missed = Scaled(120000);
  sim.Step(missed);
  world.WakeRecorder();
  const Micros began = SystemClock().Mono();
  sim.StartWorkload(2000);
  const std::uint64_t then = sim.CurrentRv();
  ASSERT_TRUE(PodsReach(world, sim, then, 6 * kMinute));
  std::cout << fmt::format("{} revisions behind, made up in {} ms\n", missed,
                           (SystemClock().Mono() - began) / kMillisecond);
  sim.StopWorkload();
  ASSERT_EQ(world.WaitUntilRecorded(sim, kMinute), "");
  EXPECT_EQ(Unrecorded(world, sim, before), 0U);
  EXPECT_THAT(world.Gaps(sim), IsEmpty());
}

}  // namespace
}  // namespace kubescribe::integration
