// The arguments and flags that say which objects are meant and as of when:
// alike for `get` and `describe`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "kubescribe/command.h"
#include "query/state.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace kubescribe::tool {

class SelectionFlags {
 public:
  // `what`: the help of the words. TYPE and names, -n, -A, --at, --rv, --seq,
  // -l and --strict; --rv and --seq are there for others to exclude.
  void Declare(CLI::App& app, const std::string& what);

  // After parsing: the request but for its namespace, which each cluster has of
  // its own (InCluster). kInvalid names the flag.
  Result<query::StateRequest> Read() const;
  query::StateRequest InCluster(query::StateRequest request,
                                const std::string& cluster) const {
    request.name_space = name_space.Resolve(cluster);
    return request;
  }

  NamespaceFlags name_space;
  CLI::Option* rv = nullptr;
  CLI::Option* seq = nullptr;
  bool strict = false;  // an uncertain answer is exit code 4

 private:
  std::vector<std::string> words_;
  std::string labels_;
  std::optional<std::string> at_;
  std::string rv_;
  std::optional<store::Seq> seq_;
};

}  // namespace kubescribe::tool
