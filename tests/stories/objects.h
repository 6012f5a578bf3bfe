// The objects that the server of a story holds, from YAML that says no more of
// them than matters.
//
// What is given of an object that is there already changes it as a JSON merge
// patch does (null takes a key away); so a story says only what is new. Left
// out, these are filled in, always the same: apiVersion, kind, name, namespace;
// uid: "pods-prod-web-1", of the next object of that name "-2";
// creationTimestamp: when the object is first told of; resourceVersion.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/result.h"
#include "kube/observation.h"
#include "kube/resource.h"

namespace kubescribe::stories {

using Json = nlohmann::ordered_json;

// Of what a story says.
inline Error Wrong(const std::string& what) { return {Code::kInvalid, what}; }

// As JSON: what is quoted is text, the rest what it looks like. kInvalid with
// the line, counted from `first_line`. "" is null.
Result<Json> FromYaml(const std::string& text, int first_line);

// What is told of one object.
struct Change {
  std::string name;  // "prod/web", "node-1"
  Json patch;        // null: nothing
  std::string rv;
  std::string manager;  // the last one of managedFields; "": as it is
  Micros now = 0;
};

class Objects {
 public:
  // A new object. kInvalid: there is one, or the name does not fit the kind.
  Result<Json> Add(const kube::ResourceInfo& kind, const Change& change);
  // kInvalid: there is none.
  Result<Json> Modify(const kube::ResourceInfo& kind, const Change& change);
  // As it was last, with the RV of the deletion.
  Result<Json> Remove(const kube::ResourceInfo& kind, const Change& change);
  // As it is; null: there is none.
  const Json* Find(const kube::ResourceInfo& kind,
                   const std::string& name) const;
  // All that is not in `names` is gone without a word.
  void Keep(const kube::ResourceInfo& kind, const std::set<std::string>& names);

 private:
  using Key = std::pair<std::string, std::string>;  // kind, name
  Result<Json> Put(const kube::ResourceInfo& kind, const Change& change,
                   Json object);

  std::map<Key, Json> objects_;
  std::map<Key, int> lives_;
};

// What the recorder reads out of an object.
kube::ObjectHead HeadOf(const Json& object);

}  // namespace kubescribe::stories
