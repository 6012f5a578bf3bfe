// Reading JSON leniently, for printers: what is absent or of another type is
// null, "", 0 or empty. Private to src/kube: it drags in a heavy header.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

namespace kubescribe::kube {

using Json = nlohmann::json;

inline const Json& NullJson() {
  static const auto& null = *new Json();  // NOLINT: never destroyed
  return null;
}

// At(object, "spec", "template") is object.spec.template.
inline const Json& At(const Json& object) { return object; }
template <typename... Keys>
const Json& At(const Json& object, const char* key, Keys... rest) {
  if (!object.is_object()) return NullJson();
  const auto found = object.find(key);
  return found == object.end() ? NullJson() : At(*found, rest...);
}

inline std::string Text(const Json& value) {
  return value.is_string() ? value.get<std::string>() : "";
}

inline std::int64_t Number(const Json& value) {
  return value.is_number_integer() ? value.get<std::int64_t>() : 0;
}

// The array itself, or an empty one.
inline const Json::array_t& Items(const Json& value) {
  static const auto& empty = *new Json::array_t();  // NOLINT: as above
  const auto* array = value.get_ptr<const Json::array_t*>();
  return array == nullptr ? empty : *array;
}

}  // namespace kubescribe::kube
