// What Kubernetes calls a kind of object, and how this project identifies one.
//
// Identity is (group, resource), never the version (P§5: one storage may be
// served under several versions): `deployments.apps`, `pods`.
#pragma once

#include <compare>
#include <string>
#include <vector>

namespace kubescribe::kube {

struct GroupResource {
  std::string group;     // "" for the core group
  std::string resource;  // lower-case plural: "pods"

  auto operator<=>(const GroupResource&) const = default;
  // "pods", "deployments.apps".
  std::string ToString() const {
    return group.empty() ? resource : resource + "." + group;
  }
};

// One entry of discovery: a kind of object that the server serves.
struct ResourceInfo {
  std::string group;
  std::string version;   // the one to watch
  std::string resource;  // plural
  std::string kind;
  std::string singular;
  bool namespaced = false;
  std::vector<std::string> verbs;
  std::vector<std::string> short_names;
  std::vector<std::string> categories;
  std::string storage_version_hash;  // "" where discovery does not tell it

  bool operator==(const ResourceInfo&) const = default;
  GroupResource group_resource() const { return {group, resource}; }
  // "v1", "apps/v1".
  std::string group_version() const {
    return group.empty() ? version : group + "/" + version;
  }
  // "/api/v1/pods", "/apis/apps/v1/namespaces/NS/deployments" (NS given and
  // the kind namespaced). Without a query.
  std::string Path(const std::string& in_namespace) const {
    std::string path =
        group.empty() ? "/api/" + version : "/apis/" + group + "/" + version;
    if (namespaced && !in_namespace.empty()) {
      path += "/namespaces/" + in_namespace;
    }
    return path + "/" + resource;
  }
};

}  // namespace kubescribe::kube
