// write_stalls FOLDER READER [SECONDS [RATE]]: writes RATE (5000) revisions of
// 6 KB Pods a second into a new file, 100 a transaction, while READER goes on,
// and prints one line: how long the transactions took, and the largest WAL.
//
//   none       nobody reads
//   questions  one reader after the other, a second each
//   crowd      four such at the same time: somebody always reads
//   snapshot   another process reads one snapshot and never ends
//
// For tests/bench/run, and for a look by hand.

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "store/reader.h"
#include "store/writer.h"

extern char** environ;

namespace kubescribe::store {
namespace {

constexpr int kBatch = 100;
constexpr int kPods = 2000;
constexpr Micros kQuestion = kSecond;

void Pause(Micros time) {
  if (time > 0) std::this_thread::sleep_for(std::chrono::microseconds(time));
}

// What the other process does.
int ReadOneSnapshot(const std::string& path) {
  SQLite::Database db(path, SQLite::OPEN_READONLY, 5000);
  db.exec("BEGIN");
  db.execAndGet("SELECT max(seq) FROM revision");
  std::cout << "reading" << std::endl;
  for (;;) pause();
}

pid_t StartSnapshot(const std::string& path) {
  int ends[2];
  if (pipe(ends) != 0) std::abort();
  std::string self = "/proc/self/exe";
  std::string word = "read-one-snapshot";
  std::string file = path;
  char* argv[] = {self.data(), word.data(), file.data(), nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  pid_t pid = 0;
  if (posix_spawn(&pid, self.c_str(), &actions, nullptr, argv, environ) != 0) {
    std::abort();
  }
  posix_spawn_file_actions_destroy(&actions);
  char first = 0;
  if (read(ends[0], &first, 1) != 1) std::abort();
  close(ends[0]);
  close(ends[1]);
  return pid;
}

void Ask(const std::string& path, const std::atomic<bool>& stop) {
  while (!stop) {
    const auto reader = Reader::Open(path);
    if (!reader.ok()) {
      std::cerr << reader.error().message() << "\n";
      continue;
    }
    const Micros until = SystemClock().Mono() + kQuestion;
    while (!stop && SystemClock().Mono() < until) {
      if (!(*reader)->Streams().ok()) std::abort();
      Pause(10 * kMillisecond);
    }
  }
}

std::string BodyOf(int pod, std::int64_t revision) {
  std::string body = fmt::format(
      R"({{"apiVersion":"v1","kind":"Pod","metadata":{{"name":"pod-{}",)"
      R"("namespace":"default","resourceVersion":"{}"}},"spec":{{"e":[)",
      pod, revision);
  for (int i = 0; body.size() < 5800; ++i) {
    body += fmt::format(R"({{"name":"VARIABLE_{}","value":"{:x}"}},)", i,
                        static_cast<unsigned>(pod * 7919 + i * 104729));
  }
  return body + fmt::format(R"({{}}]}},"status":{{"n":{},"at":"{}"}}}})",
                            revision % 17, revision * 7001);
}

int Run(const std::string& folder, const std::string& kind, int seconds,
        int rate) {
  const std::string path = folder + "/stalls.db";
  OpenOptions options;
  options.cluster = "bench";
  options.training = Training::kBeside;
  auto opened = Writer::Open(path, options);
  if (!opened.ok()) {
    std::cerr << opened.error().message() << "\n";
    return 1;
  }
  Writer& writer = **opened;
  std::int64_t resource = 0;
  StreamRow stream;
  std::vector<std::int64_t> ids(kPods, 0);
  std::int64_t revision = 0;
  const auto write = [&] {
    return writer.Transact([&](Transaction& tx) {
      if (resource == 0) {
        resource = tx.EnsureResource("", "pods", "Pod", true);
        stream = tx.EnsureStream({"", "pods", "", "", ""}, resource);
      }
      for (int i = 0; i < kBatch; ++i) {
        const auto pod = static_cast<std::size_t>(revision % kPods);
        if (ids[pod] == 0) {
          ObjectRow object;
          object.resource_id = resource;
          object.stream_id = stream.id;
          object.name_space = "default";
          object.name = fmt::format("pod-{}", pod);
          object.uid = fmt::format("uid-{}", pod);
          ids[pod] = tx.AddObject(object);
        }
        NewRevision row;
        row.object_id = ids[pod];
        row.stream_id = stream.id;
        row.epoch = stream.epoch;
        row.event = Event::kModified;
        row.rv = std::to_string(++revision);
        row.api_version = "v1";
        row.changed_at = tx.recorded_at();
        row.body = BodyOf(static_cast<int>(pod), revision);
        tx.AppendRevision(row);
      }
    });
  };
  for (int i = 0; i < 2 * kPods / kBatch; ++i) {
    if (!write().ok()) return 1;
  }
  std::atomic<bool> stop{false};
  std::vector<std::thread> readers;
  pid_t snapshot = 0;
  if (kind == "snapshot") snapshot = StartSnapshot(path);
  const int count = kind == "questions" ? 1 : kind == "crowd" ? 4 : 0;
  for (int i = 0; i < count; ++i) {
    readers.emplace_back([&] { Ask(path, stop); });
    Pause(kQuestion / count);
  }
  std::vector<Micros> took;
  std::uint64_t wal = 0;
  const Micros began = SystemClock().Mono();
  const Micros between = kSecond * kBatch / rate;
  const Micros end = began + seconds * kSecond;
  for (Micros due = began; due < end; due += between) {
    Pause(due - SystemClock().Mono());
    const Micros from = SystemClock().Mono();
    if (from >= end) break;  // it cannot keep up
    if (const Status done = write(); !done.ok()) {
      std::cerr << done.error().message() << "\n";
      return 1;
    }
    took.push_back(SystemClock().Mono() - from);
    std::error_code none;
    const auto size = std::filesystem::file_size(path + "-wal", none);
    if (!none) wal = std::max<std::uint64_t>(wal, size);
  }
  const double lasted =
      static_cast<double>(SystemClock().Mono() - began) / kSecond;
  stop = true;
  for (auto& reader : readers) reader.join();
  if (snapshot != 0) {
    kill(snapshot, SIGKILL);
    waitpid(snapshot, nullptr, 0);
  }
  std::sort(took.begin(), took.end());
  const auto at = [&](double part) {
    return static_cast<double>(took[static_cast<std::size_t>(
               part * static_cast<double>(took.size() - 1))]) /
           kMillisecond;
  };
  std::cout << fmt::format(
      "{{\"reader\":\"{}\",\"rate\":{:.0f},\"p50\":{:.1f},\"p99\":{:.1f},"
      "\"p99.9\":{:.1f},\"max\":{:.1f},\"walMiB\":{}}}\n",
      kind, static_cast<double>(took.size()) * kBatch / lasted, at(0.5),
      at(0.99), at(0.999), at(1), wal >> 20);
  return 0;
}

}  // namespace
}  // namespace kubescribe::store

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() == 2 && words[0] == "read-one-snapshot") {
    return kubescribe::store::ReadOneSnapshot(words[1]);
  }
  if (words.size() < 2 || words.size() > 4) {
    std::cerr << "usage: write_stalls FOLDER none|questions|crowd|snapshot "
                 "[SECONDS [RATE]]\n";
    return 2;
  }
  return kubescribe::store::Run(
      words[0], words[1], words.size() > 2 ? std::atoi(words[2].c_str()) : 60,
      words.size() > 3 ? std::atoi(words[3].c_str()) : 5000);
}
