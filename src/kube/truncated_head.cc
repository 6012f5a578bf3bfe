// EventReader::ReadTruncated: a walk over the beginning of a JSON text that
// may end anywhere, which simdjson does not take.

#include <array>
#include <nlohmann/json.hpp>
#include <string>

#include "kube/event.h"

namespace kubescribe::kube {
namespace {

// object.metadata.uid: deeper than this nothing is of interest.
constexpr std::size_t kLevels = 3;
// No field of a head is longer.
constexpr std::size_t kMaxQuoted = 2048;

struct Level {
  bool object = false;      // else an array
  bool expect_key = false;  // the next string is a key
  std::string key;
};

// The end of the string whose opening quote stands at `at`: one past its
// closing quote; npos if it is cut off.
std::size_t EndOfString(std::string_view text, std::size_t at) {
  for (std::size_t i = at + 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      return i + 1;
    }
  }
  return std::string_view::npos;
}

std::string Unquote(std::string_view quoted) {
  if (quoted.size() > kMaxQuoted) return "";
  const auto json = nlohmann::json::parse(quoted, nullptr, false);
  return json.is_string() ? json.get<std::string>() : "";
}

// Where in a head the value at this path belongs.
std::string* FieldAt(const Level* levels, std::size_t depth, ObjectHead& head) {
  const std::string& key = levels[depth - 1].key;
  if (depth == 1) {
    if (key == "apiVersion") return &head.api_version;
    if (key == "kind") return &head.kind;
    return nullptr;
  }
  if (depth != 2 || levels[0].key != "metadata") return nullptr;
  if (key == "uid") return &head.uid;
  if (key == "name") return &head.name;
  if (key == "namespace") return &head.name_space;
  if (key == "resourceVersion") return &head.resource_version;
  return nullptr;
}

}  // namespace

ObjectHead EventReader::ReadTruncated(std::string_view prefix) {
  ObjectHead bare;    // the text is an object
  ObjectHead framed;  // the text is a watch frame
  std::array<Level, kLevels> levels;
  std::size_t depth = 0;
  std::size_t at = 0;
  while (at < prefix.size()) {
    const char c = prefix[at];
    Level* level =
        depth >= 1 && depth <= kLevels ? &levels[depth - 1] : nullptr;
    if (c == '"') {
      const std::size_t end = EndOfString(prefix, at);
      if (end == std::string_view::npos) break;
      const std::string_view quoted = prefix.substr(at, end - at);
      at = end;
      if (level == nullptr || !level->object) continue;
      if (level->expect_key) {
        level->key = Unquote(quoted);
        level->expect_key = false;
        continue;
      }
      std::string* out = FieldAt(levels.data(), depth, bare);
      if (depth >= 2 && levels[0].key == "object") {
        out = FieldAt(levels.data() + 1, depth - 1, framed);
      }
      if (out != nullptr) *out = Unquote(quoted);
      continue;
    }
    ++at;
    if (c == '{' || c == '[') {
      ++depth;
      if (depth <= kLevels) {
        levels[depth - 1] = Level{c == '{', c == '{', ""};
      }
    } else if (c == '}' || c == ']') {
      if (depth <= 1) break;
      --depth;
    } else if (c == ',' && level != nullptr) {
      level->expect_key = level->object;
    }
  }
  const bool is_bare = !bare.uid.empty() || !bare.name.empty() ||
                       !bare.api_version.empty() || !bare.kind.empty() ||
                       !bare.resource_version.empty();
  return is_bare ? bare : framed;
}

}  // namespace kubescribe::kube
