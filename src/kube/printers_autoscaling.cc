// HorizontalPodAutoscalers.
#include <fmt/format.h>

#include <algorithm>

#include "kube/printer_table.h"

namespace kubescribe::kube {
namespace {

constexpr std::string_view kUnknown = "<unknown>";

// "12%" or `none`.
std::string Percent(JsonNode utilization, std::string_view none) {
  return utilization.is_null() ? std::string(none)
                               : fmt::format("{}%", utilization.number());
}

// Servers print a quantity that is not there as Go prints a null pointer.
std::string Amount(JsonNode quantity) {
  return quantity.is_null() ? "<nil>" : QuantityText(quantity);
}

// The current value of a metric.
std::string Measured(JsonNode metric, std::string_view key) {
  return metric.is_object() ? Amount(metric["current"][key])
                            : std::string(kUnknown);
}

// Of a metric with a target for all or an average for each Pod.
std::string ValueText(JsonNode spec, JsonNode status) {
  const JsonNode average = spec["target"]["averageValue"];
  if (average.is_null()) {
    return fmt::format("{}/{}", Measured(status, "value"),
                       Amount(spec["target"]["value"]));
  }
  const JsonNode current = status["current"]["averageValue"];
  return fmt::format(
      "{}/{} (avg)",
      current.is_null() ? std::string(kUnknown) : QuantityText(current),
      QuantityText(average));
}

std::string ResourceText(const PrintInput& in, JsonNode spec, JsonNode status) {
  const JsonNode target = spec["target"];
  const std::string name =
      in.Prints(Variant::kNameOfResourceMetric) ? Str(spec["name"]) + ": " : "";
  if (!target["averageValue"].is_null()) {
    return fmt::format("{}{}/{}", name, Measured(status, "averageValue"),
                       QuantityText(target["averageValue"]));
  }
  return fmt::format("{}{}/{}", name,
                     Percent(status["current"]["averageUtilization"], kUnknown),
                     Percent(target["averageUtilization"], "<auto>"));
}

std::string MetricText(const PrintInput& in, JsonNode spec, JsonNode status) {
  const std::string_view type = spec["type"].text();
  if (type == "External")
    return ValueText(spec["external"], status["external"]);
  if (type == "Object") return ValueText(spec["object"], status["object"]);
  if (type == "Pods") {
    return fmt::format("{}/{}", Measured(status["pods"], "averageValue"),
                       Amount(spec["pods"]["target"]["averageValue"]));
  }
  if (type == "Resource") {
    return ResourceText(in, spec["resource"], status["resource"]);
  }
  if (type == "ContainerResource") {
    return ResourceText(in, spec["containerResource"],
                        status["containerResource"]);
  }
  return "<unknown type>";
}

// The percentages of autoscaling/v1, which knows nothing but CPU.
std::string CpuText(const PrintInput& in) {
  const JsonNode target = in.spec()["targetCPUUtilizationPercentage"];
  if (target.is_null()) return "<none>";
  return fmt::format(
      "{}{}/{}", in.Prints(Variant::kNameOfResourceMetric) ? "cpu: " : "",
      Percent(in.status()["currentCPUUtilizationPercentage"], kUnknown),
      Percent(target, "<auto>"));
}

std::string Targets(const PrintInput& in) {
  constexpr std::size_t kMostListed = 2;
  const JsonNode metrics = in.spec()["metrics"];
  if (metrics.empty()) return CpuText(in);
  const auto statuses = in.status()["currentMetrics"].items();
  auto status = statuses.begin();
  std::vector<std::string> texts;
  for (const JsonNode metric : metrics.items()) {
    const bool measured = status != statuses.end();
    texts.push_back(MetricText(in, metric, measured ? *status : JsonNode()));
    if (measured) ++status;
  }
  const std::size_t more = texts.size() - std::min(texts.size(), kMostListed);
  texts.resize(texts.size() - more);
  return Join(texts, ", ") +
         (more > 0 ? fmt::format(" + {} more...", more) : "");
}

void AutoscalerCells(const PrintInput& in, CellList& cells) {
  const JsonNode spec = in.spec();
  const JsonNode target = spec["scaleTargetRef"];
  cells.push_back(NameOf(in));
  cells.push_back(Str(target["kind"]) + "/" + Str(target["name"]));
  cells.push_back(Targets(in));
  cells.push_back(spec["minReplicas"].is_null() ? "<unset>"
                                                : Int(spec["minReplicas"]));
  cells.push_back(Int(spec["maxReplicas"]));
  cells.push_back(Int(in.status()["currentReplicas"]));
  cells.push_back(AgeOf(in));
}

}  // namespace

const KindPrinters& AutoscalingPrinters() {
  static const KindPrinters kPrinters = {
      {"horizontalpodautoscalers.autoscaling",
       "Name, Reference, Targets, MinPods, MaxPods, Replicas, Age",
       AutoscalerCells},
  };
  return kPrinters;
}

}  // namespace kubescribe::kube
