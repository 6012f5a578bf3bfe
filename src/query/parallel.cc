#include "query/parallel.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace kubescribe::query {

void InParallel(std::size_t count,
                const std::function<void(std::size_t)>& work) {
  constexpr std::size_t kMostThreads = 8;
  const std::size_t threads =
      std::min({count, kMostThreads,
                std::max<std::size_t>(std::thread::hardware_concurrency(), 1)});
  std::atomic<std::size_t> next{0};
  const auto run = [&] {
    for (std::size_t i = next++; i < count; i = next++) work(i);
  };
  std::vector<std::thread> others;
  for (std::size_t i = 1; i < threads; ++i) others.emplace_back(run);
  run();
  for (std::thread& other : others) other.join();
}

}  // namespace kubescribe::query
