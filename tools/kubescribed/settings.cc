#include "kubescribed/settings.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "base/paths.h"
#include "config/kubeconfig.h"
#include "kube/selector.h"

namespace kubescribe::daemon {
namespace {

// Clusters for --kubeconfig and --context.
Status AddClusters(const Options& options, config::Config& config) {
  std::vector<std::string> contexts = options.contexts;
  if (contexts.empty()) {
    const auto known = config::ListContexts(options.kubeconfig);
    if (known.ok()) {
      if (known->current.empty() && !known->names.empty()) {
        std::string list;
        for (const auto& name : known->names) {
          list += (list.empty() ? "" : ", ") + name;
        }
        return Error(Code::kInvalid,
                     "the kubeconfig has no current-context: choose with "
                     "--context (there are: " +
                         list + ")");
      }
      contexts.push_back(known->current);
    } else {
      // No kubeconfig at all: inside a Pod the service account will do.
      auto pod = config::LoadInCluster();
      if (!options.kubeconfig.empty() || !pod.ok()) return known.error();
      config::ClusterConfig cluster = config::NewCluster(config, "in-cluster");
      cluster.in_cluster = true;
      config.clusters.push_back(std::move(cluster));
      return {};
    }
  }
  for (const auto& context : contexts) {
    config::ClusterConfig cluster = config::NewCluster(config, context);
    cluster.kubeconfig = options.kubeconfig;
    cluster.context = context;
    // A wrong name shows now, not after the first request.
    if (auto connection = config::ConnectionOf(cluster); !connection.ok()) {
      return connection.error();
    }
    config.clusters.push_back(std::move(cluster));
  }
  return {};
}

std::string DescribeRule(const config::ResourceRule& rule) {
  std::string text = "  " + rule.resource.ToString();
  if (rule.namespaces.empty()) {
    text += " in all namespaces";
  } else {
    text += " in";
    for (const auto& name : rule.namespaces) text += " " + name;
  }
  if (!rule.label_selector.empty()) text += ", labels " + rule.label_selector;
  if (!rule.field_selector.empty()) text += ", fields " + rule.field_selector;
  if (rule.level == config::Level::kMetadata) text += ", metadata only";
  if (rule.level == config::Level::kNone) text += ", not recorded";
  for (const auto& name : rule.exclude) text += ", not " + name.ToString();
  return text + "\n";
}

Status CheckSelectors(const std::vector<config::ResourceRule>& rules) {
  for (const config::ResourceRule& rule : rules) {
    if (auto read = kube::LabelSelector::Parse(rule.label_selector);
        !read.ok()) {
      return Error(Code::kInvalid, read.error().message())
          .Wrap(rule.label_selector_at);
    }
    if (auto read = kube::FieldSelector::Parse(rule.field_selector);
        !read.ok()) {
      return Error(Code::kInvalid, read.error().message())
          .Wrap(rule.field_selector_at);
    }
  }
  return {};
}

}  // namespace

Result<config::Config> LoadSettings(const Options& options) {
  config::Config config;
  if (!options.config.empty()) {
    auto loaded = config::LoadConfig(options.config);
    if (!loaded.ok()) return loaded.error();
    config = std::move(*loaded);
  } else {
    config = config::DefaultConfig();
    if (auto added = AddClusters(options, config); !added.ok()) {
      return added.error();
    }
  }
  if (config.clusters.empty()) {
    return Error(Code::kInvalid,
                 options.config.empty()
                     ? "no cluster to record: give one with --kubeconfig"
                     : options.config +
                           ": no cluster to record: name one under `clusters`");
  }
  for (const config::ClusterConfig& cluster : config.clusters) {
    const Status selectors = CheckSelectors(cluster.resources);
    if (!selectors.ok()) return selectors.error();
  }
  if (!options.data.empty()) config.data_dir = options.data;
  if (config.data_dir.empty()) config.data_dir = DefaultDataDir();
  if (!options.log_format.empty()) {
    config.log_format =
        options.log_format == "json" ? LogFormat::kJson : LogFormat::kText;
  }
  if (!options.log_level.empty()) config.log_level = options.log_level;
  return config;
}

Result<std::string> DescribeSettings(const config::Config& config) {
  std::string text = fmt::format("data directory {}\n", config.data_dir);
  for (const auto& cluster : config.clusters) {
    auto connection = config::ConnectionOf(cluster);
    if (!connection.ok()) return connection.error();
    text +=
        fmt::format("cluster {} at {}{}\n", cluster.name, connection->server,
                    connection->insecure ? " (NOT verified: insecure)" : "");
    for (const auto& rule : cluster.resources) text += DescribeRule(rule);
    for (const auto& name : cluster.exclude) {
      text += "  not " + name.ToString() + "\n";
    }
  }
  return text;
}

Status PrepareDataDir(const std::string& data_dir) {
  std::error_code error;
  const std::filesystem::path path(data_dir);
  if (!std::filesystem::exists(path, error)) {
    // 0700 from its first moment on.
    const mode_t before = umask(077);
    std::filesystem::create_directories(path, error);
    umask(before);
    if (error) {
      return Error(Code::kIo,
                   fmt::format("cannot make the data directory {}: {}; give "
                               "another with --data",
                               data_dir, error.message()));
    }
  }
  struct stat status {};
  if (stat(data_dir.c_str(), &status) != 0) {
    return Error(Code::kIo, fmt::format("cannot look at {}: {}", data_dir,
                                        std::strerror(errno)));
  }
  if (!S_ISDIR(status.st_mode)) {
    return Error(Code::kIo, data_dir +
                                " is not a directory; give another place with "
                                "--data");
  }
  if (access(data_dir.c_str(), W_OK | X_OK) != 0) {
    return Error(Code::kForbidden,
                 fmt::format("cannot write in {}: {}; make it writable for "
                             "this user, or give another with --data",
                             data_dir, std::strerror(errno)));
  }
  return {};
}

}  // namespace kubescribe::daemon
