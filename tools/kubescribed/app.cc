#include "kubescribed/app.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <future>
#include <iostream>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/paths.h"
#include "kubescribed/settings.h"
#include "net/client.h"
#include "store/disk_budget.h"

namespace kubescribe::daemon {
namespace {

constexpr Micros kLook = 200 * kMillisecond;
// A stop takes 2 s at the most: the loop's end, then this.
constexpr Micros kCloseLimit = 1500 * kMillisecond;
constexpr auto kLoopPatience = std::chrono::seconds(2);
// What ends WaitForSignals from within.
constexpr int kFinished = SIGUSR1;

sigset_t Signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, kFinished}) {
    sigaddset(&set, signal);
  }
  return set;
}

// Alike but for the clusters and what is recorded of them.
bool SameForAll(config::Config one, config::Config other) {
  for (config::Config* config : {&one, &other}) {
    config->clusters.clear();
    config->resources.clear();
    config->exclude.clear();
    config->retention = {};
    config->disk = {};
    config->path.clear();
    config->data_dir.clear();
    config->log_format = {};
    config->log_level.clear();
  }
  return one == other;
}

bool SameConnection(config::ClusterConfig one, config::ClusterConfig other) {
  for (config::ClusterConfig* cluster : {&one, &other}) {
    cluster->resources.clear();
    cluster->exclude.clear();
    cluster->retention.reset();
    cluster->kubeconfig_at.clear();
  }
  return one == other;
}

store::DiskLimit LimitOf(const config::DiskConfig& disk) {
  return {disk.budget,
          disk.hold ? store::WhenFull::kHold : store::WhenFull::kPrune};
}

void TellDisk(store::DiskBudget& disk) {
  const store::DiskUse use = disk.use();
  if (!use.limit.budget || use.used <= *use.limit.budget) return;
  Log().warn(
      "the data directory takes {} bytes, more than its budget of {}: {}",
      use.used, *use.limit.budget,
      use.limit.when_full == store::WhenFull::kHold
          ? "nothing is recorded"
          : "nothing is recorded until enough of it is pruned");
}

}  // namespace

App::App(Options options, config::Config config, record::RedactionKey key,
         record::SigningKeys signing)
    : options_(std::move(options)),
      config_(std::make_shared<const config::Config>(std::move(config))),
      key_(std::move(key)),
      frames_(loop_, static_cast<std::size_t>(config_->limits.frame_bytes)),
      shared_{loop_,
              [this](std::function<void()> fn) { loop_.Post(std::move(fn)); },
              [this](const config::Connection& connection) {
                return net::MakeClient(loop_, connection);
              },
              frames_, key_},
      progress_(SystemClock()),
      started_at_(SystemClock().Wall()) {
  shared_.signing = std::move(signing);
  shared_.disk = std::make_shared<store::DiskBudget>(config_->data_dir);
  shared_.disk->Set(LimitOf(config_->disk));
  TellDisk(*shared_.disk);
  loop_.OnStall([this](Micros from_wall) {
    for (const auto& runner : runners_) runner->Stalled(from_wall);
  });
}

App::~App() = default;

int App::Run() {
  std::vector<const config::ClusterConfig*> wanted;
  for (const auto& cluster : config_->clusters) wanted.push_back(&cluster);
  runners_ = OpenRunners(wanted);
  if (runners_.empty()) return kExitError;
  if (options_.mode == Mode::kRecord && !Listen()) {
    Close();
    return kExitError;
  }
  loop_.Post([this] {
    for (const auto& runner : runners_) runner->Start();
    ShowProgress();
    LookAround();
  });
  loop_running_ = true;
  loop_thread_ = std::thread([this] {
    loop_.Run();
    loop_running_ = false;
  });
  Log().info("kubescribed {} records {} cluster{} into {}", KUBESCRIBE_VERSION,
             runners_.size(), runners_.size() == 1 ? "" : "s",
             config_->data_dir);
  WaitForSignals();
  return Close();
}

Runners App::OpenRunners(
    const std::vector<const config::ClusterConfig*>& wanted) {
  Runners opened;
  for (const config::ClusterConfig* cluster : wanted) {
    auto runner = std::make_unique<ClusterRunner>(config_, *cluster, shared_);
    if (auto done = runner->Open(); !done.ok()) {
      Log().error("{}: not recorded: {}", cluster->name,
                  done.error().message());
      exit_code_ = kExitError;
      continue;
    }
    opened.push_back(std::move(runner));
  }
  return opened;
}

bool App::Listen() {
  control::Handlers handlers;
  handlers["status"] = [this](control::Call& /*call*/) -> Result<std::string> {
    std::string answer;
    if (!OnLoop([&] {
          answer =
              StatusJson(runners_, *shared_.disk, started_at_, SystemClock());
        })) {
      return Error(Code::kUnavailable, "the recorder is stopping");
    }
    return answer;
  };
  handlers["audit"] = [this](control::Call& call) { return Audit(call); };
  handlers["reload"] = [this](control::Call& call) { return AskReload(call); };
  handlers["backup"] = [this](control::Call& call) { return Backup(call); };
  handlers["prune"] = [this](control::Call& call) { return Prune(call); };
  handlers["checkpoint"] = [this](control::Call& /*call*/) {
    OnLoop([this] {
      for (const auto& runner : runners_) runner->Checkpoint();
    });
    return Result<std::string>(std::string());
  };
  auto server = control::Server::Listen(ControlSocketPath(config_->data_dir),
                                        std::move(handlers));
  if (!server.ok()) {
    Log().error("{}", server.error().message());
    return false;
  }
  server_ = std::move(*server);
  return true;
}

bool App::OnLoop(std::function<void()> fn) {
  if (!loop_running_) return false;
  const auto task = std::make_shared<std::packaged_task<void()>>(std::move(fn));
  std::future<void> done = task->get_future();
  loop_.Post([task] { (*task)(); });
  // What the task refers to must outlive it: it is waited for as long as the
  // loop runs at all.
  while (done.wait_for(kLoopPatience) != std::future_status::ready) {
    if (!loop_running_) return false;
  }
  return true;
}

Result<std::string> App::Audit(control::Call& call) {
  using nlohmann::json;
  const std::lock_guard<std::mutex> one(audit_mutex_);
  const json args = json::parse(call.args(), nullptr, false);
  const std::string cluster = args.value("cluster", std::string());
  std::vector<std::string> types;
  for (const auto& type : args.value("types", json::array())) {
    if (type.is_string()) types.push_back(type.get<std::string>());
  }
  if (types.empty()) types.emplace_back();

  struct State {
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<std::pair<std::string, ClusterRunner::Audited>> done;
  };
  const auto state = std::make_shared<State>();
  std::map<std::pair<std::string, kube::StreamId>, std::string> waited_for;
  bool known = false;
  std::string nothing;  // the types of which nothing is watched
  const int reloads = reloads_;
  const bool asked = OnLoop([&] {
    for (const std::string& type : types) {
      const std::size_t before = waited_for.size();
      for (const auto& runner : runners_) {
        if (!cluster.empty() && runner->name() != cluster) continue;
        known = true;
        const std::string& name = runner->name();
        const auto started = runner->Audit(
            type, [state, name](const ClusterRunner::Audited& audited) {
              const std::lock_guard<std::mutex> lock(state->mutex);
              state->done.emplace_back(name, audited);
              state->changed.notify_all();
            });
        for (const auto& [id, stream] : started) {
          waited_for[{name, id}] = stream;
        }
      }
      if (waited_for.size() == before) {
        nothing += (nothing.empty() ? "" : ", ") + (type.empty() ? "*" : type);
      }
    }
  });
  if (!asked) return Error(Code::kUnavailable, "the recorder is stopping");
  if (!known) {
    return Error(Code::kNotFound, "no cluster " + cluster + " is recorded");
  }
  if (!nothing.empty()) {
    return Error(Code::kNotFound,
                 "nothing of " + nothing +
                     " is watched at the moment; types are named as in "
                     "`kubescribe status`, as deployments.apps");
  }
  const std::size_t started = waited_for.size();
  std::int64_t findings = 0;
  while (!waited_for.empty() && call.Wanted() && loop_running_) {
    if (reloads_ != reloads) {
      return Error(Code::kUnavailable,
                   "the configuration was read again meanwhile: ask again");
    }
    std::vector<std::pair<std::string, ClusterRunner::Audited>> news;
    {
      std::unique_lock<std::mutex> lock(state->mutex);
      state->changed.wait_for(lock, std::chrono::microseconds(kLook));
      news.swap(state->done);
    }
    for (const auto& [name, audited] : news) {
      const auto at = waited_for.find({name, audited.stream});
      if (at == waited_for.end()) continue;
      findings += std::max<std::int64_t>(audited.findings, 0);
      json line;
      line["cluster"] = name;
      line["stream"] = at->second;
      waited_for.erase(at);
      if (audited.findings < 0) {
        line["error"] = "given up: it failed, or too much changed meanwhile";
      } else {
        line["findings"] = audited.findings;
      }
      if (!call.Send(line.dump())) break;
    }
  }
  json answer;
  answer["streams"] = started;
  answer["findings"] = findings;
  return answer.dump();
}

Result<std::string> App::AskReload(control::Call& call) {
  std::unique_lock<std::mutex> lock(reload_mutex_);
  // One that has begun may have read the file before it was changed.
  const int wanted = reloads_begun_ + 1;
  kill(getpid(), SIGHUP);
  while (reloads_over_ < wanted) {
    if (!call.Wanted() || !loop_running_) {
      return Error(Code::kUnavailable, "the recorder is stopping");
    }
    reload_ended_.wait_for(lock, std::chrono::microseconds(kLook));
  }
  if (!last_reload_.ok()) return last_reload_.error();
  return std::string(R"({"message":"the configuration was read again"})");
}

// -- loop thread

void App::ShowProgress() {
  progress_.Show(runners_);
  loop_.After(progress_.interval(), [this] { ShowProgress(); });
}

void App::LookAround() {
  std::size_t refused = 0;
  std::size_t caught_up = 0;
  for (const auto& runner : runners_) {
    if (runner->refused()) ++refused;
    if (options_.mode == Mode::kOnce && runner->CaughtUp()) ++caught_up;
  }
  if (refused == runners_.size() && !reloading_) {
    Log().error("nothing can be recorded: stopping");
    Finish(kExitError);
    return;
  }
  if (options_.mode == Mode::kOnce && caught_up + refused == runners_.size()) {
    Finish(refused == 0 ? exit_code_.load() : kExitError);
    return;
  }
  loop_.After(kLook, [this] { LookAround(); });
}

// -- the main thread

void App::Finish(int exit_code) {
  exit_code_ = exit_code;
  kill(getpid(), kFinished);
}

void App::WaitForSignals() {
  const sigset_t signals = Signals();
  for (;;) {
    int signal = 0;
    sigwait(&signals, &signal);
    if (signal == SIGHUP) {
      ReloadAndTell();
      continue;
    }
    if (signal != kFinished) Log().info("stopping");
    break;
  }
  // From here on a second signal ends the process at once; what is committed
  // is safe as after any crash.
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTERM);
  sigaddset(&stop, SIGINT);
  pthread_sigmask(SIG_UNBLOCK, &stop, nullptr);
}

void App::ReloadAndTell() {
  {
    const std::lock_guard<std::mutex> lock(reload_mutex_);
    ++reloads_begun_;
  }
  Status done = Reload();
  if (!done.ok()) {
    done = done.error().Wrap("the configuration stays as it was");
    Log().error("{}", done.error().message());
  }
  const std::lock_guard<std::mutex> lock(reload_mutex_);
  ++reloads_over_;
  last_reload_ = std::move(done);
  reload_ended_.notify_all();
}

Status App::Reload() {
  auto loaded = LoadSettings(options_);
  if (!loaded.ok()) return loaded.error();
  for (const auto& cluster : loaded->clusters) {
    if (auto connection = config::ConnectionOf(cluster); !connection.ok()) {
      return connection.error();
    }
  }
  const bool same = SameForAll(*config_, *loaded);
  if (loaded->data_dir != config_->data_dir) {
    Log().warn("dataDir changes with a restart only");
    loaded->data_dir = config_->data_dir;
  }
  if (loaded->log_level != config_->log_level ||
      loaded->log_format != config_->log_format ||
      loaded->limits.frame_bytes != config_->limits.frame_bytes) {
    Log().warn("log and limits.frameBytes change with a restart only");
  }
  if (loaded->disk != config_->disk) {
    shared_.disk->Set(LimitOf(loaded->disk));
    TellDisk(*shared_.disk);
  }
  config_ = std::make_shared<const config::Config>(std::move(*loaded));
  std::vector<const config::ClusterConfig*> wanted;
  Runners ended;
  OnLoop([&] {
    reloading_ = true;
    Runners kept;
    for (const auto& cluster : config_->clusters) {
      const auto at = std::find_if(
          runners_.begin(), runners_.end(),
          [&](const auto& runner) { return runner->name() == cluster.name; });
      if (at == runners_.end() || !same ||
          !SameConnection((*at)->cluster_config(), cluster)) {
        wanted.push_back(&cluster);
        continue;
      }
      (*at)->Reload(cluster);
      kept.push_back(std::move(*at));
      runners_.erase(at);
    }
    ended = std::exchange(runners_, std::move(kept));
    for (const auto& runner : ended) runner->Detach();
  });
  const bool changed = !ended.empty() || !wanted.empty();
  CloseRunners(ended);
  // What these had posted has run when this has.
  OnLoop([&] { ended.clear(); });
  OnLoop([&] {
    for (auto& runner : OpenRunners(wanted)) {
      runner->Start();
      runners_.push_back(std::move(runner));
    }
    reloading_ = false;
  });
  if (changed) ++reloads_;
  Log().info("configuration read again: {} cluster{}", config_->clusters.size(),
             config_->clusters.size() == 1 ? "" : "s");
  return {};
}

void App::CloseRunners(Runners& runners) {
  std::vector<std::jthread> closing;
  for (const auto& runner : runners) {
    closing.emplace_back([this, &runner] {
      if (auto closed = runner->Close(kCloseLimit); !closed.ok()) {
        Log().error("{}: {}", runner->name(), closed.error().message());
        exit_code_ = kExitError;
      }
      Log().info("stopped: {}", Totals(*runner));
      if (options_.mode == Mode::kOnce) {
        std::cout << Totals(*runner) + "\n" << std::flush;
      }
    });
  }
}

int App::Close() {
  server_.reset();
  if (loop_thread_.joinable()) {
    loop_.Post([this] {
      progress_.End();
      for (const auto& runner : runners_) runner->Detach();
      loop_.Stop();
    });
    loop_thread_.join();
  }
  CloseRunners(runners_);
  return exit_code_;
}

}  // namespace kubescribe::daemon
