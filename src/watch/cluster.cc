#include "watch/cluster.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "base/log.h"

namespace kubescribe::watch {

using kube::GapCause;
using kube::Observation;

namespace {

constexpr const char* kCrdGroup = "apiextensions.k8s.io";
constexpr const char* kCrdResource = "customresourcedefinitions";
constexpr const char* kApiServiceGroup = "apiregistration.k8s.io";
constexpr const char* kApiServiceResource = "apiservices";

// Servers whose watch cache is known to lose events in silence (P§8, kine).
constexpr Micros kKineAudit = 10 * kMinute;

// Readings of discovery that come sooner, of what may be just starting.
constexpr int kUnknownTries = 3;

bool IsCrds(const kube::ResourceInfo& resource) {
  return resource.group == kCrdGroup && resource.resource == kCrdResource;
}

bool TellsOfKinds(const kube::ResourceInfo& resource) {
  return IsCrds(resource) || (resource.group == kApiServiceGroup &&
                              resource.resource == kApiServiceResource);
}

std::string StringAt(const std::string& body, const char* outer,
                     const char* inner) {
  const nlohmann::json json = nlohmann::json::parse(body, nullptr, false);
  if (!json.is_object()) return "";
  const nlohmann::json* at = &json;
  if (outer != nullptr) {
    const auto found = json.find(outer);
    if (found == json.end() || !found->is_object()) return "";
    at = &*found;
  }
  const auto found = at->find(inner);
  return found != at->end() && found->is_string() ? found->get<std::string>()
                                                  : "";
}

}  // namespace

std::vector<StreamSpec> SpecsOf(
    const kube::Discovery& discovery,
    const std::function<std::vector<Selection>(const kube::ResourceInfo&)>&
        select) {
  std::vector<StreamSpec> specs;
  for (const kube::ResourceInfo& resource : kube::Recordable(discovery)) {
    std::vector<Selection> selections = select(resource);
    if (selections.empty() && TellsOfKinds(resource)) {
      selections.push_back({});
    }
    std::set<std::tuple<std::string, std::string, std::string>> seen;
    for (const Selection& selection : selections) {
      StreamSpec spec;
      spec.resource = resource;
      if (resource.namespaced) spec.name_space = selection.name_space;
      spec.label_selector = selection.label_selector;
      spec.field_selector = selection.field_selector;
      spec.level = selection.level;
      if (seen.emplace(spec.name_space, spec.label_selector,
                       spec.field_selector)
              .second) {
        specs.push_back(std::move(spec));
      }
    }
  }
  return specs;
}

Cluster::Cluster(ClusterOptions options, ClusterCallbacks callbacks,
                 net::HttpClient& http, net::Scheduler& scheduler,
                 Random& random, FrameBudget& frames, ObservationSink& sink)
    : options_(std::move(options)),
      callbacks_(std::move(callbacks)),
      http_(http),
      scheduler_(scheduler),
      random_(random),
      frames_(frames),
      sink_(sink),
      gate_(options_.gate, scheduler),
      failures_(options_.name),
      identity_backoff_(options_.stream.backoff, scheduler.clock(), random),
      discovery_backoff_(options_.stream.backoff, scheduler.clock(), random),
      identity_fetch_(http, gate_, options_.request_deadline),
      version_fetch_(http, gate_, options_.request_deadline),
      discoverer_(http, gate_, options_.request_deadline),
      identity_timer_(scheduler),
      discovery_timer_(scheduler),
      open_timer_(scheduler),
      end_timer_(scheduler),
      recorded_discovery_(options_.last_discovery) {
  if (!recorded_discovery_.empty()) {
    Result<kube::Discovery> last =
        kube::Discovery::FromJson(recorded_discovery_);
    // Groups that fail at the first reading are then still known.
    if (last.ok()) discovery_ = std::move(*last);
  }
}

Cluster::~Cluster() { Stop(); }

void Cluster::Start() {
  if (phase_ != Phase::kIdle) return;
  phase_ = Phase::kIdentity;
  CheckIdentity();
}

void Cluster::Stop() {
  if (phase_ == Phase::kStopped) return;
  StopStreams();
  phase_ = Phase::kStopped;
  identity_fetch_.Cancel();
  version_fetch_.Cancel();
  discoverer_.Cancel();
  identity_timer_.Cancel();
  discovery_timer_.Cancel();
  open_timer_.Cancel();
  end_timer_.Cancel();
}

void Cluster::StopStreams() {
  waiting_.clear();
  for (auto& [key, stream] : streams_) stream->Stop();
  for (auto& [id, stream] : by_id_) failures_.Forget(id);
  by_id_.clear();
  streams_.clear();
  all_open_ = false;
}

// --- Identity.

void Cluster::CheckIdentity() {
  if (phase_ == Phase::kStopped || identity_fetch_.running() ||
      (identity_timer_.armed() && phase_ != Phase::kRefused)) {
    return;
  }
  AskIdentity(0);
}

void Cluster::AskIdentity(std::size_t index) {
  if (index >= options_.identity_namespaces.size()) {
    OnIdentity({});
    return;
  }
  const std::string name = options_.identity_namespaces[index];
  identity_fetch_.Start(
      "/api/v1/namespaces/" + EscapeQuery(name), "application/json",
      [this, index, name](FetchAnswer answer) {
        if (answer.failure) {
          const FailureKind kind = answer.failure->kind;
          if (kind == FailureKind::kForbidden ||
              kind == FailureKind::kNotFound) {
            AskIdentity(index + 1);
          } else {
            RetryIdentity(*answer.failure);
          }
          return;
        }
        const std::string uid = StringAt(answer.body, "metadata", "uid");
        if (uid.empty()) {
          RetryIdentity({FailureKind::kBadAnswer,
                         "namespace " + name + " came without a uid",
                         {},
                         200});
          return;
        }
        OnIdentity({uid, name});
      });
}

void Cluster::RetryIdentity(const Failure& failure) {
  if (failure.kind == FailureKind::kUnauthorized) http_.CredentialRejected();
  message_ = failure.message;
  failures_.Fail(kube::kNoStream, "cannot ask which cluster it is",
                 failure.message);
  identity_timer_.Set(identity_backoff_.Next(failure.retry_after),
                      [this] { AskIdentity(0); });
}

void Cluster::OnIdentity(const Identity& identity) {
  failures_.Work(kube::kNoStream);
  identity_backoff_.Reset();
  const Status content = callbacks_.on_identity(identity);
  if (phase_ == Phase::kStopped) return;
  if (!content.ok()) {
    if (phase_ != Phase::kRefused || message_ != content.error().message()) {
      Log().error("{}: {}", options_.name, content.error().message());
    }
    StopStreams();
    discoverer_.Cancel();
    discovery_timer_.Cancel();
    identity_fresh_ = false;
    phase_ = Phase::kRefused;
    message_ = content.error().message();
    identity_timer_.Set(options_.refused_retry, [this] { AskIdentity(0); });
    return;
  }
  identity_ = identity;
  identity_fresh_ = true;
  message_.clear();
  if (phase_ == Phase::kIdentity || phase_ == Phase::kRefused) {
    phase_ = Phase::kDiscovery;
    GetVersion();
    Discover();
  }
  auto waiting = std::exchange(waiting_, {});
  for (auto& [id, fn] : waiting) {
    if (by_id_.count(id) == 0) continue;
    // One of them may find that the network fails again.
    if (identity_fresh_) {
      fn();
    } else {
      waiting_.emplace_back(id, std::move(fn));
    }
  }
}

void Cluster::WhenReady(kube::StreamId stream, std::function<void()> fn) {
  if (identity_fresh_) {
    fn();
    return;
  }
  std::erase_if(waiting_,
                [stream](const auto& one) { return one.first == stream; });
  waiting_.emplace_back(stream, std::move(fn));
  CheckIdentity();
}

void Cluster::GetVersion() {
  version_fetch_.Start(
      "/version", "application/json", [this](const FetchAnswer& answer) {
        if (answer.failure) return;
        const std::string version =
            StringAt(answer.body, nullptr, "gitVersion");
        if (version.empty() || version == server_version_) return;
        server_version_ = version;
        if (version.find("k3s") != std::string::npos &&
            options_.stream.audit_interval > 0) {
          options_.stream.audit_interval =
              std::min(options_.stream.audit_interval, kKineAudit);
        }
        if (callbacks_.on_version) callbacks_.on_version(version);
      });
}

// --- Discovery.

void Cluster::Discover() {
  if (phase_ == Phase::kStopped || phase_ == Phase::kRefused) return;
  if (discoverer_.running()) {
    discover_again_ = true;
    return;
  }
  discovery_timer_.Cancel();
  discovery_due_.reset();
  discover_again_ = false;
  discoverer_.Start(
      [this](Discoverer::Answer answer) { OnDiscovered(std::move(answer)); });
}

void Cluster::DiscoverSoon(Micros delay) {
  if (phase_ != Phase::kRecording) return;
  const Micros due = scheduler_.clock().Mono() + delay;
  if (discovery_due_ && *discovery_due_ <= due && discovery_timer_.armed()) {
    return;
  }
  discovery_due_ = due;
  discovery_timer_.Set(delay, [this] { Discover(); });
}

void Cluster::OnDiscovered(Discoverer::Answer answer) {
  if (phase_ == Phase::kStopped || phase_ == Phase::kRefused) return;
  if (answer.failure) {
    if (answer.failure->kind == FailureKind::kUnauthorized) {
      http_.CredentialRejected();
    }
    failures_.Fail(-1, "discovery", answer.failure->message);
    if (phase_ == Phase::kDiscovery) message_ = answer.failure->message;
    discovery_due_.reset();
    discovery_timer_.Set(discovery_backoff_.Next(answer.failure->retry_after),
                         [this] { Discover(); });
    return;
  }
  failures_.Work(-1);
  discovery_backoff_.Reset();
  message_.clear();
  kube::Discovery found = KeepUnknown(discovery_, std::move(answer.discovery));
  const bool news = !discovered_at_ || found != discovery_;
  discovery_ = std::move(found);
  discovered_at_ = scheduler_.clock().Wall();
  phase_ = Phase::kRecording;
  if (news && callbacks_.on_kinds) callbacks_.on_kinds(discovery_);
  RecordDiscovery();
  Reconcile();

  const Micros now = scheduler_.clock().Mono();
  Micros next = options_.discovery_interval;
  if (discover_again_ || crds_.AnyDeleted() ||
      crds_.Awaited(discovery_, now, options_.crd_patience)) {
    next = options_.discovery_debounce;
  }
  if (discovery_.unknown.empty()) {
    unknown_tries_ = 0;
  } else if (unknown_tries_ < kUnknownTries) {
    next = std::min(next, options_.unknown_retry << 2 * unknown_tries_++);
  }
  discovery_due_.reset();
  DiscoverSoon(next);
}

void Cluster::RecordDiscovery() {
  const std::string json = discovery_.ToJson();
  if (json == recorded_discovery_) return;
  recorded_discovery_ = json;
  Observation observation;
  observation.kind = Observation::Kind::kDiscovery;
  observation.stream = kube::kNoStream;
  observation.received_at = scheduler_.clock().Wall();
  observation.body = json;
  Offer(std::move(observation));
}

bool Cluster::Served(const kube::GroupResource& kind) const {
  return std::any_of(discovery_.resources.begin(), discovery_.resources.end(),
                     [&](const kube::ResourceInfo& resource) {
                       return resource.group_resource() == kind;
                     });
}

// --- Streams.

Cluster::Key Cluster::KeyOf(const StreamSpec& spec) {
  return {spec.resource.group, spec.resource.resource, spec.name_space,
          spec.label_selector, spec.field_selector};
}

StreamEnv Cluster::Env() {
  return {http_,   scheduler_, random_, *this, gate_,
          frames_, reader_,    *this,   full_, options_.name};
}

std::map<Cluster::Key, StreamSpec> Cluster::WantedStreams() const {
  std::map<Key, StreamSpec> wanted;
  for (StreamSpec& spec : SpecsOf(discovery_, callbacks_.select)) {
    const Key key = KeyOf(spec);
    wanted.try_emplace(key, std::move(spec));
  }
  return wanted;
}

void Cluster::Reconcile() {
  EndGone();
  const std::map<Key, StreamSpec> wanted = WantedStreams();
  std::vector<Key> dropped;
  for (const auto& [key, stream] : streams_) {
    // A kind that is not served now may come back: its stream goes on asking.
    if (wanted.count(key) == 0 &&
        Served(stream->spec().resource.group_resource())) {
      dropped.push_back(key);
    }
  }
  for (const Key& key : dropped) EndStream(key, GapCause::kConfig, false);

  for (const auto& [key, spec] : wanted) {
    const auto found = streams_.find(key);
    if (found == streams_.end()) continue;
    const StreamSpec& old = found->second->spec();
    if (old.resource.version == spec.resource.version &&
        old.level == spec.level) {
      continue;
    }
    // The same storage under another version: its RVs are the same (P§5).
    Log().info("{}: {}: now by {}", options_.name, spec.Name(),
               spec.resource.group_version());
    const kube::StreamId id = found->second->id();
    found->second->Stop();
    const StoredPosition standing = found->second->standing();
    std::erase_if(waiting_, [id](const auto& one) { return one.first == id; });
    found->second =
        std::make_unique<Stream>(spec, id, standing, options_.stream, Env());
    by_id_[id] = found->second.get();
    found->second->Start();
  }
  OpenMissing(wanted);
}

void Cluster::OpenMissing(const std::map<Key, StreamSpec>& wanted) {
  all_open_ = true;
  for (const auto& [key, spec] : wanted) {
    if (streams_.count(key) > 0) continue;
    Result<OpenedStream> opened = callbacks_.open_stream(spec);
    if (!opened.ok()) {
      all_open_ = false;
      failures_.Fail(-2, "cannot open the stream of " + spec.Name(),
                     opened.error().message());
      continue;
    }
    StoredPosition stored = opened->stored;
    if (const auto ended = ended_.find(key); ended != ended_.end()) {
      // It was ended in this process and comes back.
      stored = std::move(ended->second);
      ended_.erase(ended);
    }
    auto stream = std::make_unique<Stream>(spec, opened->id, stored,
                                           options_.stream, Env());
    Stream& started = *stream;
    streams_.emplace(key, std::move(stream));
    by_id_[opened->id] = &started;
    started.Start();
  }
  if (all_open_) {
    failures_.Work(-2);
  } else {
    open_timer_.Set(5 * kSecond, [this] { Reconcile(); });
  }
}

void Cluster::EndStream(const Key& key, GapCause cause, bool crd_deleted) {
  const auto found = streams_.find(key);
  Stream& stream = *found->second;
  const kube::StreamId id = stream.id();
  // What the file has committed of the end may lag behind this.
  StoredPosition ended = stream.standing();
  if (crd_deleted) {
    ended.gap = GapCause::kUnavailable;
    ended.gap_from_rv = std::exchange(ended.position, "");
  }
  stream.End(cause, crd_deleted);
  ended.state = kube::StreamState::kEnded;
  ended.flowed_until = stream.flowed_until();
  ended_[key] = ended;
  std::erase_if(waiting_, [id](const auto& one) { return one.first == id; });
  failures_.Forget(id);
  by_id_.erase(id);
  streams_.erase(found);
}

void Cluster::EndGone() {
  std::vector<Key> gone;
  std::vector<kube::GroupResource> done;
  for (const auto& [key, stream] : streams_) {
    const kube::GroupResource kind = stream->spec().resource.group_resource();
    if (!crds_.Deleted(kind)) continue;
    const bool absent =
        !Served(kind) || stream->state() == kube::StreamState::kUnavailable;
    // Deleted and made anew: other objects in the same place.
    if (absent || crds_.Stands(kind)) {
      gone.push_back(key);
      done.push_back(kind);
    }
  }
  for (const Key& key : gone) {
    EndStream(key, GapCause::kUnavailable, true);
  }
  for (const kube::GroupResource& kind : done) crds_.Forget(kind);
  crds_.ForgetUnless([this](const std::string& name) {
    return std::any_of(streams_.begin(), streams_.end(), [&](const auto& s) {
      return s.second->spec().resource.group_resource().ToString() == name;
    });
  });
}

void Cluster::OnKindNotFound(kube::StreamId stream) {
  const auto found = by_id_.find(stream);
  if (found == by_id_.end()) return;
  if (crds_.Deleted(found->second->spec().resource.group_resource())) {
    end_timer_.Set(0, [this] { EndGone(); });
  }
  DiscoverSoon(options_.discovery_debounce);
}

void Cluster::OnFailing(kube::StreamId stream, const std::string& message,
                        bool network) {
  const auto found = by_id_.find(stream);
  if (found == by_id_.end()) return;
  failures_.Fail(stream, found->second->spec().Name(), message);
  // What answers next at this address may be another cluster.
  if (network) identity_fresh_ = false;
}

void Cluster::OnWorking(kube::StreamId stream) { failures_.Work(stream); }

Room Cluster::Offer(Observation observation) {
  const auto found = by_id_.find(observation.stream);
  if (found != by_id_.end()) {
    const kube::ResourceInfo& resource = found->second->spec().resource;
    bool again = false;
    if (IsCrds(resource)) {
      again = crds_.Note(observation, scheduler_.clock().Mono());
      if (again && observation.kind == Observation::Kind::kEvent &&
          observation.type == kube::WatchType::kDeleted) {
        for (auto& [id, stream] : by_id_) {
          if (crds_.Deleted(stream->spec().resource.group_resource())) {
            stream->Retry();
          }
        }
      }
    } else if (TellsOfKinds(resource)) {
      again = observation.kind == Observation::Kind::kEvent ||
              observation.kind == Observation::Kind::kListEnd;
    }
    if (again) DiscoverSoon(options_.discovery_debounce);
  }
  const Room room = sink_.Offer(std::move(observation));
  if (room == Room::kFull) full_ = true;
  return room;
}

void Cluster::RoomAgain() {
  full_ = false;
  for (auto& [id, stream] : by_id_) stream->RoomAgain();
}

void Cluster::Stalled(Micros from_wall) {
  for (auto& [id, stream] : by_id_) stream->Stalled(from_wall);
}

void Cluster::Relist(kube::StreamId stream, GapCause cause) {
  const auto found = by_id_.find(stream);
  if (found != by_id_.end()) found->second->Relist(cause);
}

int Cluster::Audit(kube::StreamId stream) {
  int started = 0;
  for (auto& [id, one] : by_id_) {
    if (stream != kube::kNoStream && stream != id) continue;
    if (one->Audit()) ++started;
  }
  return started;
}

void Cluster::Reconfigure() {
  if (phase_ != Phase::kRecording) return;
  if (callbacks_.on_kinds) callbacks_.on_kinds(discovery_);
  Reconcile();
}

bool Cluster::CaughtUp() const {
  if (phase_ != Phase::kRecording || !all_open_) return false;
  return std::all_of(streams_.begin(), streams_.end(), [](const auto& one) {
    const kube::StreamState state = one.second->state();
    return state == kube::StreamState::kForbidden ||
           state == kube::StreamState::kUnavailable ||
           one.second->status().flowing;
  });
}

ClusterStatus Cluster::status() const {
  ClusterStatus status;
  status.name = options_.name;
  switch (phase_) {
    case Phase::kIdle:
    case Phase::kIdentity:
      status.state = "connecting";
      break;
    case Phase::kRefused:
      status.state = "refused";
      break;
    case Phase::kDiscovery:
      status.state = "discovering";
      break;
    case Phase::kRecording:
      status.state = "recording";
      break;
    case Phase::kStopped:
      status.state = "stopped";
      break;
  }
  status.message = message_;
  status.server_version = server_version_;
  status.identity = identity_;
  status.discovered_at = discovered_at_;
  status.kinds = discovery_.resources.size();
  status.unknown_groups.assign(discovery_.unknown.begin(),
                               discovery_.unknown.end());
  status.failing = failures_.failing();
  status.paused = full_;
  for (const auto& [key, stream] : streams_) {
    status.streams.push_back(stream->status());
  }
  return status;
}

}  // namespace kubescribe::watch
