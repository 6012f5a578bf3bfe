// What a request's method and path ask for.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fakes/answer.h"
#include "fakes/state.h"

namespace kubescribe::fakes {

struct Route {
  std::optional<KindInfo> kind;
  std::string group;
  std::string resource;  // the plural, served or not
  std::string ns;
  std::string name;
  std::string sub;           // subresource; none is served
  std::string verb;          // as in RequestRecord
  bool lacks_sub = false;    // a subresource that a custom kind does not have
  bool known_group = false;  // one of the built-in ones
};

Route ParseRoute(const Request& request, const State& state);

// The parts between slashes, empty ones left out.
std::vector<std::string> SplitPath(const std::string& path);

}  // namespace kubescribe::fakes
