// Dynamic resource allocation (resource.k8s.io).
#include <fmt/format.h>

#include "kube/printer_table.h"

namespace kubescribe::kube {
namespace {

void DeviceClassCells(const PrintInput& in, CellList& cells) {
  cells.push_back(NameOf(in));
  cells.push_back(AgeOf(in));
}

void ResourceClassCells(const PrintInput& in, CellList& cells) {
  cells.push_back(NameOf(in));
  cells.push_back(Str(in.object["driverName"]));
  cells.push_back(AgeOf(in));
}

std::string ClaimState(const PrintInput& in) {
  const JsonNode status = in.status();
  const bool deleted = IsBeingDeleted(in);
  std::vector<std::string> states;
  if (deleted) states.emplace_back("deleted");
  if (status["allocation"].is_null()) {
    if (!deleted) states.emplace_back("pending");
  } else {
    states.emplace_back("allocated");
    if (!status["reservedFor"].empty()) {
      states.emplace_back("reserved");
    } else if (in.Prints(Variant::kDeallocating) &&
               (deleted || status["deallocationRequested"].is_true())) {
      states.emplace_back("deallocating");
    }
  }
  return Join(states);
}

void ResourceClaimCells(const PrintInput& in, CellList& cells) {
  cells.push_back(NameOf(in));
  cells.push_back(ClaimState(in));
  cells.push_back(AgeOf(in));
  cells.push_back(Str(in.spec()["resourceClassName"]));
  cells.push_back(Str(in.spec()["allocationMode"]));
}

void ClaimTemplateCells(const PrintInput& in, CellList& cells) {
  const JsonNode claim = in.spec()["spec"];
  cells.push_back(NameOf(in));
  cells.push_back(AgeOf(in));
  cells.push_back(Str(claim["resourceClassName"]));
  cells.push_back(Str(claim["allocationMode"]));
}

void SchedulingContextCells(const PrintInput& in, CellList& cells) {
  cells.push_back(NameOf(in));
  cells.push_back(Str(in.spec()["selectedNode"]));
  cells.push_back(AgeOf(in));
}

void ResourceSliceCells(const PrintInput& in, CellList& cells) {
  cells.push_back(NameOf(in));
  cells.push_back(Str(in.spec()["nodeName"]));
  cells.push_back(Str(in.spec()["driver"]));
  cells.push_back(Str(in.spec()["pool"]["name"]));
  cells.push_back(AgeOf(in));
}

void TaintRuleCells(const PrintInput& in, CellList& cells) {
  const JsonNode taint = in.spec()["taint"];
  const JsonNode added = taint["timeAdded"];
  cells.push_back(NameOf(in));
  cells.push_back(Str(taint["key"]));
  cells.push_back(Str(taint["value"]));
  cells.push_back(Str(taint["effect"]));
  cells.push_back(added.is_null() ? "" : AgeOfTime(added, in.at));
  cells.push_back(AgeOf(in));
}

struct PoolSums {
  std::int64_t total = 0;
  std::int64_t available = 0;
  std::int64_t allocated = 0;
  std::int64_t unavailable = 0;
  std::int64_t errors = 0;
};

PoolSums SumsOf(JsonNode pools) {
  PoolSums sums;
  for (const JsonNode pool : pools.items()) {
    sums.total += pool["totalDevices"].number();
    sums.available += pool["availableDevices"].number();
    sums.allocated += pool["allocatedDevices"].number();
    sums.unavailable += pool["unavailableDevices"].number();
    sums.errors += pool["validationError"].is_null() ? 0 : 1;
  }
  return sums;
}

void PoolStatusCells(const PrintInput& in, CellList& cells) {
  const JsonNode status = in.status();
  // The first of the two that is true decides.
  std::string state = "Pending";
  std::string completed = "<none>";
  for (const JsonNode condition : status["conditions"].items()) {
    const std::string_view type = condition["type"].text();
    if (condition["status"].text() != "True") continue;
    if (type != "Complete" && type != "Failed") continue;
    state = type;
    if (type == "Complete") {
      completed = AgeOfTime(condition["lastTransitionTime"], in.at);
    }
    break;
  }
  const bool failed = state == "Failed";
  const std::int64_t pools = status["poolCount"].number();
  const auto shown = static_cast<std::int64_t>(status["pools"].size());
  if (state == "Complete" && pools > shown) {
    state = fmt::format("Complete ({}/{} pools)", shown, pools);
  }
  const PoolSums sums = SumsOf(status["pools"]);
  const auto sum = [&](std::int64_t value) {
    return failed || status.is_null() ? "-" : std::to_string(value);
  };
  cells.push_back(NameOf(in));
  cells.push_back(Str(in.spec()["driver"]));
  cells.push_back(sum(sums.total));
  cells.push_back(sum(sums.available));
  cells.push_back(sum(sums.allocated));
  cells.push_back(sum(sums.unavailable));
  cells.push_back(sum(sums.errors));
  cells.push_back(std::to_string(pools));
  cells.push_back(state);
  cells.push_back(completed);
}

}  // namespace

const KindPrinters& DevicePrinters() {
  static const KindPrinters kPrinters = {
      {"deviceclasses.resource.k8s.io", "Name, Age", DeviceClassCells},
      {"resourceclasses.resource.k8s.io", "Name, DriverName, Age",
       ResourceClassCells},
      {"resourceclaims.resource.k8s.io",
       "Name, State, Age, -ResourceClassName, -AllocationMode",
       ResourceClaimCells},
      {"resourceclaimtemplates.resource.k8s.io",
       "Name, Age, -ResourceClassName, -AllocationMode", ClaimTemplateCells},
      {"podschedulingcontexts.resource.k8s.io", "Name, SelectedNode, Age",
       SchedulingContextCells},
      {"resourceslices.resource.k8s.io", "Name, Node, Driver, Pool, Age",
       ResourceSliceCells},
      {"devicetaintrules.resource.k8s.io",
       "Name, Key, Value, Effect, TimeAdded, Age", TaintRuleCells},
      {"resourcepoolstatusrequests.resource.k8s.io",
       "Name, Driver, Total, Available, Allocated, Unavailable, Errors, "
       "Pools:integer, Status, Completed",
       PoolStatusCells},
  };
  return kPrinters;
}

}  // namespace kubescribe::kube
