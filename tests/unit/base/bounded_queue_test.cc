#include "base/bounded_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace kubescribe {
namespace {

using std::chrono::hours;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::chrono::microseconds kNoWait{0};
// No test waits so long: only what is awaited ends it.
constexpr hours kForever{1};

TEST(BoundedQueueTest, HandsOutInOrderAndNoMoreThanIsAskedFor) {
  BoundedQueue<int> queue(100, 100, nullptr);
  for (const int i : {1, 2, 3, 4}) queue.Push(i, 10);
  EXPECT_THAT(queue.Pop(3, 100, kNoWait), ElementsAre(1, 2, 3));
  EXPECT_EQ(queue.bytes(), 10U);
  EXPECT_THAT(queue.Pop(3, 100, kNoWait), ElementsAre(4));
  EXPECT_THAT(queue.Pop(3, 100, kNoWait), IsEmpty());
  // The one that reaches the bytes is taken.
  for (const int i : {1, 2, 3, 4}) queue.Push(i, 10);
  EXPECT_THAT(queue.Pop(4, 15, kNoWait), ElementsAre(1, 2));
}

TEST(BoundedQueueTest, SaysWhenItIsFullAndOnceWhenThereIsRoomAgain) {
  int told = 0;
  BoundedQueue<int> queue(100, 4, [&] { ++told; });
  EXPECT_EQ(queue.Push(1, 60), Room::kMore);
  EXPECT_EQ(queue.Push(2, 60), Room::kFull);
  EXPECT_EQ(queue.Push(3, 1), Room::kFull);
  EXPECT_EQ(queue.Push(4, 1), Room::kFull);
  queue.Pop(1, 100, kNoWait);
  EXPECT_EQ(told, 0);
  queue.Pop(1, 100, kNoWait);
  EXPECT_EQ(told, 1);
  queue.Pop(2, 100, kNoWait);
  EXPECT_EQ(told, 1);
  EXPECT_EQ(queue.Push(5, 1), Room::kMore);
}

TEST(BoundedQueueTest, LingersUntilThereAreSoManyItems) {
  BoundedQueue<int> queue(1000, 1000, nullptr);
  std::thread producer([&] {
    for (int i = 0; i < 50; ++i) queue.Push(i, 1);
  });
  EXPECT_THAT(queue.Pop(50, 1000, kForever, kForever), SizeIs(50));
  producer.join();
}

TEST(BoundedQueueTest, LingersUntilThereAreSoManyBytes) {
  BoundedQueue<int> queue(1000, 1000, nullptr);
  std::thread producer([&] {
    for (int i = 0; i < 5; ++i) queue.Push(i, 20);
  });
  EXPECT_THAT(queue.Pop(50, 100, kForever, kForever), SizeIs(5));
  producer.join();
}

// Its producer waits for room, so that nothing more would come.
TEST(BoundedQueueTest, LingersNoLongerThanUntilItIsFull) {
  BoundedQueue<int> queue(1000, 3, nullptr);
  std::thread producer([&] {
    for (int i = 0; i < 3; ++i) queue.Push(i, 1);
  });
  EXPECT_THAT(queue.Pop(50, 1000, kForever, kForever), SizeIs(3));
  producer.join();
}

TEST(BoundedQueueTest, LingersNoLongerThanItIsTold) {
  BoundedQueue<int> queue(1000, 1000, nullptr);
  queue.Push(1, 1);
  EXPECT_THAT(queue.Pop(50, 1000, kForever, std::chrono::milliseconds(1)),
              ElementsAre(1));
}

TEST(BoundedQueueTest, ANudgeAndAnEndWakeTheConsumer) {
  BoundedQueue<int> queue(1000, 1000, nullptr);
  queue.Nudge();
  EXPECT_THAT(queue.Pop(50, 1000, kForever, kForever), IsEmpty());
  std::thread producer([&] {
    queue.Push(1, 1);
    queue.Nudge();
  });
  std::vector<int> got;
  while (got.empty()) got = queue.Pop(50, 1000, kForever, kForever);
  EXPECT_THAT(got, ElementsAre(1));
  producer.join();
  std::thread closer([&] { queue.Close(); });
  EXPECT_THAT(queue.Pop(50, 1000, kForever, kForever), IsEmpty());
  closer.join();
}

}  // namespace
}  // namespace kubescribe
