#include "net/loop.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "unit/net/test_client.h"
#include "unit/net/test_server.h"

namespace kubescribe::net {
namespace {

// Time that a test moves.
class ManualClock final : public Clock {
 public:
  Micros Wall() const override { return wall; }
  Micros Mono() const override { return mono; }
  std::atomic<Micros> wall{1000 * kSecond};
  std::atomic<Micros> mono{0};
};

TEST(Loop, TimersRunInOrderOfTheirTimeAndNotBefore) {
  ManualClock clock;
  Loop loop(clock);
  std::vector<int> ran;
  loop.After(2 * kSecond, [&] { ran.push_back(2); });
  loop.After(1 * kSecond, [&] { ran.push_back(1); });
  const TimerId cancelled = loop.After(1 * kSecond, [&] { ran.push_back(3); });
  loop.Cancel(cancelled);
  loop.Cancel(12345);
  loop.Turn(0);
  EXPECT_TRUE(ran.empty());
  clock.mono = 1 * kSecond;
  loop.Turn(0);
  EXPECT_EQ(ran, std::vector<int>({1}));
  clock.mono = 5 * kSecond;
  loop.Turn(0);
  EXPECT_EQ(ran, std::vector<int>({1, 2}));
}

TEST(Loop, TimerThatSetsItselfAgainDoesNotHoldTheLoop) {
  Loop loop;
  int ran = 0;
  std::function<void()> again = [&] {
    ++ran;
    loop.After(0, again);
  };
  loop.After(0, again);
  loop.Turn(0);
  loop.Turn(0);
  EXPECT_LE(ran, 2);
}

TEST(Loop, PostedFunctionsRunOnTheLoopsThreadBeforeRunReturns) {
  Loop loop;
  std::thread::id loop_thread;
  std::thread::id ran_on;
  std::thread thread([&] {
    loop_thread = std::this_thread::get_id();
    loop.Run();
  });
  std::atomic<int> ran{0};
  for (int i = 0; i < 100; ++i) loop.Post([&] { ++ran; });
  loop.Post([&] { ran_on = std::this_thread::get_id(); });
  loop.Stop();
  thread.join();
  EXPECT_EQ(ran, 100);
  EXPECT_EQ(ran_on, loop_thread);
}

TEST(Loop, NoTimerRunsAfterAStopOnTheLoopsThread) {
  Loop loop;
  bool posted = false;
  bool ran = false;
  loop.After(0, [&] { ran = true; });
  loop.Post([&] { loop.Stop(); });
  loop.Post([&] { posted = true; });
  loop.Run();
  EXPECT_TRUE(posted);
  EXPECT_FALSE(ran);
}

TEST(Loop, NoTimerRunsAfterOneThatStops) {
  Loop loop;
  bool ran = false;
  loop.After(0, [&] { loop.Stop(); });
  loop.After(0, [&] { ran = true; });
  loop.Run();
  EXPECT_FALSE(ran);
}

TEST(Loop, PostWakesAWaitingLoop) {
  Loop loop;
  std::thread thread([&] { loop.Run(); });
  std::promise<void> ran;
  loop.Post([&] { ran.set_value(); });
  ran.get_future().wait();
  loop.Stop();
  thread.join();
}

TEST(Loop, StallIsToldWithTheTimeOfTheLastLook) {
  ManualClock clock;
  Loop loop(clock);
  std::vector<Micros> stalls;
  loop.OnStall([&](Micros from) { stalls.push_back(from); });
  loop.Turn(0);
  clock.mono = clock.mono + kSecond;
  clock.wall = clock.wall + kSecond;
  loop.Turn(0);
  EXPECT_TRUE(stalls.empty());
  const Micros looked = clock.wall;
  loop.Post([&] {
    clock.mono = clock.mono + 3 * kSecond;
    clock.wall = clock.wall + 3 * kSecond;
  });
  loop.Turn(0);
  loop.Turn(0);
  EXPECT_EQ(stalls, std::vector<Micros>({looked}));
}

TEST(Loop, SleepOfTheMachineIsAStallAndAStepBackIsNot) {
  ManualClock clock;
  Loop loop(clock);
  int stalls = 0;
  loop.OnStall([&](Micros) { ++stalls; });
  loop.Turn(0);
  clock.wall = clock.wall - 3600 * kSecond;
  loop.Turn(0);
  EXPECT_EQ(stalls, 0);
  clock.wall = clock.wall + 2 * kSecond;  // the monotonic clock stood still
  loop.Turn(0);
  EXPECT_EQ(stalls, 1);
}

TEST(Loop, StallIsToldBeforeTheDataThatWaitedAndEndsInADrain) {
  ManualClock clock;
  TestServer server([](TestPeer& peer) {
    peer.ReadRequest();
    peer.StartChunked();
    peer.Chunk("x");
    peer.WaitForClose();
  });
  Loop loop(clock);
  config::Connection connection;
  connection.server = server.url();
  ClientOptions options;
  options.proxies = {};
  const auto client = MakeClient(loop, connection, options);
  Recording got;
  int stalls = 0;
  loop.OnStall([&](Micros) { ++stalls; });
  client->Get({.target = "/"}, &got);
  while (got.drained_at == 0) loop.Turn(20 * kMillisecond);
  const int drains = got.drains;
  clock.mono = clock.mono + 2 * kSecond;
  clock.wall = clock.wall + 2 * kSecond;
  loop.Turn(0);
  loop.Turn(0);
  EXPECT_EQ(stalls, 1);
  EXPECT_EQ(got.drains, drains + 1);
}

}  // namespace
}  // namespace kubescribe::net
