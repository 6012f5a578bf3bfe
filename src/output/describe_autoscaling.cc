// What changes the number of Pods: HorizontalPodAutoscaler, and what bounds it:
// PodDisruptionBudget.
#include <fmt/format.h>

#include "output/describe_fields.h"
#include "output/describe_kinds.h"

namespace kubescribe::output {
namespace {

View ItemOr(View list, std::size_t i) {
  const std::vector<View> items = list.Items();
  return i < items.size() ? items[i] : View();
}

// A quantity that need not be there.
std::string Amount(View value) {
  return !value.has() ? "<nil>" : QuantityText(value);
}

// "50% (100m) / 80%", "100m / 200m", each "<unknown>" when it is not known:
// of a metric of containers or Pods.
void WriteResourceMetric(const std::string& what, View target, View current,
                         Sheet& sheet) {
  View value = target["averageValue"];
  if (value.has()) {
    sheet.Write(
        1, "{}:\t{} / {}\n", what,
        current.is_object() ? Amount(current["averageValue"]) : "<unknown>",
        Amount(value));
    return;
  }
  View used = current["averageUtilization"];
  View wanted = target["averageUtilization"];
  sheet.Write(1, "{}  (as a percentage of request):\t{} / {}\n", what,
              !used.has() ? "<unknown>"
                          : fmt::format("{}% ({})", used.Int(),
                                        Amount(current["averageValue"])),
              !wanted.has() ? "<auto>" : fmt::format("{}%", wanted.Int()));
}

// A metric whose target is a value, or a value a Pod.
void WriteValueMetric(const std::string& what, bool average, bool known,
                      View target, View current, Sheet& sheet) {
  const char* key = average ? "averageValue" : "value";
  sheet.Write(1, "{} (target {}):\t{} / {}\n", what,
              average ? "average value" : "value",
              known ? Amount(current[key]) : "<unknown>", Amount(target[key]));
}

void WriteMetric(View metric, View status, Sheet& sheet) {
  const std::string type = metric["type"].Text();
  if (type == "Resource") {
    View source = metric["resource"];
    WriteResourceMetric(
        fmt::format("resource {} on pods", source["name"].Text()),
        source["target"], status["resource"]["current"], sheet);
  } else if (type == "ContainerResource") {
    View source = metric["containerResource"];
    WriteResourceMetric(
        fmt::format("resource {} of container \"{}\" on pods",
                    source["name"].Text(), source["container"].Text()),
        source["target"], status["containerResource"]["current"], sheet);
  } else if (type == "Pods") {
    View source = metric["pods"];
    View current = status["pods"];
    sheet.Write(1, "{} on pods:\t{} / {}\n",
                QuoteJson(source["metric"]["name"].Text()),
                current.is_object() ? Amount(current["current"]["averageValue"])
                                    : "<unknown>",
                Amount(source["target"]["averageValue"]));
  } else if (type == "Object") {
    View source = metric["object"];
    View current = status["object"];
    WriteValueMetric(
        fmt::format("\"{}\" on {}/{}", source["metric"]["name"].Text(),
                    source["describedObject"]["kind"].Text(),
                    source["describedObject"]["name"].Text()),
        source["target"]["type"].Text() == "AverageValue", current.is_object(),
        source["target"], current["current"], sheet);
  } else if (type == "External") {
    View source = metric["external"];
    View current = status["external"];
    const bool average = source["target"]["averageValue"].has();
    WriteValueMetric(QuoteJson(source["metric"]["name"].Text()), average,
                     current.is_object() &&
                         (!average || current["current"]["averageValue"].has()),
                     source["target"], current["current"], sheet);
  } else {
    sheet.Put(
        1, "<unknown metric type " + QuoteJson(metric["type"].Text()) + ">\n");
  }
}

void WriteBehavior(const char* title, View rules, Sheet& sheet) {
  if (!rules.is_object()) return;
  sheet.Put(1, std::string(title) + ":\n");
  View window = rules["stabilizationWindowSeconds"];
  if (window.has()) {
    sheet.Write(2, "Stabilization Window: {} seconds\n", window.Int());
  }
  const std::vector<View> policies = rules["policies"].Items();
  if (policies.empty()) return;
  View select = rules["selectPolicy"];
  sheet.Put(2, "Select Policy: " + (TextOr(select, "Max")) + "\n");
  sheet.Put(2, "Policies:\n");
  for (View policy : policies) {
    sheet.Write(3, "- Type: {}\tValue: {}\tPeriod: {} seconds\n",
                policy["type"].Text(), policy["value"].Int(),
                policy["periodSeconds"].Int());
  }
}

// autoscaling/v1 knows the CPU only.
void WriteCpuTarget(View object, Sheet& sheet) {
  View target = object["spec"]["targetCPUUtilizationPercentage"];
  if (!target.has()) return;
  FieldLine(sheet, "Target CPU utilization", fmt::format("{}%", target.Int()));
  View current = object["status"]["currentCPUUtilizationPercentage"];
  FieldLine(
      sheet, "Current CPU utilization",
      (current.has() ? std::to_string(current.Int()) : "<unknown>") + "%");
}

}  // namespace

void DescribeHorizontalPodAutoscaler(const Subject& subject, Sheet& sheet) {
  View spec = subject["spec"];
  View status = subject["status"];
  View reference = spec["scaleTargetRef"];
  const std::string kind = reference["kind"].Text();
  const bool v1 = subject["apiVersion"].Text() == "autoscaling/v1";
  HeadLines(subject, sheet);
  FieldLine(sheet, "CreationTimestamp",
            subject.Time(subject.meta("creationTimestamp")));
  FieldLine(sheet, "Reference", kind + "/" + reference["name"].Text());
  if (v1) {
    WriteCpuTarget(subject.object(), sheet);
  } else {
    FieldLine(sheet, "Metrics", "( current / target )");
    const std::vector<View> metrics = spec["metrics"].Items();
    for (std::size_t i = 0; i < metrics.size(); ++i) {
      WriteMetric(metrics[i], ItemOr(status["currentMetrics"], i), sheet);
    }
  }
  View min = spec["minReplicas"];
  FieldLine(sheet, "Min replicas",
            !min.has() ? "<unset>" : std::to_string(min.Int()));
  FieldLine(sheet, "Max replicas", std::to_string(spec["maxReplicas"].Int()));
  if (View behavior = spec["behavior"]; !v1 && behavior.is_object()) {
    sheet.Put(0, "Behavior:\n");
    WriteBehavior("Scale Up", behavior["scaleUp"], sheet);
    WriteBehavior("Scale Down", behavior["scaleDown"], sheet);
  }
  FieldLine(
      sheet, kind + " pods",
      fmt::format("{} current / {} desired", status["currentReplicas"].Int(),
                  status["desiredReplicas"].Int()));
  const std::vector<View> conditions = status["conditions"].Items();
  if (!v1 && !conditions.empty()) {
    sheet.Put(0, "Conditions:\n");
    sheet.Put(1, "Type\tStatus\tReason\tMessage\n");
    sheet.Put(1, "----\t------\t------\t-------\n");
    for (View condition : conditions) {
      sheet.Write(1, "{}\t{}\t{}\t{}\n", condition["type"].Text(),
                  condition["status"].Text(), condition["reason"].Text(),
                  condition["message"].Text());
    }
  }
  TellEvents(subject, sheet);
}

void DescribePodDisruptionBudget(const Subject& subject, Sheet& sheet) {
  View spec = subject["spec"];
  View status = subject["status"];
  FieldLine(sheet, "Name", subject.name());
  FieldLine(sheet, "Namespace", subject.name_space());
  if (View min = spec["minAvailable"]; min.has()) {
    FieldLine(sheet, "Min available", min.Scalar());
  } else if (View max = spec["maxUnavailable"]; max.has()) {
    FieldLine(sheet, "Max unavailable", max.Scalar());
  }
  View selector = spec["selector"];
  FieldLine(sheet, "Selector",
            selector.is_object() ? SelectorText(selector) : "<unset>");
  sheet.Put(0, "Status:\n");
  for (const auto& [title, key] :
       {std::pair{"Allowed disruptions", "disruptionsAllowed"},
        std::pair{"Current", "currentHealthy"},
        std::pair{"Desired", "desiredHealthy"},
        std::pair{"Total", "expectedPods"}}) {
    sheet.Write(2, "{}:\t{}\n", title, status[key].Int());
  }
  TellEvents(subject, sheet);
}

}  // namespace kubescribe::output
