#include "fakes/route.h"

#include <algorithm>

#include "fakes/list_options.h"

namespace kubescribe::fakes {

std::vector<std::string> SplitPath(const std::string& path) {
  std::vector<std::string> parts;
  std::size_t at = 0;
  while (at < path.size()) {
    const std::size_t slash = std::min(path.find('/', at), path.size());
    if (slash > at) parts.push_back(path.substr(at, slash - at));
    at = slash + 1;
  }
  return parts;
}

Route ParseRoute(const Request& request, const State& state) {
  Route route;
  route.verb = "other";
  std::vector<std::string> parts = SplitPath(request.path);
  if (parts.empty() || (parts[0] != "api" && parts[0] != "apis")) return route;
  const std::size_t root = parts[0] == "api" ? 2 : 3;
  if (parts[0] == "apis" && parts.size() > 1) route.group = parts[1];
  for (const KindInfo& kind : state.Kinds()) {
    route.known_group |= kind.group == route.group && !kind.custom;
  }
  if (parts.size() <= root) {
    route.verb = "discovery";
    return route;
  }
  const std::string version = parts[root - 1];
  parts.erase(parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(root));
  const bool prefixed = parts[0] == "watch";  // the old form
  if (prefixed) parts.erase(parts.begin());
  if (parts.size() >= 3 && parts[0] == "namespaces") {
    route.ns = parts[1];
    parts.erase(parts.begin(), parts.begin() + 2);
  }
  if (parts.empty()) return route;
  route.resource = parts[0];
  if (parts.size() > 1) route.name = parts[1];
  if (parts.size() > 2) route.sub = parts[2];
  const bool one = !route.name.empty();
  if (request.method == "POST") {
    route.verb = "create";
  } else if (request.method == "PUT") {
    route.verb = "update";
  } else if (request.method == "PATCH") {
    route.verb = "patch";
  } else if (request.method == "DELETE") {
    route.verb = one ? "delete" : "deletecollection";
  } else if (prefixed || (!one && IsTrue(request, "watch"))) {
    route.verb = "watch";
  } else {
    route.verb = one ? "get" : "list";
  }
  route.kind = state.FindKind(route.group, route.resource);
  if (!route.kind) return route;
  // All namespaces at once can be listed and watched, nothing else.
  const bool wrong_scope =
      route.kind->namespaced
          ? route.ns.empty() && (one || route.verb == "create")
          : !route.ns.empty();
  const bool wrong = route.kind->version != version || wrong_scope;
  route.lacks_sub = route.kind->custom && !wrong && parts.size() > 2;
  if (wrong || parts.size() > 2) {
    route.kind.reset();
  }
  return route;
}

}  // namespace kubescribe::fakes
