// Who may do what, and what comes first: RBAC, certificates, disruption
// budgets, priorities and flow control.
#include <fmt/format.h>

#include "kube/printer_table.h"
#include "kube/user_time.h"

namespace kubescribe::kube {
namespace {

void BindingCells(const PrintInput& in, CellList& cells) {
  const JsonNode role = in.object["roleRef"];
  std::vector<std::string> users;
  std::vector<std::string> groups;
  std::vector<std::string> accounts;
  for (const JsonNode subject : in.object["subjects"].items()) {
    const std::string_view kind = subject["kind"].text();
    const std::string name = Str(subject["name"]);
    if (kind == "User") users.push_back(name);
    if (kind == "Group") groups.push_back(name);
    if (kind == "ServiceAccount") {
      accounts.push_back(Str(subject["namespace"]) + "/" + name);
    }
  }
  cells.push_back(NameOf(in));
  cells.push_back(Str(role["kind"]) + "/" + Str(role["name"]));
  cells.push_back(AgeOf(in));
  cells.push_back(Join(users, ", "));
  cells.push_back(Join(groups, ", "));
  cells.push_back(Join(accounts, ", "));
}

std::string SigningState(JsonNode status) {
  const JsonNode conditions = status["conditions"];
  const auto has = [&](std::string_view type) {
    return !Condition(conditions, type).is_null();
  };
  std::string state = has("Denied")     ? "Denied"
                      : has("Approved") ? "Approved"
                                        : "Pending";
  if (has("Failed")) state += ",Failed";
  if (!status["certificate"].text().empty()) state += ",Issued";
  return state;
}

void SigningRequestCells(const PrintInput& in, CellList& cells) {
  const JsonNode spec = in.spec();
  const JsonNode seconds = spec["expirationSeconds"];
  cells.push_back(NameOf(in));
  cells.push_back(AgeOf(in));
  cells.push_back(TextOr(spec["signerName"], "<none>"));
  cells.push_back(Str(spec["username"]));
  cells.push_back(
      seconds.is_null() ? "<none>" : HumanDuration(seconds.number() * kSecond));
  cells.push_back(SigningState(in.status()));
}

void TrustBundleCells(const PrintInput& in, CellList& cells) {
  cells.push_back(NameOf(in));
  cells.push_back(TextOr(in.spec()["signerName"], "<none>"));
}

// These conditions exclude each other; of several the last counts.
std::string PodCertificateState(const PrintInput& in) {
  std::string state = "Pending";
  for (const JsonNode condition : in.status()["conditions"].items()) {
    const std::string_view type = condition["type"].text();
    if (type == "Issued" || type == "Denied" || type == "Failed") state = type;
  }
  return state;
}

void PodCertificateCells(const PrintInput& in, CellList& cells) {
  const JsonNode spec = in.spec();
  cells.push_back(NameOf(in));
  cells.push_back(Str(spec["podName"]));
  cells.push_back(Str(spec["serviceAccountName"]));
  cells.push_back(Str(spec["nodeName"]));
  cells.push_back(Str(spec["signerName"]));
  cells.push_back(PodCertificateState(in));
  cells.push_back(LabelText(spec["unverifiedUserAnnotations"]));
}

// A number, or a percentage as text.
std::string Budget(JsonNode value) {
  return value.is_null() ? "N/A" : std::string(value.scalar());
}

void DisruptionBudgetCells(const PrintInput& in, CellList& cells) {
  cells.push_back(NameOf(in));
  cells.push_back(Budget(in.spec()["minAvailable"]));
  cells.push_back(Budget(in.spec()["maxUnavailable"]));
  cells.push_back(Int(in.status()["disruptionsAllowed"]));
  cells.push_back(AgeOf(in));
}

void PriorityClassCells(const PrintInput& in, CellList& cells) {
  cells.push_back(NameOf(in));
  cells.push_back(Int(in.object["value"]));
  cells.push_back(BoolOr(in.object["globalDefault"], false));
  cells.push_back(AgeOf(in));
  cells.push_back(Str(in.object["preemptionPolicy"]));
}

void FlowSchemaCells(const PrintInput& in, CellList& cells) {
  const JsonNode spec = in.spec();
  const JsonNode method = spec["distinguisherMethod"];
  const JsonNode dangling = Condition(in.status()["conditions"], "Dangling");
  cells.push_back(NameOf(in));
  cells.push_back(Str(spec["priorityLevelConfiguration"]["name"]));
  cells.push_back(Int(spec["matchingPrecedence"]));
  cells.push_back(method.is_null() ? "<none>" : Str(method["type"]));
  cells.push_back(AgeOf(in));
  cells.push_back(dangling.is_null() ? "?" : Str(dangling["status"]));
}

void PriorityLevelCells(const PrintInput& in, CellList& cells) {
  const JsonNode limited = in.spec()["limited"];
  const JsonNode queuing = limited["limitResponse"]["queuing"];
  const auto number = [](JsonNode owner, std::string_view key) {
    return owner.is_object() ? Int(owner[key]) : "<none>";
  };
  cells.push_back(NameOf(in));
  cells.push_back(Str(in.spec()["type"]));
  cells.push_back(number(limited, "nominalConcurrencyShares"));
  cells.push_back(number(queuing, "queues"));
  cells.push_back(number(queuing, "handSize"));
  cells.push_back(number(queuing, "queueLengthLimit"));
  cells.push_back(AgeOf(in));
  cells.push_back(number(limited, "assuredConcurrencyShares"));
}

void WorkloadCells(const PrintInput& in, CellList& cells) {
  cells.push_back(NameOf(in));
  cells.push_back(AgeOf(in));
}

// Of several conditions of a type the last counts.
std::string PodGroupStatus(const PrintInput& in) {
  std::string scheduled = "Pending";
  std::string disrupted;
  bool disruption = false;
  for (const JsonNode condition : in.status()["conditions"].items()) {
    if (condition["type"].text() == "PodGroupScheduled") {
      scheduled =
          condition["status"].text() == "True" ? "Scheduled" : "Unschedulable";
    } else if (condition["type"].text() == "DisruptionTarget") {
      disruption = true;
      disrupted = Str(condition["reason"]);
    }
  }
  return disruption ? disrupted : scheduled;
}

void PodGroupCells(const PrintInput& in, CellList& cells) {
  const JsonNode owner = in.spec()["podGroupTemplateRef"];
  cells.push_back(NameOf(in));
  cells.push_back(in.spec()["schedulingPolicy"]["gang"].is_null() ? "Basic"
                                                                  : "Gang");
  cells.push_back(owner.is_null() ? "<none>"
                                  : Str(owner["workload"]["workloadName"]));
  cells.push_back(PodGroupStatus(in));
  cells.push_back(AgeOf(in));
}

constexpr std::string_view kBindingColumns =
    "Name, Role, Age, +Users, +Groups, +ServiceAccounts";

}  // namespace

const KindPrinters& PolicyPrinters() {
  static const KindPrinters kPrinters = {
      {"rolebindings.rbac.authorization.k8s.io", kBindingColumns, BindingCells},
      {"clusterrolebindings.rbac.authorization.k8s.io", kBindingColumns,
       BindingCells},
      {"certificatesigningrequests.certificates.k8s.io",
       "Name, Age, SignerName, Requestor, RequestedDuration, Condition",
       SigningRequestCells},
      {"clustertrustbundles.certificates.k8s.io", "Name, SignerName",
       TrustBundleCells},
      {"podcertificaterequests.certificates.k8s.io",
       "Name, PodName, ServiceAccountName, NodeName, SignerName, State, "
       "UnverifiedUserAnnotations",
       PodCertificateCells},
      {"poddisruptionbudgets.policy",
       "Name, Min Available, Max Unavailable, Allowed Disruptions:integer, Age",
       DisruptionBudgetCells},
      {"priorityclasses.scheduling.k8s.io",
       "Name, Value:integer, Global-Default:boolean, Age, PreemptionPolicy",
       PriorityClassCells},
      {"flowschemas.flowcontrol.apiserver.k8s.io",
       "Name, PriorityLevel, MatchingPrecedence, DistinguisherMethod, Age, "
       "MissingPL",
       FlowSchemaCells},
      {"prioritylevelconfigurations.flowcontrol.apiserver.k8s.io",
       "Name, Type, NominalConcurrencyShares, Queues, HandSize, "
       "QueueLengthLimit, Age, -AssuredConcurrencyShares",
       PriorityLevelCells},
      {"workloads.scheduling.k8s.io", "Name, Age", WorkloadCells},
      {"podgroups.scheduling.k8s.io", "Name, Policy, Workload, Status, Age",
       PodGroupCells},
  };
  return kPrinters;
}

}  // namespace kubescribe::kube
