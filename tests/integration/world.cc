#include "integration/world.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <thread>

#include "base/clock.h"
#include "control/client.h"
#include "integration/setup.h"
#include "integration/truth.h"
#include "store/writer.h"

extern char** environ;

namespace kubescribe::integration {
namespace {

constexpr auto kPoll = std::chrono::milliseconds(20);

// What the tests want of a recorder: quick, and nothing by itself.
constexpr char kFast[] = R"(auditInterval: 0s
retry:
  initialBackoff: 50ms
  maxBackoff: 1s
  forbiddenInterval: 1s
)";

}  // namespace

Answer RunCommand(const std::string& command) {
  Answer answer;
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) Die("cannot run " + command);
  std::array<char, 4096> chunk{};
  std::size_t got = 0;
  while ((got = fread(chunk.data(), 1, chunk.size(), pipe)) > 0) {
    answer.text.append(chunk.data(), got);
  }
  const int status = pclose(pipe);
  answer.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return answer;
}

World::World() {
  std::string pattern =
      std::filesystem::temp_directory_path() / "kubescribe-test-XXXXXX";
  if (mkdtemp(pattern.data()) == nullptr) Die("no temporary folder");
  dir_ = pattern;
}

World::~World() {
  if (pid_ > 0) KillRecorder();
  if (testing::Test::HasFailure()) {
    std::cout << "---- recorder's log\n" << RecorderLog() << "----\n";
  }
  sims_.clear();
  std::error_code ignored;
  std::filesystem::remove_all(dir_, ignored);
}

fakes::SimCluster& World::AddCluster(fakes::SimOptions options) {
  if (options.bookmark_interval == kMinute) {
    options.bookmark_interval = 100 * kMillisecond;
  }
  auto started = fakes::SimCluster::Start(options);
  if (!started.ok()) Die(started.error().message());
  sims_.push_back(std::move(*started));
  return *sims_.back();
}

void World::Configure(const std::string& extra_yaml) {
  extra_yaml_ = extra_yaml;
}

void World::WriteFiles() const {
  std::vector<const fakes::SimCluster*> all;
  for (const auto& sim : sims_) all.push_back(sim.get());
  std::ofstream(kubeconfig()) << fakes::SimCluster::Kubeconfig(all);
  std::ofstream config(config_path());
  config << kFast << extra_yaml_ << "dataDir: " << data_dir() << "\n";
  if (extra_yaml_.find("clusters:") != std::string::npos) return;
  config << "clusters:\n";
  for (const auto& sim : sims_) {
    config << "- name: " << sim->options().name
           << "\n  kubeconfig: " << kubeconfig()
           << "\n  context: " << sim->options().name << "\n";
  }
}

void World::StartRecorder(std::map<std::string, std::string> environment) {
  if (pid_ > 0) Die("the recorder runs already");
  WriteFiles();
  std::vector<std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    if (environment.count(text.substr(0, text.find('='))) == 0) {
      variables.push_back(text);
    }
  }
  for (const auto& [name, value] : environment) {
    variables.push_back(name + "=" + value);
  }
  std::vector<char*> envp;
  for (auto& variable : variables) envp.push_back(variable.data());
  envp.push_back(nullptr);
  std::vector<std::string> arguments = {KUBESCRIBE_BIN_DIR "/kubescribed",
                                        "--config", config_path()};
  std::vector<char*> argv;
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  const std::string log = dir_ + "/recorder.log";
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log.c_str(),
                                   O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null",
                                   O_RDONLY, 0);
  const int failed = posix_spawn(&pid_, arguments[0].c_str(), &actions, nullptr,
                                 argv.data(), envp.data());
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) Die("cannot start " + arguments[0]);
}

void World::ReloadRecorder() {
  WriteFiles();
  kill(pid_, SIGHUP);
}

Result<std::string> World::AskForReload() {
  WriteFiles();
  return control::Ask(data_dir(), {.command = "reload"}, 20 * kSecond);
}

void World::KillRecorder() {
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

ExitState World::StopRecorder() {
  kill(pid_, SIGTERM);
  return WaitForRecorderEnd();
}

ExitState World::WaitForRecorderEnd() {
  int status = 0;
  if (pid_ <= 0 || waitpid(pid_, &status, 0) != pid_) Die("no recorder");
  pid_ = -1;
  if (WIFSIGNALED(status)) return {true, WTERMSIG(status)};
  return {false, WEXITSTATUS(status)};
}

bool World::RecorderEnds(Micros limit) {
  const Micros end = SystemClock().Mono() + limit;
  while (waitpid(pid_, nullptr, WNOHANG) != pid_) {
    if (SystemClock().Mono() > end) return false;
    std::this_thread::sleep_for(kPoll);
  }
  pid_ = -1;
  return true;
}

void World::PauseRecorder() { kill(pid_, SIGSTOP); }
void World::WakeRecorder() { kill(pid_, SIGCONT); }

std::size_t World::RecorderPeakMemory() const {
  std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
  std::string word;
  while (status >> word) {
    std::size_t kib = 0;
    if (word == "VmHWM:" && status >> kib) return kib << 10;
  }
  Die("the recorder's memory cannot be read");
}

std::size_t World::RecorderDescriptors() const {
  std::size_t count = 0;
  const std::string folder = "/proc/" + std::to_string(pid_) + "/fd";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    count += entry.path().empty() ? 0 : 1;
  }
  return count;
}

std::string World::RecorderLog() const {
  std::ifstream in(dir_ + "/recorder.log");
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string World::Database(const fakes::SimCluster& sim) const {
  return store::DatabasePath(data_dir(), sim.options().name);
}

bool World::WaitFor(const fakes::SimCluster& sim,
                    const std::function<bool(store::Reader&)>& done,
                    Micros limit) const {
  const Micros end = SystemClock().Mono() + limit;
  for (;;) {
    if (auto reader = store::Reader::Open(Database(sim)); reader.ok()) {
      if (done(**reader)) return true;
    }
    if (SystemClock().Mono() > end) return false;
    // Another process: there is nothing to wait on but time.
    std::this_thread::sleep_for(kPoll);
  }
}

std::vector<std::string> World::Violations(const fakes::SimCluster& sim) const {
  auto reader = store::Reader::Open(Database(sim));
  if (!reader.ok()) return {reader.error().message()};
  std::vector<std::string> violations = integration::Violations(**reader, sim);
  reader->reset();
  for (std::string& one : Altered(Database(sim))) {
    violations.push_back(std::move(one));
  }
  return violations;
}

std::string World::WaitUntilRecorded(const fakes::SimCluster& sim,
                                     Micros limit) const {
  const auto wanted = RvsToReach(sim);
  std::string missing = "no database";
  const bool done = WaitFor(
      sim,
      [&](store::Reader& reader) {
        const auto streams = reader.Streams();
        if (!streams.ok()) return false;
        missing.clear();
        for (const auto& [kind, rv] : wanted) {
          bool covered = false;
          for (const auto& stream : *streams) {
            covered =
                covered ||
                (Kind(stream.key.group, stream.key.resource) == kind &&
                 stream.gap_cause.empty() && RvNumber(stream.position) >= rv);
          }
          if (!covered) missing += kind + " up to " + std::to_string(rv) + "; ";
        }
        return missing.empty() && !streams->empty();
      },
      limit);
  return done ? "" : "not recorded: " + missing;
}

std::vector<std::string> World::Gaps(const fakes::SimCluster& sim) const {
  auto reader = store::Reader::Open(Database(sim));
  if (!reader.ok()) return {reader.error().message()};
  return integration::Gaps(**reader);
}

std::size_t World::Records(const fakes::SimCluster& sim,
                           const std::string& kind) const {
  auto reader = store::Reader::Open(Database(sim));
  if (!reader.ok()) return 0;
  std::size_t count = 0;
  const store::Seq last = (*reader)->info().last_seq;
  for (store::Seq after = 0; after < last;) {
    const auto batch = (*reader)->Records(after, last, 5000);
    if (!batch.ok() || batch->last == after) break;
    for (const auto& record : batch->records) count += record.kind == kind;
    after = batch->last;
  }
  return count;
}

}  // namespace kubescribe::integration
