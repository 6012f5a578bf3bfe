// What a cluster is made of beside its Pods: nodes, namespaces, events,
// configuration, leases.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "kube/printer_table.h"

namespace kubescribe::kube {
namespace {

std::string NodeStatus(const PrintInput& in) {
  std::string status = "Unknown";
  // Of several the last counts.
  for (const JsonNode condition : in.status()["conditions"].items()) {
    if (condition["type"].text() != "Ready") continue;
    status = condition["status"].text() == "True" ? "Ready" : "NotReady";
  }
  if (in.spec()["unschedulable"].is_true()) status += ",SchedulingDisabled";
  return status;
}

std::string NodeRoles(JsonNode labels) {
  constexpr std::string_view kPrefix = "node-role.kubernetes.io/";
  std::set<std::string> roles;
  for (const JsonNode label : labels.members()) {
    const std::string_view key = label.key();
    if (key.substr(0, kPrefix.size()) == kPrefix) {
      roles.emplace(key.substr(kPrefix.size()));
    } else if (key == "kubernetes.io/role") {
      roles.emplace(label.text());
    }
  }
  roles.erase("");
  return roles.empty() ? "<none>" : Join({roles.begin(), roles.end()});
}

std::string NodeAddress(const PrintInput& in, std::string_view type) {
  for (const JsonNode address : in.status()["addresses"].items()) {
    if (address["type"].text() == type) return Str(address["address"]);
  }
  return "<none>";
}

void NodeCells(const PrintInput& in, CellList& cells) {
  const JsonNode info = in.status()["nodeInfo"];
  std::string kernel = TextOr(info["kernelVersion"], "<unknown>");
  if (const std::string_view architecture = info["architecture"].text();
      !architecture.empty() && in.Prints(Variant::kArchitectureOfKernel)) {
    kernel += fmt::format(" ({})", architecture);
  }
  cells.push_back(NameOf(in));
  cells.push_back(NodeStatus(in));
  cells.push_back(NodeRoles(in.object["metadata"]["labels"]));
  cells.push_back(AgeOf(in));
  cells.push_back(Str(info["kubeletVersion"]));
  cells.push_back(NodeAddress(in, "InternalIP"));
  cells.push_back(NodeAddress(in, "ExternalIP"));
  cells.push_back(TextOr(info["osImage"], "<unknown>"));
  cells.push_back(kernel);
  cells.push_back(TextOr(info["containerRuntimeVersion"], "<unknown>"));
}

void NamespaceCells(const PrintInput& in, CellList& cells) {
  cells.push_back(NameOf(in));
  cells.push_back(Str(in.status()["phase"]));
  cells.push_back(AgeOf(in));
}

// The first of the two that is there: core/v1 and events.k8s.io/v1 have other
// names for the same.
JsonNode Either(JsonNode one, JsonNode other) {
  return one.is_null() ? other : one;
}

std::string EventSource(const PrintInput& in) {
  const JsonNode event = in.object;
  const JsonNode source = Either(event["source"], event["deprecatedSource"]);
  const std::string component = TextOr(
      source["component"],
      Either(event["reportingComponent"], event["reportingController"]).text());
  const std::string host =
      TextOr(source["host"], event["reportingInstance"].text());
  return host.empty() ? component : component + ", " + host;
}

std::string WithoutOuterSpace(std::string_view text) {
  constexpr std::string_view kSpace = " \t\n\v\f\r";
  const std::size_t from = text.find_first_not_of(kSpace);
  if (from == std::string_view::npos) return "";
  const std::size_t to = text.find_last_not_of(kSpace);
  return std::string(text.substr(from, to - from + 1));
}

void EventCells(const PrintInput& in, CellList& cells) {
  const JsonNode event = in.object;
  const JsonNode about = Either(event["involvedObject"], event["regarding"]);
  const JsonNode series = event["series"];
  const std::string first = AgeOfTime(
      Either(Either(event["firstTimestamp"], event["deprecatedFirstTimestamp"]),
             event["eventTime"]),
      in.at);
  const JsonNode last_time =
      Either(event["lastTimestamp"], event["deprecatedLastTimestamp"]);
  std::string last = last_time.is_null() ? first : AgeOfTime(last_time, in.at);
  std::int64_t count =
      Either(event["count"], event["deprecatedCount"]).number();
  if (series.is_object()) {
    last = AgeOfTime(series["lastObservedTime"], in.at);
    count = series["count"].number();
  } else if (count == 0) {
    count = 1;
  }
  const std::string name = Str(about["name"]);
  cells.push_back(last);
  cells.push_back(Str(event["type"]));
  cells.push_back(Str(event["reason"]));
  cells.push_back(LowerCase(Str(about["kind"])) +
                  (name.empty() ? "" : "/" + name));
  cells.push_back(Str(about["fieldPath"]));
  cells.push_back(EventSource(in));
  cells.push_back(
      WithoutOuterSpace(Either(event["message"], event["note"]).text()));
  cells.push_back(first);
  cells.push_back(std::to_string(count));
  cells.push_back(NameOf(in));
}

void ConfigMapCells(const PrintInput& in, CellList& cells) {
  cells.push_back(NameOf(in));
  cells.push_back(
      Count(in.object["data"].size() + in.object["binaryData"].size()));
  cells.push_back(AgeOf(in));
}

void SecretCells(const PrintInput& in, CellList& cells) {
  cells.push_back(NameOf(in));
  cells.push_back(Str(in.object["type"]));
  cells.push_back(Count(in.object["data"].size()));
  cells.push_back(AgeOf(in));
}

void ServiceAccountCells(const PrintInput& in, CellList& cells) {
  cells.push_back(NameOf(in));
  cells.push_back(AgeOf(in));
  cells.push_back(Count(in.object["secrets"].size()));
}

void ResourceQuotaCells(const PrintInput& in, CellList& cells) {
  const JsonNode hard = in.status()["hard"];
  const JsonNode used = in.status()["used"];
  std::set<std::string> resources;
  for (const JsonNode limit : hard.members()) resources.emplace(limit.key());
  std::vector<std::string> requests;
  std::vector<std::string> limits;
  for (const std::string& resource : resources) {
    constexpr std::string_view kLimits = "limits.";
    const bool limit = resource.compare(0, kLimits.size(), kLimits) == 0;
    (limit ? limits : requests)
        .push_back(fmt::format("{}: {}/{}", resource,
                               QuantityText(used[resource]),
                               QuantityText(hard[resource])));
  }
  cells.push_back(NameOf(in));
  cells.push_back(Join(requests, ", "));
  cells.push_back(Join(limits, ", "));
  cells.push_back(AgeOf(in));
}

void ComponentStatusCells(const PrintInput& in, CellList& cells) {
  const JsonNode healthy = Condition(in.object["conditions"], "Healthy");
  cells.push_back(NameOf(in));
  cells.push_back(healthy.is_null()                    ? "Unknown"
                  : healthy["status"].text() == "True" ? "Healthy"
                                                       : "Unhealthy");
  cells.push_back(Str(healthy["message"]));
  cells.push_back(Str(healthy["error"]));
}

void LeaseCells(const PrintInput& in, CellList& cells) {
  cells.push_back(NameOf(in));
  cells.push_back(Str(in.spec()["holderIdentity"]));
  cells.push_back(AgeOf(in));
}

void LeaseCandidateCells(const PrintInput& in, CellList& cells) {
  cells.push_back(NameOf(in));
  cells.push_back(Str(in.spec()["leaseName"]));
  cells.push_back(Str(in.spec()["binaryVersion"]));
  cells.push_back(Str(in.spec()["emulationVersion"]));
  cells.push_back(AgeOf(in));
}

void RuntimeClassCells(const PrintInput& in, CellList& cells) {
  cells.push_back(NameOf(in));
  cells.push_back(
      TextOr(in.object["handler"], in.spec()["runtimeHandler"].text()));
  cells.push_back(AgeOf(in));
}

constexpr std::string_view kEventColumns =
    "Last Seen, Type, Reason, Object, +Subobject, +Source, Message, "
    "+First Seen, +Count, +Name";

}  // namespace

const KindPrinters& CorePrinters() {
  static const KindPrinters kPrinters = {
      {"nodes",
       "Name, Status, Roles, Age, Version, +Internal-IP, +External-IP, "
       "+OS-Image, +Kernel-Version, +Container-Runtime",
       NodeCells},
      {"namespaces", "Name, Status, Age", NamespaceCells},
      {"events", kEventColumns, EventCells},
      {"events.events.k8s.io", kEventColumns, EventCells},
      {"configmaps", "Name, Data, Age", ConfigMapCells},
      {"secrets", "Name, Type, Data, Age", SecretCells},
      {"serviceaccounts", "Name, Age, -Secrets", ServiceAccountCells},
      {"resourcequotas", "Name, Request, Limit, Age", ResourceQuotaCells},
      {"componentstatuses", "Name, Status, Message, Error",
       ComponentStatusCells},
      {"leases.coordination.k8s.io", "Name, Holder, Age", LeaseCells},
      {"leasecandidates.coordination.k8s.io",
       "Name, LeaseName, BinaryVersion, EmulationVersion, Age",
       LeaseCandidateCells},
      {"runtimeclasses.node.k8s.io", "Name, Handler, Age", RuntimeClassCells},
  };
  return kPrinters;
}

}  // namespace kubescribe::kube
