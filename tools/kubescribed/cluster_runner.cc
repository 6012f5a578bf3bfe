#include "kubescribed/cluster_runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>
#include <vector>

#include "codec/digest.h"
#include "kubescribed/checkpoint_sink.h"
#include "kubescribed/selection.h"
#include "store/reader.h"

namespace kubescribe::daemon {
namespace {

// --once takes a stream that shows nothing for so long as caught up: Events
// have no bookmarks that would say so (P§2).
constexpr Micros kQuiet = 3 * kSecond;
constexpr Micros kStep = 200 * kMillisecond;
// What the clusters share, and what each has however many they are.
constexpr std::size_t kLeastQueue = std::size_t{2} << 20;
constexpr std::size_t kAllCaches = std::size_t{64} << 20;
constexpr std::size_t kLeastCache = std::size_t{1} << 20;
constexpr std::size_t kLargestCache = std::size_t{16} << 20;
// With the 64 MiB of OpenOptions 100 000 objects take more than the 150 MB that
// a recorder may.
constexpr std::size_t kAllBases = std::size_t{48} << 20;
constexpr std::size_t kLeastBases = std::size_t{512} << 10;

std::optional<kube::GapCause> CauseOf(const std::string& name) {
  for (int i = 1; i <= static_cast<int>(kube::GapCause::kPruned); ++i) {
    const auto cause = static_cast<kube::GapCause>(i);
    if (kube::GapCauseName(cause) == name) return cause;
  }
  return std::nullopt;
}

kube::StreamState StateOf(const std::string& name) {
  for (int i = 0; i <= static_cast<int>(kube::StreamState::kEnded); ++i) {
    const auto state = static_cast<kube::StreamState>(i);
    if (kube::StreamStateName(state) == name) return state;
  }
  return kube::StreamState::kStarting;
}

store::RetentionPolicy RetentionOf(const config::ClusterConfig& cluster) {
  store::RetentionPolicy policy;
  if (!cluster.retention) return policy;
  policy.age = cluster.retention->age;
  policy.size = cluster.retention->size;
  policy.revisions = cluster.retention->revisions;
  for (const config::RetentionRule& rule : cluster.retention->resources) {
    policy.resources.push_back({rule.resource.group, rule.resource.resource,
                                rule.age, rule.revisions});
  }
  return policy;
}

// Identities compare only where the same thing was asked: "kube-system=UID".
std::string SourceOf(const std::string& identity) {
  return identity.substr(0, identity.find('='));
}

}  // namespace

ClusterRunner::ClusterRunner(std::shared_ptr<const config::Config> config,
                             const config::ClusterConfig& cluster,
                             const Shared& shared)
    : config_(std::move(config)), cluster_config_(cluster), shared_(shared) {}

ClusterRunner::~ClusterRunner() = default;

Status ClusterRunner::Open() {
  auto connection = config::ConnectionOf(cluster_config_);
  if (!connection.ok()) return connection.error();
  connection_ = std::move(*connection);
  if (connection_.insecure) {
    Log().warn("{}: the server's certificate is NOT verified (insecure)",
               name());
  }
  std::error_code ignored;
  if (std::filesystem::exists(RecordOptions().path, ignored)) {
    if (auto opened = OpenStore("", false); !opened.ok()) {
      return opened.error();
    }
  }
  client_ = shared_.connect(connection_);
  return {};
}

watch::ClusterOptions ClusterRunner::WatchOptions() const {
  watch::ClusterOptions o;
  o.name = name();
  o.stream.list.page_size =
      static_cast<std::size_t>(config_->requests.page_size);
  o.stream.list.max_object =
      static_cast<std::size_t>(config_->limits.max_object_size);
  o.stream.request_deadline = config_->requests.deadline;
  o.stream.backoff.first = config_->retry.initial_backoff;
  o.stream.backoff.max = config_->retry.max_backoff;
  o.stream.forbidden_retry = config_->retry.forbidden_interval;
  o.stream.audit_interval = config_->audit_interval;
  o.gate.concurrency = static_cast<int>(config_->requests.list_concurrency);
  o.gate.qps = config_->requests.qps;
  o.gate.burst = static_cast<double>(config_->requests.burst);
  o.request_deadline = config_->requests.deadline;
  o.discovery_interval = config_->discovery_interval;
  for (const auto& rule : cluster_config_.resources) {
    for (const auto& space : rule.namespaces) {
      o.identity_namespaces.push_back(space);
    }
  }
  return o;
}

record::RecorderOptions ClusterRunner::RecordOptions() const {
  record::RecorderOptions o;
  o.cluster = name();
  o.path = store::DatabasePath(config_->data_dir, name());
  o.store.cluster = name();
  o.store.clock = &shared_.scheduler.clock();
  o.store.random = &shared_.random;
  o.store.vfs = shared_.vfs;
  o.batch_items = static_cast<std::size_t>(config_->commit.max_revisions);
  o.batch_wait = config_->commit.max_delay;
  o.queue_items = static_cast<std::size_t>(config_->limits.queue_items);
  const std::size_t clusters =
      std::max<std::size_t>(config_->clusters.size(), 1);
  o.queue_bytes = std::max<std::size_t>(config_->limits.queue_bytes / clusters,
                                        kLeastQueue);
  o.store.cache_bytes =
      std::clamp(kAllCaches / clusters, kLeastCache, kLargestCache);
  if (shared_.writer_thread) o.store.training = store::Training::kBeside;
  o.store.base_bytes = std::max(kAllBases / clusters, kLeastBases);
  o.store.signer = shared_.signing.key;
  o.store.old_signer = shared_.signing.old;
  o.store.disk = shared_.disk;
  o.checkpoint_every = config_->checkpoint.every;
  return o;
}

// -- the store

Status ClusterRunner::OpenStore(const std::string& identity, bool weak) {
  record::RecorderOptions options = RecordOptions();
  options.store.identity = identity;
  options.store.identity_weak = weak;
  std::vector<record::RedactionRule> rules;
  for (const auto& rule : config_->redaction) {
    rules.push_back({{rule.resource.group.value_or(""), rule.resource.resource},
                     rule.path});
  }
  record::Recorder::Callbacks callbacks;
  callbacks.on_room = [this] {
    shared_.post([this] {
      if (watching_) watching_->RoomAgain();
    });
  };
  callbacks.on_relist = [this](kube::StreamId stream, kube::GapCause cause) {
    shared_.post([this, stream, cause] {
      if (watching_) watching_->Relist(stream, cause);
    });
  };
  callbacks.on_audited = [this](kube::StreamId stream, std::int64_t findings) {
    std::function<void(const Audited&)> told;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      told = on_audited_;
    }
    if (told) told({stream, findings});
  };
  if (!config_->checkpoint.sink.empty()) {
    callbacks.on_checkpoint =
        [sink = config_->checkpoint.sink](const std::string& note) {
          return AppendCheckpoint(sink, note);
        };
  }
  auto opened = record::Recorder::Open(
      options, record::Redactor(shared_.key, name(), rules),
      std::move(callbacks));
  if (!opened.ok()) return opened.error();
  (*opened)->SetRetention(RetentionOf(cluster_config_));
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    recorder_ = std::move(*opened);
  }
  if (shared_.writer_thread) {
    writer_ = std::jthread(
        [this](const std::stop_token& stop) { WriteUntilStopped(stop); });
  }
  return {};
}

void ClusterRunner::WriteUntilStopped(const std::stop_token& stop) {
  while (!stop.stop_requested()) recorder_->Step(kStep);
}

void ClusterRunner::Step() {
  if (recorder_) recorder_->Step(0);
}

Room ClusterRunner::Offer(kube::Observation observation) {
  return recorder_->Offer(std::move(observation));
}

Status ClusterRunner::Close(Micros limit) {
  if (!recorder_) return {};
  writer_.request_stop();
  if (writer_.joinable()) writer_.join();
  return recorder_->Stop(limit);
}

// -- what the watched cluster asks

std::string ClusterRunner::WeakIdentity() const {
  return "server=" +
         codec::Hex(codec::Sha256Of(connection_.server + "\n" +
                                    connection_.ca_data + connection_.ca_file))
             .substr(0, 32);
}

Status ClusterRunner::CheckIdentity(const std::string& identity, bool weak) {
  const store::FileInfo file = recorder_->info();
  if (file.identity.empty() || file.identity == identity) return {};
  if (file.identity_weak && !weak && file.identity == WeakIdentity()) {
    // The same server, which shows more of itself now.
    Log().info("{}: known by {} from now on", name(), SourceOf(identity));
    return recorder_->SetIdentity(identity, weak);
  }
  if (SourceOf(file.identity) != SourceOf(identity)) {
    if (identity_log_.Fail("source")) {
      Log().warn(
          "{}: cannot tell whether this is still the same cluster: the file "
          "knows it by {}, the credentials now show only {}",
          name(), SourceOf(file.identity), SourceOf(identity));
    }
    return {};
  }
  return Error(
      Code::kConflict,
      fmt::format("{} records another cluster ({}; this server is {}): give "
                  "this cluster another name in the configuration, or move "
                  "the file away",
                  file.path, file.identity, identity));
}

Status ClusterRunner::OnIdentity(const watch::Identity& identity) {
  const bool weak = identity.uid.empty();
  const std::string text =
      weak ? WeakIdentity() : identity.name_space + "=" + identity.uid;
  Status status = recorder_ ? CheckIdentity(text, weak) : OpenStore(text, weak);
  if (status.ok()) status = BeginRecord();
  if (!status.ok()) {
    refused_ = status.error();
  } else {
    refused_.reset();
  }
  return status;
}

Status ClusterRunner::BeginRecord() {
  Status begun = recorder_->Begin();
  if (!begun.ok()) return begun;
  if (!before_.empty()) return {};
  if (auto rows = recorder_->Streams(); rows.ok()) {
    for (auto& row : *rows) before_[row.id] = row;
  }
  return {};
}

Result<watch::OpenedStream> ClusterRunner::OpenStream(
    const watch::StreamSpec& spec) {
  record::StreamSpec wanted;
  wanted.key = {spec.resource.group, spec.resource.resource, spec.name_space,
                spec.label_selector, spec.field_selector};
  wanted.kind = spec.resource.kind;
  wanted.namespaced = spec.resource.namespaced;
  wanted.api_version = spec.resource.group_version();
  wanted.level = spec.level == watch::Level::kMetadata
                     ? record::Level::kMetadata
                     : record::Level::kFull;
  wanted.selected =
      !spec.label_selector.empty() || !spec.field_selector.empty();
  wanted.shared_rv = spec.shared_rv();
  auto row = recorder_->AddStream(wanted);
  if (!row.ok()) return row.error();
  watch::OpenedStream opened;
  opened.id = row->id;
  opened.stored.position = row->position;
  opened.stored.flowing = row->flowing;
  opened.stored.flowed_until = row->flowed_until;
  opened.stored.known_until = recorder_->info().known_until;
  opened.stored.gap = CauseOf(row->gap_cause);
  opened.stored.gap_from_rv = row->gap_from_rv;
  if (const auto found = before_.find(row->id); found != before_.end()) {
    opened.stored.state = StateOf(found->second.state);
  }
  return opened;
}

// -- on the loop's thread

void ClusterRunner::Start() {
  watch::ClusterOptions options = WatchOptions();
  if (recorder_) {
    auto reader = store::Reader::Open(RecordOptions().path);
    if (reader.ok()) {
      store::AsOf newest;
      newest.seq = (*reader)->info().last_seq;
      auto last = (*reader)->Discovery(newest);
      if (last.ok() && *last) options.last_discovery = **last;
    }
  }
  watch::ClusterCallbacks callbacks;
  callbacks.on_identity = [this](const watch::Identity& identity) {
    return OnIdentity(identity);
  };
  callbacks.on_version = [this](const std::string& version) {
    if (recorder_) recorder_->SetServerVersion(version);
  };
  callbacks.on_kinds = [this](const kube::Discovery& discovery) {
    for (auto& advice : DoubtfulRules(cluster_config_, discovery)) {
      const auto [said, first] = advice_.insert(std::move(advice));
      if (first) Log().warn("{}: {}", name(), *said);
    }
  };
  callbacks.select = [this](const kube::ResourceInfo& kind) {
    return SelectionsOf(cluster_config_, kind);
  };
  callbacks.open_stream = [this](const watch::StreamSpec& spec) {
    return OpenStream(spec);
  };
  watching_ = std::make_unique<watch::Cluster>(
      std::move(options), std::move(callbacks), *client_, shared_.scheduler,
      shared_.random, shared_.frames, *this);
  watching_->Start();
}

void ClusterRunner::Detach() {
  if (watching_) watching_->Stop();
  watching_.reset();
  client_.reset();
}

void ClusterRunner::Stalled(Micros from_wall) {
  if (watching_) watching_->Stalled(from_wall);
}

void ClusterRunner::Reload(const config::ClusterConfig& cluster) {
  cluster_config_ = cluster;
  advice_.clear();
  if (const auto known = recorder()) known->SetRetention(RetentionOf(cluster));
  if (watching_) watching_->Reconfigure();
}

std::map<kube::StreamId, std::string> ClusterRunner::Audit(
    const std::string& resource,
    std::function<void(const Audited&)> on_audited) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    on_audited_ = std::move(on_audited);
  }
  std::map<kube::StreamId, std::string> under_way;
  if (!watching_) return under_way;
  for (const auto& stream : watching_->status().streams) {
    const kube::GroupResource kind{stream.group, stream.resource};
    if (!resource.empty() && kind.ToString() != resource &&
        stream.resource != resource) {
      continue;
    }
    // One that is audited by itself just now is not asked twice.
    if (watching_->Audit(stream.id) > 0 ||
        stream.state == kube::StreamState::kWatching) {
      under_way[stream.id] = stream.name;
    }
  }
  return under_way;
}

bool ClusterRunner::CaughtUp() {
  if (!watching_) return false;
  const record::RecorderStats figures = stats();
  if (figures.queue_items != 0 || !figures.error.empty()) return false;
  if (watching_->CaughtUp()) return true;
  const watch::ClusterStatus now = watching_->status();
  std::uint64_t events = 0;
  bool watching = now.state == "recording" && !now.streams.empty();
  for (const auto& stream : now.streams) {
    events += stream.counts.events + stream.counts.items;
    watching = watching && (stream.state == kube::StreamState::kWatching ||
                            stream.state == kube::StreamState::kForbidden ||
                            stream.state == kube::StreamState::kUnavailable);
  }
  const Micros mono = shared_.scheduler.clock().Mono();
  if (!watching || events != quiet_events_ || !quiet_since_) {
    quiet_since_ = mono;
    quiet_events_ = events;
    return false;
  }
  return mono - *quiet_since_ >= kQuiet;
}

// -- any thread

void ClusterRunner::Checkpoint() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (recorder_) recorder_->RequestCheckpoint();
}

std::shared_ptr<record::Recorder> ClusterRunner::recorder() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return recorder_;
}

record::RecorderStats ClusterRunner::stats() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return recorder_ ? recorder_->stats() : record::RecorderStats{};
}

std::optional<store::FileInfo> ClusterRunner::info() const {
  std::shared_ptr<record::Recorder> recorder;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    recorder = recorder_;
  }
  if (!recorder) return std::nullopt;
  return recorder->info();
}

}  // namespace kubescribe::daemon
