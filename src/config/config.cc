#include "config/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <limits>
#include <optional>
#include <utility>

#include "base/read_file.h"
#include "base/text.h"
#include "config/yaml_reader.h"

namespace kubescribe::config {
namespace {

constexpr std::size_t kMaxConfig = 1u << 20;
constexpr std::int64_t kManyItems = 1000000000;
constexpr Micros kLong = 365 * 24 * kHour;
constexpr Micros kAges = 100 * kLong;
// A file that holds nothing yet takes a tenth of it.
constexpr std::uint64_t kLeastFile = 1u << 20;
// Of a data directory: 8 MiB of it are a reserve.
constexpr std::uint64_t kLeastBudget = 32u << 20;

// The core group's kinds, for redaction rules that name no group.
constexpr std::array<std::string_view, 14> kCoreKinds = {
    "configmaps",
    "endpoints",
    "events",
    "limitranges",
    "namespaces",
    "nodes",
    "persistentvolumeclaims",
    "persistentvolumes",
    "pods",
    "podtemplates",
    "replicationcontrollers",
    "resourcequotas",
    "secrets",
    "serviceaccounts"};

// What is read against the place where the file lies.
struct Place {
  std::string folder;  // "" for the working folder
  std::string home;
};

std::string ResolvePath(const std::string& path, const Place& place) {
  if (path.starts_with("~/") && !place.home.empty()) {
    return place.home + path.substr(1);
  }
  if (path.empty() || path.front() == '/' || place.folder.empty()) return path;
  return place.folder + "/" + path;
}

// An RFC 1123 label or subdomain, as Kubernetes names are.
bool IsKubernetesName(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  };
  return plain(text.front()) && plain(text.back()) &&
         std::all_of(text.begin(), text.end(),
                     [&](char c) { return plain(c) || c == '-' || c == '.'; });
}

// What can be a file's name, and looks like a cluster's.
bool IsClusterName(std::string_view text) {
  if (text.empty() || text.size() > 100 || text.front() == '.' ||
      text.front() == '-') {
    return false;
  }
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') ||
           std::string_view("-_.@:").find(c) != std::string_view::npos;
  });
}

void ReadResourceNames(Section* section, const char* name,
                       std::vector<ResourceName>* out) {
  if (!section->Has(name)) {
    section->Take(name);
    return;
  }
  std::vector<std::string> texts;
  section->Strings(name, &texts);
  out->clear();
  for (const std::string& text : texts) {
    Result<ResourceName> parsed = ParseResourceName(text);
    if (parsed.ok()) {
      out->push_back(std::move(*parsed));
    } else {
      section->Fail(name, parsed.error().message());
    }
  }
}

// "all", a name, or a list of names.
void ReadNamespaces(Section* section, ResourceRule* rule) {
  const char* const key = "namespace";
  const YAML::Node node = section->Take(key);
  if (!section->Has(key)) return;
  std::vector<std::string> names;
  if (node.IsSequence()) {
    section->Strings(key, &names);
    if (names.empty()) section->Fail(key, "is an empty list; use all");
  } else {
    std::string name;
    section->String(key, &name);
    if (name == "all") return;
    names.push_back(name);
  }
  for (const std::string& name : names) {
    if (name == "all") {
      section->Fail(key, "all cannot be one of a list");
    } else if (!IsKubernetesName(name) || name.size() > 63) {
      section->Fail(key, fmt::format("\"{}\" is not the name of a namespace",
                                     name.substr(0, 80)));
    } else if (std::count(names.begin(), names.end(), name) > 1) {
      section->Fail(key, fmt::format("\"{}\" is given twice", name));
    }
  }
  rule->namespaces = std::move(names);
}

void ReadLevel(Section* section, Level* level) {
  std::string text;
  section->String("level", &text);
  if (text == "full") {
    *level = Level::kFull;
  } else if (text == "metadata") {
    *level = Level::kMetadata;
  } else if (text == "none") {
    *level = Level::kNone;
  } else if (section->Has("level")) {
    section->Fail("level", "must be full, metadata or none");
  }
}

ResourceRule ReadRule(YamlErrors& errors, const YAML::Node& node,
                      const std::string& key) {
  ResourceRule rule;
  Section section(errors, node, key);
  std::string resource;
  section.String("resource", &resource);
  if (resource.empty()) {
    section.Fail("resource", "is missing");
  } else if (Result<ResourceName> name = ParseResourceName(resource);
             name.ok()) {
    rule.resource = std::move(*name);
  } else {
    section.Fail("resource", name.error().message());
  }
  ReadNamespaces(&section, &rule);
  section.String("labelSelector", &rule.label_selector);
  section.String("fieldSelector", &rule.field_selector);
  rule.label_selector_at = section.WhereOf("labelSelector");
  rule.field_selector_at = section.WhereOf("fieldSelector");
  if (HasControl(rule.label_selector)) {
    section.Fail("labelSelector", "holds control characters");
  }
  if (HasControl(rule.field_selector)) {
    section.Fail("fieldSelector", "holds control characters");
  }
  ReadLevel(&section, &rule.level);
  ReadResourceNames(&section, "exclude", &rule.exclude);
  if (!rule.exclude.empty() && !rule.resource.every_kind()) {
    section.Fail("exclude", "only goes with a resource of \"*\"");
  }
  section.RefuseOthers();
  return rule;
}

// How exactly a rule names a kind: 2 by name, 1 by group, 0 everything.
int Exactness(const ResourceRule& rule) {
  if (!rule.resource.every_kind()) return 2;
  return rule.resource.group ? 1 : 0;
}

bool SameKind(const ResourceName& a, const ResourceName& b) {
  if (a.resource != b.resource) return false;
  return !a.group || !b.group || *a.group == *b.group;
}

bool NamespacesMeet(const ResourceRule& a, const ResourceRule& b) {
  if (a.namespaces.empty() || b.namespaces.empty()) return true;
  return std::any_of(
      a.namespaces.begin(), a.namespaces.end(), [&](const std::string& name) {
        return std::find(b.namespaces.begin(), b.namespaces.end(), name) !=
               b.namespaces.end();
      });
}

// Two rules of one exactness that would record the same objects. That their
// selectors exclude each other cannot be known: that counts as overlapping.
void RefuseOverlap(YamlErrors& errors, const std::vector<ResourceRule>& rules,
                   const std::vector<YAML::Node>& nodes,
                   const std::string& key) {
  for (std::size_t i = 0; i < rules.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (rules[i].resource.resource.empty() ||
          Exactness(rules[i]) != Exactness(rules[j]) ||
          !SameKind(rules[i].resource, rules[j].resource) ||
          !NamespacesMeet(rules[i], rules[j])) {
        continue;
      }
      errors.Add(nodes[i], fmt::format("{}[{}]", key, i),
                 fmt::format("overlaps {}[{}]: both record {} in the same "
                             "namespace; make it one entry, or name different "
                             "namespaces",
                             key, j, rules[i].resource.ToString()));
    }
  }
}

// False when the key is not there.
bool ReadRules(Section* section, std::vector<ResourceRule>* out) {
  if (!section->Has("resources")) {
    section->Take("resources");
    return false;
  }
  std::vector<ResourceRule> rules;
  std::vector<YAML::Node> nodes;
  section->Each("resources",
                [&](const YAML::Node& node, const std::string& key) {
                  rules.push_back(ReadRule(section->errors(), node, key));
                  nodes.push_back(node);
                });
  if (rules.empty()) {
    section->Fail("resources", "is empty; leave it out to record everything");
  }
  RefuseOverlap(section->errors(), rules, nodes, section->KeyOf("resources"));
  *out = std::move(rules);
  return true;
}

// An age, a number of revisions; each only where it is given.
void ReadBounds(Section* section, std::optional<Micros>* age,
                std::optional<std::int64_t>* revisions) {
  if (section->Has("age")) {
    Micros value = kSecond;
    section->Duration("age", kSecond, kAges, &value);
    *age = value;
  } else {
    section->Take("age");
  }
  if (section->Has("revisions")) {
    std::int64_t value = 1;
    section->Int("revisions", 1, kManyItems, &value);
    *revisions = value;
  } else {
    section->Take("revisions");
  }
}

RetentionRule ReadRetentionRule(YamlErrors& errors, const YAML::Node& node,
                                const std::string& key,
                                const std::vector<RetentionRule>& others) {
  RetentionRule rule;
  Section section(errors, node, key);
  std::string resource;
  section.String("resource", &resource);
  Result<ResourceName> name = ParseResourceName(resource);
  if (resource.empty()) {
    section.Fail("resource", "is missing");
  } else if (!name.ok()) {
    section.Fail("resource", name.error().message());
  } else if (name->every_kind() && !name->group) {
    section.Fail("resource",
                 "\"*\" is what the bounds beside `resources` are for");
  } else if (std::any_of(others.begin(), others.end(),
                         [&](const RetentionRule& other) {
                           return other.resource == *name;
                         })) {
    section.Fail("resource", fmt::format("\"{}\" is given twice", resource));
  } else {
    rule.resource = std::move(*name);
  }
  ReadBounds(&section, &rule.age, &rule.revisions);
  if (!rule.age && !rule.revisions) {
    section.Fail("resource", "needs an age or a number of revisions");
  }
  section.RefuseOthers();
  return rule;
}

// False when the key is not there.
bool ReadRetention(Section* parent, RetentionConfig* out) {
  const char* const key = "retention";
  const bool given = parent->Has(key);
  Section section(parent->errors(), parent->Take(key), parent->KeyOf(key));
  RetentionConfig retention;
  ReadBounds(&section, &retention.age, &retention.revisions);
  if (section.Has("size")) {
    std::uint64_t value = kLeastFile;
    section.Size("size", kLeastFile, std::uint64_t{1} << 50, &value);
    retention.size = value;
  } else {
    section.Take("size");
  }
  section.Each("resources",
               [&](const YAML::Node& node, const std::string& name) {
                 retention.resources.push_back(ReadRetentionRule(
                     parent->errors(), node, name, retention.resources));
               });
  section.RefuseOthers();
  *out = std::move(retention);
  return given;
}

ClusterConfig ReadCluster(Section* section, const Place& place) {
  ClusterConfig cluster;
  section->String("name", &cluster.name);
  section->String("kubeconfig", &cluster.kubeconfig);
  section->String("context", &cluster.context);
  section->Bool("inCluster", &cluster.in_cluster);
  section->Bool("insecure", &cluster.insecure);
  if (!section->Has("name")) {
    section->Fail("name", "is missing");
  } else if (!IsClusterName(cluster.name)) {
    section->Fail("name",
                  "must be of letters, digits and -_.@: (it names a file)");
  }
  if (cluster.in_cluster &&
      !(cluster.kubeconfig.empty() && cluster.context.empty())) {
    section->Fail("inCluster", "cannot go with kubeconfig or context");
  }
  cluster.kubeconfig = ResolvePath(cluster.kubeconfig, place);
  cluster.kubeconfig_at =
      section->WhereOf(cluster.in_cluster ? "inCluster" : "kubeconfig");
  ReadRules(section, &cluster.resources);
  ReadResourceNames(section, "exclude", &cluster.exclude);
  RetentionConfig retention;
  if (ReadRetention(section, &retention)) {
    cluster.retention = std::move(retention);
  }
  section->RefuseOthers();
  return cluster;
}

void ReadClusters(Section* root, const Place& place, Config* config) {
  root->Each("clusters", [&](const YAML::Node& node, const std::string& key) {
    Section section(root->errors(), node, key);
    ClusterConfig cluster = ReadCluster(&section, place);
    for (const ClusterConfig& other : config->clusters) {
      if (other.name == cluster.name) {
        section.Fail("name", fmt::format("\"{}\" is taken by another cluster",
                                         cluster.name));
      }
    }
    config->clusters.push_back(std::move(cluster));
  });
}

void ReadRedaction(Section* root, Config* config) {
  root->Each("redaction", [&](const YAML::Node& node, const std::string& key) {
    RedactionRule rule;
    Section section(root->errors(), node, key);
    std::string resource;
    section.String("resource", &resource);
    Result<ResourceName> name = ParseResourceName(resource);
    if (!section.Has("resource")) {
      section.Fail("resource", "is missing");
    } else if (!name.ok()) {
      section.Fail("resource", name.error().message());
    } else if (name->every_kind()) {
      section.Fail("resource", "must name one kind");
    } else {
      rule.resource = std::move(*name);
      const bool core = std::find(kCoreKinds.begin(), kCoreKinds.end(),
                                  rule.resource.resource) != kCoreKinds.end();
      if (!rule.resource.group && core) rule.resource.group = "";
      if (!rule.resource.group) {
        section.Fail("resource", "must say the group, as in deployments.apps");
      }
    }
    section.String("path", &rule.path);
    const std::string& path = rule.path;
    if (path.empty()) {
      section.Fail("path", "is missing");
    } else if (path.front() == '.' || path.back() == '.' ||
               path.find("..") != std::string::npos || HasControl(path)) {
      section.Fail("path", "must be keys joined by dots, as spec.values.*");
    }
    section.RefuseOthers();
    config->redaction.push_back(std::move(rule));
  });
}

void ReadLog(Section* root, Config* config) {
  Section section(root->errors(), root->Take("log"), root->KeyOf("log"));
  std::string format;
  section.String("format", &format);
  if (format == "json") {
    config->log_format = LogFormat::kJson;
  } else if (section.Has("format") && format != "text") {
    section.Fail("format", "must be text or json");
  }
  section.String("level", &config->log_level);
  constexpr std::array<std::string_view, 5> kLevels = {
      "debug", "info", "warning", "error", "off"};
  if (std::find(kLevels.begin(), kLevels.end(), config->log_level) ==
      kLevels.end()) {
    section.Fail("level", "must be debug, info, warning, error or off");
  }
  section.RefuseOthers();
}

void ReadNumbers(Section* root, Config* config) {
  root->Int("maxRequeue", 0, kManyItems, &config->retry.max_requeue);
  {
    Section section(root->errors(), root->Take("retry"), "retry");
    RetryConfig& retry = config->retry;
    section.Duration("initialBackoff", 10 * kMillisecond, kHour,
                     &retry.initial_backoff);
    section.Duration("maxBackoff", 10 * kMillisecond, 24 * kHour,
                     &retry.max_backoff);
    section.Duration("forbiddenInterval", kSecond, 24 * kHour,
                     &retry.forbidden_interval);
    if (retry.max_backoff < retry.initial_backoff) {
      section.Fail("maxBackoff", "must not be below initialBackoff");
    }
    section.RefuseOthers();
  }
  {
    Section section(root->errors(), root->Take("requests"), "requests");
    RequestConfig& requests = config->requests;
    section.Number("qps", 0.01, 1e6, &requests.qps);
    section.Int("burst", 1, 1000000, &requests.burst);
    section.Int("listConcurrency", 1, 100, &requests.list_concurrency);
    section.Int("pageSize", 1, 100000, &requests.page_size);
    section.Duration("deadline", kSecond, kHour, &requests.deadline);
    section.RefuseOthers();
  }
  {
    Section section(root->errors(), root->Take("limits"), "limits");
    LimitConfig& limits = config->limits;
    constexpr std::uint64_t kMaxBytes = std::uint64_t{1} << 40;
    section.Size("maxObjectSize", 64u << 10, 1u << 30, &limits.max_object_size);
    section.Size("queueBytes", 1u << 20, kMaxBytes, &limits.queue_bytes);
    std::int64_t items = static_cast<std::int64_t>(limits.queue_items);
    section.Int("queueItems", 1, kManyItems, &items);
    limits.queue_items = static_cast<std::uint64_t>(items);
    section.Size("frameBytes", 1u << 20, kMaxBytes, &limits.frame_bytes);
    section.RefuseOthers();
  }
  {
    Section section(root->errors(), root->Take("commit"), "commit");
    section.Int("maxRevisions", 1, 1000000, &config->commit.max_revisions);
    section.Duration("maxDelay", kMillisecond, kMinute,
                     &config->commit.max_delay);
    section.RefuseOthers();
  }
}

void ReadCheckpoint(Section* root, const Place& place, Config* config) {
  Section section(root->errors(), root->Take("checkpoint"), "checkpoint");
  CheckpointConfig& checkpoint = config->checkpoint;
  section.Duration("every", 0, kLong, &checkpoint.every);
  if (checkpoint.every > 0 && checkpoint.every < kSecond) {
    section.Fail("every", "must be at least 1s, or 0 for never");
  }
  section.String("sink", &checkpoint.sink);
  if (HasControl(checkpoint.sink)) {
    section.Fail("sink", "holds control characters");
  }
  if (checkpoint.sink != "-") {
    checkpoint.sink = ResolvePath(checkpoint.sink, place);
  }
  section.RefuseOthers();
}

void ReadDisk(Section* root, Config* config) {
  Section section(root->errors(), root->Take("disk"), "disk");
  if (section.Has("budget")) {
    std::uint64_t value = kLeastBudget;
    section.Size("budget", kLeastBudget, std::uint64_t{1} << 50, &value);
    config->disk.budget = value;
  } else {
    section.Take("budget");
  }
  std::string when_full = "prune";
  section.String("whenFull", &when_full);
  if (when_full != "prune" && when_full != "hold") {
    section.Fail("whenFull", "must be prune or hold");
  }
  config->disk.hold = when_full == "hold";
  section.RefuseOthers();
}

void ReadRoot(Section* root, const Place& place, Config* config) {
  root->String("dataDir", &config->data_dir);
  config->data_dir = ResolvePath(config->data_dir, place);
  ReadRules(root, &config->resources);
  ReadResourceNames(root, "exclude", &config->exclude);
  ReadClusters(root, place, config);
  ReadRedaction(root, config);
  ReadRetention(root, &config->retention);
  ReadDisk(root, config);
  ReadLog(root, config);
  root->Duration("auditInterval", 0, kLong, &config->audit_interval);
  if (config->audit_interval > 0 && config->audit_interval < kMinute) {
    root->Fail("auditInterval", "must be at least 1m, or 0 for never");
  }
  root->Duration("discoveryInterval", 10 * kSecond, kLong,
                 &config->discovery_interval);
  ReadNumbers(root, config);
  ReadCheckpoint(root, place, config);
  root->RefuseOthers();
}

}  // namespace

Config DefaultConfig() {
  Config config;
  ResourceRule everything;
  everything.resource.resource = "*";
  config.resources.push_back(std::move(everything));
  ResourceName leases;
  leases.group = "coordination.k8s.io";
  leases.resource = "leases";
  config.exclude.push_back(std::move(leases));
  return config;
}

ClusterConfig NewCluster(const Config& config, std::string name) {
  ClusterConfig cluster;
  cluster.name = std::move(name);
  cluster.resources = config.resources;
  cluster.exclude = config.exclude;
  cluster.retention = config.retention;
  return cluster;
}

Result<Config> ParseConfig(std::string_view yaml, const std::string& path) {
  if (yaml.size() > kMaxConfig) {
    return Error(Code::kInvalid,
                 fmt::format("{} is larger than {} bytes", path, kMaxConfig));
  }
  Result<YAML::Node> node = ParseYaml(yaml, path);
  if (!node.ok()) return node.error();
  Place place;
  const std::size_t slash = path.rfind('/');
  if (slash != std::string::npos) place.folder = path.substr(0, slash);
  if (const char* home = std::getenv("HOME")) place.home = home;

  Config config = DefaultConfig();
  config.path = path;
  YamlErrors errors(path);
  Section root(errors, *node, "");
  ReadRoot(&root, place, &config);
  if (errors.first()) return *errors.first();
  for (ClusterConfig& cluster : config.clusters) {
    if (cluster.resources.empty()) cluster.resources = config.resources;
    if (!cluster.retention) cluster.retention = config.retention;
    cluster.exclude.insert(cluster.exclude.end(), config.exclude.begin(),
                           config.exclude.end());
  }
  return config;
}

Result<Config> LoadConfig(const std::string& path) {
  Result<std::string> text = ReadFile(path, kMaxConfig);
  if (!text.ok()) return text.error();
  return ParseConfig(*text, path);
}

std::vector<const ResourceRule*> RulesFor(const ClusterConfig& cluster,
                                          std::string_view group,
                                          std::string_view resource) {
  std::vector<const ResourceRule*> out;
  const auto matches = [&](const ResourceName& name) {
    return name.Matches(group, resource);
  };
  const auto in = [&](const std::vector<ResourceName>& names) {
    return std::any_of(names.begin(), names.end(), matches);
  };
  const bool excluded = in(cluster.exclude);
  int exactness = -1;
  for (const ResourceRule& rule : cluster.resources) {
    if (!matches(rule.resource)) continue;
    if (rule.resource.every_kind() && (excluded || in(rule.exclude))) continue;
    if (Exactness(rule) > exactness) {
      exactness = Exactness(rule);
      out.clear();
    }
    if (Exactness(rule) == exactness) out.push_back(&rule);
  }
  std::erase_if(out, [](const ResourceRule* rule) {
    return rule->level == Level::kNone;
  });
  return out;
}

Result<Connection> ConnectionOf(const ClusterConfig& cluster,
                                const KubeEnvironment& environment) {
  Result<Connection> connection =
      cluster.in_cluster
          ? LoadInCluster(environment)
          : LoadConnection(cluster.kubeconfig, cluster.context, environment);
  if (!connection.ok()) {
    return connection.error().Wrap(cluster.kubeconfig_at.empty()
                                       ? "cluster " + cluster.name
                                       : cluster.kubeconfig_at);
  }
  connection->name = cluster.name;
  if (cluster.insecure) {
    connection->insecure = true;
    connection->ca_data.clear();
    connection->ca_file.clear();
  }
  return connection;
}

}  // namespace kubescribe::config
