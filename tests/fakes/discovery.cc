#include "fakes/discovery.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace kubescribe::fakes {
namespace {

using Json = nlohmann::ordered_json;

const Json& VerbsOf(const KindInfo& kind) {
  static const Json all = {"create", "delete", "deletecollection", "get",
                           "list",   "patch",  "update",           "watch"};
  static const Json of_namespaces = {"create", "delete", "get",  "list",
                                     "patch",  "update", "watch"};
  static const Json of_custom = {
      "delete", "deletecollection", "get",    "list",
      "patch",  "create",           "update", "watch"};
  if (kind.custom) return of_custom;
  return kind.Id() == "namespaces" ? of_namespaces : all;
}

// Core kinds that cannot be watched.
struct Unwatched {
  const char* plural;
  const char* singular;
  const char* kind;
  bool namespaced;
  std::vector<std::string> verbs;
  std::vector<std::string> short_names;
};

const std::vector<Unwatched>& UnwatchedKinds() {
  static const std::vector<Unwatched> kinds = {
      {"bindings", "binding", "Binding", true, {"create"}, {}},
      {"componentstatuses",
       "componentstatus",
       "ComponentStatus",
       false,
       {"get", "list"},
       {"cs"}}};
  return kinds;
}

// Groups and versions in order of first appearance, core left out.
std::vector<std::pair<std::string, std::vector<std::string>>> Groups(
    const std::vector<KindInfo>& kinds) {
  std::vector<std::pair<std::string, std::vector<std::string>>> groups;
  for (const KindInfo& kind : kinds) {
    if (kind.group.empty()) continue;
    auto at = std::find_if(groups.begin(), groups.end(), [&](const auto& g) {
      return g.first == kind.group;
    });
    if (at == groups.end()) {
      at = groups.insert(groups.end(), {kind.group, {}});
    }
    if (std::find(at->second.begin(), at->second.end(), kind.version) ==
        at->second.end()) {
      at->second.push_back(kind.version);
    }
  }
  return groups;
}

Json Group(const std::string& name, const std::vector<std::string>& versions) {
  Json out;
  out["name"] = name;
  for (const std::string& version : versions) {
    out["versions"].push_back(
        {{"groupVersion", name + "/" + version}, {"version", version}});
  }
  out["preferredVersion"] = out["versions"][0];
  return out;
}

bool HasStatus(const KindInfo& kind) {
  return kind.plural == "pods" || kind.plural == "nodes" ||
         kind.plural == "namespaces" || kind.group == "apps";
}

}  // namespace

std::string VersionText() {
  const Json out = {{"major", "1"},
                    {"minor", "36"},
                    {"emulationMajor", "1"},
                    {"emulationMinor", "36"},
                    {"minCompatibilityMajor", "1"},
                    {"minCompatibilityMinor", "35"},
                    {"gitVersion", "v1.36.3"},
                    {"gitCommit", "simulated"},
                    {"gitTreeState", ""},
                    {"buildDate", "1970-01-01T00:00:00Z"},
                    {"goVersion", "none"},
                    {"compiler", "none"},
                    {"platform", "linux/amd64"}};
  return out.dump(2);
}

std::string ApiVersionsText(const std::string& address) {
  Json out;
  out["kind"] = "APIVersions";
  out["versions"] = {"v1"};
  out["serverAddressByClientCIDRs"] = Json::array(
      {Json{{"clientCIDR", "0.0.0.0/0"}, {"serverAddress", address}}});
  return out.dump() + "\n";
}

std::string GroupListText(const std::vector<KindInfo>& kinds) {
  Json out = {{"kind", "APIGroupList"}, {"apiVersion", "v1"}};
  out["groups"] = Json::array();
  for (const auto& [name, versions] : Groups(kinds)) {
    out["groups"].push_back(Group(name, versions));
  }
  return out.dump() + "\n";
}

std::string GroupText(const std::vector<KindInfo>& kinds,
                      const std::string& group) {
  for (const auto& [name, versions] : Groups(kinds)) {
    if (name != group) continue;
    Json out = {{"kind", "APIGroup"}, {"apiVersion", "v1"}};
    out.update(Group(name, versions));
    return out.dump() + "\n";
  }
  return "";
}

std::string ResourceListText(const std::vector<KindInfo>& kinds,
                             const std::string& group,
                             const std::string& version) {
  Json out;
  out["kind"] = "APIResourceList";
  // The core list says no apiVersion of its own.
  if (!group.empty()) out["apiVersion"] = "v1";
  out["groupVersion"] = group.empty() ? version : group + "/" + version;
  out["resources"] = Json::array();
  for (const KindInfo& kind : kinds) {
    if (kind.group != group || kind.version != version) continue;
    Json one = {{"name", kind.plural},
                {"singularName", kind.singular},
                {"namespaced", kind.namespaced},
                {"kind", kind.kind},
                {"verbs", VerbsOf(kind)}};
    if (!kind.short_names.empty()) one["shortNames"] = kind.short_names;
    if (!kind.categories.empty()) one["categories"] = kind.categories;
    if (!kind.storage_hash.empty()) {
      one["storageVersionHash"] = kind.storage_hash;
    }
    out["resources"].push_back(std::move(one));
    if (!HasStatus(kind)) continue;
    out["resources"].push_back({{"name", kind.plural + "/status"},
                                {"singularName", ""},
                                {"namespaced", kind.namespaced},
                                {"kind", kind.kind},
                                {"verbs", {"get", "patch", "update"}}});
  }
  if (out["resources"].empty()) return "";
  if (group.empty()) {
    for (const Unwatched& kind : UnwatchedKinds()) {
      Json one = {{"name", kind.plural},
                  {"singularName", kind.singular},
                  {"namespaced", kind.namespaced},
                  {"kind", kind.kind},
                  {"verbs", kind.verbs}};
      if (!kind.short_names.empty()) one["shortNames"] = kind.short_names;
      out["resources"].push_back(std::move(one));
    }
  }
  return out.dump() + "\n";
}

std::string AggregatedText(const std::vector<KindInfo>& kinds, bool core,
                           const std::set<std::string>& failing) {
  Json out = {{"kind", "APIGroupDiscoveryList"},
              {"apiVersion", "apidiscovery.k8s.io/v2"},
              {"metadata", Json::object()}};
  out["items"] = Json::array();
  auto groups = Groups(kinds);
  if (core) groups = {{"", {"v1"}}};
  for (const auto& [name, versions] : groups) {
    Json item;
    item["metadata"] = Json::object();
    if (!name.empty()) item["metadata"]["name"] = name;
    for (const std::string& version : versions) {
      Json one;
      one["version"] = version;
      if (failing.count(name) != 0) {
        one["freshness"] = "Stale";
        item["versions"].push_back(std::move(one));
        continue;
      }
      for (const KindInfo& kind : kinds) {
        if (kind.group != name || kind.version != version) continue;
        // Built-in kinds leave group and version empty: "as the parent".
        const Json response = {{"group", kind.custom ? kind.group : ""},
                               {"version", kind.custom ? kind.version : ""},
                               {"kind", kind.kind}};
        Json resource = {{"resource", kind.plural},
                         {"responseKind", response},
                         {"scope", kind.namespaced ? "Namespaced" : "Cluster"},
                         {"singularResource", kind.singular},
                         {"verbs", VerbsOf(kind)}};
        if (!kind.short_names.empty()) {
          resource["shortNames"] = kind.short_names;
        }
        if (!kind.categories.empty()) resource["categories"] = kind.categories;
        if (HasStatus(kind)) {
          resource["subresources"] =
              Json::array({Json{{"subresource", "status"},
                                {"responseKind", response},
                                {"verbs", {"get", "patch", "update"}}}});
        }
        one["resources"].push_back(std::move(resource));
      }
      if (core) {
        for (const Unwatched& kind : UnwatchedKinds()) {
          Json resource = {
              {"resource", kind.plural},
              {"responseKind",
               {{"group", ""}, {"version", ""}, {"kind", kind.kind}}},
              {"scope", kind.namespaced ? "Namespaced" : "Cluster"},
              {"singularResource", kind.singular},
              {"verbs", kind.verbs}};
          if (!kind.short_names.empty()) {
            resource["shortNames"] = kind.short_names;
          }
          one["resources"].push_back(std::move(resource));
        }
      }
      one["freshness"] = "Current";
      item["versions"].push_back(std::move(one));
    }
    out["items"].push_back(std::move(item));
  }
  return out.dump() + "\n";
}

bool WantsAggregated(const std::string& accept) {
  // The first clause that fits decides; clients put the aggregated one first.
  return accept.find("as=APIGroupDiscoveryList") != std::string::npos &&
         accept.find("v=v2;") != std::string::npos &&
         accept.find("g=apidiscovery.k8s.io") != std::string::npos;
}

}  // namespace kubescribe::fakes
