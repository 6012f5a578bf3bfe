// What lets traffic in: ingresses and their classes, network policies, and the
// address ranges of services.
#include <fmt/format.h>

#include <set>

#include "output/describe_fields.h"
#include "output/describe_kinds.h"

namespace kubescribe::output {
namespace {

// "web:80 (10.0.0.1:8080,…)", or why there are no endpoints.
std::string ServiceBackend(View service, const Subject& subject) {
  const std::string name = service["name"].Text();
  const std::int64_t number = service["port"]["number"].Int();
  const std::string port_name = service["port"]["name"].Text();
  const std::string shown = fmt::format(
      "{}:{}", name, number != 0 ? std::to_string(number) : port_name);
  const std::optional<Value> found =
      subject.FindOne({"", "services"}, subject.name_space(), name);
  if (!found) {
    return fmt::format("{} (<error: services \"{}\" not found>)", shown, name);
  }
  std::string endpoints_port;
  for (View port : View(*found)["spec"]["ports"].Items()) {
    const std::string its_name = port["name"].Text();
    if ((number != 0 && number == port["port"].Int()) ||
        (!port_name.empty() && port_name == its_name)) {
      endpoints_port = its_name;
    }
  }
  return fmt::format(
      "{} ({})", shown,
      EndpointsText(SlicesOfService(subject, name), endpoints_port));
}

std::string BackendText(View backend, const Subject& subject) {
  if (View service = backend["service"]; service.is_object()) {
    return ServiceBackend(service, subject);
  }
  View resource = backend["resource"];
  if (!resource.is_object()) return "";
  View group = resource["apiGroup"];
  return fmt::format("APIGroup: {}, Kind: {}, Name: {}",
                     TextOr(group, "<none>"), resource["kind"].Text(),
                     resource["name"].Text());
}

// Each address once, in order.
std::string IngressAddresses(View ingress) {
  std::set<std::string> addresses;
  for (View entry : ingress.Items()) {
    const std::string ip = entry["ip"].Text();
    addresses.insert(ip.empty() ? entry["hostname"].Text() : ip);
  }
  addresses.erase("");
  return fmt::format("{}", fmt::join(addresses, ","));
}

void WriteTls(View tls, Sheet& sheet) {
  if (!tls.Items().empty()) sheet.Put(0, "TLS:\n");
  for (View entry : tls.Items()) {
    const std::string secret = entry["secretName"].Text();
    sheet.Put(1, (secret.empty() ? "SNI routes " : secret + " terminates ") +
                     Join(Texts(entry["hosts"]), ",") + "\n");
  }
}

void WriteParameters(View parameters, Sheet& sheet) {
  if (!parameters.is_object()) return;
  sheet.Put(0, "Parameters:\n");
  if (View group = parameters["apiGroup"]; group.has()) {
    FieldLine(sheet, 1, "APIGroup", group.Text());
  }
  FieldLine(sheet, 1, "Kind", parameters["kind"].Text());
  FieldLine(sheet, 1, "Name", parameters["name"].Text());
}

// Of a NetworkPolicy, one direction.
struct Direction {
  const char* isolated;
  const char* open;
  const char* peer;   // "From"
  const char* peers;  // the key of its list
};

void WritePolicyPort(View port, Sheet& sheet) {
  View number = port["port"];
  const std::string from = !number.has() ? "<nil>" : number.Scalar();
  View protocol = port["protocol"];
  const std::string tail = "/" + (TextOr(protocol, "TCP")) + "\n";
  View end = port["endPort"];
  if (!end.has()) {
    sheet.Put(2, "To Port: " + from + tail);
  } else {
    sheet.Write(2, "To Port Range: {}-{}{}", from, end.Int(), tail);
  }
}

void WritePeer(View peer, Sheet& sheet) {
  View pods = peer["podSelector"];
  View namespaces = peer["namespaceSelector"];
  View block = peer["ipBlock"];
  if (namespaces.has()) {
    sheet.Put(3, "NamespaceSelector: " + SelectorText(namespaces) + "\n");
  }
  if (pods.has()) sheet.Put(3, "PodSelector: " + SelectorText(pods) + "\n");
  if (!pods.has() && !namespaces.has() && block.has()) {
    sheet.Put(3, "IPBlock:\n");
    sheet.Put(4, "CIDR: " + block["cidr"].Text() + "\n");
    sheet.Put(4, "Except: " + Join(Texts(block["except"]), ", ") + "\n");
  }
}

void WritePolicyRules(View rules, const Direction& direction, Sheet& sheet) {
  bool first = true;
  if (rules.Items().empty()) sheet.Put(2, direction.isolated);
  for (View rule : rules.Items()) {
    if (!first) sheet.Put(2, "----------\n");
    first = false;
    const std::vector<View> ports = rule["ports"].Items();
    if (ports.empty()) {
      sheet.Put(2, "To Port: <any> (traffic allowed to all ports)\n");
    }
    for (View port : ports) WritePolicyPort(port, sheet);
    const std::vector<View> peers = rule[direction.peers].Items();
    if (peers.empty()) sheet.Put(2, direction.open);
    for (View peer : peers) {
      sheet.Put(2, std::string(direction.peer) + ":\n");
      WritePeer(peer, sheet);
    }
  }
}

constexpr Direction kIngressDirection = {
    "<none> (Selected pods are isolated for ingress connectivity)\n",
    "From: <any> (traffic not restricted by source)\n", "From", "from"};
constexpr Direction kEgressDirection = {
    "<none> (Selected pods are isolated for egress connectivity)\n",
    "To: <any> (traffic not restricted by destination)\n", "To", "to"};

}  // namespace

void DescribeIngress(const Subject& subject, Sheet& sheet) {
  View spec = subject["spec"];
  FieldLine(sheet, "Name", subject.name());
  LabelLines(sheet, "Labels", subject.meta("labels"));
  FieldLine(sheet, "Namespace", subject.name_space());
  FieldLine(sheet, "Address",
            IngressAddresses(subject["status"]["loadBalancer"]["ingress"]));
  View ingress_class = spec["ingressClassName"];
  FieldLine(sheet, "Ingress Class", TextOr(ingress_class, "<none>"));
  View fallback = spec["defaultBackend"];
  const std::string fallback_text =
      fallback.is_object() ? BackendText(fallback, subject) : "<default>";
  FieldLine(sheet, "Default backend", fallback_text);
  WriteTls(spec["tls"], sheet);
  sheet.Put(0, "Rules:\n");
  sheet.Put(1, "Host\tPath\tBackends\n");
  sheet.Put(1, "----\t----\t--------\n");
  bool any = false;
  for (View rule : spec["rules"].Items()) {
    View http = rule["http"];
    if (!http.is_object()) continue;
    any = true;
    const std::string host = rule["host"].Text();
    sheet.Put(1, (host.empty() ? "*" : host) + "\t\n");
    for (View path : http["paths"].Items()) {
      sheet.Write(2, "\t{} \t{}\n", path["path"].Text(),
                  BackendText(path["backend"], subject));
    }
  }
  if (!any) sheet.Put(1, "*\t*\t" + fallback_text + "\n");
  AnnotationLines(sheet, "Annotations", subject.meta("annotations"));
  TellEvents(subject, sheet);
}

void DescribeIngressClass(const Subject& subject, Sheet& sheet) {
  HeadLines(subject, sheet);
  FieldLine(sheet, "Controller", subject["spec"]["controller"].Text());
  WriteParameters(subject["spec"]["parameters"], sheet);
  TellEvents(subject, sheet);
}

void DescribeNetworkPolicy(const Subject& subject, Sheet& sheet) {
  View spec = subject["spec"];
  FieldLine(sheet, "Name", subject.name());
  FieldLine(sheet, "Namespace", subject.name_space());
  FieldLine(sheet, "Created on",
            subject.LongTime(subject.meta("creationTimestamp")));
  LabelLines(sheet, "Labels", subject.meta("labels"));
  AnnotationLines(sheet, "Annotations", subject.meta("annotations"));
  sheet.Put(0, "Spec:\n");
  const std::string selector = SelectorText(spec["podSelector"]);
  sheet.Put(1, "PodSelector:     " +
                   (selector == "<none>"
                        ? selector + " (Allowing the specific traffic to all "
                                     "pods in this namespace)"
                        : selector) +
                   "\n");
  bool ingress = false;
  bool egress = false;
  for (View type : spec["policyTypes"].Items()) {
    ingress = ingress || type.Text() == "Ingress";
    egress = egress || type.Text() == "Egress";
  }
  sheet.Put(1, ingress ? "Allowing ingress traffic:\n"
                       : "Not affecting ingress traffic\n");
  if (ingress) WritePolicyRules(spec["ingress"], kIngressDirection, sheet);
  sheet.Put(1, egress ? "Allowing egress traffic:\n"
                      : "Not affecting egress traffic\n");
  if (egress) WritePolicyRules(spec["egress"], kEgressDirection, sheet);
  sheet.Put(1, "Policy Types: " +
                   OrElse(Join(Texts(spec["policyTypes"]), ", "), "<none>") +
                   "\n");
}

void DescribeServiceCidr(const Subject& subject, Sheet& sheet) {
  HeadLines(subject, sheet);
  FieldLine(sheet, "CIDRs", Join(Texts(subject["spec"]["cidrs"]), ", "));
  View conditions = subject["status"]["conditions"];
  if (!conditions.Items().empty()) {
    sheet.Put(0, "Status:\n");
    ConditionLines(subject, conditions, sheet);
  }
  TellEvents(subject, sheet);
}

void DescribeIpAddress(const Subject& subject, Sheet& sheet) {
  HeadLines(subject, sheet);
  View parent = subject["spec"]["parentRef"];
  if (parent.is_object()) {
    sheet.Put(0, "Parent Reference:\n");
    FieldLine(sheet, 1, "Group", parent["group"].Text());
    FieldLine(sheet, 1, "Resource", parent["resource"].Text());
    FieldLine(sheet, 1, "Namespace", parent["namespace"].Text());
    FieldLine(sheet, 1, "Name", parent["name"].Text());
  }
  TellEvents(subject, sheet);
}

}  // namespace kubescribe::output
