// Services, their endpoints, and what leads to them.
#include <fmt/format.h>

#include <set>

#include "output/describe_fields.h"
#include "output/describe_kinds.h"

namespace kubescribe::output {
namespace {

constexpr std::size_t kShownEndpoints = 3;

// As they are joined with a port: IPv6 in brackets.
std::string HostPort(const std::string& host, std::int64_t port) {
  const bool v6 = host.find_first_of(":%") != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

bool IsReady(View endpoint) {
  View ready = endpoint["conditions"]["ready"];
  return !ready.has() || ready.Bool();
}

}  // namespace

// The first ready endpoints of a port of that name (without ports: of any), and
// how many more there are.
std::string EndpointsText(const std::vector<Value>& slices,
                          std::string_view port_name) {
  if (slices.empty()) return "<none>";
  std::vector<std::string> shown;
  std::size_t count = 0;
  bool more = false;
  const auto add = [&](View endpoint, const View* port) {
    // One that is not ready opens the "more", and does not count in it.
    more = more || shown.size() == kShownEndpoints;
    if (!IsReady(endpoint)) return;
    ++count;
    if (more) return;
    View addresses = endpoint["addresses"];
    const std::string address =
        addresses.Items().empty() ? "" : addresses.Items()[0].Text();
    shown.push_back(port == nullptr ? address
                                    : HostPort(address, (*port)["port"].Int()));
  };
  for (View slice : slices) {
    const std::vector<View> ports = slice["ports"].Items();
    const std::vector<View> endpoints = slice["endpoints"].Items();
    if (ports.empty()) {
      for (View endpoint : endpoints) add(endpoint, nullptr);
    }
    for (View port : ports) {
      if (port["name"].Text() != port_name) continue;
      for (View endpoint : endpoints) add(endpoint, &port);
    }
  }
  std::string text = fmt::format("{}", fmt::join(shown, ","));
  if (more) text += fmt::format(" + {} more...", count - kShownEndpoints);
  return text;
}

std::vector<Value> SlicesOfService(const Subject& subject,
                                   const std::string& service) {
  Related::Query query;
  query.resource = {"discovery.k8s.io", "endpointslices"};
  query.name_space = subject.name_space();
  query.label_selector = "kubernetes.io/service-name=" + service;
  return subject.Find(query);
}

namespace {

std::string BalancerAddresses(View ingress) {
  std::vector<std::string> texts;
  for (View entry : ingress.Items()) {
    std::string text = entry["ip"].Text();
    if (text.empty()) {
      text = entry["hostname"].Text();
    } else if (View mode = entry["ipMode"]; mode.has()) {
      text += " (" + mode.Text() + ")";
    }
    texts.push_back(std::move(text));
  }
  return fmt::format("{}", fmt::join(texts, ", "));
}

void WriteServicePort(View port, const std::vector<Value>& slices,
                      Sheet& sheet) {
  const std::string name = port["name"].Text();
  const std::string shown = name.empty() ? "<unset>" : name;
  const std::string protocol = port["protocol"].Text();
  FieldLine(sheet, "Port",
            fmt::format("{}\t{}/{}", shown, port["port"].Int(), protocol));
  FieldLine(sheet, "TargetPort",
            OrElse(port["targetPort"].Scalar(), "0") + "/" + protocol);
  if (View app = port["appProtocol"]; app.has()) {
    FieldLine(sheet, "AppProtocol", app.Text());
  }
  if (const std::int64_t node = port["nodePort"].Int(); node != 0) {
    FieldLine(sheet, "NodePort",
              fmt::format("{}\t{}/{}", shown, node, protocol));
  }
  FieldLine(sheet, "Endpoints", EndpointsText(slices, name));
}

}  // namespace

void DescribeService(const Subject& subject, Sheet& sheet) {
  View spec = subject["spec"];
  HeadLines(subject, sheet);
  FieldLine(sheet, "Selector", MapText(spec["selector"]));
  FieldLine(sheet, "Type", spec["type"].Text());
  if (View policy = spec["ipFamilyPolicy"]; policy.has()) {
    FieldLine(sheet, "IP Family Policy", policy.Text());
  }
  FieldLine(sheet, "IP Families",
            OrElse(Join(Texts(spec["ipFamilies"]), ","), "<none>"));
  FieldLine(sheet, "IP", spec["clusterIP"].Text());
  FieldLine(sheet, "IPs",
            OrElse(Join(Texts(spec["clusterIPs"]), ","), "<none>"));
  FieldLineIfAny(sheet, "External IPs", Join(Texts(spec["externalIPs"]), ","));
  FieldLineIfAny(sheet, "Desired LoadBalancer IP",
                 spec["loadBalancerIP"].Text());
  FieldLineIfAny(sheet, "External Name", spec["externalName"].Text());
  View ingress = subject["status"]["loadBalancer"]["ingress"];
  if (!ingress.Items().empty()) {
    FieldLine(sheet, "LoadBalancer Ingress", BalancerAddresses(ingress));
  }
  const std::vector<Value> slices = SlicesOfService(subject, subject.name());
  for (View port : spec["ports"].Items()) {
    WriteServicePort(port, slices, sheet);
  }
  FieldLine(sheet, "Session Affinity", spec["sessionAffinity"].Text());
  FieldLineIfAny(sheet, "External Traffic Policy",
                 spec["externalTrafficPolicy"].Text());
  if (View policy = spec["internalTrafficPolicy"]; policy.has()) {
    FieldLine(sheet, "Internal Traffic Policy", policy.Text());
  }
  if (const auto port = spec["healthCheckNodePort"].Int(); port != 0) {
    FieldLine(sheet, "HealthCheck NodePort", std::to_string(port));
  }
  FieldLineIfAny(sheet, "LoadBalancer Source Ranges",
                 Join(Texts(spec["loadBalancerSourceRanges"]), ","));
  if (View traffic = spec["trafficDistribution"]; traffic.has()) {
    FieldLine(sheet, "Traffic Distribution", traffic.Text());
  }
  TellEvents(subject, sheet);
}

void DescribeEndpoints(const Subject& subject, Sheet& sheet) {
  const auto addresses = [](View list) {
    std::vector<std::string> ips;
    for (View address : list.Items()) {
      ips.push_back(address["ip"].Text());
    }
    return OrElse(fmt::format("{}", fmt::join(ips, ",")), "<none>");
  };
  HeadLines(subject, sheet);
  sheet.Put(0, "Subsets:\n");
  for (View subset : subject["subsets"].Items()) {
    FieldLine(sheet, 1, "Addresses", addresses(subset["addresses"]));
    FieldLine(sheet, 1, "NotReadyAddresses",
              addresses(subset["notReadyAddresses"]));
    const std::vector<View> ports = subset["ports"].Items();
    if (!ports.empty()) {
      sheet.Put(1, "Ports:\n");
      sheet.Put(2, "Name\tPort\tProtocol\n");
      sheet.Put(2, "----\t----\t--------\n");
    }
    for (View port : ports) {
      sheet.Write(2, "{}\t{}\t{}\n", OrElse(port["name"].Text(), "<unset>"),
                  port["port"].Int(), port["protocol"].Text());
    }
    sheet.Put(0, "\n");
  }
  TellEvents(subject, sheet);
}

void DescribeEndpointSlice(const Subject& subject, Sheet& sheet) {
  HeadLines(subject, sheet);
  FieldLine(sheet, "AddressType", subject["addressType"].Text());
  const std::vector<View> ports = subject["ports"].Items();
  if (ports.empty()) {
    sheet.Put(0, "Ports: <unset>\n");
  } else {
    sheet.Put(0, "Ports:\n");
    sheet.Put(1, "Name\tPort\tProtocol\n");
    sheet.Put(1, "----\t----\t--------\n");
  }
  for (View port : ports) {
    View number = port["port"];
    sheet.Write(1, "{}\t{}\t{}\n", OrElse(port["name"].Text(), "<unset>"),
                !number.has() ? "<unset>" : std::to_string(number.Int()),
                port["protocol"].Text());
  }
  const std::vector<View> endpoints = subject["endpoints"].Items();
  sheet.Put(0, endpoints.empty() ? "Endpoints: <none>\n" : "Endpoints:\n");
  for (View endpoint : endpoints) {
    const auto or_unset = [&](const char* key) {
      View value = endpoint[key];
      return TextOr(value, "<unset>");
    };
    sheet.Put(1,
              "- Addresses:\t" +
                  OrElse(Join(Texts(endpoint["addresses"]), ", "), "<none>") +
                  "\n");
    sheet.Put(2, "Conditions:\n");
    View ready = endpoint["conditions"]["ready"];
    sheet.Write(3, "Ready:\t{}\n", ready.has() ? ready.Scalar() : "<unset>");
    FieldLine(sheet, 2, "Hostname", or_unset("hostname"));
    if (View target = endpoint["targetRef"]; target.is_object()) {
      sheet.Write(2, "TargetRef:\t{}/{}\n", target["kind"].Text(),
                  target["name"].Text());
    }
    FieldLine(sheet, 2, "NodeName", or_unset("nodeName"));
    FieldLine(sheet, 2, "Zone", or_unset("zone"));
  }
  TellEvents(subject, sheet);
}

}  // namespace kubescribe::output
