// What Pods ask for and may use: sums over their containers as a scheduler
// makes them.
#include <algorithm>
#include <array>
#include <string_view>

#include "output/describe_pods.h"

namespace kubescribe::output {
namespace {

Amounts ReadAmounts(View amounts) {
  Amounts read;
  for (const auto& [name, amount] : amounts.Members()) {
    read.emplace(name, kube::Quantity::ParseOrZero(View(amount).Scalar()));
  }
  return read;
}

void RaiseAmounts(Amounts& highest, const Amounts& others) {
  for (const auto& [name, amount] : others) {
    const auto [place, is_new] = highest.emplace(name, amount);
    if (!is_new && amount.Compare(place->second) > 0) place->second = amount;
  }
}

bool IsResizeInfeasible(View pod) {
  for (const View condition : pod["status"]["conditions"].Items()) {
    if (condition["type"].Text() == "PodResizePending") {
      return condition["reason"].Text() == "Infeasible";
    }
  }
  return false;
}

bool IsSidecar(View container) {
  return container["restartPolicy"].Text() == "Always";
}

// Of a Pod as a whole only these can be said.
bool IsPodLevel(std::string_view name) {
  return name == "cpu" || name == "memory" ||
         name.substr(0, 10) == "hugepages-";
}

// Sums of "requests" or "limits".
class ContainerSum {
 public:
  ContainerSum(View pod, const char* what, bool with_status)
      : pod_(pod),
        what_(what),
        with_status_(with_status),
        infeasible_(IsResizeInfeasible(pod)) {}

  Amounts OfContainers() const {
    const View spec = pod_["spec"];
    Amounts sum;
    for (const View container : spec["containers"].Items()) {
      AddAmounts(sum, Of(container, with_status_));
    }
    // Init containers run one after the other, beside the sidecars that began
    // before them.
    Amounts sidecars;
    Amounts highest;
    for (const View container : spec["initContainers"].Items()) {
      const bool sidecar = IsSidecar(container);
      Amounts its = Of(container, with_status_ && sidecar);
      if (sidecar) {
        AddAmounts(sum, its);
        AddAmounts(sidecars, its);
        its = sidecars;
      } else {
        AddAmounts(its, sidecars);
      }
      RaiseAmounts(highest, its);
    }
    RaiseAmounts(sum, highest);
    return sum;
  }

 private:
  // What was asked for, and with the status what was given.
  Amounts Of(View container, bool with_status) const {
    Amounts wanted = ReadAmounts(container["resources"][what_]);
    const View status =
        with_status ? StatusOf(container["name"].Text()) : View();
    if (!status["resources"].has()) return wanted;
    Amounts given = ReadAmounts(status["resources"][what_]);
    const bool requests = std::string_view(what_) == "requests";
    Amounts amounts = infeasible_ ? Amounts() : wanted;
    RaiseAmounts(amounts, given);
    if (requests)
      RaiseAmounts(amounts, ReadAmounts(status["allocatedResources"]));
    return amounts;
  }

  View StatusOf(const std::string& name) const {
    View found;
    for (const char* list : {"containerStatuses", "initContainerStatuses"}) {
      for (const View status : pod_["status"][list].Items()) {
        if (status["name"].Text() == name) found = status;
      }
    }
    return found;
  }

  const View pod_;
  const char* const what_;
  const bool with_status_;
  const bool infeasible_;
};

bool HasPodLevel(View amounts) {
  return std::any_of(
      amounts.Members().begin(), amounts.Members().end(),
      [](const Value::Member& amount) { return IsPodLevel(amount.first); });
}

// Only those that a quality of service goes by, and that are above zero.
Amounts QosAmounts(View amounts) {
  Amounts read = ReadAmounts(amounts);
  std::erase_if(read, [](const auto& amount) {
    return (amount.first != "cpu" && amount.first != "memory") ||
           amount.second.Sign() <= 0;
  });
  return read;
}

}  // namespace

void AddAmounts(Amounts& sum, const Amounts& more) {
  for (const auto& [name, amount] : more) {
    const auto [place, is_new] = sum.emplace(name, amount);
    if (!is_new) place->second.Add(amount);
  }
}

Amounts PodRequests(View pod, bool with_status) {
  Amounts sum = ContainerSum(pod, "requests", with_status).OfContainers();
  for (const auto& [name, amount] :
       ReadAmounts(pod["spec"]["resources"]["requests"])) {
    if (IsPodLevel(name)) sum[name] = amount;
  }
  AddAmounts(sum, ReadAmounts(pod["spec"]["overhead"]));
  return sum;
}

Amounts PodLimits(View pod, bool with_status) {
  Amounts sum = ContainerSum(pod, "limits", with_status).OfContainers();
  const View resources = pod["spec"]["resources"];
  if (HasPodLevel(resources["requests"]) || HasPodLevel(resources["limits"])) {
    for (const auto& [name, amount] : ReadAmounts(resources["limits"])) {
      if (IsPodLevel(name)) sum[name] = amount;
    }
  }
  for (const auto& [name, amount] : ReadAmounts(pod["spec"]["overhead"])) {
    const auto limit = sum.find(name);
    if (limit != sum.end() && !limit->second.IsZero()) {
      limit->second.Add(amount);
    }
  }
  return sum;
}

std::string QosClass(View pod) {
  if (const View known = pod["status"]["qosClass"]; !known.empty()) {
    return known.Text();
  }
  const View spec = pod["spec"];
  std::vector<View> parts;
  if (spec["resources"].has()) {
    parts.push_back(spec["resources"]);
  } else {
    for (const char* list : {"containers", "initContainers"}) {
      for (const View container : spec[list].Items()) {
        parts.push_back(container["resources"]);
      }
    }
  }
  Amounts requests;
  Amounts limits;
  bool guaranteed = true;
  for (const View part : parts) {
    AddAmounts(requests, QosAmounts(part["requests"]));
    const Amounts its_limits = QosAmounts(part["limits"]);
    AddAmounts(limits, its_limits);
    guaranteed = guaranteed && its_limits.size() == 2;
  }
  if (requests.empty() && limits.empty()) return "BestEffort";
  for (const auto& [name, amount] : requests) {
    const auto limit = limits.find(name);
    guaranteed = guaranteed && limit != limits.end() &&
                 limit->second.Compare(amount) == 0;
  }
  return guaranteed && requests.size() == limits.size() ? "Guaranteed"
                                                        : "Burstable";
}

}  // namespace kubescribe::output
