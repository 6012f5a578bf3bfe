// World: a simulated cluster, the real recorder process before it, and the
// comparison of what the one served with what the other recorded.
//
//   World world;                       // a folder of its own, gone at the end
//   SimCluster& sim = world.AddCluster({.seed = 7});
//   world.StartRecorder();
//   sim.Apply("configmaps", R"({"metadata":{"namespace":"a","name":"x"}})");
//   world.WaitUntilRecorded(sim);
//   EXPECT_THAT(world.Violations(sim), IsEmpty());
#pragma once

#include <sys/types.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "fakes/sim_cluster.h"
#include "store/reader.h"

namespace kubescribe::integration {

struct ExitState {
  bool signalled = false;
  int code = 0;  // exit code, or the signal
};

// What a shell command said, on stdout and (with 2>&1) on stderr.
struct Answer {
  int code = -1;  // -1: it did not exit
  std::string text;
};
Answer RunCommand(const std::string& command);

class World {
 public:
  World();
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  const std::string& dir() const { return dir_; }
  std::string data_dir() const { return dir_ + "/data"; }
  std::string kubeconfig() const { return dir_ + "/kubeconfig"; }
  std::string config_path() const { return dir_ + "/kubescribe.yaml"; }

  // Starts a cluster; its bookmarks come every 100 ms unless set otherwise.
  // Ends the test program when that fails.
  fakes::SimCluster& AddCluster(fakes::SimOptions options = {});

  // The configuration for the recorder: fast retries, audits off, and these
  // lines of YAML below it. Without a call the defaults for tests are used.
  void Configure(const std::string& extra_yaml);
  // Starts kubescribed on all clusters. `environment`: further variables.
  void StartRecorder(std::map<std::string, std::string> environment = {});
  // Writes the configuration anew and sends SIGHUP.
  void ReloadRecorder();
  // The same by `kubescribe reload`: its answer.
  Result<std::string> AskForReload();
  bool recorder_running() const { return pid_ > 0; }
  void KillRecorder();             // SIGKILL, and waits for its end
  ExitState StopRecorder();        // SIGTERM, and waits
  ExitState WaitForRecorderEnd();  // it ends by itself
  // True when it has ended by itself (a kill point) within `limit`.
  bool RecorderEnds(Micros limit);
  // It stops in the middle of whatever it does, until it is woken.
  void PauseRecorder();  // SIGSTOP
  void WakeRecorder();   // SIGCONT
  // The most memory it ever held, in bytes, and what it has open. REQUIRES: it
  // runs.
  std::size_t RecorderPeakMemory() const;
  std::size_t RecorderDescriptors() const;
  // What it wrote to stderr so far, of all its starts.
  std::string RecorderLog() const;

  // The database of a cluster.
  std::string Database(const fakes::SimCluster& sim) const;

  // Waits until `done`; false after `limit`. It is asked every few
  // milliseconds with a fresh reader of the cluster's file, as soon as there
  // is a file.
  bool WaitFor(const fakes::SimCluster& sim,
               const std::function<bool(store::Reader&)>& done,
               Micros limit = 20 * kSecond) const;
  // Waits until every stream's record covers what the cluster has written so
  // far. The failure is in the answer; "" is success.
  std::string WaitUntilRecorded(const fakes::SimCluster& sim,
                                Micros limit = 20 * kSecond) const;

  // As of truth.h.
  std::vector<std::string> Violations(const fakes::SimCluster& sim) const;

  std::vector<std::string> Gaps(const fakes::SimCluster& sim) const;
  // How many records of a kind there are ("stub", "epoch", …).
  std::size_t Records(const fakes::SimCluster& sim,
                      const std::string& kind) const;

 private:
  void WriteFiles() const;

  std::string dir_;
  std::string extra_yaml_;
  std::vector<std::unique_ptr<fakes::SimCluster>> sims_;
  pid_t pid_ = -1;
};

}  // namespace kubescribe::integration
