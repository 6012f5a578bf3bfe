// Services, what is behind them and what leads to them.
#include <fmt/format.h>

#include <algorithm>

#include "kube/printer_table.h"

namespace kubescribe::kube {
namespace {

constexpr std::size_t kMostListed = 3;

std::string ExternalIp(const PrintInput& in) {
  const JsonNode spec = in.spec();
  const std::string_view type = spec["type"].text();
  if (type == "ExternalName") return Str(spec["externalName"]);
  if (type != "ClusterIP" && type != "NodePort" && type != "LoadBalancer") {
    return "<unknown>";
  }
  std::vector<std::string> addresses;
  if (type == "LoadBalancer") addresses = BalancerAddresses(in.status());
  for (std::string& ip : Texts(spec["externalIPs"])) {
    addresses.push_back(std::move(ip));
  }
  if (addresses.empty()) {
    return type == "LoadBalancer" ? "<pending>" : "<none>";
  }
  return Join(addresses);
}

std::string ServicePorts(JsonNode ports) {
  std::vector<std::string> texts;
  for (const JsonNode port : ports.items()) {
    const std::int64_t node = port["nodePort"].number();
    const std::string_view protocol = port["protocol"].text();
    texts.push_back(
        node > 0
            ? fmt::format("{}:{}/{}", port["port"].number(), node, protocol)
            : fmt::format("{}/{}", port["port"].number(), protocol));
  }
  return texts.empty() ? "<none>" : Join(texts);
}

void ServiceCells(const PrintInput& in, CellList& cells) {
  const JsonNode spec = in.spec();
  const JsonNode ips = spec["clusterIPs"];
  cells.push_back(NameOf(in));
  cells.push_back(Str(spec["type"]));
  cells.push_back(ips.empty() ? TextOr(spec["clusterIP"], "<none>")
                              : Str(ips.first()));
  cells.push_back(ExternalIp(in));
  cells.push_back(ServicePorts(spec["ports"]));
  cells.push_back(AgeOf(in));
  cells.push_back(LabelText(spec["selector"]));
}

// "10.0.0.1:80", "[fd00::1]:80".
std::string HostPort(const std::string& ip, JsonNode port) {
  const bool six = ip.find(':') != std::string::npos;
  return fmt::format("{}{}{}:{}", six ? "[" : "", ip, six ? "]" : "",
                     port["port"].number());
}

std::string EndpointText(JsonNode subsets) {
  if (subsets.empty()) return "<none>";
  std::vector<std::string> addresses;
  for (const JsonNode subset : subsets.items()) {
    const std::vector<std::string> ips = Texts(subset["addresses"], "ip");
    if (subset["ports"].empty()) {
      addresses.insert(addresses.end(), ips.begin(), ips.end());
    }
    for (const JsonNode port : subset["ports"].items()) {
      for (const std::string& ip : ips) addresses.push_back(HostPort(ip, port));
    }
  }
  return FirstAndMore(addresses, kMostListed);
}

void EndpointsCells(const PrintInput& in, CellList& cells) {
  cells.push_back(NameOf(in));
  cells.push_back(EndpointText(in.object["subsets"]));
  cells.push_back(AgeOf(in));
}

std::string OrUnset(std::string text) {
  return text.empty() ? "<unset>" : std::move(text);
}

void EndpointSliceCells(const PrintInput& in, CellList& cells) {
  std::vector<std::string> ports;
  for (const JsonNode port : in.object["ports"].items()) {
    ports.push_back(port["port"].is_null() ? PresentOr(port["name"], "*")
                                           : Int(port["port"]));
  }
  std::vector<std::string> addresses;
  for (const JsonNode endpoint : in.object["endpoints"].items()) {
    for (std::string& address : Texts(endpoint["addresses"])) {
      addresses.push_back(std::move(address));
    }
  }
  cells.push_back(NameOf(in));
  cells.push_back(Str(in.object["addressType"]));
  cells.push_back(OrUnset(FirstAndMore(ports, kMostListed)));
  cells.push_back(OrUnset(FirstAndMore(addresses, kMostListed)));
  cells.push_back(AgeOf(in));
}

// The hosts of the first rules; how many more is counted in rules.
std::string IngressHosts(JsonNode rules) {
  std::vector<std::string> hosts;
  bool more = false;
  for (const JsonNode rule : rules.items()) {
    if (hosts.size() == kMostListed) {
      more = true;
    } else if (!rule["host"].text().empty()) {
      hosts.push_back(Str(rule["host"]));
    }
  }
  if (hosts.empty()) return "*";
  return more ? fmt::format("{} + {} more...", Join(hosts),
                            rules.size() - kMostListed)
              : Join(hosts);
}

void IngressCells(const PrintInput& in, CellList& cells) {
  cells.push_back(NameOf(in));
  cells.push_back(PresentOr(in.spec()["ingressClassName"], "<none>"));
  cells.push_back(IngressHosts(in.spec()["rules"]));
  cells.push_back(Join(BalancerAddresses(in.status())));
  cells.push_back(in.spec()["tls"].empty() ? "80" : "80, 443");
  cells.push_back(AgeOf(in));
}

void IngressClassCells(const PrintInput& in, CellList& cells) {
  const JsonNode parameters = in.spec()["parameters"];
  std::string reference = "<none>";
  if (parameters.is_object()) {
    reference = Str(parameters["kind"]);
    if (const JsonNode group = parameters["apiGroup"]; !group.is_null()) {
      reference += "." + Str(group);
    }
    reference += "/" + Str(parameters["name"]);
  }
  const bool is_default =
      in.Prints(Variant::kDefaultIngressClass) &&
      in.object["metadata"]["annotations"]
               ["ingressclass.kubernetes.io/is-default-class"]
                   .text() == "true";
  cells.push_back(NameOf(in) + (is_default ? " (default)" : ""));
  cells.push_back(Str(in.spec()["controller"]));
  cells.push_back(reference);
  cells.push_back(AgeOf(in));
}

void NetworkPolicyCells(const PrintInput& in, CellList& cells) {
  cells.push_back(NameOf(in));
  cells.push_back(SelectorCell(in.spec()["podSelector"]));
  cells.push_back(AgeOf(in));
}

void ServiceCidrCells(const PrintInput& in, CellList& cells) {
  cells.push_back(NameOf(in));
  cells.push_back(Join(Texts(in.spec()["cidrs"])));
  cells.push_back(AgeOf(in));
}

void IpAddressCells(const PrintInput& in, CellList& cells) {
  const JsonNode parent = in.spec()["parentRef"];
  std::string text = "<none>";
  if (parent.is_object()) {
    text = Str(parent["resource"]);
    if (!parent["group"].text().empty()) text += "." + Str(parent["group"]);
    text = LowerCase(text);
    if (!parent["namespace"].text().empty()) {
      text += "/" + Str(parent["namespace"]);
    }
    text += "/" + Str(parent["name"]);
  }
  cells.push_back(NameOf(in));
  cells.push_back(text);
  cells.push_back(AgeOf(in));  // no column is named for it
}

}  // namespace

const KindPrinters& NetworkPrinters() {
  static const KindPrinters kPrinters = {
      {"services",
       "Name, Type, Cluster-IP, External-IP, Port(s), Age, +Selector",
       ServiceCells},
      {"endpoints", "Name, Endpoints, Age", EndpointsCells},
      {"endpointslices.discovery.k8s.io",
       "Name, AddressType, Ports, Endpoints, Age", EndpointSliceCells},
      {"ingresses.networking.k8s.io", "Name, Class, Hosts, Address, Ports, Age",
       IngressCells},
      {"ingressclasses.networking.k8s.io", "Name, Controller, Parameters, Age",
       IngressClassCells},
      {"networkpolicies.networking.k8s.io", "Name, Pod-Selector, Age",
       NetworkPolicyCells},
      {"servicecidrs.networking.k8s.io", "Name, CIDRs, Age", ServiceCidrCells},
      {"ipaddresses.networking.k8s.io", "Name, ParentRef", IpAddressCells},
  };
  return kPrinters;
}

}  // namespace kubescribe::kube
