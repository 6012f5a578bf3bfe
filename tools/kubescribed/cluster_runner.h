// ClusterRunner: one cluster being recorded. It joins what watching shows
// (watch::Cluster, on the loop's thread) to the record (record::Recorder, on a
// writer thread of its own).
//
//   loop thread                          writer thread
//   watch::Cluster ──observations──►     record::Recorder ──► DATA/NAME.db
//         ▲──────── room, relist ────────────┘
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include "base/log.h"
#include "base/random.h"
#include "config/config.h"
#include "net/http.h"
#include "record/recorder.h"
#include "record/signing_key.h"
#include "watch/cluster.h"

namespace kubescribe::daemon {

class ClusterRunner final : public watch::ObservationSink {
 public:
  // What all clusters of the process share, the way to the outside world
  // included, so that a whole recorder can run in one thread and in a time of
  // its own. Outlives the runners.
  struct Shared {
    net::Scheduler& scheduler;
    // Any thread: calls it on the scheduler's, in order.
    std::function<void(std::function<void()>)> post;
    std::function<std::unique_ptr<net::HttpClient>(const config::Connection&)>
        connect;
    watch::FrameBudget& frames;
    const record::RedactionKey& key;
    Random& random = SystemRandom();
    std::string vfs = "";              // SQLite's, by name; "": the default
    bool writer_thread = true;         // false: the owner calls Step
    record::SigningKeys signing = {};  // of the logs' checkpoints
    std::shared_ptr<store::DiskBudget> disk = {};  // null: not counted
  };
  struct Audited {
    kube::StreamId stream = 0;
    std::int64_t findings = 0;
  };

  ClusterRunner(std::shared_ptr<const config::Config> config,
                const config::ClusterConfig& cluster, const Shared& shared);
  // REQUIRES: Detach and Close were called, or Open never was.
  ~ClusterRunner() override;

  const std::string& name() const { return cluster_config_.name; }
  const config::ClusterConfig& cluster_config() const {
    return cluster_config_;
  }

  // Reads the kubeconfig, and opens the file where there is one. Errors are for
  // this cluster alone: config::ConnectionOf's and store::Writer::Open's. Loop
  // thread, or before the loop runs.
  Status Open();

  // Loop thread.
  void Start();
  // Ends all requests; nothing is watched any more.
  void Detach();
  void Stalled(Micros from_wall);
  // New rules take effect. REQUIRES: the connection is the same.
  void Reload(const config::ClusterConfig& cluster);
  // All streams, or those of one resource ("pods", "deployments.apps").
  // Answers those that are under way now, by name; others are not watched at
  // the moment. `on_audited` is called on the writer thread for each audit that
  // ends, until it is reset.
  std::map<kube::StreamId, std::string> Audit(
      const std::string& resource,
      std::function<void(const Audited&)> on_audited);
  bool CaughtUp();
  // The cluster cannot be recorded, and trying again does not help.
  const std::optional<Error>& refused() const { return refused_; }
  // REQUIRES: started, not detached.
  watch::ClusterStatus status() const { return watching_->status(); }

  // Without a writer thread: one turn of it, which waits for nothing.
  void Step();

  // Any thread.
  void Checkpoint();
  // What records it; none before its file is open. It may outlive the runner,
  // as far as what only looks and Backup are concerned.
  std::shared_ptr<record::Recorder> recorder() const;
  record::RecorderStats stats() const;
  std::optional<store::FileInfo> info() const;

  // After Detach, any thread: commits what is left and closes the file. What
  // was posted to the loop until then may still refer to this.
  Status Close(Micros limit);

 private:
  // Loop thread: the sink of what is watched.
  Room Offer(kube::Observation observation) override;

  Status OnIdentity(const watch::Identity& identity);
  // What a cluster is known by whose namespaces may not be read.
  std::string WeakIdentity() const;
  Status CheckIdentity(const std::string& identity, bool weak);
  Status OpenStore(const std::string& identity, bool weak);
  Status BeginRecord();
  Result<watch::OpenedStream> OpenStream(const watch::StreamSpec& spec);
  watch::ClusterOptions WatchOptions() const;
  record::RecorderOptions RecordOptions() const;
  void WriteUntilStopped(const std::stop_token& stop);

  const std::shared_ptr<const config::Config> config_;
  config::ClusterConfig cluster_config_;
  const Shared shared_;
  config::Connection connection_;

  std::unique_ptr<net::HttpClient> client_;
  std::unique_ptr<watch::Cluster> watching_;  // loop thread
  std::optional<Error> refused_;              // loop thread
  LogOnce identity_log_;
  std::set<std::string> advice_;  // said of the configuration; loop thread
  std::map<std::int64_t, store::StreamRow> before_;  // rows of the last run

  // Set once, then only read; the mutex is for other threads' reading.
  mutable std::mutex mutex_;
  std::shared_ptr<record::Recorder> recorder_;
  std::function<void(const Audited&)> on_audited_;  // guarded by mutex_
  std::jthread writer_;

  // --once: when nothing had come for a while although everything watches.
  std::uint64_t quiet_events_ = 0;
  std::optional<Micros> quiet_since_;
};

}  // namespace kubescribe::daemon
