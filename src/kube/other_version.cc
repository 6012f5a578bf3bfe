#include "kube/other_version.h"

#include <array>
#include <utility>

#include "kube/value.h"

namespace kubescribe::kube {
namespace {

struct Renamed {
  std::string_view from;
  std::string_view to;
  bool omit_empty;  // the newer kind leaves out an empty text
};

// core/v1 to events.k8s.io/v1; what is not here has the same name in both.
constexpr std::array<Renamed, 9> kEventFields = {{
    {"involvedObject", "regarding", false},
    {"message", "note", true},
    {"reportingComponent", "reportingController", true},
    {"reportingInstance", "reportingInstance", true},
    {"source", "deprecatedSource", false},
    {"firstTimestamp", "deprecatedFirstTimestamp", false},
    {"lastTimestamp", "deprecatedLastTimestamp", false},
    {"count", "deprecatedCount", false},
    {"action", "action", true},
}};

void RenameEventFields(Value& event) {
  for (const Renamed& field : kEventFields) {
    const Value* found = event.Find(field.from);
    if (found == nullptr) continue;
    Value value = *found;
    event.Remove(field.from);
    const bool empty = value.is_string() && value.text.empty();
    if (!field.omit_empty || !empty) event[field.to] = std::move(value);
  }
}

std::string_view Text(const Value* value) {
  return value != nullptr && value->is_string() ? std::string_view(value->text)
                                                : std::string_view();
}

// True for a definition without a webhook that converts.
bool ConvertsByName(std::string_view crd) {
  if (crd.empty()) return false;
  const Result<Value> definition = ParseJson(crd);
  if (!definition.ok()) return false;
  const Value* spec = definition->Find("spec");
  const Value* conversion =
      spec == nullptr ? nullptr : spec->Find("conversion");
  return conversion == nullptr || Text(conversion->Find("strategy")) == "None";
}

}  // namespace

std::string AsVersion(std::string object, std::string_view api_version,
                      std::string_view crd) {
  Result<Value> value = ParseJson(object);
  if (!value.ok() || !value->is_object()) return object;
  const std::string_view recorded = Text(value->Find("apiVersion"));
  if (recorded == api_version) return object;
  if (recorded == "v1" && api_version == "events.k8s.io/v1" &&
      Text(value->Find("kind")) == "Event") {
    RenameEventFields(*value);
  } else if (!ConvertsByName(crd)) {
    return object;
  }
  (*value)["apiVersion"] = Value::String(std::string(api_version));
  return ToJsonLine(*value);
}

}  // namespace kubescribe::kube
