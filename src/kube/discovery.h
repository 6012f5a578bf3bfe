// Discovery: what kinds a server serves (P§5), from either form of it, and what
// a name that a person types means by it.
//
// Reading is incremental because legacy discovery is many requests: feed
// documents to a DiscoveryBuilder, then Build().
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "kube/resource.h"

namespace kubescribe::kube {

// Everything known to be served: every resource in every served version;
// subresources are left out.
struct Discovery {
  std::vector<ResourceInfo> resources;
  // The preferred version of each group ("" is core → "v1").
  std::map<std::string, std::string> preferred;
  // The groups in the server's order, which decides what a name means that
  // several have; empty: not known.
  std::vector<std::string> groups;
  // Group/versions that failed or are stale, and roots ("/api", "/apis") that
  // were refused: nothing may be concluded from the absence of what is in them.
  std::set<std::string> unknown;

  bool operator==(const Discovery&) const = default;

  // Whether a kind of this group and version may be served although it is not
  // in `resources`.
  bool IsUnknown(const std::string& group, const std::string& version) const;

  // A JSON object, stable in order: recorded as the discovery record's payload.
  std::string ToJson() const;
  static Result<Discovery> FromJson(std::string_view json);
};

class DiscoveryBuilder {
 public:
  // An answer to /api or /apis with the aggregated Accept header; decided by
  // the Content-Type (v2 and v2beta1). Answers whether it was aggregated; if
  // not, it was read as the legacy form and Wanted() tells what to get.
  Result<bool> AddRoot(std::string_view content_type, std::string_view body);
  // Paths still needed: "/api/v1", "/apis/apps/v1", …
  std::vector<std::string> Wanted() const;
  Status AddResourceList(const std::string& path, std::string_view body);
  // That path failed: its group/version is unknown.
  void Failed(const std::string& path);
  // A group/version, or a whole root ("/api", "/apis").
  void MarkUnknown(const std::string& what);
  Discovery Build() const;

 private:
  void AddVersion(const std::string& group, const std::string& version);

  // By path; nothing until its list is known.
  std::map<std::string, std::optional<std::vector<ResourceInfo>>> lists_;
  std::map<std::string, std::vector<std::string>> versions_;  // by preference
  std::vector<std::string> groups_;                           // as they came
  std::set<std::string> unknown_;
};

// What can be recorded: verbs include list and watch; one entry a
// (group, resource), in its preferred version; one storage once, although two
// groups serve it (P§5: events before events.k8s.io, the rest of the list
// there, equal storageVersionHash). Sorted.
std::vector<ResourceInfo> Recordable(const Discovery& discovery);

// The canonical (group, resource) for an alias of the same storage:
// events.k8s.io/events → events. Others are returned as they are.
GroupResource Canonical(const GroupResource& resource);

// The kinds of a category ("all"), each in its preferred version, in the order
// in which kubectl shows them; none: it is no category.
std::vector<ResourceInfo> ResourcesOfCategory(const Discovery& discovery,
                                              std::string_view category);

// What a person's TYPE means: "po", "pods", "Pod", "deployments.apps",
// "deployments.v1.apps", "v1/pods", "core/v1/pods", "apps/v1/deployments",
// singular, short name; case does not matter. Preference as kubectl's: core
// first, then groups in order. kNotFound with "the server doesn't have a
// resource type "x"" and, where one is near, "did you mean "y"?".
Result<ResourceInfo> ResolveType(const Discovery& discovery,
                                 std::string_view type);

}  // namespace kubescribe::kube
