#include "integration/virtual_world.h"

#include <fmt/format.h>
#include <stdlib.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <utility>

#include "integration/setup.h"
#include "integration/truth.h"
#include "query/export.h"
#include "store/writer.h"

namespace kubescribe::integration {
namespace {

// The writer thread's turns are so far apart at the most.
constexpr std::uint64_t kTurn = 50 * kMillisecond;

// In memory where there is such a place: what a power cut does to the disk is
// another test's matter (power_loss_test.cc).
std::string NewFolder() {
  std::string name = std::filesystem::exists("/dev/shm")
                         ? "/dev/shm"
                         : std::filesystem::temp_directory_path().string();
  name += "/kubescribe-virtual-XXXXXX";
  if (mkdtemp(name.data()) == nullptr) Die("no temporary folder");
  return name;
}

std::string VfsName() {
  static int last = 0;
  return "virtual-" + std::to_string(++last);
}

}  // namespace

const std::vector<std::string>& VirtualWorld::Kinds() {
  static const std::vector<std::string> kinds = {
      "configmaps", "secrets", "pods", "deployments.apps", "services"};
  return kinds;
}

VirtualWorld::VirtualWorld(std::uint64_t seed)
    : random_(seed),
      dir_(NewFolder()),
      net_(time_, random_.Next()),
      vfs_(VfsName()),
      disk_(vfs_),
      key_(record::RedactionKey::FromBytes({1, 2, 3})),
      recorder_random_(random_.Next()) {
  signing_.key = codec::Ed25519Key::FromSeed({4, 5, 6});
  fakes::SimOptions options;
  options.seed = seed;
  options.net = &net_;
  // Bookmarks of a real server come each minute; here a minute is long.
  options.bookmark_interval = 10 * kSecond;
  options.history = 200;
  auto started = fakes::SimCluster::Start(options);
  if (!started.ok()) Die(started.error().message());
  sim_ = std::move(*started);

  if (!sim_->WriteKubeconfig(dir_ + "/kubeconfig").ok()) Die("no kubeconfig");
  std::string yaml = "auditInterval: 2m\nretry:\n  forbiddenInterval: 10s\n";
  yaml += "requests:\n  pageSize: 5\n";
  yaml += "dataDir: " + dir_ +
          "\nclusters:\n- name: sim\n  kubeconfig: " + dir_ +
          "/kubeconfig\nresources:\n";
  for (const std::string& kind : Kinds()) yaml += "- resource: " + kind + "\n";
  auto config = config::ParseConfig(yaml, "virtual.yaml");
  if (!config.ok()) Die(config.error().message());
  config->checkpoint.every = kMinute;
  config->commit.max_delay = 0;  // the queue's wait would be a real one
  config_ = std::make_shared<const config::Config>(std::move(*config));
}

VirtualWorld::~VirtualWorld() {
  KillRecorder();
  sim_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(dir_, ignored);
}

void VirtualWorld::StartRecorder() {
  frames_ = std::make_unique<watch::FrameBudget>(
      time_, static_cast<std::size_t>(config_->limits.frame_bytes));
  const daemon::ClusterRunner::Shared shared{
      time_,
      [this](std::function<void()> fn) { time_.After(0, std::move(fn)); },
      [this](const config::Connection& connection) {
        return net_.Connect(connection.server, "");
      },
      *frames_,
      key_,
      recorder_random_,
      vfs_,
      false,
      signing_};
  runner_ = std::make_unique<daemon::ClusterRunner>(
      config_, config_->clusters.front(), shared);
  // As App does: what cannot be opened now is tried again by whoever starts
  // the program.
  if (!runner_->Open().ok()) {
    runner_.reset();
    return;
  }
  runner_->Start();
}

void VirtualWorld::KillRecorder() {
  if (runner_ == nullptr) return;
  runner_->Detach();
  time_.Run();  // what it had posted
  runner_.reset();
  frames_.reset();
}

bool VirtualWorld::KillInCommit(int operations, Micros limit) {
  const bool sync = random_.Below(3) == 0;
  disk_.Arm(sync ? fakes::DiskFault::kSync : fakes::DiskFault::kShortWrite,
            operations, true);
  const Micros end = time_.clock().Mono() + limit;
  while (!disk_.hit() && time_.clock().Mono() < end) Advance(kTurn);
  const bool died = disk_.hit();
  if (died) KillRecorder();
  disk_.Disarm();
  return died;
}

void VirtualWorld::StopRecorder() {
  if (runner_ == nullptr) return;
  // A stop waits for the disk in real time.
  if (!runner_->stats().error.empty()) {
    KillRecorder();
    return;
  }
  runner_->Detach();
  time_.Run();
  if (const Status closed = runner_->Close(kSecond); !closed.ok()) {
    Die(closed.error().message());
  }
  runner_.reset();
  frames_.reset();
}

void VirtualWorld::Advance(Micros by) {
  const Micros end = time_.clock().Mono() + by;
  while (time_.clock().Mono() < end) {
    const Micros slice = 1 + static_cast<Micros>(random_.Below(kTurn));
    time_.Advance(std::min(slice, end - time_.clock().Mono()));
    // A disk that takes nothing dies with the process (KillInCommit).
    if (runner_ != nullptr && !writer_stuck_) runner_->Step();
  }
}

std::string VirtualWorld::Database() const {
  return store::DatabasePath(dir_, "sim");
}

std::unique_ptr<store::Reader> VirtualWorld::Read() const {
  auto reader = store::Reader::Open(Database());
  return reader.ok() ? std::move(*reader) : nullptr;
}

std::string VirtualWorld::Missing() const {
  const auto reader = Read();
  if (reader == nullptr) return "no database";
  const auto streams = reader->Streams();
  if (!streams.ok()) return streams.error().message();
  auto wanted = RvsToReach(*sim_);
  std::string missing;
  std::vector<std::string> kinds = Kinds();
  kinds.emplace_back("customresourcedefinitions.apiextensions.k8s.io");
  kinds.emplace_back("apiservices.apiregistration.k8s.io");
  for (const std::string& kind : kinds) {
    bool covered = false;
    for (const auto& row : *streams) {
      if (Kind(row.key.group, row.key.resource) != kind) continue;
      store::ObjectFilter filter;
      filter.resource_id = row.resource_id;
      store::AsOf now;
      now.seq = reader->info().last_seq;
      const auto state = reader->StateAt(filter, now);
      if (!state.ok()) return state.error().message();
      std::map<std::string, std::uint64_t> recorded;
      for (const auto& one : *state) recorded[one.uid] = RvNumber(one.rv);
      std::map<std::string, std::uint64_t> truth;
      for (const auto& one : sim_->Objects(kind)) truth[one.uid] = one.rv;
      covered = recorded == truth && row.gap_cause.empty() &&
                RvNumber(row.position) >= wanted[kind] &&
                RvNumber(row.position) <= sim_->CurrentRv();
      if (!covered) {
        missing += fmt::format("{}: {} at {}, {}{}, {} of {} objects; ", kind,
                               row.state, row.position, row.message,
                               row.gap_cause, recorded.size(), truth.size());
      }
    }
    if (!covered && missing.empty()) missing = kind + ": no stream";
  }
  return missing;
}

std::string VirtualWorld::Settle(Micros limit) {
  const Micros end = time_.clock().Mono() + limit;
  std::string missing = Missing();
  while (!missing.empty() && time_.clock().Mono() < end) {
    Advance(kSecond);
    missing = Missing();
  }
  return missing;
}

std::vector<std::string> VirtualWorld::Violations() const {
  const auto reader = Read();
  if (reader == nullptr) return {"no database"};
  std::vector<std::string> violations = integration::Violations(*reader, *sim_);
  for (std::string& one : Altered(Database())) {
    violations.push_back(std::move(one));
  }
  return violations;
}

std::vector<std::string> VirtualWorld::Gaps() const {
  const auto reader = Read();
  if (reader == nullptr) return {"no database"};
  return integration::Gaps(*reader);
}

std::string VirtualWorld::Trace() const {
  std::string trace;
  const auto exported = query::Export(Database(), {}, [&](const auto& line) {
    trace += line + "\n";
    return true;
  });
  return exported.ok() ? trace : exported.error().message();
}

}  // namespace kubescribe::integration
