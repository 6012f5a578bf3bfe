#include "config/resource_name.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <vector>

namespace kubescribe::config {
namespace {

// "v1", "v2beta1", "v1alpha3".
bool IsVersion(std::string_view text) {
  if (text.size() < 2 || text[0] != 'v') return false;
  std::size_t at = 1;
  const auto digits = [&] {
    const std::size_t start = at;
    while (at < text.size() &&
           std::isdigit(static_cast<unsigned char>(text[at]))) {
      ++at;
    }
    return at > start;
  };
  if (!digits()) return false;
  if (at == text.size()) return true;
  const std::string_view rest = text.substr(at);
  if (rest.starts_with("alpha")) {
    at += 5;
  } else if (rest.starts_with("beta")) {
    at += 4;
  } else {
    return false;
  }
  return digits() && at == text.size();
}

bool IsName(std::string_view text, std::string_view extra) {
  if (text.empty()) return false;
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           extra.find(c) != std::string_view::npos;
  });
}

std::vector<std::string_view> Split(std::string_view text, char at) {
  std::vector<std::string_view> out;
  while (true) {
    const std::size_t pos = text.find(at);
    out.push_back(text.substr(0, pos));
    if (pos == std::string_view::npos) return out;
    text.remove_prefix(pos + 1);
  }
}

Error Bad(std::string_view text, std::string_view why) {
  return Error(
      Code::kInvalid,
      fmt::format("\"{}\" is not a resource: {}; write it as pods, "
                  "deployments.apps, v1/pods, apps/v1/deployments or \"*\"",
                  text.substr(0, 80), why));
}

}  // namespace

Result<ResourceName> ParseResourceName(std::string_view text) {
  ResourceName out;
  const std::vector<std::string_view> parts = Split(text, '/');
  if (parts.size() == 1) {
    const std::size_t dot = text.find('.');
    out.resource = std::string(text.substr(0, dot));
    if (dot != std::string_view::npos) {
      std::string_view rest = text.substr(dot + 1);
      const std::size_t next = rest.find('.');
      const std::string_view first = rest.substr(0, next);
      if (IsVersion(first)) {
        out.version = std::string(first);
        rest = next == std::string_view::npos ? "" : rest.substr(next + 1);
      }
      out.group = std::string(rest);
      if (!rest.empty() && !IsName(rest, ".")) {
        return Bad(text, "the group has characters that no group has");
      }
    }
  } else if (parts.size() == 2) {
    out.group = "";
    out.version = std::string(parts[0]);
    out.resource = std::string(parts[1]);
  } else if (parts.size() == 3) {
    out.group = parts[0] == "core" ? "" : std::string(parts[0]);
    out.version = std::string(parts[1]);
    out.resource = std::string(parts[2]);
    if (!out.group->empty() && !IsName(*out.group, ".")) {
      return Bad(text, "the group has characters that no group has");
    }
  } else {
    return Bad(text, "it has too many slashes");
  }
  if (parts.size() > 1 && !IsVersion(out.version)) {
    return Bad(text, fmt::format("\"{}\" is not a version", out.version));
  }
  if (out.group == "core") out.group = "";
  if (!out.every_kind() && !IsName(out.resource, "")) {
    return Bad(text, "its name is the lower-case plural");
  }
  return out;
}

bool ResourceName::Matches(std::string_view in_group,
                           std::string_view in_resource) const {
  if (group && *group != in_group) return false;
  return every_kind() || resource == in_resource;
}

std::string ResourceName::ToString() const {
  if (!version.empty()) {
    if (!group || group->empty()) return version + "/" + resource;
    return *group + "/" + version + "/" + resource;
  }
  if (!group) return resource;
  return resource + "." + (group->empty() ? "core" : *group);
}

}  // namespace kubescribe::config
