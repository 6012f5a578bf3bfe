#include "fakes/bodies.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>
#include <utility>

namespace kubescribe::fakes {
namespace {

using Json = nlohmann::ordered_json;

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// Who owns which fields, as far as the top levels go.
Json FieldsV1(const Json& object) {
  Json fields = Json::object();
  for (const auto& [key, value] : object.items()) {
    if (key == "metadata") {
      Json owned = Json::object();
      for (const char* part : {"annotations", "labels"}) {
        if (!value.contains(part)) continue;
        Json& inner = owned[std::string("f:") + part];
        inner["."] = Json::object();
        for (const auto& [name, unused] : value[part].items()) {
          inner["f:" + name] = Json::object();
        }
      }
      if (!owned.empty()) fields["f:metadata"] = std::move(owned);
      continue;
    }
    Json& part = fields["f:" + key];
    part = Json::object();
    if (!value.is_object()) continue;
    part["."] = Json::object();
    for (const auto& [name, unused] : value.items()) {
      part["f:" + name] = Json::object();
    }
  }
  return fields;
}

// Not every type with a spec counts its changes.
bool HasGeneration(const KindInfo& kind) {
  static const std::set<std::string> without = {
      "namespaces",
      "nodes",
      "services",
      "limitranges",
      "resourcequotas",
      "persistentvolumes",
      "persistentvolumeclaims",
      "leases.coordination.k8s.io",
      "apiservices.apiregistration.k8s.io"};
  return without.count(kind.Id()) == 0;
}

std::string Complete(const KindInfo& kind, Json object, Micros now,
                     ObjectMeta& meta, const Object* previous) {
  object.erase("apiVersion");
  object.erase("kind");
  Json given = object.contains("metadata") && object["metadata"].is_object()
                   ? object["metadata"]
                   : Json::object();
  object.erase("metadata");
  if (previous != nullptr && object.contains("spec")) {
    const Json old = Json::parse(previous->Text());
    if (old.value("spec", Json()) != object["spec"]) ++meta.generation;
  }
  Json metadata;
  metadata["name"] = meta.name;
  if (!meta.ns.empty()) metadata["namespace"] = meta.ns;
  metadata["uid"] = meta.uid;
  metadata["resourceVersion"] = kRvMark;
  if ((object.contains("spec") && HasGeneration(kind)) || kind.custom) {
    metadata["generation"] = meta.generation;
  }
  metadata["creationTimestamp"] = Rfc3339(meta.created);
  for (const char* own : {"name", "namespace", "uid", "resourceVersion",
                          "generation", "creationTimestamp"}) {
    given.erase(own);
  }
  const Json fields = given.value("managedFields", Json());
  given.erase("managedFields");
  for (auto& [key, value] : given.items()) metadata[key] = value;
  if (fields.is_array() && !fields.empty()) {
    metadata["managedFields"] = fields;
  } else {
    object["metadata"] = given;
    Json entry = {
        {"manager", "kubescribe-sim"},     {"operation", "Update"},
        {"apiVersion", kind.ApiVersion()}, {"time", Rfc3339(now)},
        {"fieldsType", "FieldsV1"},        {"fieldsV1", FieldsV1(object)}};
    object.erase("metadata");
    metadata["managedFields"] = Json::array({std::move(entry)});
  }
  if (kind.custom) {
    // Custom resources are written with sorted keys.
    nlohmann::json sorted = nlohmann::json::parse(Dump(metadata));
    metadata = Json::parse(sorted.dump());
  }
  Json out;
  out["metadata"] = std::move(metadata);
  for (auto& [key, value] : object.items()) out[key] = std::move(value);
  return Dump(out);
}

}  // namespace

std::string Rfc3339(Micros wall) {
  // Days to a civil date, proleptic Gregorian.
  std::int64_t seconds = wall / kSecond;
  std::int64_t days = seconds / 86400;
  std::int64_t rest = seconds % 86400;
  if (rest < 0) {
    rest += 86400;
    --days;
  }
  days += 719468;
  const std::int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  const std::int64_t doe = days - era * 146097;
  const std::int64_t yoe =
      (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  const std::int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const std::int64_t mp = (5 * doy + 2) / 153;
  const std::int64_t day = doy - (153 * mp + 2) / 5 + 1;
  const std::int64_t month = mp < 10 ? mp + 3 : mp - 9;
  const std::int64_t year = yoe + era * 400 + (month <= 2 ? 1 : 0);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", year, month, day,
                     rest / 3600, rest / 60 % 60, rest % 60);
}

bool ApplyText(const KindInfo& kind, const std::string& json, Micros now,
               ObjectMeta& meta, const Object* previous, std::string& text) {
  Json object = Json::parse(json, nullptr, false);
  if (!object.is_object()) return false;
  text = Complete(kind, std::move(object), now, meta, previous);
  return true;
}

bool PatchText(const KindInfo& kind, const std::string& patch, Micros now,
               ObjectMeta& meta, const Object& previous, std::string& text) {
  const Json change = Json::parse(patch, nullptr, false);
  if (!change.is_object()) return false;
  Json object = Json::parse(previous.Text());
  object.merge_patch(change);
  text = Complete(kind, std::move(object), now, meta, &previous);
  return true;
}

bool ReadName(const std::string& json, std::string& ns, std::string& name) {
  const Json object = Json::parse(json, nullptr, false);
  if (!object.is_object() || !object.contains("metadata")) return false;
  const Json& metadata = object["metadata"];
  if (!metadata.is_object()) return false;
  ns = metadata.value("namespace", "");
  name = metadata.value("name", "");
  return !name.empty();
}

std::string NewEventText(const std::string& core) {
  const Json old = Json::parse(core);
  Json out;
  out["kind"] = "Event";
  out["apiVersion"] = "events.k8s.io/v1";
  out["metadata"] = old["metadata"];
  out["eventTime"] = old.value("eventTime", Json());
  const std::pair<const char*, const char*> renamed[] = {
      {"series", "series"},
      {"reportingComponent", "reportingController"},
      {"reportingInstance", "reportingInstance"},
      {"action", "action"},
      {"reason", "reason"},
      {"involvedObject", "regarding"},
      {"related", "related"},
      {"message", "note"},
      {"type", "type"},
      {"source", "deprecatedSource"},
      {"firstTimestamp", "deprecatedFirstTimestamp"},
      {"lastTimestamp", "deprecatedLastTimestamp"},
      {"count", "deprecatedCount"}};
  for (const auto& [from, to] : renamed) {
    const auto at = old.find(from);
    if (at == old.end() || (at->is_string() && *at == "")) continue;
    out[to] = *at;
  }
  return Dump(out);
}

KindInfo InfoOf(const CustomKind& custom) {
  KindInfo kind;
  kind.group = custom.group;
  kind.version = custom.version;
  kind.plural = custom.plural;
  kind.kind = custom.kind;
  for (const char c : custom.kind) {
    kind.singular += static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  }
  kind.namespaced = custom.namespaced;
  kind.custom = true;
  kind.storage = kind.Id();
  return kind;
}

std::string CrdJson(const CustomKind& kind, Micros now) {
  const Json names = {{"plural", kind.plural},
                      {"singular", InfoOf(kind).singular},
                      {"kind", kind.kind},
                      {"listKind", kind.kind + "List"}};
  const auto condition = [&](const char* type, const char* reason,
                             const char* message) {
    return Json{{"type", type},
                {"status", "True"},
                {"lastTransitionTime", Rfc3339(now)},
                {"reason", reason},
                {"message", message}};
  };
  Json schema = {{"type", "object"},
                 {"x-kubernetes-preserve-unknown-fields", true}};
  Json crd;
  crd["metadata"]["name"] = kind.plural + "." + kind.group;
  crd["spec"] = {
      {"group", kind.group},
      {"names", names},
      {"scope", kind.namespaced ? "Namespaced" : "Cluster"},
      {"versions",
       Json::array({Json{{"name", kind.version},
                         {"served", true},
                         {"storage", true},
                         {"schema", {{"openAPIV3Schema", schema}}}}})},
      {"conversion", {{"strategy", "None"}}}};
  crd["status"] = {
      {"conditions",
       Json::array(
           {condition("NamesAccepted", "NoConflicts", "no conflicts found"),
            condition("Established", "InitialNamesAccepted",
                      "the initial names have been accepted")})},
      {"acceptedNames", names},
      {"storedVersions", Json::array({kind.version})}};
  return Dump(crd);
}

std::string ApiServiceJson(const std::string& group, const std::string& version,
                           bool local, bool available, Micros now) {
  Json out;
  out["metadata"]["name"] =
      group.empty() ? version + "." : version + "." + group;
  Json& spec = out["spec"];
  if (!local)
    spec["service"] = {
        {"namespace", "kube-system"}, {"name", "backend"}, {"port", 443}};
  if (!group.empty()) spec["group"] = group;
  spec["version"] = version;
  spec["groupPriorityMinimum"] = 17800;
  spec["versionPriority"] = 15;
  const char* reason = local       ? "Local"
                       : available ? "Passed"
                                   : "FailedDiscoveryCheck";
  const char* message = local ? "Local APIServices are always available"
                        : available
                            ? "all checks passed"
                            : "failing or missing response from the backend";
  out["status"]["conditions"] =
      Json::array({Json{{"type", "Available"},
                        {"status", available ? "True" : "False"},
                        {"lastTransitionTime", Rfc3339(now)},
                        {"reason", reason},
                        {"message", message}}});
  return Dump(out);
}

}  // namespace kubescribe::fakes
