// ResourceName: a kind of object as a person writes it in the configuration.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace kubescribe::config {

//   pods                    any group that serves it
//   deployments.apps        that group
//   deployments.v1.apps     that group and version
//   v1/pods, core/v1/pods   the core group
//   apps/v1/deployments     that group and version
//   *, *.apps, apps/v1/*    every kind (of the group)
struct ResourceName {
  std::optional<std::string> group;  // nullopt: not said; "": the core group
  std::string version;               // "": not said
  std::string resource;              // lower case, plural; "*": every kind

  bool operator==(const ResourceName&) const = default;
  bool every_kind() const { return resource == "*"; }
  bool everything() const { return every_kind() && !group; }
  // By group and resource: versions are views of one storage (P§5).
  bool Matches(std::string_view in_group, std::string_view in_resource) const;
  // In the shortest of the forms above.
  std::string ToString() const;
};

// kInvalid: none of the forms above; the message says what was wrong.
Result<ResourceName> ParseResourceName(std::string_view text);

}  // namespace kubescribe::config
