#include "kube/printers.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "kube/pod_status.h"
#include "kube/printer_json.h"
#include "kube/user_time.h"

namespace kubescribe::kube {
namespace {

using Cells = std::vector<std::string>;

struct Printer {
  std::vector<Column> columns;
  Cells (*cells)(const Json& object, Micros at);
};

std::string AgeOf(const Json& object, Micros at) {
  return Age(ParseRfc3339(Text(At(object, "metadata", "creationTimestamp"))),
             at);
}

std::string NameOf(const Json& object) {
  return Text(At(object, "metadata", "name"));
}

std::string OrNone(std::string text) {
  return text.empty() ? "<none>" : std::move(text);
}

std::string JoinNames(const Json& list, const char* key) {
  std::vector<std::string> names;
  for (const Json& entry : Items(list)) names.push_back(Text(At(entry, key)));
  return fmt::format("{}", fmt::join(names, ","));
}

// "a=b,c=d", in order of the keys.
std::string JoinMap(const Json& map) {
  std::vector<std::string> pairs;
  if (map.is_object()) {
    for (const auto& [key, value] : map.items()) {
      pairs.push_back(key + "=" + Text(value));
    }
  }
  return OrNone(fmt::format("{}", fmt::join(pairs, ",")));
}

// A LabelSelector as kubectl writes it: "a=b,c in (d,e),!f".
std::string JoinSelector(const Json& selector) {
  std::vector<std::pair<std::string, std::string>> terms;
  if (const Json& labels = At(selector, "matchLabels"); labels.is_object()) {
    for (const auto& [key, value] : labels.items()) {
      terms.emplace_back(key, key + "=" + Text(value));
    }
  }
  for (const Json& term : Items(At(selector, "matchExpressions"))) {
    const std::string key = Text(At(term, "key"));
    const std::string op = Text(At(term, "operator"));
    std::vector<std::string> values;
    for (const Json& value : Items(At(term, "values"))) {
      values.push_back(Text(value));
    }
    std::sort(values.begin(), values.end());
    if (op == "Exists") {
      terms.emplace_back(key, key);
    } else if (op == "DoesNotExist") {
      terms.emplace_back(key, "!" + key);
    } else {
      terms.emplace_back(
          key, fmt::format("{} {} ({})", key, op == "In" ? "in" : "notin",
                           fmt::join(values, ",")));
    }
  }
  std::stable_sort(
      terms.begin(), terms.end(),
      [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> texts;
  texts.reserve(terms.size());
  for (auto& [key, text] : terms) texts.push_back(std::move(text));
  return OrNone(fmt::format("{}", fmt::join(texts, ",")));
}

Cells DeploymentCells(const Json& object, Micros at) {
  const Json& spec = At(object, "spec");
  const Json& status = At(object, "status");
  const Json& containers = At(spec, "template", "spec", "containers");
  return {NameOf(object),
          fmt::format("{}/{}", Number(At(status, "readyReplicas")),
                      Number(At(spec, "replicas"))),
          std::to_string(Number(At(status, "updatedReplicas"))),
          std::to_string(Number(At(status, "availableReplicas"))),
          AgeOf(object, at),
          JoinNames(containers, "name"),
          JoinNames(containers, "image"),
          JoinSelector(At(spec, "selector"))};
}

std::string ExternalIp(const Json& object) {
  const Json& spec = At(object, "spec");
  const std::string type = Text(At(spec, "type"));
  if (type == "ExternalName") return Text(At(spec, "externalName"));
  if (type != "ClusterIP" && type != "NodePort" && type != "LoadBalancer") {
    return "<unknown>";
  }
  std::vector<std::string> addresses;
  if (type == "LoadBalancer") {
    // A server keeps these as a set: sorted, each once.
    std::set<std::string> balancers;
    for (const Json& entry :
         Items(At(object, "status", "loadBalancer", "ingress"))) {
      const std::string ip = Text(At(entry, "ip"));
      balancers.insert(ip.empty() ? Text(At(entry, "hostname")) : ip);
    }
    balancers.erase("");
    addresses.assign(balancers.begin(), balancers.end());
  }
  for (const Json& ip : Items(At(spec, "externalIPs"))) {
    addresses.push_back(Text(ip));
  }
  if (addresses.empty()) {
    return type == "LoadBalancer" ? "<pending>" : "<none>";
  }
  return fmt::format("{}", fmt::join(addresses, ","));
}

std::string ServicePorts(const Json& ports) {
  std::vector<std::string> texts;
  for (const Json& port : Items(ports)) {
    const std::int64_t node = Number(At(port, "nodePort"));
    const std::string protocol = Text(At(port, "protocol"));
    texts.push_back(
        node > 0
            ? fmt::format("{}:{}/{}", Number(At(port, "port")), node, protocol)
            : fmt::format("{}/{}", Number(At(port, "port")), protocol));
  }
  return OrNone(fmt::format("{}", fmt::join(texts, ",")));
}

Cells ServiceCells(const Json& object, Micros at) {
  const Json& spec = At(object, "spec");
  const Json& ips = At(spec, "clusterIPs");
  std::string ip =
      Items(ips).empty() ? Text(At(spec, "clusterIP")) : Text(Items(ips)[0]);
  return {NameOf(object),
          Text(At(spec, "type")),
          OrNone(std::move(ip)),
          ExternalIp(object),
          ServicePorts(At(spec, "ports")),
          AgeOf(object, at),
          JoinMap(At(spec, "selector"))};
}

Cells ConfigMapCells(const Json& object, Micros at) {
  return {NameOf(object),
          std::to_string(At(object, "data").size() +
                         At(object, "binaryData").size()),
          AgeOf(object, at)};
}

std::string NodeStatus(const Json& object) {
  std::string status = "Unknown";
  for (const Json& condition : Items(At(object, "status", "conditions"))) {
    if (Text(At(condition, "type")) != "Ready") continue;
    status = Text(At(condition, "status")) == "True" ? "Ready" : "NotReady";
  }
  if (At(object, "spec", "unschedulable") == true) {
    status += ",SchedulingDisabled";
  }
  return status;
}

std::string NodeRoles(const Json& labels) {
  constexpr std::string_view kPrefix = "node-role.kubernetes.io/";
  std::set<std::string> roles;
  if (labels.is_object()) {
    for (const auto& [key, value] : labels.items()) {
      if (key.size() > kPrefix.size() &&
          key.compare(0, kPrefix.size(), kPrefix) == 0) {
        roles.insert(key.substr(kPrefix.size()));
      } else if (key == "kubernetes.io/role" && !Text(value).empty()) {
        roles.insert(Text(value));
      }
    }
  }
  return OrNone(fmt::format("{}", fmt::join(roles, ",")));
}

std::string NodeAddress(const Json& object, std::string_view type) {
  for (const Json& address : Items(At(object, "status", "addresses"))) {
    if (Text(At(address, "type")) == type) return Text(At(address, "address"));
  }
  return "<none>";
}

Cells NodeCells(const Json& object, Micros at) {
  const Json& info = At(object, "status", "nodeInfo");
  const auto known = [&](const char* key) {
    const std::string text = Text(At(info, key));
    return text.empty() ? std::string("<unknown>") : text;
  };
  std::string kernel = known("kernelVersion");
  if (const std::string arch = Text(At(info, "architecture")); !arch.empty()) {
    kernel += " (" + arch + ")";
  }
  return {NameOf(object),
          NodeStatus(object),
          NodeRoles(At(object, "metadata", "labels")),
          AgeOf(object, at),
          Text(At(info, "kubeletVersion")),
          NodeAddress(object, "InternalIP"),
          NodeAddress(object, "ExternalIP"),
          known("osImage"),
          kernel,
          known("containerRuntimeVersion")};
}

Cells PodCells(const Json& object, Micros at) {
  const PodSummary pod = SummarizePod(object, at);
  const Json& status = At(object, "status");
  const Json& ips = At(status, "podIPs");
  std::string ip = Items(ips).empty() ? Text(At(status, "podIP"))
                                      : Text(At(Items(ips)[0], "ip"));
  return {NameOf(object),
          fmt::format("{}/{}", pod.ready, pod.containers),
          pod.status,
          pod.restarts,
          AgeOf(object, at),
          OrNone(std::move(ip)),
          OrNone(Text(At(object, "spec", "nodeName"))),
          OrNone(Text(At(status, "nominatedNodeName"))),
          pod.readiness_gates};
}

Cells OtherCells(const Json& object, Micros at) {
  return {NameOf(object), AgeOf(object, at)};
}

const Printer& PrinterOf(const GroupResource& resource) {
  static const auto& printers = *new std::map<std::string, Printer>{
      // NOLINT
      {"pods",
       {{{"Name"},
         {"Ready"},
         {"Status"},
         {"Restarts"},
         {"Age"},
         {"IP", true},
         {"Node", true},
         {"Nominated Node", true},
         {"Readiness Gates", true}},
        PodCells}},
      {"deployments.apps",
       {{{"Name"},
         {"Ready"},
         {"Up-to-date"},
         {"Available"},
         {"Age"},
         {"Containers", true},
         {"Images", true},
         {"Selector", true}},
        DeploymentCells}},
      {"services",
       {{{"Name"},
         {"Type"},
         {"Cluster-IP"},
         {"External-IP"},
         {"Port(s)"},
         {"Age"},
         {"Selector", true}},
        ServiceCells}},
      {"configmaps", {{{"Name"}, {"Data"}, {"Age"}}, ConfigMapCells}},
      {"nodes",
       {{{"Name"},
         {"Status"},
         {"Roles"},
         {"Age"},
         {"Version"},
         {"Internal-IP", true},
         {"External-IP", true},
         {"OS-Image", true},
         {"Kernel-Version", true},
         {"Container-Runtime", true}},
        NodeCells}},
  };
  static const auto& other =
      *new Printer{{{"Name"}, {"Age"}}, OtherCells};  // NOLINT
  const auto found = printers.find(resource.ToString());
  return found == printers.end() ? other : found->second;
}

}  // namespace

struct TablePrinter::Impl {
  TableKind kind;
  std::vector<Column> columns;
};

TablePrinter::TablePrinter(const TableKind& kind)
    : impl_(std::make_unique<Impl>()) {
  impl_->kind = kind;
  impl_->columns = PrinterColumns(kind.resource);
  impl_->columns.front().format = "name";
}
TablePrinter::~TablePrinter() = default;
TablePrinter::TablePrinter(TablePrinter&&) noexcept = default;
TablePrinter& TablePrinter::operator=(TablePrinter&&) noexcept = default;

const std::vector<Column>& TablePrinter::columns() const {
  return impl_->columns;
}

std::vector<std::string> TablePrinter::Cells(std::string_view object,
                                             Micros at) const {
  return PrinterCells(impl_->kind.resource, object, at);
}

std::vector<Column> PrinterColumns(const GroupResource& resource) {
  return PrinterOf(resource).columns;
}

std::vector<std::string> PrinterCells(const GroupResource& resource,
                                      std::string_view object, Micros at) {
  const Printer& printer = PrinterOf(resource);
  const Json json = Json::parse(object, nullptr, false);
  if (!json.is_object()) return Cells(printer.columns.size(), "<unknown>");
  return printer.cells(json, at);
}

}  // namespace kubescribe::kube
