#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "kube/selector.h"

namespace kubescribe::kube {
namespace {

using Json = nlohmann::json;
using Paths = std::set<std::string, std::less<>>;

// What servers support beside metadata.name and metadata.namespace (P§7).
const std::map<GroupResource, Paths>& SupportedPaths() {
  static const auto& paths = *new std::map<GroupResource, Paths>{
      // NOLINT
      {{"", "pods"},
       {"spec.nodeName", "spec.host", "spec.restartPolicy",
        "spec.schedulerName", "spec.serviceAccountName", "spec.hostNetwork",
        "status.phase", "status.podIP", "status.podIPs",
        "status.nominatedNodeName"}},
      {{"", "nodes"}, {"spec.unschedulable"}},
      {{"", "namespaces"}, {"status.phase"}},
      {{"", "secrets"}, {"type"}},
      {{"", "services"}, {"spec.clusterIP", "spec.type"}},
      {{"", "replicationcontrollers"}, {"status.replicas"}},
      {{"apps", "replicasets"}, {"status.replicas"}},
      {{"batch", "jobs"}, {"status.successful"}},
      {{"certificates.k8s.io", "certificatesigningrequests"},
       {"spec.signerName"}},
      {{"resource.k8s.io", "resourceslices"},
       {"spec.nodeName", "spec.driver", "spec.pool.name"}},
      {{"", "events"},
       {"involvedObject.kind", "involvedObject.namespace",
        "involvedObject.name", "involvedObject.uid",
        "involvedObject.apiVersion", "involvedObject.resourceVersion",
        "involvedObject.fieldPath", "reason", "reportingComponent", "source",
        "type"}},
      {{"events.k8s.io", "events"},
       {"regarding.kind", "regarding.namespace", "regarding.name",
        "regarding.uid", "regarding.apiVersion", "regarding.resourceVersion",
        "regarding.fieldPath", "reason", "reportingController", "type"}},
  };
  return paths;
}

bool IsClusterScoped(const GroupResource& resource) {
  return resource.group.empty() &&
         (resource.resource == "nodes" || resource.resource == "namespaces" ||
          resource.resource == "persistentvolumes");
}

// Whether the group is Kubernetes' own: its kinds select by nothing else.
bool IsBuiltIn(const std::string& group) {
  static const auto& groups = *new Paths{// NOLINT
                                         "",
                                         "apps",
                                         "autoscaling",
                                         "batch",
                                         "extensions",
                                         "policy",
                                         "admissionregistration.k8s.io",
                                         "authentication.k8s.io",
                                         "authorization.k8s.io",
                                         "certificates.k8s.io",
                                         "coordination.k8s.io",
                                         "discovery.k8s.io",
                                         "events.k8s.io",
                                         "flowcontrol.apiserver.k8s.io",
                                         "internal.apiserver.k8s.io",
                                         "networking.k8s.io",
                                         "node.k8s.io",
                                         "rbac.authorization.k8s.io",
                                         "resource.k8s.io",
                                         "scheduling.k8s.io",
                                         "storage.k8s.io",
                                         "storagemigration.k8s.io"};
  return groups.count(group) > 0;
}

std::string AsText(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean() || value.is_number()) return value.dump();
  return "";
}

const Json* Find(const Json& object, std::string_view path) {
  const Json* at = &object;
  while (!path.empty()) {
    const auto dot = path.find('.');
    if (!at->is_object()) return nullptr;
    const auto next = at->find(std::string(path.substr(0, dot)));
    if (next == at->end()) return nullptr;
    at = &*next;
    path = dot == std::string_view::npos ? "" : path.substr(dot + 1);
  }
  return at;
}

std::string TextAt(const Json& object, std::string_view path) {
  const Json* found = Find(object, path);
  return found == nullptr ? "" : AsText(*found);
}

std::string FirstOf(const Json& object,
                    std::initializer_list<std::string_view> paths) {
  for (const std::string_view path : paths) {
    if (std::string text = TextAt(object, path); !text.empty()) return text;
  }
  return "";
}

// The value as a server computes it, where that is not just what stands there.
std::string FieldValue(const GroupResource& resource, const std::string& path,
                       const Json& object) {
  const std::string kind = resource.ToString();
  if (kind == "pods") {
    if (path == "spec.host") return TextAt(object, "spec.nodeName");
    if (path == "status.podIPs") return TextAt(object, "status.podIP");
    if (path == "spec.hostNetwork") {
      return TextAt(object, path) == "true" ? "true" : "false";
    }
  }
  if (kind == "nodes" && path == "spec.unschedulable") {
    return TextAt(object, path) == "true" ? "true" : "false";
  }
  if (path == "status.replicas" || path == "status.successful") {
    const std::string count =
        TextAt(object, path == "status.successful" ? "status.succeeded" : path);
    return count.empty() ? "0" : count;
  }
  if (kind == "events" && path == "source") {
    return FirstOf(object, {"source.component", "reportingComponent"});
  }
  if (kind == "events" && path == "reportingComponent") {
    return TextAt(object, path);
  }
  if (kind == "events.events.k8s.io" && path == "reportingController") {
    return FirstOf(object, {path, "deprecatedSource.component"});
  }
  return TextAt(object, path);
}

}  // namespace

Result<FieldSelector> FieldSelector::Parse(std::string_view text) {
  FieldSelector selector;
  const auto bad = [&](std::string_view part, const char* what) {
    return Error(Code::kInvalid, fmt::format("field selector \"{}\": {} in "
                                             "\"{}\"",
                                             text, what, part));
  };
  std::size_t start = 0;
  while (start < text.size()) {
    // Up to a comma that no backslash escapes.
    std::size_t end = start;
    while (end < text.size() && text[end] != ',') {
      end += text[end] == '\\' ? 2 : 1;
    }
    end = std::min(end, text.size());
    const std::string_view term = text.substr(start, end - start);
    start = end + 1;
    if (term.empty()) continue;

    std::size_t at = 0;
    while (at < term.size() && term[at] != '=' && term.substr(at, 2) != "!=") {
      at += term[at] == '\\' ? 2 : 1;
    }
    if (at >= term.size()) return bad(term, "there is no =, == or !=");
    Requirement requirement;
    requirement.path = std::string(term.substr(0, at));
    if (requirement.path.empty()) return bad(term, "there is no field");
    requirement.equal = term[at] == '=';
    at += requirement.equal && term.substr(at, 2) != "==" ? 1 : 2;
    for (; at < term.size(); ++at) {
      char c = term[at];
      if (c == '\\') {
        if (++at == term.size()) return bad(term, "a backslash ends the value");
        c = term[at];
        if (c != '\\' && c != ',' && c != '=') {
          return bad(term, "only \\ , and = can be escaped");
        }
      } else if (c == '=') {
        return bad(term, "an = in a value needs a backslash");
      }
      requirement.value += c;
    }
    selector.requirements_.push_back(std::move(requirement));
  }
  return selector;
}

Status FieldSelector::Supports(const GroupResource& resource) const {
  const auto known = SupportedPaths().find(resource);
  for (const Requirement& requirement : requirements_) {
    const std::string& path = requirement.path;
    if (path == "metadata.name") continue;
    if (path == "metadata.namespace" && !IsClusterScoped(resource)) continue;
    if (known != SupportedPaths().end() ? known->second.count(path) > 0
                                        : !IsBuiltIn(resource.group)) {
      continue;
    }
    return Error(Code::kInvalid, "field label not supported: " + path);
  }
  return {};
}

bool FieldSelector::MatchesObject(const GroupResource& resource,
                                  std::string_view object) const {
  const Json json = Json::parse(object, nullptr, false);
  if (!json.is_object()) return false;
  return std::all_of(requirements_.begin(), requirements_.end(),
                     [&](const Requirement& requirement) {
                       return (FieldValue(resource, requirement.path, json) ==
                               requirement.value) == requirement.equal;
                     });
}

}  // namespace kubescribe::kube
