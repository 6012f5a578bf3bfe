#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "kube/go_text.h"
#include "kube/selector.h"

namespace kubescribe::kube {
namespace {

using Json = nlohmann::json;
using Paths = std::set<std::string, std::less<>>;

// What servers support beside metadata.name (P§7).
struct Fields {
  bool name_space = true;  // metadata.namespace, too
  Paths paths;
};

const std::map<GroupResource, Fields>& FieldsOfKinds() {
  static const auto& fields = *new std::map<GroupResource, Fields>{
      // NOLINT
      {{"", "pods"},
       {true,
        {"spec.nodeName", "spec.host", "spec.restartPolicy",
         "spec.schedulerName", "spec.serviceAccountName", "spec.hostNetwork",
         "status.phase", "status.podIP", "status.podIPs",
         "status.nominatedNodeName"}}},
      {{"", "nodes"}, {false, {"spec.unschedulable"}}},
      {{"", "namespaces"}, {false, {"status.phase"}}},
      {{"", "secrets"}, {true, {"type"}}},
      {{"", "services"}, {true, {"spec.clusterIP", "spec.type"}}},
      {{"", "replicationcontrollers"}, {true, {"status.replicas"}}},
      {{"batch", "jobs"}, {true, {"status.successful"}}},
      {{"certificates.k8s.io", "certificatesigningrequests"},
       {false, {"spec.signerName"}}},
      {{"certificates.k8s.io", "clustertrustbundles"},
       {false, {"spec.signerName"}}},
      {{"certificates.k8s.io", "podcertificaterequests"},
       {false, {"spec.signerName", "spec.podName", "spec.nodeName"}}},
      {{"resource.k8s.io", "resourceslices"},
       {false, {"spec.nodeName", "spec.driver"}}},
      {{"", "events"},
       {true,
        {"involvedObject.kind", "involvedObject.namespace",
         "involvedObject.name", "involvedObject.uid",
         "involvedObject.apiVersion", "involvedObject.resourceVersion",
         "involvedObject.fieldPath", "reason", "reportingComponent", "source",
         "type"}}},
      {{"events.k8s.io", "events"},
       {true,
        {"regarding.kind", "regarding.namespace", "regarding.name",
         "regarding.uid", "regarding.apiVersion", "regarding.resourceVersion",
         "regarding.fieldPath", "reason", "reportingController", "type"}}},
  };
  return fields;
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
                                         "apiextensions.k8s.io",
                                         "apiregistration.k8s.io",
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

// How a server words it that a kind cannot be selected by `path`: most kinds
// with fields of their own alike, those without by the words of all.
std::string Refusal(const GroupResource& resource, std::string_view version,
                    const std::string& path, bool has_own_fields) {
  const std::string kind = resource.ToString();
  if (kind == "jobs.batch") {
    return fmt::format("field label {} not supported for Job", GoQuote(path));
  }
  if (kind == "resourceslices.resource.k8s.io") {
    return fmt::format(
        "field label not supported for {}/{}, Kind=ResourceSlice: {}",
        resource.group, version, path);
  }
  if (has_own_fields) return "field label not supported: " + path;
  return GoQuote(path) +
         " is not a known field selector: only \"metadata.name\", "
         "\"metadata.namespace\"";
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
                    std::initializer_list<std::string> paths) {
  for (const std::string& path : paths) {
    if (std::string text = TextAt(object, path); !text.empty()) return text;
  }
  return "";
}

// What a custom resource selects by, as its definition says.
Fields FieldsOf(const Json& definition, std::string_view version) {
  Fields fields;
  fields.name_space = TextAt(definition, "spec.scope") != "Cluster";
  const Json* versions = Find(definition, "spec.versions");
  if (versions == nullptr || !versions->is_array()) return fields;
  for (const Json& each : *versions) {
    if (TextAt(each, "name") != version) continue;
    const Json* selectable = Find(each, "selectableFields");
    if (selectable == nullptr || !selectable->is_array()) continue;
    for (const Json& field : *selectable) {
      std::string path = TextAt(field, "jsonPath");
      if (path.substr(0, 1) == ".") path.erase(0, 1);
      fields.paths.insert(std::move(path));
    }
  }
  return fields;
}

// The value as a server computes it, where that is not just what stands there.
std::string FieldValue(const GroupResource& resource, const std::string& path,
                       const Json& object) {
  const std::string kind = resource.ToString();
  if (kind == "pods") {
    if (path == "spec.host") return TextAt(object, "spec.nodeName");
    // Servers take this field, and fill it for no Pod.
    if (path == "status.podIPs") return "";
    if (path == "spec.hostNetwork") {
      return TextAt(object, path) == "true" ? "true" : "false";
    }
  }
  if (kind == "nodes" && path == "spec.unschedulable") {
    return TextAt(object, path) == "true" ? "true" : "false";
  }
  if ((kind == "jobs.batch" && path == "status.successful") ||
      (kind == "replicationcontrollers" && path == "status.replicas")) {
    const std::string count =
        TextAt(object, kind == "jobs.batch" ? "status.succeeded" : path);
    return count.empty() ? "0" : count;
  }
  if (kind == "events" && path == "source") {
    return FirstOf(object, {"source.component", "reportingComponent"});
  }
  // These Events are recorded in the form of the other group.
  if (kind == "events.events.k8s.io") {
    constexpr std::string_view kRegarding = "regarding.";
    if (path == "reportingController") {
      return FirstOf(object, {path, "reportingComponent"});
    }
    if (path.substr(0, kRegarding.size()) == kRegarding) {
      return FirstOf(
          object, {path, "involvedObject." + path.substr(kRegarding.size())});
    }
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

    // A backslash in a path is nothing special.
    std::size_t at = 0;
    while (at < term.size() && term[at] != '=' && term.substr(at, 2) != "!=") {
      ++at;
    }
    if (at >= term.size()) return bad(term, "there is no =, == or !=");
    Requirement requirement;
    requirement.path = std::string(term.substr(0, at));
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
    if (requirement.path.empty()) {
      // To a server nothing is equal to nothing, or not: all the same.
      if (requirement.value.empty()) continue;
      return bad(term, "there is no field");
    }
    selector.requirements_.push_back(std::move(requirement));
  }
  return selector;
}

Status FieldSelector::Supports(const GroupResource& resource,
                               std::string_view version,
                               std::string_view definition) const {
  const auto kind = FieldsOfKinds().find(resource);
  const Json crd =
      definition.empty() ? Json() : Json::parse(definition, nullptr, false);
  Fields fields;
  bool any = false;
  const bool has_own_fields = crd.is_object() || kind != FieldsOfKinds().end();
  if (crd.is_object()) {
    fields = FieldsOf(crd, version);
  } else if (kind != FieldsOfKinds().end()) {
    fields = kind->second;
  } else {
    any = !IsBuiltIn(resource.group);
  }
  for (const Requirement& requirement : requirements_) {
    const std::string& path = requirement.path;
    if (any || path == "metadata.name" || fields.paths.count(path) > 0) {
      continue;
    }
    if (path == "metadata.namespace" && fields.name_space) continue;
    return Error(Code::kInvalid,
                 Refusal(resource, version, path, has_own_fields));
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
