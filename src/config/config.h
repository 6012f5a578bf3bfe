// Config: what `kubescribed --config FILE` reads, as validated plain values.
// config/kubescribe.yaml shows every key with its default.
//
//   Result<Config> config = LoadConfig("/etc/kubescribe/kubescribe.yaml");
//   for (const ClusterConfig& cluster : config->clusters) {
//     Result<Connection> connection = ConnectionOf(cluster);
//     ... for each kind of discovery:
//     for (const ResourceRule* rule : RulesFor(cluster, group, resource)) ...
//   }
//
// An error names FILE:LINE and the key's path ("clusters[1].resources[0]
// .level"), and what is allowed there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "config/connection.h"
#include "config/kubeconfig.h"
#include "config/resource_name.h"

namespace kubescribe::config {

enum class Level {
  kFull,      // the whole object, redacted
  kMetadata,  // PartialObjectMetadata: the rest never crosses the wire
  kNone,      // not watched
};

// One entry of `resources`.
struct ResourceRule {
  ResourceName resource;
  // Empty: all namespaces, and the kinds that are in none. Otherwise one
  // stream a namespace; kinds that are in none are then recorded only when the
  // rule names the kind (not by "*").
  std::vector<std::string> namespaces;
  std::string label_selector;
  std::string field_selector;
  // "FILE:LINE: KEY" of each, for errors; the grammar is kube/selector.h's.
  std::string label_selector_at;
  std::string field_selector_at;
  Level level = Level::kFull;
  // Kinds that a rule with "*" leaves out.
  std::vector<ResourceName> exclude;

  bool operator==(const ResourceRule&) const = default;
};

// Bounds of the history of one kind, instead of the general ones.
struct RetentionRule {
  ResourceName resource;
  std::optional<Micros> age;
  std::optional<std::int64_t> revisions;  // of each object

  bool operator==(const RetentionRule&) const = default;
};

// How much history is kept; without bounds all of it.
struct RetentionConfig {
  std::optional<Micros> age;
  std::optional<std::uint64_t> size;  // bytes of the cluster's file
  std::optional<std::int64_t> revisions;
  std::vector<RetentionRule> resources;

  bool operator==(const RetentionConfig&) const = default;
};

struct ClusterConfig {
  std::string name;  // unique; also the database's name
  // "" with in_cluster false: as kubectl finds it.
  std::string kubeconfig;
  std::string context;  // "": current-context
  // "FILE:LINE: KEY" of the kubeconfig, for errors; "": it was not in a file.
  std::string kubeconfig_at;
  bool in_cluster = false;
  bool insecure = false;
  // What to record: the cluster's own rules, or the file's. Never empty after
  // LoadConfig.
  std::vector<ResourceRule> resources;
  // Kinds that no rule with "*" records, the cluster's and the file's together.
  std::vector<ResourceName> exclude;
  // The cluster's own, or the file's. Always there after LoadConfig.
  std::optional<RetentionConfig> retention;

  bool operator==(const ClusterConfig&) const = default;
};

// "resource" + "path", as record::RedactionRule takes them. The group is
// always known here.
struct RedactionRule {
  ResourceName resource;
  std::string path;  // "spec.values.*"

  bool operator==(const RedactionRule&) const = default;
};

struct RetryConfig {
  // How often a change that a consumer gave back is handed out again before
  // it goes to the dead letters.
  std::int64_t max_requeue = 10;
  // Between failing requests of a stream: doubled from the first to the last,
  // jittered.
  Micros initial_backoff = 800 * kMillisecond;
  Micros max_backoff = 30 * kSecond;
  // Between tries of what the server forbids.
  Micros forbidden_interval = 5 * kMinute;

  bool operator==(const RetryConfig&) const = default;
};

struct RequestConfig {
  // Towards each cluster; watches do not count.
  double qps = 20;
  std::int64_t burst = 40;
  std::int64_t list_concurrency = 2;
  std::int64_t page_size = 500;
  Micros deadline = 60 * kSecond;  // of a request that is not a watch

  bool operator==(const RequestConfig&) const = default;
};

struct LimitConfig {
  std::uint64_t max_object_size = 16u << 20;  // bytes of one object
  // Between the network and the clusters' writers: bytes of all clusters
  // together (an equal share each, 2 MiB at least), items of each.
  std::uint64_t queue_bytes = 32u << 20;
  std::uint64_t queue_items = 10000;
  // Half-received frames, of all clusters together.
  std::uint64_t frame_bytes = 64u << 20;

  bool operator==(const LimitConfig&) const = default;
};

// Bound of all files of the data directory together.
struct DiskConfig {
  std::optional<std::uint64_t> budget;  // bytes; none: no bound
  bool hold = false;  // when it is full: hold, instead of pruning the oldest

  bool operator==(const DiskConfig&) const = default;
};

struct CommitConfig {
  std::int64_t max_revisions = 500;
  Micros max_delay = 80 * kMillisecond;

  bool operator==(const CommitConfig&) const = default;
};

// Signed checkpoints of the clusters' logs.
struct CheckpointConfig {
  Micros every = 10 * kMinute;  // 0: only when the recorder stops
  // A file that each is appended to, "-" for standard output, "" for neither.
  std::string sink;

  bool operator==(const CheckpointConfig&) const = default;
};

struct Config {
  std::string path;  // the file; "" for the defaults
  std::vector<ClusterConfig> clusters;
  // For clusters without rules of their own.
  std::vector<ResourceRule> resources;
  std::vector<ResourceName> exclude;  // by default Leases
  std::vector<RedactionRule> redaction;
  std::string data_dir;  // "": the program's default
  LogFormat log_format = LogFormat::kText;
  std::string log_level = "info";        // as SetUpLog takes it
  Micros audit_interval = 30 * kMinute;  // 0: never
  Micros discovery_interval = 10 * kMinute;
  RetryConfig retry;
  RequestConfig requests;
  LimitConfig limits;
  CommitConfig commit;
  CheckpointConfig checkpoint;
  DiskConfig disk;
  RetentionConfig retention;  // of clusters without one of their own

  bool operator==(const Config&) const = default;
};

// Without a file: no cluster yet, every kind in all namespaces but Leases.
Config DefaultConfig();
// A cluster with the rules and exclusions of `config`, for the command line.
ClusterConfig NewCluster(const Config& config, std::string name);

// Reads and validates. kNotFound, kIo: the file. kInvalid: what is in it.
// Relative kubeconfig paths and dataDir are against the file's folder; "~/" is
// $HOME.
Result<Config> LoadConfig(const std::string& path);
// The same for text; `path` is what errors call it.
Result<Config> ParseConfig(std::string_view yaml, const std::string& path);

// The rules that record one kind, those that name it before those with "*.g"
// before those with "*": only the most exact are answered. Empty: not recorded
// (excluded, level none, or named by no rule). Pointers are into `cluster`.
std::vector<const ResourceRule*> RulesFor(const ClusterConfig& cluster,
                                          std::string_view group,
                                          std::string_view resource);

// The cluster's connection, with `insecure` applied and its `name` set to the
// configuration's. Errors as LoadConnection's.
Result<Connection> ConnectionOf(
    const ClusterConfig& cluster,
    const KubeEnvironment& environment = KubeEnvironment::FromProcess());

}  // namespace kubescribe::config
