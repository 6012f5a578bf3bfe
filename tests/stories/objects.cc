#include "stories/objects.h"

#include <yaml-cpp/yaml.h>

#include <cstdint>

#include "kube/user_time.h"

namespace kubescribe::stories {
namespace {

Json ScalarOf(const YAML::Node& node) {
  const std::string& text = node.Scalar();
  if (node.Tag() == "!") return text;  // it was quoted
  if (text.empty() || text == "~" || text == "null") return nullptr;
  if (text == "true" || text == "false") return text == "true";
  const Json number = Json::parse(text, nullptr, false);
  return number.is_number() ? number : Json(text);
}

Json JsonOf(const YAML::Node& node) {
  switch (node.Type()) {
    case YAML::NodeType::Sequence: {
      Json list = Json::array();
      for (const YAML::Node& item : node) list.push_back(JsonOf(item));
      return list;
    }
    case YAML::NodeType::Map: {
      Json map = Json::object();
      for (const auto& entry : node) {
        map[entry.first.Scalar()] = JsonOf(entry.second);
      }
      return map;
    }
    case YAML::NodeType::Scalar:
      return ScalarOf(node);
    default:
      return nullptr;
  }
}

// As servers write times: without fractions.
std::string Seconds(Micros time) {
  const std::string text = kube::FormatRfc3339(time);
  return text.substr(0, text.find('.')) + "Z";
}

std::string TextAt(const Json& object, const char* pointer) {
  const Json::json_pointer at(pointer);
  return object.contains(at) && object[at].is_string()
             ? object[at].get<std::string>()
             : "";
}

}  // namespace

Result<Json> FromYaml(const std::string& text, int first_line) {
  try {
    return JsonOf(YAML::Load(text));
  } catch (const YAML::Exception& error) {
    return Wrong("line " + std::to_string(first_line + error.mark.line) +
                 " is no YAML: " + error.msg);
  }
}

const Json* Objects::Find(const kube::ResourceInfo& kind,
                          const std::string& name) const {
  const auto found = objects_.find({kind.group_resource().ToString(), name});
  return found == objects_.end() ? nullptr : &found->second;
}

Result<Json> Objects::Add(const kube::ResourceInfo& kind,
                          const Change& change) {
  const std::size_t slash = change.name.find('/');
  if ((slash != std::string::npos) != kind.namespaced) {
    return Wrong("\"" + change.name + "\": an object of " + kind.resource +
                 " is named " + (kind.namespaced ? "NAMESPACE/NAME" : "NAME"));
  }
  if (Find(kind, change.name) != nullptr) {
    return Wrong("there is a " + change.name + " of " + kind.resource +
                 " already: it is modified, or deleted before");
  }
  Json object = {{"apiVersion", kind.group_version()}, {"kind", kind.kind}};
  Json& metadata = object["metadata"] = Json::object();
  metadata["name"] = change.name.substr(kind.namespaced ? slash + 1 : 0);
  std::string uid = kind.resource + "-";
  if (kind.namespaced) {
    metadata["namespace"] = change.name.substr(0, slash);
    uid += change.name.substr(0, slash) + "-";
  }
  const int life = ++lives_[{kind.group_resource().ToString(), change.name}];
  metadata["uid"] =
      uid + metadata["name"].get<std::string>() + "-" + std::to_string(life);
  metadata["creationTimestamp"] = Seconds(change.now);
  return Put(kind, change, std::move(object));
}

Result<Json> Objects::Modify(const kube::ResourceInfo& kind,
                             const Change& change) {
  const Json* object = Find(kind, change.name);
  if (object == nullptr) {
    return Wrong("there is no " + change.name + " of " + kind.resource +
                 ": it is added, or listed, before");
  }
  return Put(kind, change, *object);
}

Result<Json> Objects::Remove(const kube::ResourceInfo& kind,
                             const Change& change) {
  Result<Json> last = Modify(kind, change);
  if (last.ok()) {
    objects_.erase({kind.group_resource().ToString(), change.name});
  }
  return last;
}

void Objects::Keep(const kube::ResourceInfo& kind,
                   const std::set<std::string>& names) {
  const std::string resource = kind.group_resource().ToString();
  std::erase_if(objects_, [&](const auto& entry) {
    return entry.first.first == resource && !names.contains(entry.first.second);
  });
}

Result<Json> Objects::Put(const kube::ResourceInfo& kind, const Change& change,
                          Json object) {
  if (!change.patch.is_null() && !change.patch.is_object()) {
    return Wrong(change.name + ": an object is a mapping, {spec: ...}");
  }
  if (change.patch.is_object()) object.merge_patch(change.patch);
  Json& metadata = object["metadata"];
  if (!change.patch.contains("/metadata/resourceVersion"_json_pointer)) {
    metadata["resourceVersion"] = change.rv;
  }
  if (!change.manager.empty()) {
    metadata["managedFields"] =
        Json::array({{{"manager", change.manager},
                      {"operation", "Update"},
                      {"apiVersion", kind.group_version()},
                      {"time", Seconds(change.now)},
                      {"fieldsType", "FieldsV1"},
                      {"fieldsV1", Json::object()}}});
  }
  objects_[{kind.group_resource().ToString(), change.name}] = object;
  return object;
}

kube::ObjectHead HeadOf(const Json& object) {
  kube::ObjectHead head;
  head.uid = TextAt(object, "/metadata/uid");
  head.name_space = TextAt(object, "/metadata/namespace");
  head.name = TextAt(object, "/metadata/name");
  head.resource_version = TextAt(object, "/metadata/resourceVersion");
  head.api_version = TextAt(object, "/apiVersion");
  head.kind = TextAt(object, "/kind");
  return head;
}

}  // namespace kubescribe::stories
