// Admission: webhooks and policies.
#include <fmt/format.h>

#include <algorithm>

#include "kube/printer_table.h"

namespace kubescribe::kube {
namespace {

void WebhookCells(const PrintInput& in, CellList& cells) {
  cells.push_back(NameOf(in));
  cells.push_back(Count(in.object["webhooks"].size()));
  cells.push_back(AgeOf(in));
}

void AddPolicy(const PrintInput& in, std::string_view rules, CellList& cells) {
  const JsonNode kind = in.spec()["paramKind"];
  cells.push_back(NameOf(in));
  cells.push_back(Count(in.spec()[rules].size()));
  cells.push_back(kind.is_null()
                      ? "<unset>"
                      : Str(kind["apiVersion"]) + "/" + Str(kind["kind"]));
  cells.push_back(AgeOf(in));
}

void ValidatingPolicyCells(const PrintInput& in, CellList& cells) {
  AddPolicy(in, "validations", cells);
}

void MutatingPolicyCells(const PrintInput& in, CellList& cells) {
  AddPolicy(in, "mutations", cells);
}

// A selector as Go writes its value for debugging; that is what servers print.
std::string DebugSelector(JsonNode selector) {
  std::vector<std::string> labels;
  for (const JsonNode label : selector["matchLabels"].members()) {
    labels.push_back(fmt::format("{}: {},", label.key(), label.text()));
  }
  std::sort(labels.begin(), labels.end());
  std::string expressions;
  for (const JsonNode each : selector["matchExpressions"].items()) {
    expressions += fmt::format(
        "LabelSelectorRequirement{{Key:{},Operator:{},Values:[{}],}},",
        each["key"].text(), each["operator"].text(),
        Join(Texts(each["values"]), " "));
  }
  return fmt::format(
      "&LabelSelector{{MatchLabels:map[string]string{{{}}},"
      "MatchExpressions:[]LabelSelectorRequirement{{{}}},}}",
      Join(labels, ""), expressions);
}

std::string ParameterText(JsonNode parameter) {
  const std::string name = Str(parameter["name"]);
  if (!name.empty()) return TextOr(parameter["namespace"], "*") + "/" + name;
  const JsonNode selector = parameter["selector"];
  return selector.is_object() ? DebugSelector(selector) : "<unset>";
}

void PolicyBindingCells(const PrintInput& in, CellList& cells) {
  cells.push_back(NameOf(in));
  cells.push_back(Str(in.spec()["policyName"]));
  cells.push_back(ParameterText(in.spec()["paramRef"]));
  cells.push_back(AgeOf(in));
}

constexpr std::string_view kPolicyBindingColumns =
    "Name, PolicyName, ParamRef, Age";

}  // namespace

const KindPrinters& AdmissionPrinters() {
  static const KindPrinters kPrinters = {
      {"mutatingwebhookconfigurations.admissionregistration.k8s.io",
       "Name, Webhooks:integer, Age", WebhookCells},
      {"validatingwebhookconfigurations.admissionregistration.k8s.io",
       "Name, Webhooks:integer, Age", WebhookCells},
      {"validatingadmissionpolicies.admissionregistration.k8s.io",
       "Name, Validations:integer, ParamKind, Age", ValidatingPolicyCells},
      {"mutatingadmissionpolicies.admissionregistration.k8s.io",
       "Name, Mutations:integer, ParamKind, Age", MutatingPolicyCells},
      {"validatingadmissionpolicybindings.admissionregistration.k8s.io",
       kPolicyBindingColumns, PolicyBindingCells},
      {"mutatingadmissionpolicybindings.admissionregistration.k8s.io",
       kPolicyBindingColumns, PolicyBindingCells},
  };
  return kPrinters;
}

}  // namespace kubescribe::kube
