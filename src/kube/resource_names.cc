// What discovery means: which of its entries are one kind, which of them can be
// recorded, and which of them a person's word names.

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/edit_distance.h"
#include "kube/discovery.h"

namespace kubescribe::kube {
namespace {

// One storage under several names (P§5): the second name is an alias of the
// first. Where only the alias is served it stands for itself.
const std::vector<std::pair<GroupResource, GroupResource>>& SameStorage() {
  static const auto& pairs =
      *new std::vector<std::pair<GroupResource, GroupResource>>{
          // NOLINT
          {{"", "events"}, {"events.k8s.io", "events"}},
          {{"networking.k8s.io", "ingresses"}, {"extensions", "ingresses"}},
          {{"networking.k8s.io", "networkpolicies"},
           {"extensions", "networkpolicies"}},
          {{"apps", "deployments"}, {"extensions", "deployments"}},
          {{"apps", "daemonsets"}, {"extensions", "daemonsets"}},
          {{"apps", "replicasets"}, {"extensions", "replicasets"}},
          {{"policy", "podsecuritypolicies"},
           {"extensions", "podsecuritypolicies"}},
      };
  return pairs;
}

bool HasVerb(const ResourceInfo& info, std::string_view verb) {
  return std::find(info.verbs.begin(), info.verbs.end(), verb) !=
         info.verbs.end();
}

std::string Lowered(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

// A version's rank by Kubernetes' rule: stable before beta before alpha, then
// the higher number; others last.
std::pair<int, int> VersionRank(const std::string& version) {
  int major = 0;
  std::size_t at = 1;
  while (at < version.size() && version[at] >= '0' && version[at] <= '9' &&
         at < 6) {
    major = major * 10 + (version[at++] - '0');
  }
  if (version.empty() || version[0] != 'v' || at == 1) return {3, 0};
  const std::string rest = version.substr(at);
  const int level = rest.empty()                       ? 0
                    : rest.compare(0, 4, "beta") == 0  ? 1
                    : rest.compare(0, 5, "alpha") == 0 ? 2
                                                       : 3;
  return {level, -major};
}

// Whether `a` is the version of the kind to use before `b`.
bool Before(const Discovery& discovery, const ResourceInfo& a,
            const ResourceInfo& b) {
  const auto preferred = discovery.preferred.find(a.group);
  if (preferred != discovery.preferred.end() && a.version != b.version) {
    if (a.version == preferred->second) return true;
    if (b.version == preferred->second) return false;
  }
  return VersionRank(a.version) < VersionRank(b.version);
}

// One entry a (group, resource) that `usable` accepts, in the version to use.
template <typename Usable>
std::map<GroupResource, const ResourceInfo*> BestVersions(
    const Discovery& discovery, Usable usable) {
  std::map<GroupResource, const ResourceInfo*> best;
  for (const ResourceInfo& info : discovery.resources) {
    if (!usable(info)) continue;
    const auto [it, added] = best.try_emplace(info.group_resource(), &info);
    if (!added && Before(discovery, info, *it->second)) it->second = &info;
  }
  return best;
}

// Where a group stands among the others: as the server said, else as servers
// have those that are built in, before all others.
class GroupOrder {
 public:
  explicit GroupOrder(const Discovery& discovery)
      : groups_(discovery.groups.empty() ? BuiltIn() : discovery.groups) {}

  bool Before(const std::string& a, const std::string& b) const {
    const auto place = [&](const std::string& group) {
      return std::find(groups_.begin(), groups_.end(), group) - groups_.begin();
    };
    const auto first = place(a);
    const auto second = place(b);
    return first != second ? first < second : a < b;
  }

 private:
  static const std::vector<std::string>& BuiltIn() {
    static const auto& groups =
        *new std::vector<std::string>{// NOLINT
                                      "",
                                      "apiregistration.k8s.io",
                                      "extensions",
                                      "apps",
                                      "events.k8s.io",
                                      "authentication.k8s.io",
                                      "authorization.k8s.io",
                                      "autoscaling",
                                      "batch",
                                      "certificates.k8s.io",
                                      "networking.k8s.io",
                                      "policy",
                                      "rbac.authorization.k8s.io",
                                      "storage.k8s.io",
                                      "admissionregistration.k8s.io",
                                      "apiextensions.k8s.io",
                                      "scheduling.k8s.io",
                                      "coordination.k8s.io",
                                      "node.k8s.io",
                                      "discovery.k8s.io",
                                      "flowcontrol.apiserver.k8s.io",
                                      "resource.k8s.io"};
    return groups;
  }

  const std::vector<std::string> groups_;
};

// The kinds in order of their groups, within one by name.
std::vector<const ResourceInfo*> InOrder(
    const Discovery& discovery,
    const std::map<GroupResource, const ResourceInfo*>& best) {
  std::vector<const ResourceInfo*> out;
  out.reserve(best.size());
  for (const auto& [resource, info] : best) out.push_back(info);
  const GroupOrder order(discovery);
  std::stable_sort(out.begin(), out.end(),
                   [&](const ResourceInfo* a, const ResourceInfo* b) {
                     return order.Before(a->group, b->group);
                   });
  return out;
}

bool IsNamed(const ResourceInfo& info, const std::string& name) {
  return info.resource == name || Lowered(info.singular) == name ||
         Lowered(info.kind) == name ||
         std::find(info.short_names.begin(), info.short_names.end(), name) !=
             info.short_names.end();
}

// A full name is meant before a short one: "ev" may be some other's kind.
bool IsFullyNamed(const ResourceInfo& info, const std::string& name) {
  return info.resource == name || Lowered(info.singular) == name ||
         Lowered(info.kind) == name;
}

// What a TYPE says: a name, and perhaps a group and a version.
struct Wanted {
  std::string name;
  std::optional<std::string> group;
  std::optional<std::string> version;
  bool group_by_prefix = false;  // "deployments.ap": kubectl takes it

  bool Fits(const ResourceInfo& info) const {
    if (!IsNamed(info, name)) return false;
    if (version && info.version != *version) return false;
    if (!group) return true;
    return group_by_prefix ? info.group.compare(0, group->size(), *group) == 0
                           : info.group == *group;
  }
};

// The readings of "x.y.z" and "a/b/c", the likelier first.
std::vector<Wanted> Readings(const std::string& type) {
  std::vector<Wanted> readings;
  if (const auto last = type.rfind('/'); last != std::string::npos) {
    const std::string name = type.substr(last + 1);
    const std::string before = type.substr(0, last);
    const auto slash = before.find('/');
    if (slash == std::string::npos) {
      // "v1/pods"; and "apps/deployments", which only means a group.
      readings.push_back({name, "", before, false});
      readings.push_back({name, before, std::nullopt, false});
    } else {
      const std::string group = before.substr(0, slash);
      readings.push_back({name, group == "core" ? "" : group,
                          before.substr(slash + 1), false});
    }
    return readings;
  }
  const auto dot = type.find('.');
  const std::string name = type.substr(0, dot);
  if (dot == std::string::npos) {
    readings.push_back({name, std::nullopt, std::nullopt, false});
    return readings;
  }
  const std::string rest = type.substr(dot + 1);
  const auto next = rest.find('.');
  const std::string version = rest.substr(0, next);
  const std::string group =
      next == std::string::npos ? "" : rest.substr(next + 1);
  readings.push_back({name, group, version, false});  // pods.v1, x.v1.apps
  readings.push_back({name, rest, std::nullopt, false});
  readings.push_back({name, rest, std::nullopt, true});
  return readings;
}

}  // namespace

GroupResource Canonical(const GroupResource& resource) {
  for (const auto& [canonical, alias] : SameStorage()) {
    if (resource == alias) return canonical;
  }
  return resource;
}

std::vector<ResourceInfo> Recordable(const Discovery& discovery) {
  const auto best = BestVersions(discovery, [](const ResourceInfo& info) {
    return HasVerb(info, "list") && HasVerb(info, "watch");
  });
  std::map<std::string, GroupResource> by_hash;
  std::vector<ResourceInfo> out;
  for (const auto& [resource, info] : best) {
    const GroupResource canonical = Canonical(resource);
    if (canonical != resource && best.count(canonical) > 0) continue;
    // Equal hashes mean one storage (P§5), but the hash is of a kind in a
    // group: two resources of one kind in one group would be a contradiction.
    if (const std::string& hash = info->storage_version_hash; !hash.empty()) {
      const auto [it, added] = by_hash.try_emplace(hash, resource);
      if (!added && it->second.resource == resource.resource) continue;
    }
    out.push_back(*info);
  }
  return out;
}

std::vector<ResourceInfo> ResourcesOfCategory(const Discovery& discovery,
                                              std::string_view category) {
  std::vector<ResourceInfo> out;
  const auto best = BestVersions(discovery, [&](const ResourceInfo& info) {
    return std::find(info.categories.begin(), info.categories.end(),
                     category) != info.categories.end();
  });
  for (const ResourceInfo* info : InOrder(discovery, best)) {
    out.push_back(*info);
  }
  return out;
}

Result<ResourceInfo> ResolveType(const Discovery& discovery,
                                 std::string_view type) {
  const std::string wanted = Lowered(type);
  const auto readings = Readings(wanted);
  const auto any =
      BestVersions(discovery, [](const ResourceInfo&) { return true; });
  for (const Wanted& reading : readings) {
    const auto best = reading.version
                          ? BestVersions(discovery,
                                         [&](const ResourceInfo& i) {
                                           return reading.Fits(i);
                                         })
                          : any;
    const ResourceInfo* by_short_name = nullptr;
    for (const ResourceInfo* info : InOrder(discovery, best)) {
      if (!reading.Fits(*info)) continue;
      if (IsFullyNamed(*info, reading.name)) return *info;
      if (by_short_name == nullptr) by_short_name = info;
    }
    if (by_short_name != nullptr) return *by_short_name;
  }

  std::string message = fmt::format(
      "the server doesn't have a resource type \"{}\"", readings.front().name);
  const std::string& name = readings.front().name;
  std::string near;
  std::size_t least = name.size() < 5 ? 2 : 3;  // one or two letters wrong
  for (const auto& [resource, info] : any) {
    for (const std::string& candidate :
         {info->resource, Lowered(info->singular)}) {
      if (candidate.size() > 64 || name.size() > 64) continue;
      const std::size_t distance = EditDistance(name, candidate);
      if (distance < least) {
        least = distance;
        near = distance == 0 ? resource.ToString() : candidate;
      }
    }
  }
  if (!near.empty()) message += fmt::format(", did you mean \"{}\"?", near);
  return Error(Code::kNotFound, message);
}

}  // namespace kubescribe::kube
