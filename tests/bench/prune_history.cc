// prune_history FILE PERCENT: prunes the oldest PERCENT of the time that a file
// records (one of make_history, say), and prints one line of JSON: what went,
// and what a step took, in ms: so long a recorder would have been held up.

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "base/clock.h"
#include "store/reader.h"
#include "store/writer.h"

namespace kubescribe::store {
namespace {

int Run(const std::string& path, int percent) {
  const Clock& clock = SystemClock();
  PruneWish wish;
  {
    const auto reader = Reader::Open(path);
    if (!reader.ok()) {
      std::cerr << reader.error().message() << "\n";
      return 1;
    }
    const FileInfo& info = (*reader)->info();
    wish.before =
        info.created_at + (info.known_until - info.created_at) / 100 * percent;
  }
  OpenOptions options;
  options.create = false;
  const auto before = std::filesystem::file_size(path);
  auto writer = Writer::Open(path, options);
  if (!writer.ok() || !(*writer)->StartPrune(wish).ok()) {
    std::cerr << path << ": cannot be pruned\n";
    return 1;
  }
  // A made-up file got its log only now.
  if (!(*writer)->Checkpoint().ok()) return 1;
  std::vector<Micros> steps;
  const Micros began = clock.Mono();
  while ((*writer)->pruning()) {
    const Micros from = clock.Mono();
    if (const Status done = (*writer)->StepPrune(); !done.ok()) {
      std::cerr << done.error().message() << "\n";
      return 1;
    }
    steps.push_back(clock.Mono() - from);
  }
  const Micros took = clock.Mono() - began;
  const PruneProgress done = (*writer)->prune_progress();
  if (!(*writer)->CloseCleanly().ok()) return 1;
  std::sort(steps.begin(), steps.end());
  const auto at = [&](double part) {
    return static_cast<double>(steps[static_cast<std::size_t>(
               part * static_cast<double>(steps.size() - 1))]) /
           kMillisecond;
  };
  std::cout << fmt::format(
      R"({{"revisions":{},"objects":{},"seconds":{:.1f},"steps":{},)"
      R"("p50":{:.1f},"p99":{:.1f},"max":{:.1f},"before":{},"after":{}}})",
      done.revisions, done.objects, static_cast<double>(took) / kSecond,
      steps.size(), at(0.5), at(0.99), at(1), before,
      std::filesystem::file_size(path));
  std::cout << "\n";
  return 0;
}

}  // namespace
}  // namespace kubescribe::store

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: prune_history FILE PERCENT\n";
    return 2;
  }
  return kubescribe::store::Run(argv[1], std::atoi(argv[2]));
}
