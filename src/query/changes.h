// What a revision changed, and who made it: for history's lines.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace kubescribe::query {

// The paths that differ between two objects, as "spec.replicas",
// "metadata.labels.app", "status.conditions", in order; lists are one path.
// metadata.managedFields, resourceVersion and generation do not count. At most
// `max`; empty if either is not a JSON object.
std::vector<std::string> ChangedFields(std::string_view before,
                                       std::string_view after, std::size_t max);

// The manager that metadata.managedFields names last by time; "" if none. Of
// several at that time (they have whole seconds) the one that has most of what
// was changed, which ChangedFields told.
std::string LastManager(std::string_view object,
                        const std::vector<std::string>& changed);

}  // namespace kubescribe::query
