// Every fault of the simulated cluster that can hit a stream, one at a time:
// nothing is lost, nothing is invented, and a gap is there exactly when the
// fault lost history. The table is the promise.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "integration/world.h"

namespace kubescribe::integration {
namespace {

using fakes::Fault;
using fakes::SimCluster;
using testing::IsEmpty;

struct FaultCase {
  std::string name;  // of the test
  Fault fault;
  // Gaps of the stream other than its start: none, or one of these causes.
  std::vector<std::string> causes;
  bool gap_wanted = false;  // else it may be there, with one of the causes
};

void PrintTo(const FaultCase& c, std::ostream* out) { *out << c.name; }

std::string Config(int i, int value) {
  return R"({"metadata":{"namespace":"a","name":"c)" + std::to_string(i) +
         R"("},"data":{"value":")" + std::to_string(value) + R"("}})";
}

Fault Of(const std::string& name, const std::string& verb = "*") {
  Fault fault;
  fault.name = name;
  fault.resource = "configmaps";
  fault.verb = verb;
  return fault;
}

Fault Cut(std::size_t bytes, bool reset) {
  Fault fault = Of("cut", "watch");
  fault.bytes = bytes;
  fault.reset = reset;
  fault.count = 3;
  return fault;
}

Fault Repeated(Fault fault, std::uint64_t count) {
  fault.count = count;
  return fault;
}

Fault After(const std::string& name, const std::string& seconds) {
  Fault fault = Of(name);
  fault.retry_after = seconds;
  fault.count = 2;
  return fault;
}

std::vector<FaultCase> Cases() {
  return {
      {"Calm", Repeated(Of("trickle", "watch"), 1), {}, false},
      {"CutAtTheFirstByte", Cut(0, false), {}, false},
      {"CutInsideAFrame", Cut(40, false), {}, false},
      {"ResetInsideAFrame", Cut(40, true), {}, false},
      // Ends without an event look like a position that is too old (P§2,
      // k/k#104171): the second one in a row asks for a list.
      {"OrderlyEnd", Repeated(Of("end", "watch"), 3), {"gone"}, false},
      {"GoneAsErrorEvent", Of("gone-event", "watch"), {"gone"}, true},
      {"GoneAsHttpStatus", Of("gone-connect", "watch"), {"gone"}, true},
      {"TooManyRequests", After("status-429", "1"), {}, false},
      {"InternalErrors", After("status-500", ""), {}, false},
      {"UnavailableWithRetryAfter", After("status-503", "1"), {}, false},
      {"UnavailableWithNonsense", After("status-503", "-7"), {}, false},
      {"GatewayTimeout", After("status-504", ""), {}, false},
      {"HtmlLoginPage", Repeated(Of("html"), 2), {}, false},
      {"RedirectElsewhere", Repeated(Of("redirect"), 2), {}, false},
      {"Unauthorized", Repeated(Of("unauthorized"), 2), {}, false},
      {"DuplicateEvent", Repeated(Of("duplicate", "watch"), 3), {}, false},
      {"GarbageBetweenFrames", Of("garbage", "watch"), {"parse"}, false},
      {"LowBookmark", Of("low-bookmark", "watch"), {}, false},
      {"UnknownType", Of("unknown-type", "watch"), {"parse"}, false},
      {"Oversize", Of("oversize", "watch"), {"oversize"}, true},
      {"Unparsable", Of("unparsable", "watch"), {"parse"}, true},
      {"ErrorEvent", Of("error-event", "watch"), {}, false},
      {"EmptyAnswer", Of("eof", "watch"), {}, false},
      {"ForbiddenForAWhile", Repeated(Of("forbidden"), 2), {}, false},
      {"NotFoundForAWhile", Repeated(Of("not-found"), 2), {}, false},
      {"GzippedWatch", Repeated(Of("gzip"), 5), {}, false},
  };
}

class FaultTest : public testing::TestWithParam<FaultCase> {};

TEST_P(FaultTest, LosesNothingAndInventsNothing) {
  const FaultCase& c = GetParam();
  World world;
  SimCluster& sim = world.AddCluster({.seed = TestSeed(7)});
  for (int i = 0; i < 20; ++i) sim.Apply("configmaps", Config(i, 0));
  world.StartRecorder();
  ASSERT_EQ(world.WaitUntilRecorded(sim), "");

  sim.Inject(c.fault);
  if (c.fault.name == "gone-connect" || c.fault.name == "gone-event") {
    // These are met by the next watch, not by the one that is open.
    sim.CutConnections();
  } else if (c.fault.bytes == 0 && c.fault.name != "duplicate" &&
             c.fault.name != "trickle" && c.fault.name != "end") {
    sim.CutConnections();
  }
  for (int round = 1; round <= 5; ++round) {
    for (int i = 0; i < 20; ++i) sim.Apply("configmaps", Config(i, round));
    sim.Delete("configmaps", "a", "c3");
  }
  ASSERT_TRUE(sim.WaitUntil(
      [&](const SimCluster& s) { return s.FaultsServed(c.fault.name) > 0; },
      20 * kSecond))
      << "the fault never happened";
  for (int i = 0; i < 20; ++i) sim.Apply("configmaps", Config(i, 99));
  ASSERT_EQ(world.WaitUntilRecorded(sim, 40 * kSecond), "");

  EXPECT_THAT(world.Violations(sim), IsEmpty());
  std::vector<std::string> allowed;
  for (const auto& cause : c.causes) allowed.push_back("configmaps:" + cause);
  const auto gaps = world.Gaps(sim);
  for (const auto& gap : gaps) {
    EXPECT_THAT(allowed, testing::Contains(gap)) << "a false gap";
  }
  if (c.gap_wanted) {
    EXPECT_EQ(gaps.size(), 1u);
  }
  const ExitState end = world.StopRecorder();
  EXPECT_FALSE(end.signalled);
  EXPECT_EQ(end.code, 0);
}

INSTANTIATE_TEST_SUITE_P(All, FaultTest, testing::ValuesIn(Cases()),
                         [](const testing::TestParamInfo<FaultCase>& info) {
                           return info.param.name;
                         });

}  // namespace
}  // namespace kubescribe::integration
