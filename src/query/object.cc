#include "query/object.h"

#include <nlohmann/json.hpp>

namespace kubescribe::query {
namespace {

using nlohmann::json;

// Which of the two keys stand at the top of an object.
struct TopKeys {
  bool api_version = false;
  bool kind = false;
};

// Behind the string whose first character is at `at`.
std::size_t EndOfString(std::string_view text, std::size_t at) {
  const std::size_t begin = at;
  while (true) {
    at = text.find('"', at);
    if (at == std::string_view::npos) return text.size();
    std::size_t slashes = 0;
    while (at - slashes > begin && text[at - slashes - 1] == '\\') ++slashes;
    ++at;
    if (slashes % 2 == 0) return at;
  }
}

// Looks at nesting and strings alone, and stops when both are seen: an object
// is large, and mostly they are its first keys.
TopKeys FindTopKeys(std::string_view object) {
  TopKeys keys;
  int depth = 0;
  bool key_next = false;
  for (std::size_t i = 0; i < object.size(); ++i) {
    switch (object[i]) {
      case '{':
      case '[':
        key_next = ++depth == 1;
        break;
      case '}':
      case ']':
        if (--depth == 0) return keys;
        break;
      case ',':
        key_next = depth == 1;
        break;
      case '"': {
        const std::size_t end = EndOfString(object, i + 1);
        if (key_next) {
          const std::string_view key = object.substr(i, end - i);
          keys.api_version = keys.api_version || key == "\"apiVersion\"";
          keys.kind = keys.kind || key == "\"kind\"";
          if (keys.api_version && keys.kind) return keys;
        }
        key_next = false;
        i = end - 1;
        break;
      }
      default:
        break;
    }
  }
  return keys;
}

}  // namespace

std::string CompleteObject(std::string_view body, std::string_view api_version,
                           std::string_view kind) {
  const std::size_t brace = body.find_first_not_of(" \t\r\n");
  if (brace == std::string_view::npos || body[brace] != '{') {
    return std::string(body);
  }
  const TopKeys keys = FindTopKeys(body.substr(brace));
  std::string front;
  if (!keys.kind && !kind.empty()) {
    front += "\"kind\":" + json(kind).dump() + ",";
  }
  if (!keys.api_version && !api_version.empty()) {
    front += "\"apiVersion\":" + json(api_version).dump() + ",";
  }
  if (front.empty()) return std::string(body);
  const std::size_t next = body.find_first_not_of(" \t\r\n", brace + 1);
  if (next != std::string_view::npos && body[next] == '}') front.pop_back();
  std::string out(body.substr(0, brace + 1));
  out += front;
  out += body.substr(brace + 1);
  return out;
}

namespace {

// The names alone, with what there is to say instead of the rest.
std::string StandIn(const store::Revision& revision, std::string_view kind,
                    std::string_view what) {
  json object = {{"apiVersion", revision.api_version}, {"kind", kind}};
  json& metadata = object["metadata"];
  metadata["name"] = revision.name;
  if (!revision.name_space.empty()) metadata["namespace"] = revision.name_space;
  metadata["uid"] = revision.uid;
  if (!revision.rv.empty()) metadata["resourceVersion"] = revision.rv;
  metadata["annotations"]["kubescribe.dev/body"] = what;
  return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace

std::string ObjectOf(const store::Revision& revision, std::string_view body,
                     std::string_view kind) {
  if (!body.empty() && revision.body_kind != store::BodyKind::kStub) {
    return CompleteObject(body, revision.api_version, kind);
  }
  return StandIn(revision, kind, body.empty() ? "not recorded" : body);
}

std::string DamagedObject(const store::Revision& revision,
                          std::string_view kind) {
  return StandIn(revision, kind,
                 "damaged: record " + std::to_string(revision.seq));
}

}  // namespace kubescribe::query
