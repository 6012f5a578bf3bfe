// What the printers of this folder are made of. Private to src/kube.
//
// A file of printers (printers_pods.cc, …) has a function for the cells of each
// of its kinds, and a table that names the columns; what older servers print
// otherwise is in printer_versions.cc.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "kube/json_tree.h"
#include "kube/printer_versions.h"
#include "kube/printers.h"

namespace kubescribe::kube {

using CellList = std::vector<std::string>;

struct PrintInput {
  JsonNode object;
  Micros at = 0;
  ServerMinor server;

  JsonNode spec() const { return object["spec"]; }
  JsonNode status() const { return object["status"]; }
  bool Prints(Variant variant) const { return ServerPrints(variant, server); }
};

struct KindPrinter {
  std::string_view resource;  // "deployments.apps"
  // "Name, Desired:integer, +Selector, -Secrets": with + only if wide, with -
  // only of servers that printer_versions.cc names it for. Behind colons stand
  // a type other than string, and the format; Name alone has the format "name".
  std::string_view columns;
  // Adds one cell for each of `columns`, in their order.
  void (*cells)(const PrintInput& in, CellList& cells);
};

using KindPrinters = std::vector<KindPrinter>;
const KindPrinters& PodPrinters();
const KindPrinters& AppPrinters();
const KindPrinters& BatchPrinters();
const KindPrinters& NetworkPrinters();
const KindPrinters& StoragePrinters();
const KindPrinters& CorePrinters();
const KindPrinters& PolicyPrinters();
const KindPrinters& AutoscalingPrinters();
const KindPrinters& AdmissionPrinters();
const KindPrinters& DevicePrinters();
const KindPrinters& AggregationPrinters();

// Of a built-in kind without a printer: Name and Created At.
const KindPrinter& CreatedPrinter();
// Of a custom resource of which no columns are known: Name and Age.
const KindPrinter& AgePrinter();

// -- cells

inline std::string NameOf(const PrintInput& in) {
  return std::string(in.object["metadata"]["name"].text());
}
// "5m", by metadata.creationTimestamp; "<unknown>" without one.
std::string AgeOf(const PrintInput& in);
// The age of a time; "<unknown>" where there is none.
std::string AgeOfTime(JsonNode time, Micros at);
bool IsBeingDeleted(const PrintInput& in);

inline std::string Str(JsonNode node) { return std::string(node.text()); }
// A number; 0 where there is none.
inline std::string Int(JsonNode node) { return std::to_string(node.number()); }
inline std::string Count(std::size_t count) { return std::to_string(count); }
// The string or `other`, where it is empty or not there.
std::string TextOr(JsonNode node, std::string_view other);
// The string, be it empty, or `other` where it is not there.
std::string PresentOr(JsonNode node, std::string_view other);
// "true" or "false"; `other` where it is not there.
std::string BoolOr(JsonNode node, bool other);
// A resource quantity; "0" where there is none.
std::string QuantityText(JsonNode node);

// ASCII letters only.
std::string LowerCase(std::string text);

std::string Join(const std::vector<std::string>& texts,
                 std::string_view between = ",");
// Strings of an array; with `key`, those under that key of its objects.
std::vector<std::string> Texts(JsonNode array);
std::vector<std::string> Texts(JsonNode array, std::string_view key);

// The first `most` joined by commas, " + N more..." for the rest.
std::string FirstAndMore(const std::vector<std::string>& texts,
                         std::size_t most);

// "a=b,c=d", sorted; "<none>" for none.
std::string LabelText(JsonNode labels);
// A LabelSelector: "a=b,c in (d,e),!f". "" where it selects everything or is
// not there; `invalid` where it is none.
std::string SelectorText(JsonNode selector, std::string_view invalid);
// The same, "<none>" for "", "<error>" for an invalid one.
std::string SelectorCell(JsonNode selector);

// The condition of that type; null without.
JsonNode Condition(JsonNode conditions, std::string_view type);
bool ConditionIs(JsonNode conditions, std::string_view type,
                 std::string_view status = "True");

// "app,proxy" and their images, of a Pod template.
void AddContainers(JsonNode pod_template, CellList& cells);

// The addresses of a load balancer, sorted, each once.
std::vector<std::string> BalancerAddresses(JsonNode status);

}  // namespace kubescribe::kube
