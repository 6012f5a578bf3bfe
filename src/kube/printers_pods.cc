// Pods, and what carries a Pod's template and nothing else.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "kube/printer_table.h"
#include "kube/user_time.h"

namespace kubescribe::kube {
namespace {

struct Restarts {
  std::int64_t count = 0;
  std::optional<Micros> last;

  void Add(JsonNode container) {
    count += container["restartCount"].number();
    const auto finished =
        ParseRfc3339(container["lastState"]["terminated"]["finishedAt"].text());
    if (finished && (!last || *finished > *last)) last = finished;
  }
  std::string ToString(const PrintInput& in) const {
    if (count == 0 || !last || !in.Prints(Variant::kAgeOfRestart)) {
      return std::to_string(count);
    }
    return fmt::format("{} ({} ago)", count, HumanDuration(in.at - *last));
  }
};

struct PodLine {
  std::string status;
  Restarts restarts;
  std::size_t ready = 0;
  std::size_t containers = 0;
};

bool HasReason(JsonNode state) { return !state["reason"].text().empty(); }

// Its reason; without one "Signal:9" or "ExitCode:1".
std::string HowItEnded(JsonNode terminated) {
  if (HasReason(terminated)) return Str(terminated["reason"]);
  if (const auto signal = terminated["signal"].number(); signal != 0) {
    return fmt::format("Signal:{}", signal);
  }
  return fmt::format("ExitCode:{}", terminated["exitCode"].number());
}

// Does the init container of that name go on running?
bool IsSidecar(const PrintInput& in, std::string_view name) {
  if (!in.Prints(Variant::kSidecars)) return false;
  bool sidecar = false;
  for (const JsonNode container : in.spec()["initContainers"].items()) {
    if (container["name"].text() == name) {
      sidecar = container["restartPolicy"].text() == "Always";
    }
  }
  return sidecar;
}

// How far the init containers are, where they are not done. What `sidecars`
// adds up is of those that go on running.
std::optional<std::string> ScanInitContainers(const PrintInput& in,
                                              PodLine& pod,
                                              Restarts& sidecars) {
  std::size_t index = 0;
  for (const JsonNode container :
       in.status()["initContainerStatuses"].items()) {
    const bool sidecar = IsSidecar(in, container["name"].text());
    pod.restarts.Add(container);
    if (sidecar) sidecars.Add(container);
    const JsonNode terminated = container["state"]["terminated"];
    const JsonNode waiting = container["state"]["waiting"];
    if (terminated.is_object() && terminated["exitCode"].number() == 0) {
      ++index;
      continue;
    }
    if (sidecar && container["started"].is_true()) {
      if (container["ready"].is_true()) ++pod.ready;
      ++index;
      continue;
    }
    if (terminated.is_object()) return "Init:" + HowItEnded(terminated);
    if (HasReason(waiting) && waiting["reason"].text() != "PodInitializing") {
      return "Init:" + Str(waiting["reason"]);
    }
    return fmt::format("Init:{}/{}", index, in.spec()["initContainers"].size());
  }
  return std::nullopt;
}

void ScanContainers(const PrintInput& in, PodLine& pod) {
  std::vector<JsonNode> containers;
  for (const JsonNode container : in.status()["containerStatuses"].items()) {
    containers.push_back(container);
  }
  bool running = false;
  std::string failure;
  for (auto it = containers.rbegin(); it != containers.rend(); ++it) {
    const JsonNode state = (*it)["state"];
    pod.restarts.Add(*it);
    if (HasReason(state["waiting"])) {
      pod.status = Str(state["waiting"]["reason"]);
    } else if (const JsonNode terminated = state["terminated"];
               terminated.is_object()) {
      pod.status = HowItEnded(terminated);
      if (terminated["exitCode"].number() != 0) failure = pod.status;
    } else if ((*it)["ready"].is_true() && state["running"].is_object()) {
      running = true;
      ++pod.ready;
    }
  }
  if (pod.status != "Completed") return;
  if (running && ConditionIs(in.status()["conditions"], "Ready")) {
    pod.status = "Running";
  } else if (!failure.empty() && in.Prints(Variant::kFailureOverCompleted)) {
    pod.status = failure;
  } else if (running) {
    pod.status = "NotReady";
  }
}

PodLine LineOf(const PrintInput& in) {
  PodLine pod;
  const JsonNode status = in.status();
  const std::string_view phase = status["phase"].text();
  const std::string_view reason = status["reason"].text();
  pod.status = reason.empty() ? phase : reason;
  for (const JsonNode condition : status["conditions"].items()) {
    if (condition["type"].text() == "PodScheduled" &&
        condition["reason"].text() == "SchedulingGated" &&
        in.Prints(Variant::kSchedulingGated)) {
      pod.status = "SchedulingGated";
    }
  }
  pod.containers = in.spec()["containers"].size();
  if (in.Prints(Variant::kSidecars)) {
    for (const JsonNode container : in.spec()["initContainers"].items()) {
      if (container["restartPolicy"].text() == "Always") ++pod.containers;
    }
  }
  Restarts sidecars;
  const auto initializing = ScanInitContainers(in, pod, sidecars);
  if (initializing) pod.status = *initializing;
  if (!initializing || (in.Prints(Variant::kSidecars) &&
                        ConditionIs(status["conditions"], "Initialized"))) {
    pod.restarts = sidecars;
    ScanContainers(in, pod);
  }
  if (IsBeingDeleted(in)) {
    const bool over = (phase == "Succeeded" || phase == "Failed") &&
                      in.Prints(Variant::kFinalPhaseOverTerminating);
    if (reason == "NodeLost") {
      pod.status = "Unknown";
    } else if (!over) {
      pod.status = "Terminating";
    }
  }
  return pod;
}

std::string ReadinessGates(const PrintInput& in) {
  const JsonNode gates = in.spec()["readinessGates"];
  if (gates.empty()) return "<none>";
  std::size_t passed = 0;
  for (const JsonNode gate : gates.items()) {
    if (ConditionIs(in.status()["conditions"], gate["conditionType"].text())) {
      ++passed;
    }
  }
  return fmt::format("{}/{}", passed, gates.size());
}

void PodCells(const PrintInput& in, CellList& cells) {
  const PodLine pod = LineOf(in);
  const JsonNode status = in.status();
  cells.push_back(NameOf(in));
  cells.push_back(fmt::format("{}/{}", pod.ready, pod.containers));
  cells.push_back(pod.status);
  cells.push_back(pod.restarts.ToString(in));
  cells.push_back(AgeOf(in));
  cells.push_back(TextOr(status["podIPs"].first()["ip"],
                         TextOr(status["podIP"], "<none>")));
  cells.push_back(TextOr(in.spec()["nodeName"], "<none>"));
  cells.push_back(TextOr(status["nominatedNodeName"], "<none>"));
  cells.push_back(ReadinessGates(in));
}

void PodTemplateCells(const PrintInput& in, CellList& cells) {
  const JsonNode pod_template = in.object["template"];
  cells.push_back(NameOf(in));
  AddContainers(pod_template, cells);
  cells.push_back(LabelText(pod_template["metadata"]["labels"]));
}

}  // namespace

const KindPrinters& PodPrinters() {
  static const KindPrinters kPrinters = {
      {"pods",
       "Name, Ready, Status, Restarts, Age, +IP, +Node, +Nominated Node, "
       "+Readiness Gates",
       PodCells},
      {"podtemplates", "Name, Containers, Images, Pod Labels",
       PodTemplateCells},
  };
  return kPrinters;
}

}  // namespace kubescribe::kube
