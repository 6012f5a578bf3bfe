#include "watch/target.h"

#include <fmt/format.h>

namespace kubescribe::watch {
namespace {

std::string Selectors(const StreamSpec& spec) {
  std::string query;
  if (!spec.label_selector.empty()) {
    query += "&labelSelector=" + EscapeQuery(spec.label_selector);
  }
  if (!spec.field_selector.empty()) {
    query += "&fieldSelector=" + EscapeQuery(spec.field_selector);
  }
  return query;
}

}  // namespace

bool StreamSpec::shared_rv() const {
  return resource.resource == "events" &&
         (resource.group.empty() || resource.group == "events.k8s.io");
}

std::string StreamSpec::Name() const {
  std::string name = resource.group_resource().ToString();
  if (!name_space.empty()) name += " in " + name_space;
  if (!label_selector.empty()) name += " (" + label_selector + ")";
  if (!field_selector.empty()) name += " (" + field_selector + ")";
  return name;
}

std::string EscapeQuery(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       (c >= '0' && c <= '9') || c == '-' || c == '_' ||
                       c == '.' || c == '~';
    if (plain) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

std::string ListTarget(const StreamSpec& spec, std::size_t limit,
                       const std::string& continue_token) {
  std::string query = Selectors(spec);
  if (limit > 0) query += fmt::format("&limit={}", limit);
  if (!continue_token.empty()) {
    query += "&continue=" + EscapeQuery(continue_token);
  }
  std::string target = spec.resource.Path(spec.name_space);
  if (!query.empty()) target += "?" + query.substr(1);
  return target;
}

std::string WatchTarget(const StreamSpec& spec, const std::string& rv,
                        Micros timeout) {
  return spec.resource.Path(spec.name_space) +
         fmt::format(
             "?watch=1&allowWatchBookmarks=true&resourceVersion={}"
             "&timeoutSeconds={}{}",
             EscapeQuery(rv), timeout / kSecond, Selectors(spec));
}

std::string ListAccept(Level level) {
  if (level == Level::kFull) return "application/json";
  return "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,"
         "application/json";
}

std::string WatchAccept(Level level) {
  if (level == Level::kFull) return "application/json";
  return "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,"
         "application/json";
}

}  // namespace kubescribe::watch
