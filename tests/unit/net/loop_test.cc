#include "net/loop.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <semaphore>
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

TEST(Loop, WhatIsPostedWhileOthersRunDoesNotWait) {
  Loop loop;
  Micros shortest = kMinute;
  for (int i = 0; i < 5; ++i) {
    bool called = false;
    loop.Post([&] { loop.Post([&] { called = true; }); });
    const Micros began = SystemClock().Mono();
    while (!called) loop.Turn(kSecond);
    shortest = std::min(shortest, SystemClock().Mono() - began);
  }
  // Of so many one is quick on any machine.
  EXPECT_LT(shortest, 100 * kMillisecond);
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

// One watch that is found empty again and again, without any time between.
class BusyWatchTest : public testing::Test {
 protected:
  void SetUp() override {
    config::Connection connection;
    connection.server = server_.url();
    ClientOptions options;
    options.proxies = {};
    client_ = MakeClient(loop_, connection, options);
    client_->Get({.target = "/", .watch = true}, &got_);
  }
  void TearDown() override {
    more_ = false;
    go_on_.release();
    client_.reset();
    loop_.Turn(0);
  }

  // How long the shortest of some reads of what is in the socket takes: of so
  // many one is quick on any machine.
  static constexpr int kReads = 20;
  Micros ShortestRead(const std::function<void()>& turn) {
    Micros shortest = kSecond;
    for (int i = 0; i < 2 + kReads; ++i) {
      go_on_.release();
      // The first may have to connect, the second is the second in a row.
      if (i == 0) Read([this] { loop_.Turn(20 * kMillisecond); });
      sent_.acquire();
      const Micros began = SystemClock().Mono();
      if (i > 0) Read(turn);
      if (i > 1) shortest = std::min(shortest, SystemClock().Mono() - began);
      while (got_.drained_at != got_.body.size()) {
        loop_.Turn(20 * kMillisecond);
      }
    }
    return shortest;
  }
  void Read(const std::function<void()>& turn) {
    const std::size_t had = got_.body.size();
    while (got_.body.size() == had) turn();
  }

  ManualClock clock_;
  std::atomic<bool> more_{true};
  std::binary_semaphore go_on_{0};
  std::binary_semaphore sent_{0};
  TestServer server_{[this](TestPeer& peer) {
    peer.ReadRequest();
    peer.StartChunked();
    for (go_on_.acquire(); more_; go_on_.acquire()) {
      peer.Chunk("x");
      sent_.release();
    }
  }};
  Loop loop_{clock_};
  Recording got_;
  std::unique_ptr<HttpClient> client_;
};

TEST_F(BusyWatchTest, IsLeftAloneForAWhile) {
  // Never less, whatever else the machine does.
  EXPECT_GE(ShortestRead([this] { loop_.Turn(20 * kMillisecond); }),
            5 * kMillisecond);
}

TEST_F(BusyWatchTest, IsNotLeftAloneForLongerThanWasAsked) {
  EXPECT_LT(ShortestRead([this] { loop_.Turn(0); }), 5 * kMillisecond);
}

TEST_F(BusyWatchTest, IsNotLeftAloneOnceSomethingIsPosted) {
  int called = 0;
  EXPECT_LT(ShortestRead([&] {
              loop_.Post([&] { ++called; });
              loop_.Turn(20 * kMillisecond);
            }),
            5 * kMillisecond);
  EXPECT_GE(called, kReads);
}

TEST_F(BusyWatchTest, DoesNotKeepAListWaiting) {
  TestServer silent([](TestPeer& peer) { peer.WaitForClose(); });
  config::Connection connection;
  connection.server = silent.url();
  ClientOptions options;
  options.proxies = {};
  auto client = MakeClient(loop_, connection, options);
  Recording listed;
  client->Get({.target = "/"}, &listed);
  EXPECT_LT(ShortestRead([this] { loop_.Turn(20 * kMillisecond); }),
            5 * kMillisecond);
  EXPECT_FALSE(listed.done) << listed.message();
  client.reset();
  loop_.Turn(0);
}

}  // namespace
}  // namespace kubescribe::net
