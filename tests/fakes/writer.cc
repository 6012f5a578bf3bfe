#include "fakes/writer.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "fakes/bodies.h"
#include "fakes/selector.h"

namespace kubescribe::fakes {
namespace {

using Json = Writer::Json;

constexpr char kCrds[] = "customresourcedefinitions.apiextensions.k8s.io";
constexpr char kCleanup[] = "customresourcecleanup.apiextensions.k8s.io";

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// Keys in order at every level, as custom resources are kept.
Json Sorted(const Json& json) {
  return Json::parse(nlohmann::json::parse(Dump(json)).dump());
}

std::string MetaText(const Json& object, const char* key) {
  const auto metadata = object.find("metadata");
  if (metadata == object.end() || !metadata->is_object()) return "";
  const auto at = metadata->find(key);
  return at != metadata->end() && at->is_string() ? at->get<std::string>() : "";
}

bool HasFinalizers(const Json& object) {
  const Json& metadata = object["metadata"];
  const auto at = metadata.find("finalizers");
  return at != metadata.end() && at->is_array() && !at->empty();
}

// Metadata in the order of its type, whatever order the client sent.
void OrderMetadata(Json& object) {
  Json& metadata = object["metadata"];
  if (!metadata.is_object()) metadata = Json::object();
  Json out = Json::object();
  for (const char* key :
       {"name", "generateName", "namespace", "uid", "resourceVersion",
        "generation", "creationTimestamp", "deletionTimestamp",
        "deletionGracePeriodSeconds", "labels", "annotations",
        "ownerReferences", "finalizers"}) {
    const auto at = metadata.find(key);
    if (at == metadata.end() || at->is_null()) continue;
    if (at->is_structured() && at->empty()) continue;
    out[key] = *at;
  }
  metadata = std::move(out);
}

// The little that a client sees filled in by itself.
void SetDefaults(const KindInfo& kind, Json& object) {
  const std::string id = kind.Id();
  if (id == "secrets" && !object.contains("type")) object["type"] = "Opaque";
  if (id == "namespaces") {
    object["metadata"]["labels"]["kubernetes.io/metadata.name"] =
        MetaText(object, "name");
    object["spec"] = {{"finalizers", Json::array({"kubernetes"})}};
    object["status"] = {{"phase", "Active"}};
  }
  if (id == kCrds) {
    object["spec"]["conversion"]["strategy"] = "None";
    object["status"] = {{"conditions", nullptr},
                        {"acceptedNames", {{"plural", ""}, {"kind", ""}}},
                        {"storedVersions", Json::array()}};
    for (const Json& version : object["spec"]["versions"]) {
      if (!version.value("storage", false)) continue;
      object["status"]["storedVersions"].push_back(version["name"]);
    }
  }
}

// Throws what the JSON library throws on a wrong type or a missing field.
KindInfo KindOfCrd(const Json& crd) {
  const Json& spec = crd.at("spec");
  const Json& names = spec.at("names");
  KindInfo kind;
  kind.group = spec.at("group").get<std::string>();
  for (const Json& version : spec.at("versions")) {
    const auto name = version.at("name").get<std::string>();
    if (!version.value("served", false)) continue;
    if (kind.version.empty() || version.value("storage", false)) {
      kind.version = name;
    }
  }
  kind.plural = names.at("plural").get<std::string>();
  kind.kind = names.at("kind").get<std::string>();
  kind.singular = names.value("singular", "");
  kind.short_names = names.value("shortNames", std::vector<std::string>());
  kind.categories = names.value("categories", std::vector<std::string>());
  kind.namespaced = spec.value("scope", "Namespaced") == "Namespaced";
  kind.custom = true;
  kind.storage = kind.Id();
  return kind;
}

std::optional<StatusBody> UnusableCrd(const Json& crd) {
  const auto unusable = [](const std::string& why) {
    return BadRequest("this is no CustomResourceDefinition: " + why);
  };
  try {
    const KindInfo kind = KindOfCrd(crd);
    if (kind.group.empty() || kind.plural.empty() || kind.kind.empty() ||
        crd["spec"]["versions"].empty()) {
      return unusable("group, names and versions are needed");
    }
  } catch (const Json::exception& error) {
    return unusable(error.what());
  }
  return std::nullopt;
}

bool IsMapOfTexts(const Json& value) {
  return value.is_null() ||
         (value.is_object() &&
          std::all_of(value.begin(), value.end(),
                      [](const Json& one) { return one.is_string(); }));
}

bool IsListOfTexts(const Json& value) {
  return value.is_null() ||
         (value.is_array() &&
          std::all_of(value.begin(), value.end(),
                      [](const Json& one) { return one.is_string(); }));
}

// What would be refused for the types of its metadata, which selectors and
// deletions rely on.
std::optional<StatusBody> UnusableMetadata(const Json& object) {
  const auto refuse = [](const std::string& field) {
    return BadRequest("cannot unmarshal " + field + ": wrong type");
  };
  const auto metadata = object.find("metadata");
  if (metadata == object.end() || !metadata->is_object()) {
    return refuse("metadata");
  }
  for (const auto& [key, value] : metadata->items()) {
    const bool texts = key == "labels" || key == "annotations";
    if (texts && !IsMapOfTexts(value)) return refuse("metadata." + key);
    if (key == "finalizers" && !IsListOfTexts(value)) {
      return refuse("metadata." + key);
    }
  }
  return std::nullopt;
}

void SetCondition(Json& crd, const char* type, const char* status,
                  const char* reason, const char* message, Micros now) {
  Json& conditions = crd["status"]["conditions"];
  if (!conditions.is_array()) conditions = Json::array();
  const auto at =
      std::find_if(conditions.begin(), conditions.end(),
                   [&](const Json& one) { return one["type"] == type; });
  const Json made = {{"type", type},
                     {"status", status},
                     {"lastTransitionTime", Rfc3339(now)},
                     {"reason", reason},
                     {"message", message}};
  if (at == conditions.end()) {
    conditions.push_back(made);
  } else {
    *at = made;
  }
}

StatusBody AlreadyExists(const KindInfo& kind, const std::string& name) {
  StatusBody status = NotFound(kind.group, kind.plural, name);
  status.code = 409;
  status.reason = "AlreadyExists";
  status.message = kind.Id() + " \"" + name + "\" already exists";
  return status;
}

StatusBody Conflict(const KindInfo& kind, const std::string& name) {
  StatusBody status = NotFound(kind.group, kind.plural, name);
  status.code = 409;
  status.reason = "Conflict";
  status.message = "Operation cannot be fulfilled on " + kind.Id() + " \"" +
                   name +
                   "\": the object has been modified; please apply your "
                   "changes to the latest version and try again";
  return status;
}

StatusBody Invalid(const std::string& group, const std::string& what,
                   const std::string& name, const StatusBody::Cause& cause) {
  StatusBody status;
  status.code = 422;
  status.reason = "Invalid";
  status.message = what + (group.empty() ? "" : "." + group) + " \"" + name +
                   "\" is invalid: " + cause.field + ": " + cause.message;
  status.name = name;
  status.group = group;
  status.kind = what;
  status.causes = {cause};
  return status;
}

Writer::Done Success(const KindInfo& kind, const Object& object) {
  Json details = {{"name", object.name}};
  if (!kind.group.empty()) details["group"] = kind.group;
  details["kind"] = kind.plural;
  details["uid"] = object.uid;
  const Json out = {{"kind", "Status"},
                    {"apiVersion", "v1"},
                    {"metadata", Json::object()},
                    {"status", "Success"},
                    {"details", details}};
  return {200, Dump(out) + "\n"};
}

StatusBody UnsupportedMediaType() {
  StatusBody status;
  status.code = 415;
  status.reason = "UnsupportedMediaType";
  status.message = "415: Unsupported Media Type";
  status.with_details = true;
  return status;
}

StatusBody Unreadable(const KindInfo& kind) {
  return BadRequest("the object provided is unrecognized (must be of type " +
                    kind.kind +
                    "): couldn't get version/kind; json parse error");
}

}  // namespace

Event Writer::Put(const KindInfo& kind, const std::string& ns,
                  const std::string& name, Json object) {
  OrderMetadata(object);
  const std::string json = Dump(kind.custom ? Sorted(object) : object);
  return state_.Put(
      kind, ns, name, [&](ObjectMeta& meta, const Object* previous) {
        std::string text;
        ApplyText(kind, json, clock_.Wall(), meta, previous, text);
        return text;
      });
}

Json Writer::Read(const KindInfo& kind, const std::string& name) const {
  return Json::parse(FullText(kind, *state_.Get(kind, "", name)));
}

Writer::Outcome Writer::Handle(const Request& request, const KindInfo& kind,
                               const std::string& ns, const std::string& name) {
  const std::string type = request.Header("content-type");
  if (!request.body.empty() && request.method != "PATCH" &&
      type.find("json") == std::string::npos && type != "") {
    return UnsupportedMediaType();
  }
  if (request.method == "POST" && name.empty()) {
    return Create(request, kind, ns);
  }
  if (request.method == "DELETE" && name.empty()) {
    return DeleteAll(request, kind, ns);
  }
  if (name.empty()) return MethodNotAllowed();
  if (request.method == "PUT") return Replace(request, kind, ns, name);
  if (request.method == "PATCH") return Patch(request, kind, ns, name);
  if (request.method == "DELETE") return Delete(kind, ns, name);
  return MethodNotAllowed();
}

Writer::Outcome Writer::Create(const Request& request, const KindInfo& kind,
                               const std::string& ns) {
  Json object = Json::parse(request.body, nullptr, false);
  if (!object.is_object()) return Unreadable(kind);
  if (auto unusable = UnusableMetadata(object)) return *unusable;
  const std::string inner = MetaText(object, "namespace");
  if (!inner.empty() && inner != ns) {
    return BadRequest(
        "the namespace of the provided object does not match the namespace "
        "sent on the request");
  }
  const std::string name = MetaText(object, "name");
  if (name.empty()) {
    return Invalid(
        kind.group, kind.kind, "",
        {"FieldValueRequired",
         "Required value: name or generateName is required", "metadata.name"});
  }
  const std::optional<KindInfo> namespaces = state_.FindKind("namespaces");
  if (kind.namespaced && state_.Get(*namespaces, "", ns) == nullptr) {
    return NotFound("", "namespaces", ns);
  }
  if (state_.Get(kind, ns, name) != nullptr) return AlreadyExists(kind, name);
  if (kind.Id() == kCrds) {
    if (auto unusable = UnusableCrd(object)) return *unusable;
  }
  SetDefaults(kind, object);
  const Event event = Put(kind, ns, name, std::move(object));
  if (kind.Id() == kCrds) Establish(kind, name);
  return Done{201, FullText(kind, *event.object) + "\n"};
}

void Writer::Establish(const KindInfo& kind, const std::string& name) {
  Json crd = Read(kind, name);
  const KindInfo served = KindOfCrd(crd);
  const bool known = state_.FindKind(served.Id()).has_value();
  if (crd["status"]["acceptedNames"] != crd["spec"]["names"]) {
    crd["status"]["acceptedNames"] = crd["spec"]["names"];
    if (!known) {
      SetCondition(crd, "NamesAccepted", "True", "NoConflicts",
                   "no conflicts found", clock_.Wall());
      SetCondition(crd, "Established", "False", "Installing",
                   "the initial names have been accepted", clock_.Wall());
    }
    Put(kind, "", name, crd);
  }
  if (known) {
    state_.ReplaceKind(served);
    return;
  }
  SetCondition(crd, "Established", "True", "InitialNamesAccepted",
               "the initial names have been accepted", clock_.Wall());
  Put(kind, "", name, crd);
  state_.AddKind(served);
}

Writer::Outcome Writer::Update(const KindInfo& kind, const ObjectPtr& before,
                               Json object) {
  if (auto unusable = UnusableMetadata(object)) return *unusable;
  if (kind.Id() == kCrds) {
    if (auto unusable = UnusableCrd(object)) return *unusable;
  }
  const std::string given = MetaText(object, "resourceVersion");
  if (!given.empty() && given != std::to_string(before->rv)) {
    return Conflict(kind, before->name);
  }
  Json old = Json::parse(FullText(kind, *before));
  const bool going = old["metadata"].contains("deletionTimestamp");
  for (const char* own :
       {"uid", "resourceVersion", "creationTimestamp", "generation",
        "deletionTimestamp", "deletionGracePeriodSeconds", "namespace"}) {
    object["metadata"].erase(own);
    const auto at = old["metadata"].find(own);
    if (at != old["metadata"].end()) object["metadata"][own] = *at;
  }
  object["kind"] = kind.kind;
  object["apiVersion"] = kind.ApiVersion();
  if (old.contains("status") && !kind.custom) object["status"] = old["status"];
  OrderMetadata(object);
  OrderMetadata(old);
  // As a comparison of values, not of texts.
  if (nlohmann::json::parse(Dump(object)) == nlohmann::json::parse(Dump(old))) {
    return Done{200, FullText(kind, *before) + "\n"};
  }
  if (going && !HasFinalizers(object)) {
    const Json whole = Json::parse(FullText(kind, *before));
    const auto managed = whole["metadata"].find("managedFields");
    if (managed != whole["metadata"].end()) {
      object["metadata"]["managedFields"] = *managed;
    }
    state_.Delete(kind, before->ns, before->name);
    return Done{200, Dump(object) + "\n"};
  }
  const bool new_spec =
      object.value("spec", Json()) != old.value("spec", Json());
  const Event event = Put(kind, before->ns, before->name, std::move(object));
  if (kind.Id() == kCrds && new_spec) Establish(kind, before->name);
  return Done{200, FullText(kind, *event.object) + "\n"};
}

Writer::Outcome Writer::Replace(const Request& request, const KindInfo& kind,
                                const std::string& ns,
                                const std::string& name) {
  Json object = Json::parse(request.body, nullptr, false);
  if (!object.is_object()) return Unreadable(kind);
  const std::string inner = MetaText(object, "name");
  if (inner != name) {
    return BadRequest("the name of the object (" + inner +
                      ") does not match the name on the URL (" + name + ")");
  }
  const ObjectPtr before = state_.Get(kind, ns, name);
  if (before == nullptr) return NotFound(kind.group, kind.plural, name);
  if ((kind.custom || kind.Id() == kCrds) &&
      MetaText(object, "resourceVersion").empty()) {
    return Invalid(kind.group, kind.plural, name,
                   {"FieldValueInvalid",
                    "Invalid value: 0: must be specified for an update",
                    "metadata.resourceVersion"});
  }
  return Update(kind, before, std::move(object));
}

Writer::Outcome Writer::Patch(const Request& request, const KindInfo& kind,
                              const std::string& ns, const std::string& name) {
  const std::string type = request.Header("content-type");
  if (!type.starts_with("application/merge-patch+json") &&
      !(type.starts_with("application/strategic-merge-patch+json") &&
        !kind.custom)) {
    return UnsupportedMediaType();
  }
  const Json patch = Json::parse(request.body, nullptr, false);
  const ObjectPtr before = state_.Get(kind, ns, name);
  if (before == nullptr) return NotFound(kind.group, kind.plural, name);
  if (!patch.is_object()) {
    return BadRequest("error decoding patch: this is no JSON object");
  }
  Json object = Json::parse(FullText(kind, *before));
  object.merge_patch(patch);
  return Update(kind, before, std::move(object));
}

std::uint64_t Writer::EditCrd(const std::string& name,
                              const std::string& patch) {
  Request request;
  request.headers["content-type"] = "application/merge-patch+json";
  request.body = patch;
  const KindInfo kind = *state_.FindKind(kCrds);
  const Outcome outcome = Patch(request, kind, "", name);
  if (!std::holds_alternative<Done>(outcome)) return 0;
  return state_.Get(kind, "", name)->rv;
}

Writer::Outcome Writer::Delete(const KindInfo& kind, const std::string& ns,
                               const std::string& name) {
  const ObjectPtr before = state_.Get(kind, ns, name);
  if (before == nullptr) return NotFound(kind.group, kind.plural, name);
  if (kind.Id() == kCrds) return DeleteCrd(kind, before);
  Json object = Json::parse(FullText(kind, *before));
  if (HasFinalizers(object)) {
    if (object["metadata"].contains("deletionTimestamp")) {
      return Done{200, FullText(kind, *before) + "\n"};
    }
    object["metadata"]["deletionTimestamp"] = Rfc3339(clock_.Wall());
    object["metadata"]["deletionGracePeriodSeconds"] = 0;
    const Event event = Put(kind, ns, name, std::move(object));
    return Done{200, FullText(kind, *event.object) + "\n"};
  }
  state_.Delete(kind, ns, name);
  return Success(kind, *before);
}

Writer::Outcome Writer::DeleteCrd(const KindInfo& kind,
                                  const ObjectPtr& before) {
  Json crd = Json::parse(FullText(kind, *before));
  crd["metadata"]["deletionTimestamp"] = Rfc3339(clock_.Wall());
  crd["metadata"]["finalizers"] = Json::array({kCleanup});
  SetCondition(crd, "Terminating", "True", "InstanceDeletionPending",
               "CustomResourceDefinition marked for deletion; CustomResource "
               "deletion will begin soon",
               clock_.Wall());
  const Event marked = Put(kind, "", before->name, crd);
  SetCondition(crd, "Terminating", "True", "InstanceDeletionInProgress",
               "CustomResource deletion is in progress", clock_.Wall());
  Put(kind, "", before->name, crd);
  state_.RemoveKind(KindOfCrd(crd).Id());
  state_.Delete(kind, "", before->name);
  return Done{200, FullText(kind, *marked.object) + "\n"};
}

Writer::Outcome Writer::DeleteAll(const Request& request, const KindInfo& kind,
                                  const std::string& ns) {
  Result<Selector> selector = Selector::Parse(
      kind, request.Query("labelSelector"), request.Query("fieldSelector"));
  if (!selector.ok()) return BadRequest(selector.error().message());
  const State::Listing listing = state_.List(kind, ns);
  std::string items;
  for (const ObjectPtr& object : listing.objects) {
    if (!selector->Matches(*object)) continue;
    items += (items.empty() ? "" : ",") + ItemText(kind, *object);
    Delete(kind, object->ns, object->name);
  }
  const std::string rv = std::to_string(listing.rv);
  if (kind.custom) {
    return Done{200, R"({"apiVersion":")" + kind.ApiVersion() +
                         R"(","items":[)" + items + R"(],"kind":")" +
                         kind.kind +
                         R"(List","metadata":{"continue":"",)"
                         R"("resourceVersion":")" +
                         rv + "\"}}\n"};
  }
  return Done{200, R"({"kind":")" + kind.kind + R"(List","apiVersion":")" +
                       kind.ApiVersion() +
                       R"(","metadata":{"resourceVersion":")" + rv +
                       R"("},"items":[)" + items + "]}\n"};
}

}  // namespace kubescribe::fakes
