#include "kubescribed/selection.h"

#include <fmt/format.h>

#include <algorithm>

namespace kubescribe::daemon {
namespace {

// Whether something that the name means may be served all the same.
bool MayBeUnknown(const config::ResourceName& name,
                  const kube::Discovery& discovery) {
  if (!name.group) return !discovery.unknown.empty();
  if (discovery.IsUnknown(*name.group, name.group->empty() ? "v1" : "")) {
    return true;
  }
  return std::any_of(discovery.unknown.begin(), discovery.unknown.end(),
                     [&](const std::string& unknown) {
                       return unknown.starts_with(*name.group + "/");
                     });
}

// Why nothing is recorded by the name; "": something is, or may be.
std::string WhyNothing(const config::ResourceName& name,
                       const kube::Discovery& discovery,
                       const std::vector<kube::ResourceInfo>& recordable) {
  const auto matches = [&](const kube::ResourceInfo& kind) {
    return name.Matches(kind.group, kind.resource);
  };
  if (std::any_of(recordable.begin(), recordable.end(), matches)) return "";
  if (MayBeUnknown(name, discovery)) return "";
  if (std::any_of(discovery.resources.begin(), discovery.resources.end(),
                  matches)) {
    return "the server cannot list and watch it, or serves the same objects "
           "under another name";
  }
  if (name.every_kind()) return "the server serves no kind of that group";
  const auto meant = kube::ResolveType(discovery, name.ToString());
  if (!meant.ok()) return meant.error().message();
  return "write it as " +
         kube::GroupResource{meant->group, meant->resource}.ToString();
}

}  // namespace

std::vector<watch::Selection> SelectionsOf(const config::ClusterConfig& cluster,
                                           const kube::ResourceInfo& kind) {
  std::vector<watch::Selection> selections;
  for (const auto* rule :
       config::RulesFor(cluster, kind.group, kind.resource)) {
    watch::Selection selection;
    selection.label_selector = rule->label_selector;
    selection.field_selector = rule->field_selector;
    selection.level = rule->level == config::Level::kMetadata
                          ? watch::Level::kMetadata
                          : watch::Level::kFull;
    if (rule->namespaces.empty() || !kind.namespaced) {
      if (!rule->namespaces.empty() && rule->resource.every_kind()) continue;
      selections.push_back(selection);
      continue;
    }
    for (const auto& space : rule->namespaces) {
      selection.name_space = space;
      selections.push_back(selection);
    }
  }
  return selections;
}

std::vector<std::string> DoubtfulRules(const config::ClusterConfig& cluster,
                                       const kube::Discovery& discovery) {
  std::vector<std::string> doubtful;
  const auto recordable = kube::Recordable(discovery);
  for (const auto& rule : cluster.resources) {
    if (rule.resource.everything()) continue;
    const std::string why = WhyNothing(rule.resource, discovery, recordable);
    if (!why.empty()) {
      doubtful.push_back(fmt::format("the rule for {} does nothing: {}",
                                     rule.resource.ToString(), why));
      continue;
    }
    if (rule.namespaces.empty() || rule.resource.every_kind()) continue;
    for (const auto& kind : recordable) {
      if (kind.namespaced ||
          !rule.resource.Matches(kind.group, kind.resource)) {
        continue;
      }
      doubtful.push_back(fmt::format(
          "the rule for {} names namespaces, but {} are in none: all are "
          "recorded",
          rule.resource.ToString(), kind.resource));
    }
  }
  return doubtful;
}

}  // namespace kubescribe::daemon
