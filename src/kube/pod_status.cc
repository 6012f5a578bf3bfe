#include "kube/pod_status.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>

#include "kube/user_time.h"

namespace kubescribe::kube {
namespace {

struct Restarts {
  std::int64_t count = 0;
  std::optional<Micros> last;

  void Add(const Json& container) {
    count += Number(At(container, "restartCount"));
    const auto finished = ParseRfc3339(
        Text(At(container, "lastState", "terminated", "finishedAt")));
    if (finished && (!last || *finished > *last)) last = finished;
  }
  std::string ToString(Micros at) const {
    if (count == 0 || !last) return std::to_string(count);
    return fmt::format("{} ({} ago)", count, HumanDuration(at - *last));
  }
};

bool ConditionIs(const Json& pod, std::string_view type,
                 std::string_view status) {
  for (const Json& condition : Items(At(pod, "status", "conditions"))) {
    if (Text(At(condition, "type")) == type) {
      return Text(At(condition, "status")) == status;
    }
  }
  return false;
}

bool HasReason(const Json& state) { return !Text(At(state, "reason")).empty(); }

// "Signal:9", or "ExitCode:1".
std::string HowItEnded(const Json& terminated) {
  if (const auto signal = Number(At(terminated, "signal")); signal != 0) {
    return fmt::format("Signal:{}", signal);
  }
  return fmt::format("ExitCode:{}", Number(At(terminated, "exitCode")));
}

bool IsRunningAndReady(const Json& container) {
  return At(container, "ready") == true &&
         At(container, "state", "running").is_object();
}

// What init containers leave of it.
struct Initial {
  std::optional<std::string> status;  // still initializing: how
  Restarts restarts;                  // of those that go on running
};

Initial ScanInitContainers(const Json& pod, PodSummary& summary,
                           Restarts& restarts) {
  std::set<std::string> sidecars;
  const auto& containers = Items(At(pod, "spec", "initContainers"));
  for (const Json& container : containers) {
    if (Text(At(container, "restartPolicy")) != "Always") continue;
    sidecars.insert(Text(At(container, "name")));
    ++summary.containers;
  }
  Initial initial;
  const auto& statuses = Items(At(pod, "status", "initContainerStatuses"));
  for (std::size_t i = 0; i < statuses.size(); ++i) {
    const Json& container = statuses[i];
    const bool sidecar = sidecars.count(Text(At(container, "name"))) > 0;
    restarts.Add(container);
    if (sidecar) initial.restarts.Add(container);
    const Json& terminated = At(container, "state", "terminated");
    const Json& waiting = At(container, "state", "waiting");
    if (terminated.is_object() && Number(At(terminated, "exitCode")) == 0) {
      continue;
    }
    if (sidecar && At(container, "started") == true) {
      if (At(container, "ready") == true) ++summary.ready;
      continue;
    }
    if (terminated.is_object()) {
      initial.status =
          "Init:" + (HasReason(terminated) ? Text(At(terminated, "reason"))
                                           : HowItEnded(terminated));
    } else if (HasReason(waiting) &&
               Text(At(waiting, "reason")) != "PodInitializing") {
      initial.status = "Init:" + Text(At(waiting, "reason"));
    } else {
      initial.status = fmt::format("Init:{}/{}", i, containers.size());
    }
    break;
  }
  return initial;
}

void ScanContainers(const Json& pod, PodSummary& summary, Restarts& restarts) {
  bool running = false;
  std::string failed;  // the reason of a container that did not complete well
  const auto& statuses = Items(At(pod, "status", "containerStatuses"));
  for (auto it = statuses.rbegin(); it != statuses.rend(); ++it) {
    const Json& container = *it;
    restarts.Add(container);
    const Json& waiting = At(container, "state", "waiting");
    const Json& terminated = At(container, "state", "terminated");
    if (HasReason(waiting)) {
      summary.status = Text(At(waiting, "reason"));
    } else if (terminated.is_object()) {
      summary.status = HasReason(terminated) ? Text(At(terminated, "reason"))
                                             : HowItEnded(terminated);
      if (Number(At(terminated, "exitCode")) != 0) failed = summary.status;
    } else if (IsRunningAndReady(container)) {
      running = true;
      ++summary.ready;
    }
  }
  if (summary.status != "Completed") return;
  if (running && ConditionIs(pod, "Ready", "True")) {
    summary.status = "Running";
  } else if (!failed.empty()) {
    summary.status = failed;
  } else if (running) {
    summary.status = "NotReady";
  }
}

std::string ReadinessGates(const Json& pod) {
  const auto& gates = Items(At(pod, "spec", "readinessGates"));
  if (gates.empty()) return "<none>";
  const auto passed =
      std::count_if(gates.begin(), gates.end(), [&](const Json& gate) {
        return ConditionIs(pod, Text(At(gate, "conditionType")), "True");
      });
  return fmt::format("{}/{}", passed, gates.size());
}

}  // namespace

PodSummary SummarizePod(const Json& pod, Micros at) {
  PodSummary summary;
  summary.containers =
      static_cast<int>(Items(At(pod, "spec", "containers")).size());
  const std::string phase = Text(At(pod, "status", "phase"));
  const std::string reason = Text(At(pod, "status", "reason"));
  summary.status = reason.empty() ? phase : reason;
  for (const Json& condition : Items(At(pod, "status", "conditions"))) {
    if (Text(At(condition, "type")) == "PodScheduled" &&
        Text(At(condition, "reason")) == "SchedulingGated") {
      summary.status = "SchedulingGated";
    }
  }

  Restarts restarts;
  const Initial initial = ScanInitContainers(pod, summary, restarts);
  if (initial.status) summary.status = *initial.status;
  if (!initial.status || ConditionIs(pod, "Initialized", "True")) {
    restarts = initial.restarts;
    ScanContainers(pod, summary, restarts);
  }

  if (!Text(At(pod, "metadata", "deletionTimestamp")).empty()) {
    if (reason == "NodeLost") {
      summary.status = "Unknown";
    } else if (phase != "Succeeded" && phase != "Failed") {
      summary.status = "Terminating";
    }
  }
  summary.restarts = restarts.ToString(at);
  summary.readiness_gates = ReadinessGates(pod);
  return summary;
}

}  // namespace kubescribe::kube
