// Cluster: everything that is watched of one cluster. It finds out which
// cluster it is and what it serves, and keeps one Stream for each thing to be
// recorded, as kinds come and go.
//
//   Cluster cluster(options, callbacks, *http, loop, SystemRandom(), frames,
//                   sink);
//   cluster.Start();
//   ...
//   cluster.RoomAgain();   // the sink said kFull and has room again
//   cluster.Stop();
//
// What is to be recorded of a kind is the owner's decision (`select`);
// CustomResourceDefinitions and APIServices are always recorded, because they
// tell when to read discovery again.
//
// Everything, the callbacks included, is on the loop's thread. No callback may
// destroy the cluster.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "kube/discovery.h"
#include "kube/observation.h"
#include "net/http.h"
#include "watch/crd_tracker.h"
#include "watch/discoverer.h"
#include "watch/failure_log.h"
#include "watch/fetch.h"
#include "watch/frame_budget.h"
#include "watch/list_gate.h"
#include "watch/sink.h"
#include "watch/stream.h"
#include "watch/stream_host.h"

namespace kubescribe::watch {

struct ClusterOptions {
  std::string name;  // for logs
  StreamOptions stream;
  ListGateOptions gate;
  Micros request_deadline = 60 * kSecond;
  Micros discovery_interval = 10 * kMinute;
  // After an event of a CRD or an APIService; and between readings while
  // something is expected to come or go.
  Micros discovery_debounce = 1 * kSecond;
  // After a reading that left something unknown: the first of a few that come
  // sooner, each four times later than the one before.
  Micros unknown_retry = 2 * kSecond;
  // How long a CRD is expected to appear in discovery.
  Micros crd_patience = 60 * kSecond;
  // Between looks at a server that turned out to be another cluster.
  Micros refused_retry = 30 * kSecond;
  // Namespaces whose uid tells which cluster it is, in order of preference.
  std::vector<std::string> identity_namespaces = {"kube-system"};
  // The payload of the newest discovery record; "": none.
  std::string last_discovery;
};

struct Identity {
  std::string uid;         // "": no namespace may be read
  std::string name_space;  // whose uid it is
};

// One stream to be recorded of a kind.
struct Selection {
  std::string name_space;  // "": all (and the only value for cluster scope)
  std::string label_selector;
  std::string field_selector;
  Level level = Level::kFull;
};

// The streams to be recorded of what a server serves, each (kind, namespace,
// selectors) once: what `select` says, and CustomResourceDefinitions and
// APIServices whatever it says.
std::vector<StreamSpec> SpecsOf(
    const kube::Discovery& discovery,
    const std::function<std::vector<Selection>(const kube::ResourceInfo&)>&
        select);

struct OpenedStream {
  kube::StreamId id = kube::kNoStream;
  StoredPosition stored;
};

struct ClusterCallbacks {
  // Which cluster answers; called before anything is recorded, and again after
  // every failure of the network and with every reading of discovery. An error
  // stops all streams until a later call is content.
  std::function<Status(const Identity&)> on_identity;
  std::function<void(const std::string& git_version)> on_version;
  // What the server serves, at first and after each change of it.
  std::function<void(const kube::Discovery&)> on_kinds;
  // What to record of a kind; empty: nothing.
  std::function<std::vector<Selection>(const kube::ResourceInfo&)> select;
  // Finds or makes the stream in the file. Errors are tried again.
  std::function<Result<OpenedStream>(const StreamSpec&)> open_stream;
};

struct ClusterStatus {
  std::string name;
  // "connecting", "refused", "discovering", "recording", "stopped".
  std::string state;
  std::string message;
  std::string server_version;
  Identity identity;
  std::optional<Micros> discovered_at;  // wall
  std::size_t kinds = 0;                // that discovery lists
  std::vector<std::string> unknown_groups;
  std::size_t failing = 0;  // streams whose last request failed
  bool paused = false;      // the sink is full
  std::vector<StreamStatus> streams;
};

class Cluster final : StreamHost, ObservationSink {
 public:
  Cluster(ClusterOptions options, ClusterCallbacks callbacks,
          net::HttpClient& http, net::Scheduler& scheduler, Random& random,
          FrameBudget& frames, ObservationSink& sink);
  ~Cluster() override;
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  void Start();
  // Ends all transfers. Nothing is offered afterwards.
  void Stop();

  void RoomAgain();
  // See net::Loop::OnStall.
  void Stalled(Micros from_wall);
  // Recorder::Callbacks::on_relist. Unknown ids are ignored.
  void Relist(kube::StreamId stream, kube::GapCause cause);
  // Starts an audit of the stream, or (kNoStream) of all. How many started.
  int Audit(kube::StreamId stream);
  // `select` answers differently now: streams end (cause config) and start;
  // on_kinds is told again.
  void Reconfigure();

  // True while every stream flows, or cannot (forbidden, not served).
  bool CaughtUp() const;
  ClusterStatus status() const;

 private:
  enum class Phase {
    kIdle,
    kIdentity,
    kRefused,
    kDiscovery,
    kRecording,
    kStopped
  };
  using Key = std::tuple<std::string, std::string, std::string, std::string,
                         std::string>;

  // StreamHost.
  void WhenReady(kube::StreamId stream, std::function<void()> fn) override;
  void OnKindNotFound(kube::StreamId stream) override;
  void OnFailing(kube::StreamId stream, const std::string& message,
                 bool network) override;
  void OnWorking(kube::StreamId stream) override;
  // ObservationSink: what the streams offer passes through here.
  Room Offer(kube::Observation observation) override;

  void CheckIdentity();
  void AskIdentity(std::size_t index);
  void OnIdentity(const Identity& identity);
  void RetryIdentity(const Failure& failure);
  void GetVersion();
  void Discover();
  void DiscoverSoon(Micros delay);
  void OnDiscovered(Discoverer::Answer answer);
  void RecordDiscovery();
  void Reconcile();
  void EndGone();
  void OpenMissing(const std::map<Key, StreamSpec>& wanted);
  std::map<Key, StreamSpec> WantedStreams() const;
  bool Served(const kube::GroupResource& kind) const;
  void EndStream(const Key& key, kube::GapCause cause, bool crd_deleted);
  void StopStreams();
  StreamEnv Env();
  static Key KeyOf(const StreamSpec& spec);

  ClusterOptions options_;
  const ClusterCallbacks callbacks_;
  net::HttpClient& http_;
  net::Scheduler& scheduler_;
  Random& random_;
  FrameBudget& frames_;
  kube::EventReader reader_;
  ObservationSink& sink_;
  bool full_ = false;

  Phase phase_ = Phase::kIdle;
  std::string message_;
  ListGate gate_;
  FailureLog failures_;
  Backoff identity_backoff_;
  Backoff discovery_backoff_;
  Fetch identity_fetch_;
  Fetch version_fetch_;
  Discoverer discoverer_;
  Timer identity_timer_;
  Timer discovery_timer_;
  std::optional<Micros> discovery_due_;  // mono, of discovery_timer_
  Timer open_timer_;
  Timer end_timer_;

  Identity identity_;
  bool identity_fresh_ = false;
  std::vector<std::pair<kube::StreamId, std::function<void()>>> waiting_;
  std::string server_version_;
  kube::Discovery discovery_;
  std::string recorded_discovery_;
  std::optional<Micros> discovered_at_;
  bool discover_again_ = false;  // asked for while a reading was under way
  int unknown_tries_ = 0;        // since nothing was unknown

  CrdTracker crds_;
  std::map<Key, std::unique_ptr<Stream>> streams_;
  std::map<kube::StreamId, Stream*> by_id_;
  // Where streams that were ended stood, for when they come back.
  std::map<Key, StoredPosition> ended_;
  bool all_open_ = false;
};

}  // namespace kubescribe::watch
