#include "kube/discovery.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace kubescribe::kube {
namespace {

using Json = nlohmann::json;

const Json kNone;

const Json& At(const Json& object, const char* key) {
  if (!object.is_object()) return kNone;
  const auto it = object.find(key);
  return it == object.end() ? kNone : *it;
}

std::string Text(const Json& object, const char* key) {
  const Json& value = At(object, key);
  return value.is_string() ? value.get<std::string>() : "";
}

std::vector<std::string> Texts(const Json& object, const char* key) {
  std::vector<std::string> texts;
  const Json& array = At(object, key);
  if (!array.is_array()) return texts;
  for (const Json& text : array) {
    if (text.is_string()) texts.push_back(text.get<std::string>());
  }
  return texts;
}

std::string GroupVersion(const std::string& group, const std::string& version) {
  return group.empty() ? version : group + "/" + version;
}

std::string PathOf(const std::string& group, const std::string& version) {
  return group.empty() ? "/api/" + version : "/apis/" + group + "/" + version;
}

// "/apis/apps/v1" → ("apps", "v1"), "/api/v1" → ("", "v1").
std::pair<std::string, std::string> GroupAndVersion(const std::string& path) {
  const auto last = path.rfind('/');
  if (last == std::string::npos || last == 0) return {"", ""};
  const auto before = path.rfind('/', last - 1);
  const std::string group = path.substr(before + 1, last - before - 1);
  return {path.compare(0, 6, "/apis/") == 0 ? group : "",
          path.substr(last + 1)};
}

Error Unreadable(const std::string& what) {
  return Error(Code::kInvalid, "discovery: " + what);
}

bool IsSubresource(const std::string& name) {
  return name.empty() || name.find('/') != std::string::npos;
}

// A group/version of the aggregated form.
struct ServedVersion {
  std::string group;
  std::string version;
  bool stale = false;
  std::vector<ResourceInfo> resources;
};

std::vector<ServedVersion> ReadAggregated(const Json& groups) {
  std::vector<ServedVersion> out;
  for (const Json& group : groups) {
    const Json& versions = At(group, "versions");
    if (!versions.is_array()) continue;
    for (const Json& version : versions) {
      ServedVersion served;
      served.group = Text(At(group, "metadata"), "name");
      served.version = Text(version, "version");
      served.stale = Text(version, "freshness") == "Stale";
      if (served.version.empty()) continue;
      const Json& resources = At(version, "resources");
      if (resources.is_array()) {
        for (const Json& entry : resources) {
          ResourceInfo info;
          info.group = served.group;
          info.version = served.version;
          info.resource = Text(entry, "resource");
          if (IsSubresource(info.resource)) continue;
          info.kind = Text(At(entry, "responseKind"), "kind");
          info.singular = Text(entry, "singularResource");
          info.namespaced = Text(entry, "scope") == "Namespaced";
          info.verbs = Texts(entry, "verbs");
          info.short_names = Texts(entry, "shortNames");
          info.categories = Texts(entry, "categories");
          served.resources.push_back(std::move(info));
        }
      }
      out.push_back(std::move(served));
    }
  }
  return out;
}

}  // namespace

Result<bool> DiscoveryBuilder::AddRoot(std::string_view content_type,
                                       std::string_view body) {
  const Json json = Json::parse(body, nullptr, false);
  if (!json.is_object()) return Unreadable("the answer is no JSON object");
  if (content_type.find("as=APIGroupDiscoveryList") != std::string_view::npos) {
    if (!At(json, "items").is_array()) {
      return Unreadable("the aggregated answer has no items");
    }
    for (ServedVersion& served : ReadAggregated(At(json, "items"))) {
      AddVersion(served.group, served.version);
      if (served.stale) {
        unknown_.insert(GroupVersion(served.group, served.version));
      }
      lists_[PathOf(served.group, served.version)] =
          std::move(served.resources);
    }
    return true;
  }
  if (At(json, "versions").is_array()) {
    for (const std::string& version : Texts(json, "versions")) {
      AddVersion("", version);
    }
    return false;
  }
  if (At(json, "groups").is_array()) {
    for (const Json& group : At(json, "groups")) {
      const std::string name = Text(group, "name");
      if (name.empty() || !At(group, "versions").is_array()) continue;
      // The preferred version counts first, wherever it is listed.
      const std::string preferred =
          Text(At(group, "preferredVersion"), "version");
      if (!preferred.empty()) AddVersion(name, preferred);
      for (const Json& version : At(group, "versions")) {
        AddVersion(name, Text(version, "version"));
      }
    }
    return false;
  }
  return Unreadable("the answer lists neither versions nor groups");
}

void DiscoveryBuilder::AddVersion(const std::string& group,
                                  const std::string& version) {
  if (version.empty()) return;
  const auto [known, added] = versions_.try_emplace(group);
  if (added) groups_.push_back(group);
  auto& versions = known->second;
  if (std::find(versions.begin(), versions.end(), version) != versions.end()) {
    return;
  }
  versions.push_back(version);
  lists_.try_emplace(PathOf(group, version));
}

std::vector<std::string> DiscoveryBuilder::Wanted() const {
  std::vector<std::string> wanted;
  for (const auto& [path, list] : lists_) {
    const auto [group, version] = GroupAndVersion(path);
    if (!list && unknown_.count(GroupVersion(group, version)) == 0) {
      wanted.push_back(path);
    }
  }
  return wanted;
}

Status DiscoveryBuilder::AddResourceList(const std::string& path,
                                         std::string_view body) {
  const Json json = Json::parse(body, nullptr, false);
  const Json& resources = At(json, "resources");
  // A group/version without resources has null there.
  const bool shape = Text(json, "kind") == "APIResourceList" &&
                     (resources.is_array() || resources.is_null());
  if (!shape) return Unreadable(path + " answers no APIResourceList");
  const auto [group, version] = GroupAndVersion(path);
  std::vector<ResourceInfo> list;
  for (const Json& entry : resources) {
    ResourceInfo info;
    info.group = group;
    info.version = version;
    info.resource = Text(entry, "name");
    if (IsSubresource(info.resource)) continue;
    info.kind = Text(entry, "kind");
    info.singular = Text(entry, "singularName");
    info.namespaced = At(entry, "namespaced") == true;
    info.verbs = Texts(entry, "verbs");
    info.short_names = Texts(entry, "shortNames");
    info.categories = Texts(entry, "categories");
    info.storage_version_hash = Text(entry, "storageVersionHash");
    list.push_back(std::move(info));
  }
  lists_[path] = std::move(list);
  return {};
}

void DiscoveryBuilder::Failed(const std::string& path) {
  const auto [group, version] = GroupAndVersion(path);
  MarkUnknown(GroupVersion(group, version));
}

void DiscoveryBuilder::MarkUnknown(const std::string& what) {
  unknown_.insert(what);
}

bool Discovery::IsUnknown(const std::string& group,
                          const std::string& version) const {
  return unknown.count(GroupVersion(group, version)) > 0 ||
         unknown.count(group.empty() ? "/api" : "/apis") > 0;
}

Discovery DiscoveryBuilder::Build() const {
  Discovery discovery;
  discovery.unknown = unknown_;
  discovery.groups = groups_;
  // The core group comes first, whichever root was answered first.
  std::stable_partition(discovery.groups.begin(), discovery.groups.end(),
                        [](const std::string& group) { return group.empty(); });
  for (const auto& [group, versions] : versions_) {
    // A group prefers its first version, known or not, as clients see it.
    discovery.preferred[group] = versions.front();
    for (const std::string& version : versions) {
      const auto& list = lists_.at(PathOf(group, version));
      if (!list) {
        discovery.unknown.insert(GroupVersion(group, version));
        continue;
      }
      discovery.resources.insert(discovery.resources.end(), list->begin(),
                                 list->end());
    }
  }
  return discovery;
}

std::string Discovery::ToJson() const {
  Json list = Json::array();
  for (const ResourceInfo& info : resources) {
    Json entry = {
        {"group", info.group},          {"version", info.version},
        {"resource", info.resource},    {"kind", info.kind},
        {"singular", info.singular},    {"namespaced", info.namespaced},
        {"verbs", info.verbs},          {"shortNames", info.short_names},
        {"categories", info.categories}};
    if (!info.storage_version_hash.empty()) {
      entry["storageVersionHash"] = info.storage_version_hash;
    }
    list.push_back(std::move(entry));
  }
  const Json json = {{"groups", groups},
                     {"preferred", preferred},
                     {"resources", std::move(list)},
                     {"unknown", unknown}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<Discovery> Discovery::FromJson(std::string_view json) {
  const Json parsed = Json::parse(json, nullptr, false);
  if (!At(parsed, "resources").is_array() ||
      !At(parsed, "preferred").is_object()) {
    return Error(Code::kCorruption,
                 "a discovery record is not what was written");
  }
  Discovery discovery;
  for (const auto& [group, version] : parsed["preferred"].items()) {
    if (version.is_string()) {
      discovery.preferred[group] = version.get<std::string>();
    }
  }
  discovery.groups = Texts(parsed, "groups");
  for (const std::string& name : Texts(parsed, "unknown")) {
    discovery.unknown.insert(name);
  }
  for (const Json& entry : parsed["resources"]) {
    ResourceInfo info;
    info.group = Text(entry, "group");
    info.version = Text(entry, "version");
    info.resource = Text(entry, "resource");
    info.kind = Text(entry, "kind");
    info.singular = Text(entry, "singular");
    info.namespaced = At(entry, "namespaced") == true;
    info.verbs = Texts(entry, "verbs");
    info.short_names = Texts(entry, "shortNames");
    info.categories = Texts(entry, "categories");
    info.storage_version_hash = Text(entry, "storageVersionHash");
    discovery.resources.push_back(std::move(info));
  }
  return discovery;
}

}  // namespace kubescribe::kube
