// kubescribe-sim: simulated Kubernetes clusters, for trying the recorder
// without a real one. All of it is in tests/fakes; here are only the flags.
#include <fmt/format.h>
#include <signal.h>
#include <time.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "fakes/sim_cluster.h"

namespace {

using kubescribe::kSecond;
using kubescribe::Micros;
using kubescribe::Result;
using kubescribe::fakes::SimCluster;
using kubescribe::fakes::SimOptions;

constexpr char kExamples[] = R"(Examples:
  kubescribe-sim --write-kubeconfig sim.kubeconfig
      one cluster on a free port, 1000 objects, 10 changes a second
  kubescribe-sim --port 8001 --seed 7 --objects 5000 --rate 200 \
      --clusters 3 --journal truth.jsonl --write-kubeconfig sim.kubeconfig
      three clusters, on ports 8001 to 8003, with what they did written down
  kubescribe-sim --scenario faults.yaml --duration 60 \
      --write-kubeconfig sim.kubeconfig
      with faults such as  - {fault: cut, resource: pods, skip: 100, bytes: 40}
  kubescribe-sim --list-faults

Then: kubescribed --kubeconfig sim.kubeconfig --data data
Exit codes: 0 stopped by a signal or after --duration, 1 failed, 2 usage.)";

struct Flags {
  int port = 0;
  std::uint64_t seed = 1;
  std::size_t objects = 1000;
  double rate = 10;
  double duration = 0;
  int clusters = 1;
  std::string replay;
  std::string scenario;
  std::string journal;
  bool journal_fsync = false;
  bool journal_digest = false;
  double bookmark_interval = 60;
  std::size_t history = 10000;
  std::size_t page_size_limit = 0;
  bool tls = false;
  std::string token;
  std::string kubeconfig;
  bool list_faults = false;
};

void AddFlags(CLI::App& app, Flags& flags) {
  app.add_option("--port", flags.port,
                 "Port of the first cluster, the others follow; 0: free ones");
  app.add_option("--seed", flags.seed, "Same seed, same cluster");
  app.add_option("--objects", flags.objects, "Objects that stand at the start");
  app.add_option("--rate", flags.rate, "Changes a second, each cluster");
  app.add_option("--duration", flags.duration,
                 "Seconds until it stops by itself; 0: never");
  app.add_option("--clusters", flags.clusters, "How many, on a port each")
      ->check(CLI::Range(1, 1000));
  app.add_option("--replay", flags.replay,
                 "A file of watch lines to apply, --rate a second, in place of "
                 "the made-up workload");
  app.add_option("--scenario", flags.scenario,
                 "Faults to serve: YAML or JSON lines");
  app.add_option("--journal", flags.journal,
                 "Where the truth is written, a JSON line a revision and fault "
                 "(several clusters: FILE.1, FILE.2, ...)");
  app.add_flag("--journal-fsync", flags.journal_fsync,
               "Sync each line before its event is sent");
  app.add_flag("--journal-digest", flags.journal_digest,
               "SHA-256 of each object in place of the object");
  app.add_option("--bookmark-interval", flags.bookmark_interval, "Seconds");
  app.add_option("--history", flags.history,
                 "Events a kind keeps for watches; older positions get 410");
  app.add_option("--page-size-limit", flags.page_size_limit,
                 "Largest page of a list, whatever is asked; 0: none");
  app.add_flag("--tls", flags.tls, "Serve HTTPS, self-signed");
  app.add_option("--token", flags.token,
                 "The bearer token that is asked for (use with --tls: clients "
                 "send credentials over HTTPS only)");
  app.add_option("--write-kubeconfig", flags.kubeconfig,
                 "Where to write a kubeconfig with a context a cluster");
  app.add_flag("--list-faults", flags.list_faults,
               "Print the faults by name, with a sentence each, and stop");
  app.footer(kExamples);
}

int Fail(const kubescribe::Error& error) {
  fmt::print(stderr, "kubescribe-sim: {}\n", error.message());
  return 1;
}

// Waits for SIGTERM or SIGINT, or until `until` (0: no end).
void WaitForEnd(const sigset_t& signals, Micros until) {
  while (true) {
    timespec wait{};
    wait.tv_sec = 3600;
    if (until > 0) {
      const Micros left = until - kubescribe::SystemClock().Mono();
      if (left <= 0) return;
      wait.tv_sec = left / kSecond;
      wait.tv_nsec = left % kSecond * 1000;
    }
    if (sigtimedwait(&signals, nullptr, &wait) > 0) return;
  }
}

Result<std::unique_ptr<SimCluster>> StartOne(const Flags& flags, int index) {
  SimOptions options;
  options.name = flags.clusters == 1 ? "sim" : fmt::format("sim-{}", index + 1);
  options.seed = flags.seed + static_cast<std::uint64_t>(index);
  options.port = flags.port == 0 ? 0 : flags.port + index;
  options.tls = flags.tls;
  options.token = flags.token;
  options.history = flags.history;
  options.page_size_limit = flags.page_size_limit;
  options.bookmark_interval =
      static_cast<Micros>(flags.bookmark_interval * kSecond);
  if (!flags.journal.empty()) {
    options.journal_path = flags.clusters == 1
                               ? flags.journal
                               : fmt::format("{}.{}", flags.journal, index + 1);
  }
  options.journal_fsync = flags.journal_fsync;
  options.journal_digest = flags.journal_digest;
  options.keep_journal = false;
  return SimCluster::Start(std::move(options));
}

int Run(const Flags& flags) {
  // Blocked before any thread starts, so that only WaitForEnd sees them.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);

  std::vector<std::unique_ptr<SimCluster>> clusters;
  std::vector<const SimCluster*> all;
  for (int i = 0; i < flags.clusters; ++i) {
    auto cluster = StartOne(flags, i);
    if (!cluster.ok()) return Fail(cluster.error());
    if (flags.replay.empty()) (*cluster)->Fill({flags.objects});
    if (!flags.scenario.empty()) {
      const kubescribe::Status loaded =
          (*cluster)->LoadScenario(flags.scenario);
      if (!loaded.ok()) return Fail(loaded.error());
    }
    all.push_back(cluster->get());
    clusters.push_back(*std::move(cluster));
  }
  if (!flags.kubeconfig.empty()) {
    std::ofstream file(flags.kubeconfig);
    file << SimCluster::Kubeconfig(all);
    file.close();
    if (!file) {
      return Fail(
          {kubescribe::Code::kIo, flags.kubeconfig + ": cannot be written"});
    }
  }
  const Micros until = flags.duration > 0
                           ? kubescribe::SystemClock().Mono() +
                                 static_cast<Micros>(flags.duration * kSecond)
                           : 0;
  for (const auto& cluster : clusters) {
    fmt::print("ready {} {}\n", cluster->options().name, cluster->Url());
  }
  std::fflush(stdout);
  for (const auto& cluster : clusters) {
    if (flags.replay.empty()) {
      cluster->StartWorkload(flags.rate);
      continue;
    }
    const kubescribe::Status replayed =
        cluster->Replay(flags.replay, flags.rate);
    if (!replayed.ok()) return Fail(replayed.error());
    fmt::print("replayed {} into {}\n", flags.replay, cluster->options().name);
    std::fflush(stdout);
  }
  WaitForEnd(signals, until);
  for (const auto& cluster : clusters) cluster->Stop();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "A simulated Kubernetes cluster: discovery, lists and watches of made-up "
      "objects that change, with faults on request. Serves on 127.0.0.1, GET "
      "only."};
  app.name("kubescribe-sim");
  Flags flags;
  AddFlags(app, flags);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (flags.list_faults) {
    for (const auto& fault : kubescribe::fakes::FaultCatalog()) {
      fmt::print("{:24} {}\n", fault.name, fault.sentence);
    }
    return 0;
  }
  return Run(flags);
}
