// The template of a controller's Pods, and what controllers have in common.
#include <algorithm>

#include "output/describe_pods.h"

namespace kubescribe::output {

void TopologyLines(View constraints, std::string_view indent, Sheet& sheet) {
  std::vector<View> sorted = constraints.Items();
  if (sorted.empty()) return;
  std::stable_sort(sorted.begin(), sorted.end(), [](View a, View b) {
    return a["topologyKey"].Text() < b["topologyKey"].Text();
  });
  std::string before = "Topology Spread Constraints:";
  for (const View constraint : sorted) {
    sheet.Write(0, "{}{}\t{}:{} when max skew {} is exceeded", indent, before,
                constraint["topologyKey"].Text(),
                constraint["whenUnsatisfiable"].Text(),
                constraint["maxSkew"].Int());
    if (const View selector = constraint["labelSelector"]; selector.has()) {
      sheet.Write(0, " for selector {}", SelectorText(selector));
    }
    sheet.Put(0, "\n");
    before.clear();
  }
}

void TolerationLines(std::string_view title, View tolerations, Sheet& sheet) {
  std::vector<View> sorted = tolerations.Items();
  std::stable_sort(sorted.begin(), sorted.end(), [](View a, View b) {
    return a["key"].Text() < b["key"].Text();
  });
  sheet.Write(0, "{}:\t", title);
  if (sorted.empty()) sheet.Put(0, "<none>\n");
  bool first = true;
  for (const View toleration : sorted) {
    const std::string& value = toleration["value"].Text();
    const std::string& effect = toleration["effect"].Text();
    std::string text = toleration["key"].Text();
    if (!value.empty()) text += "=" + value;
    if (!effect.empty()) text += ":" + effect;
    if (toleration["operator"].Text() == "Exists" && value.empty()) {
      text += text.empty() ? "op=Exists" : " op=Exists";
    }
    if (const View seconds = toleration["tolerationSeconds"]; seconds.has()) {
      text += fmt::format(" for {}s", seconds.Int());
    }
    sheet.Write(0, "{}{}\n", first ? "" : "\t", text);
    first = false;
  }
}

void SchedulingGroupLines(View group, std::string_view indent, Sheet& sheet) {
  if (!group.has()) return;
  sheet.Write(0, "{}SchedulingGroup:\n", indent);
  sheet.Write(1, "PodGroupName:\t{}\n", group["podGroupName"].Text());
}

void TemplateLines(const Subject& subject, View pod_template, Sheet& sheet) {
  constexpr std::string_view kIndent = "  ";
  sheet.Put(0, "Pod Template:\n");
  if (!pod_template.has()) {
    sheet.Put(1, "<unset>");
    return;
  }
  const View meta = pod_template["metadata"];
  const View spec = pod_template["spec"];
  LabelLines(sheet, "  Labels", meta["labels"]);
  if (!meta["annotations"].Members().empty()) {
    AnnotationLines(sheet, "  Annotations", meta["annotations"]);
  }
  if (!spec["serviceAccountName"].empty()) {
    sheet.Write(1, "Service Account:\t{}\n", spec["serviceAccountName"].Text());
  }
  if (!spec["initContainers"].empty()) {
    ContainerLines(subject, "Init Containers", spec["initContainers"], {}, {},
                   kIndent, sheet);
  }
  ContainerLines(subject, "Containers", spec["containers"], {}, {}, kIndent,
                 sheet);
  VolumeLines(spec["volumes"], kIndent, sheet);
  TopologyLines(spec["topologySpreadConstraints"], kIndent, sheet);
  if (!spec["priorityClassName"].empty()) {
    sheet.Write(1, "Priority Class Name:\t{}\n",
                spec["priorityClassName"].Text());
  }
  LabelLines(sheet, "  Node-Selectors", spec["nodeSelector"]);
  TolerationLines("  Tolerations", spec["tolerations"], sheet);
  SchedulingGroupLines(spec["schedulingGroup"], kIndent, sheet);
}

std::string PodCounts(const Subject& subject, const std::string& selector) {
  Related::Query query;
  query.resource = {"", "pods"};
  query.name_space = subject.name_space();
  query.label_selector = selector;
  int running = 0;
  int waiting = 0;
  int succeeded = 0;
  int failed = 0;
  for (const Value& value : subject.Find(query)) {
    const View pod(value);
    const std::string controller = ControllerUid(pod);
    if (controller.empty() || controller != subject.meta("uid").Text()) {
      continue;
    }
    const std::string& phase = pod["status"]["phase"].Text();
    running += phase == "Running" ? 1 : 0;
    waiting += phase == "Pending" ? 1 : 0;
    succeeded += phase == "Succeeded" ? 1 : 0;
    failed += phase == "Failed" ? 1 : 0;
  }
  return fmt::format("{} Running / {} Waiting / {} Succeeded / {} Failed",
                     running, waiting, succeeded, failed);
}

void ReasonTable(View conditions, Sheet& sheet) {
  if (conditions.Items().empty()) return;
  sheet.Put(0,
            "Conditions:\n  Type\tStatus\tReason\n"
            "  ----\t------\t------\n");
  for (const View condition : conditions.Items()) {
    sheet.Write(1, "{} \t{}\t{}\n", condition["type"].Text(),
                condition["status"].Text(), condition["reason"].Text());
  }
}

}  // namespace kubescribe::output
