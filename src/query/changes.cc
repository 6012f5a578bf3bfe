#include "query/changes.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>

namespace kubescribe::query {
namespace {

using nlohmann::json;

// Deeper differences are told by the path above them.
constexpr int kMaxDepth = 4;

constexpr std::array<std::string_view, 3> kIgnored = {
    "metadata.managedFields", "metadata.resourceVersion",
    "metadata.generation"};

void Compare(const json& before, const json& after, const std::string& path,
             int depth, std::vector<std::string>& out) {
  if (before == after) return;
  if (std::find(kIgnored.begin(), kIgnored.end(), path) != kIgnored.end()) {
    return;
  }
  if (!before.is_object() || !after.is_object() || depth == kMaxDepth) {
    out.push_back(path);
    return;
  }
  std::set<std::string> keys;
  for (const json* side : {&before, &after}) {
    for (const auto& [key, value] : side->items()) keys.insert(key);
  }
  for (const std::string& key : keys) {
    const auto a = before.find(key);
    const auto b = after.find(key);
    Compare(a == before.end() ? json() : *a, b == after.end() ? json() : *b,
            path.empty() ? key : path + "." + key, depth + 1, out);
  }
}

// Whether a set of fields (fieldsV1: "f:spec" within each other) has the path.
// Keys may have dots.
bool Owns(const json& fields, std::string_view path) {
  if (!fields.is_object()) return false;
  for (const auto& [key, below] : fields.items()) {
    if (key.rfind("f:", 0) != 0) continue;
    const std::string_view name = std::string_view(key).substr(2);
    if (path == name) return true;
    if (path.size() > name.size() && path.substr(0, name.size()) == name &&
        path[name.size()] == '.') {
      return Owns(below, path.substr(name.size() + 1));
    }
  }
  return false;
}

std::size_t OwnedOf(const json& entry, const std::vector<std::string>& paths) {
  const auto fields = entry.find("fieldsV1");
  if (fields == entry.end()) return 0;
  return static_cast<std::size_t>(std::count_if(
      paths.begin(), paths.end(),
      [&](const std::string& path) { return Owns(*fields, path); }));
}

}  // namespace

std::vector<std::string> ChangedFields(std::string_view before,
                                       std::string_view after,
                                       std::size_t max) {
  const json a = json::parse(before, nullptr, false);
  const json b = json::parse(after, nullptr, false);
  std::vector<std::string> out;
  if (a.is_object() && b.is_object()) Compare(a, b, "", 0, out);
  if (out.size() > max) out.resize(max);
  return out;
}

std::string LastManager(std::string_view object,
                        const std::vector<std::string>& changed) {
  const json value = json::parse(object, nullptr, false);
  if (!value.is_object()) return "";
  const json fields =
      value.value(json::json_pointer("/metadata/managedFields"), json::array());
  std::string manager;
  std::string newest;
  std::size_t most = 0;
  if (!fields.is_array()) return "";
  for (const json& field : fields) {
    if (!field.is_object() || !field.contains("manager") ||
        !field["manager"].is_string()) {
      continue;
    }
    std::string time;
    if (field.contains("time") && field["time"].is_string()) {
      time = field["time"].get<std::string>();
    }
    const std::size_t owned = OwnedOf(field, changed);
    if (time > newest || (time == newest && owned >= most)) {
      newest = time;
      most = owned;
      manager = field["manager"].get<std::string>();
    }
  }
  return manager;
}

}  // namespace kubescribe::query
