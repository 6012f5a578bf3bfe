#include "output/describe_kinds.h"
#include "output/describe_pods.h"

namespace kubescribe::output {
namespace {

constexpr const char* kMirrorOf = "kubernetes.io/config.mirror";

void PodSpecHead(const Subject& subject, Sheet& sheet) {
  const View spec = subject["spec"];
  if (spec["priority"].has()) {
    sheet.Write(0, "Priority:\t{}\n", spec["priority"].Int());
  }
  const std::initializer_list<std::pair<const char*, const char*>> kNames = {
      {"Priority Class Name", "priorityClassName"},
      {"Runtime Class Name", "runtimeClassName"},
      {"Service Account", "serviceAccountName"}};
  for (const auto& [title, key] : kNames) {
    if (!spec[key].empty()) {
      sheet.Write(0, "{}:\t{}\n", title, spec[key].Text());
    }
  }
  if (spec["nodeName"].empty()) {
    sheet.Put(0, "Node:\t<none>\n");
  } else {
    sheet.Write(0, "Node:\t{}/{}\n", spec["nodeName"].Text(),
                subject["status"]["hostIP"].Text());
  }
}

void PodStatusLines(const Subject& subject, Sheet& sheet) {
  const View status = subject["status"];
  const std::string& phase = status["phase"].Text();
  const View deleted = subject.meta("deletionTimestamp");
  if (deleted.has() && phase != "Failed" && phase != "Succeeded") {
    sheet.Write(0, "Status:\tTerminating (lasts {})\n", subject.Age(deleted));
    sheet.Write(0, "Termination Grace Period:\t{}s\n",
                subject.meta("deletionGracePeriodSeconds").Int());
  } else {
    sheet.Write(0, "Status:\t{}\n", phase);
  }
  if (!status["reason"].empty()) {
    sheet.Write(0, "Reason:\t{}\n", status["reason"].Text());
  }
  if (!status["message"].empty()) {
    sheet.Write(0, "Message:\t{}\n", status["message"].Text());
  }
}

void PodAddressLines(View status, Sheet& sheet) {
  sheet.Write(0, "IP:\t{}\n", status["podIP"].Text());
  const std::vector<View> addresses = status["podIPs"].Items();
  sheet.Put(0, addresses.empty() ? "IPs:\t<none>\n" : "IPs:\n");
  for (const View address : addresses) {
    sheet.Write(1, "IP:\t{}\n", address["ip"].Text());
  }
}

void PodContainerLines(const Subject& subject, Sheet& sheet) {
  const View spec = subject["spec"];
  const View status = subject["status"];
  const View pod = subject.object();
  if (!spec["initContainers"].empty()) {
    ContainerLines(subject, "Init Containers", spec["initContainers"],
                   status["initContainerStatuses"], pod, "", sheet);
  }
  ContainerLines(subject, "Containers", spec["containers"],
                 status["containerStatuses"], pod, "", sheet);
  if (!spec["ephemeralContainers"].empty()) {
    ContainerLines(subject, "Ephemeral Containers", spec["ephemeralContainers"],
                   status["ephemeralContainerStatuses"], pod, "", sheet);
  }
}

void PodConditionLines(const Subject& subject, Sheet& sheet) {
  const std::vector<View> conditions = subject["status"]["conditions"].Items();
  const std::vector<View> gates = subject["spec"]["readinessGates"].Items();
  if (!gates.empty()) sheet.Put(0, "Readiness Gates:\n  Type\tStatus\n");
  for (const View gate : gates) {
    const std::string& type = gate["conditionType"].Text();
    std::string state = "<none>";
    for (const View condition : conditions) {
      if (condition["type"].Text() != type) continue;
      state = condition["status"].Text();
      break;
    }
    sheet.Write(1, "{} \t{} \n", type, state);
  }
  if (!conditions.empty()) sheet.Put(0, "Conditions:\n  Type\tStatus\n");
  for (const View condition : conditions) {
    sheet.Write(1, "{} \t{} \n", condition["type"].Text(),
                condition["status"].Text());
  }
}

}  // namespace

void DescribePod(const Subject& subject, Sheet& sheet) {
  const View spec = subject["spec"];
  const View status = subject["status"];
  sheet.Write(0, "Name:\t{}\n", subject.name());
  sheet.Write(0, "Namespace:\t{}\n", subject.name_space());
  PodSpecHead(subject, sheet);
  if (status["startTime"].has()) {
    sheet.Write(0, "Start Time:\t{}\n", subject.Time(status["startTime"]));
  }
  LabelLines(sheet, "Labels", subject.meta("labels"));
  AnnotationLines(sheet, "Annotations", subject.meta("annotations"));
  PodStatusLines(subject, sheet);
  if (const View seccomp = spec["securityContext"]["seccompProfile"];
      seccomp.has()) {
    sheet.Write(0, "SeccompProfile:\t{}\n", seccomp["type"].Text());
    if (seccomp["type"].Text() == "Localhost") {
      sheet.Write(0, "LocalhostProfile:\t{}\n",
                  seccomp["localhostProfile"].Text());
    }
  }
  PodAddressLines(status, sheet);
  if (const std::string controller = Controller(subject.object());
      !controller.empty()) {
    sheet.Write(0, "Controlled By:\t{}\n", controller);
  }
  if (!status["nominatedNodeName"].empty()) {
    sheet.Write(0, "NominatedNodeName:\t{}\n",
                status["nominatedNodeName"].Text());
  }
  if (spec["resources"].has()) {
    sheet.Put(0, "Resources:\n");
    ResourceLines(spec["resources"], 1, sheet);
  }
  PodContainerLines(subject, sheet);
  PodConditionLines(subject, sheet);
  VolumeLines(spec["volumes"], "", sheet);
  sheet.Write(0, "QoS Class:\t{}\n", QosClass(subject.object()));
  LabelLines(sheet, "Node-Selectors", spec["nodeSelector"]);
  TolerationLines("Tolerations", spec["tolerations"], sheet);
  TopologyLines(spec["topologySpreadConstraints"], "", sheet);
  SchedulingGroupLines(spec["schedulingGroup"], "", sheet);
  EventsOf events = EventsOfSubject(subject);
  events.kind.clear();
  if (const View mirror = subject.meta("annotations")[kMirrorOf];
      mirror.has()) {
    events.uid = mirror.Text();
  }
  TellEvents(subject, events, sheet);
}

}  // namespace kubescribe::output
