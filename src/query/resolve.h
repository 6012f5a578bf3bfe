// What a TYPE, or a TYPE/NAME, means in a recorded file: by the discovery that
// was recorded, without a server.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "kube/resource.h"
#include "store/reader.h"

namespace kubescribe::query {

struct Target {
  kube::ResourceInfo info;         // as the discovery of that time says
  store::ResourceRow row;          // what is recorded of it
  std::vector<std::string> names;  // none: all objects
};

// `type` in the discovery in force at `as_of`; else in the newest one; else
// among the recorded resources. kNotFound: no such type, or it is not
// recorded.
Result<Target> ResolveTarget(store::Reader& reader, const store::AsOf& as_of,
                             const std::string& type);

// kubectl's arguments: "TYPE[,TYPE…] [NAME…]" or "TYPE/NAME…". A word that is
// a type itself ("v1/pods") is one; "*" alone is every recorded type. kInvalid:
// mixed forms, or nothing.
Result<std::vector<Target>> ResolveArguments(
    store::Reader& reader, const store::AsOf& as_of,
    const std::vector<std::string>& words);

}  // namespace kubescribe::query
