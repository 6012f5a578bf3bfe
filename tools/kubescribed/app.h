// App: the recorder's process. It owns the network loop and its thread, the
// clusters, the control socket, and what signals do.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "config/config.h"
#include "control/server.h"
#include "kubescribed/cluster_runner.h"
#include "kubescribed/options.h"
#include "kubescribed/report.h"
#include "net/loop.h"
#include "record/redact.h"

namespace kubescribe::daemon {

class App {
 public:
  App(Options options, config::Config config, record::RedactionKey key,
      record::SigningKeys signing);
  ~App();
  App(const App&) = delete;
  App& operator=(const App&) = delete;

  // Records until a signal (or, with --once, until all is caught up). Returns
  // the exit code. Call with signals blocked (main does).
  int Run();

 private:
  // Each that cannot be opened is said and left out. Before the loop runs, or
  // on its thread.
  Runners OpenRunners(const std::vector<const config::ClusterConfig*>& wanted);
  bool Listen();
  void WaitForSignals();
  int Close();
  // The configuration is read again; an error: all stays as it was.
  Status Reload();
  void ReloadAndTell();
  // Ends the recording of these.
  void CloseRunners(Runners& runners);
  void Finish(int exit_code);  // any thread: ends WaitForSignals
  // Runs `fn` on the loop's thread and waits for it; false when the loop ended
  // or did not get to it within 2 s.
  bool OnLoop(std::function<void()> fn);
  void ShowProgress();
  void LookAround();  // once a while: --once, refused clusters
  Result<std::string> Audit(control::Call& call);
  Result<std::string> AskReload(control::Call& call);
  Result<std::string> Backup(control::Call& call);
  Result<std::string> Prune(control::Call& call);
  // Of the cluster of that name, or of the only one. Fills in its name.
  Result<std::shared_ptr<record::Recorder>> RecorderOf(std::string& name);

  const Options options_;
  std::shared_ptr<const config::Config> config_;  // main thread
  const record::RedactionKey key_;
  net::Loop loop_;
  watch::FrameBudget frames_;
  ClusterRunner::Shared shared_;
  Runners runners_;         // loop thread, while the loop runs
  bool reloading_ = false;  // loop thread: some runners are not there yet
  std::atomic<int> reloads_{0};
  Progress progress_;
  std::unique_ptr<control::Server> server_;
  std::thread loop_thread_;
  std::atomic<bool> loop_running_{false};
  std::atomic<int> exit_code_{kExitOk};
  Micros started_at_;
  std::mutex audit_mutex_;  // one audit call at a time

  // For those who asked for one over the socket.
  std::mutex reload_mutex_;
  std::condition_variable reload_ended_;
  int reloads_begun_ = 0;  // guarded by reload_mutex_, as the rest
  int reloads_over_ = 0;
  Status last_reload_;
};

}  // namespace kubescribe::daemon
