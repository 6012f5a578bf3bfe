// Workloads that keep a number of Pods running.
#include <fmt/format.h>

#include "kube/printer_table.h"

namespace kubescribe::kube {
namespace {

std::string ReadyOf(const PrintInput& in) {
  return fmt::format("{}/{}", in.status()["readyReplicas"].number(),
                     in.spec()["replicas"].number());
}

void DeploymentCells(const PrintInput& in, CellList& cells) {
  const JsonNode status = in.status();
  cells.push_back(NameOf(in));
  cells.push_back(ReadyOf(in));
  cells.push_back(Int(status["updatedReplicas"]));
  cells.push_back(Int(status["availableReplicas"]));
  cells.push_back(AgeOf(in));
  AddContainers(in.spec()["template"], cells);
  cells.push_back(SelectorText(in.spec()["selector"], "<invalid>"));
}

void AddReplicas(const PrintInput& in, CellList& cells) {
  const JsonNode status = in.status();
  cells.push_back(NameOf(in));
  cells.push_back(Int(in.spec()["replicas"]));
  cells.push_back(Int(status["replicas"]));
  cells.push_back(Int(status["readyReplicas"]));
  cells.push_back(AgeOf(in));
  AddContainers(in.spec()["template"], cells);
}

void ReplicaSetCells(const PrintInput& in, CellList& cells) {
  AddReplicas(in, cells);
  cells.push_back(SelectorCell(in.spec()["selector"]));
}

// Its selector is but labels.
void ReplicationControllerCells(const PrintInput& in, CellList& cells) {
  AddReplicas(in, cells);
  cells.push_back(LabelText(in.spec()["selector"]));
}

void StatefulSetCells(const PrintInput& in, CellList& cells) {
  cells.push_back(NameOf(in));
  cells.push_back(ReadyOf(in));
  cells.push_back(AgeOf(in));
  AddContainers(in.spec()["template"], cells);
}

void DaemonSetCells(const PrintInput& in, CellList& cells) {
  const JsonNode status = in.status();
  const JsonNode pod_template = in.spec()["template"];
  cells.push_back(NameOf(in));
  cells.push_back(Int(status["desiredNumberScheduled"]));
  cells.push_back(Int(status["currentNumberScheduled"]));
  cells.push_back(Int(status["numberReady"]));
  cells.push_back(Int(status["updatedNumberScheduled"]));
  cells.push_back(Int(status["numberAvailable"]));
  cells.push_back(LabelText(pod_template["spec"]["nodeSelector"]));
  cells.push_back(AgeOf(in));
  AddContainers(pod_template, cells);
  cells.push_back(SelectorCell(in.spec()["selector"]));
}

// "deployment.apps/web" of the owner that controls it.
std::string ControllerOf(const PrintInput& in) {
  for (const JsonNode owner :
       in.object["metadata"]["ownerReferences"].items()) {
    if (!owner["controller"].is_true()) continue;
    const std::string_view version = owner["apiVersion"].text();
    const std::size_t slash = version.find('/');
    std::string kind = Str(owner["kind"]);
    if (slash != std::string_view::npos) {
      kind += '.';
      kind += version.substr(0, slash);
    }
    return LowerCase(kind) + (kind.empty() ? "" : "/") + Str(owner["name"]);
  }
  return "<none>";
}

void ControllerRevisionCells(const PrintInput& in, CellList& cells) {
  cells.push_back(NameOf(in));
  cells.push_back(ControllerOf(in));
  cells.push_back(Int(in.object["revision"]));
  cells.push_back(AgeOf(in));
}

}  // namespace

const KindPrinters& AppPrinters() {
  static const KindPrinters kPrinters = {
      {"deployments.apps",
       "Name, Ready, Up-to-date, Available, Age, +Containers, +Images, "
       "+Selector",
       DeploymentCells},
      {"replicasets.apps",
       "Name, Desired:integer, Current:integer, Ready:integer, Age, "
       "+Containers, +Images, +Selector",
       ReplicaSetCells},
      {"replicationcontrollers",
       "Name, Desired:integer, Current:integer, Ready:integer, Age, "
       "+Containers, +Images, +Selector",
       ReplicationControllerCells},
      {"statefulsets.apps", "Name, Ready, Age, +Containers, +Images",
       StatefulSetCells},
      {"daemonsets.apps",
       "Name, Desired:integer, Current:integer, Ready:integer, "
       "Up-to-date:integer, Available:integer, Node Selector, Age, "
       "+Containers, +Images, +Selector",
       DaemonSetCells},
      {"controllerrevisions.apps", "Name, Controller, Revision, Age",
       ControllerRevisionCells},
  };
  return kPrinters;
}

}  // namespace kubescribe::kube
