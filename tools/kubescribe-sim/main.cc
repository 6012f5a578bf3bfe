// kubescribe-sim: simulated Kubernetes clusters, for trying the recorder
// without a real one. All of it is in tests/fakes; here are only the flags.
#include <fmt/format.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "fakes/sim_cluster.h"

namespace {

using kubescribe::kSecond;
using kubescribe::Micros;
using kubescribe::Result;
using kubescribe::fakes::SimCluster;
using kubescribe::fakes::SimOptions;
using kubescribe::fakes::SimUser;

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

SIGUSR1 makes it forget its history: older positions and continue tokens get 410.

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
  bool client_certificates = false;
  std::string token;
  std::vector<std::string> users;
  bool writable = false;
  std::string kubeconfig;
  bool list_faults = false;
};

constexpr char kScenarioKeys[] = R"(
A scenario file (--scenario) is a YAML list of maps, or JSON lines, such as
  - {fault: cut, resource: pods, skip: 100, bytes: 40}
Keys: fault (a name from above). Where it strikes, * being any: resource, as
kubectl names it, or for discovery the group; namespace; verb (list, watch,
get, discovery). When: skip (so many chances pass), count (default 1; 0: for
good), probability (0 to 1), after (seconds from the start). How, if the fault
says so: bytes, delay (seconds), retry_after, code, location, revisions, group,
reset.
)";

// "NAME:TOKEN[:NAMESPACE[:RESOURCE]]"
std::optional<SimUser> ParseUser(const std::string& text) {
  std::vector<std::string> parts;
  std::size_t at = 0;
  while (at <= text.size()) {
    const std::size_t colon = std::min(text.find(':', at), text.size());
    parts.push_back(text.substr(at, colon - at));
    at = colon + 1;
  }
  if (parts.size() < 2 || parts.size() > 4) return std::nullopt;
  if (parts[0].empty() || parts[1].empty()) return std::nullopt;
  SimUser user{parts[0], parts[1], {}};
  if (parts.size() == 2) return user;
  for (const char* verb : {"get", "list", "watch"}) {
    user.allowed.push_back({parts.size() > 3 ? parts[3] : "*", parts[2], verb});
  }
  return user;
}

// A number that is one, and from `least` to what still fits in microseconds.
CLI::Validator From(double least) {
  return CLI::Validator(
      [least](const std::string& text) -> std::string {
        constexpr double kMost = 1e9;
        double value = 0;
        const bool good = CLI::detail::lexical_cast(text, value) &&
                          value >= least && value <= kMost;
        return good ? ""
                    : fmt::format("expected {} to {}, not {}", least, kMost,
                                  text);
      },
      "");
}

void AddFlags(CLI::App& app, Flags& flags) {
  app.add_option("--port", flags.port,
                 "Port of the first cluster, the others follow; 0: free ones")
      ->check(CLI::Range(0, 65535));
  app.add_option("--seed", flags.seed, "Same seed, same cluster");
  app.add_option("--objects", flags.objects, "Objects that stand at the start");
  app.add_option("--rate", flags.rate, "Changes a second, each cluster")
      ->check(From(0));
  app.add_option("--duration", flags.duration,
                 "Seconds until it stops by itself; 0: never")
      ->check(From(0));
  app.add_option("--clusters", flags.clusters, "How many, on a port each")
      ->check(CLI::Range(1, 1000));
  app.add_option("--replay", flags.replay,
                 "A file of watch lines to apply, --rate a second, in place of "
                 "the made-up workload; lines that cannot be applied are "
                 "counted and passed over");
  app.add_option("--scenario", flags.scenario,
                 "Faults to serve: YAML or JSON lines");
  app.add_option("--journal", flags.journal,
                 "Where the truth is written, a JSON line a revision and fault "
                 "(several clusters: FILE.1, FILE.2, ...); what is there "
                 "already stays, and it goes on behind it");
  app.add_flag("--journal-fsync", flags.journal_fsync,
               "Sync each line before its event is sent");
  app.add_flag("--journal-digest", flags.journal_digest,
               "SHA-256 of each object in place of the object");
  app.add_option("--bookmark-interval", flags.bookmark_interval, "Seconds")
      ->check(From(0.001));
  app.add_option("--history", flags.history,
                 "Events a kind keeps for watches; older positions get 410");
  app.add_option("--page-size-limit", flags.page_size_limit,
                 "Largest page of a list, whatever is asked; 0: none");
  app.add_flag("--tls", flags.tls, "Serve HTTPS, self-signed");
  app.add_flag("--client-certificates", flags.client_certificates,
               "With --tls: ask for the certificate that the kubeconfig has");
  app.add_option("--token", flags.token,
                 "The bearer token that is asked for (use with --tls: clients "
                 "send credentials over HTTPS only)");
  app.add_option("--user", flags.users,
                 "NAME:TOKEN[:NAMESPACE[:RESOURCE]]: someone who may read that "
                 "much and no more; *: all of them. Others then need --token, "
                 "the kubeconfig's own user too. Repeatable")
      ->check(CLI::Validator(
          [](const std::string& text) {
            return ParseUser(text) ? "" : "NAME:TOKEN[:NAMESPACE[:RESOURCE]]";
          },
          ""));
  app.add_flag("--writable", flags.writable,
               "Serve POST, PUT, PATCH and DELETE too; objects are taken as "
               "they are given");
  app.add_option("--write-kubeconfig", flags.kubeconfig,
                 "Where to write a kubeconfig with a context a cluster, for "
                 "its owner's eyes only");
  app.add_flag("--list-faults", flags.list_faults,
               "Print the faults by name, with a sentence each, and the "
               "keys of a scenario, and stop");
  app.footer(kExamples);
}

int Fail(const kubescribe::Error& error) {
  fmt::print(stderr, "kubescribe-sim: {}\n", error.message());
  return 1;
}

// Waits for SIGTERM or SIGINT, or until `until` (0: no end); SIGUSR1 makes the
// clusters forget their history.
void WaitForEnd(const sigset_t& signals, Micros until,
                const std::vector<std::unique_ptr<SimCluster>>& clusters) {
  while (true) {
    timespec wait{};
    wait.tv_sec = 3600;
    if (until > 0) {
      const Micros left = until - kubescribe::SystemClock().Mono();
      if (left <= 0) return;
      wait.tv_sec = left / kSecond;
      wait.tv_nsec = left % kSecond * 1000;
    }
    const int signal = sigtimedwait(&signals, nullptr, &wait);
    if (signal > 0 && signal != SIGUSR1) return;
    if (signal != SIGUSR1) continue;
    for (const auto& cluster : clusters) {
      cluster->Compact();
      cluster->ExpireContinueTokens();
    }
    fmt::print("forgot\n");
    std::fflush(stdout);
  }
}

Result<std::unique_ptr<SimCluster>> StartOne(const Flags& flags, int index) {
  SimOptions options;
  options.name = flags.clusters == 1 ? "sim" : fmt::format("sim-{}", index + 1);
  options.seed = flags.seed + static_cast<std::uint64_t>(index);
  options.port = flags.port == 0 ? 0 : flags.port + index;
  options.tls = flags.tls || flags.client_certificates;
  options.client_certificates = flags.client_certificates;
  options.token = flags.token;
  for (const std::string& text : flags.users) {
    options.users.push_back(*ParseUser(text));
  }
  options.writable = flags.writable;
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
  std::error_code missing;
  if (!flags.replay.empty() &&
      (std::filesystem::is_directory(flags.replay, missing) ||
       ::access(flags.replay.c_str(), R_OK) != 0)) {
    return Fail({kubescribe::Code::kIo, flags.replay + ": cannot be read"});
  }
  // Blocked before any thread starts, so that only WaitForEnd sees them.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGUSR1);
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
    const kubescribe::Status written =
        SimCluster::WriteKubeconfig(flags.kubeconfig, all);
    if (!written.ok()) return Fail(written.error());
  }
  const Micros until = flags.duration > 0
                           ? kubescribe::SystemClock().Mono() +
                                 static_cast<Micros>(flags.duration * kSecond)
                           : 0;
  for (const auto& cluster : clusters) {
    fmt::print("ready {} {}\n", cluster->options().name, cluster->Url());
  }
  std::fflush(stdout);
  std::vector<std::thread> replays;
  std::atomic<bool> failed{false};
  for (const auto& cluster : clusters) {
    if (flags.replay.empty()) {
      cluster->StartWorkload(flags.rate);
      continue;
    }
    replays.emplace_back([&flags, &failed, sim = cluster.get()] {
      const auto replayed = sim->Replay(flags.replay, flags.rate);
      if (!replayed.ok()) {
        failed = true;
        Fail(replayed.error());
        kill(getpid(), SIGTERM);
        return;
      }
      fmt::print("replayed {} into {}\n", flags.replay, sim->options().name);
      if (replayed->bad + replayed->unknown > 0) {
        fmt::print(stderr,
                   "kubescribe-sim: {}: of {} lines {} are no watch events of "
                   "kinds that are served, {} delete what was not there\n",
                   flags.replay, replayed->lines, replayed->bad,
                   replayed->unknown);
      }
      std::fflush(stdout);
    });
  }
  WaitForEnd(signals, until, clusters);
  for (const auto& cluster : clusters) cluster->Stop();
  for (std::thread& replay : replays) replay.join();
  return failed ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "A simulated Kubernetes cluster: discovery, lists and watches of made-up "
      "objects that change, with faults on request. Serves on 127.0.0.1."};
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
    fmt::print("{}", kScenarioKeys);
    return 0;
  }
  if (flags.port > 0 && flags.port + flags.clusters - 1 > 65535) {
    fmt::print(stderr, "--port: {} clusters do not fit from {} to 65535\n",
               flags.clusters, flags.port);
    return 2;
  }
  return Run(flags);
}
