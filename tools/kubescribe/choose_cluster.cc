#include "kubescribe/choose_cluster.h"

#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <string>

#include "config/kubeconfig.h"

namespace kubescribe::tool {
namespace {

Status ChooseByContext(query::Place& place) {
  const auto contexts = config::ListContexts("");
  if (!contexts.ok() || contexts->current.empty()) return {};
  const auto files = query::ListDatabases(place.data_dir);
  if (!files.ok() || files->empty()) return {};  // said better when it is asked
  std::string names;
  for (const query::DatabaseFile& file : *files) {
    names += (names.empty() ? "" : ", ") + file.cluster;
  }
  const bool recorded = std::any_of(files->begin(), files->end(),
                                    [&](const query::DatabaseFile& file) {
                                      return file.cluster == contexts->current;
                                    });
  if (!recorded) {
    return Error(Code::kIo,
                 "the current context \"" + contexts->current +
                     "\" is not recorded in " + place.data_dir +
                     "; these are: " + names +
                     ": choose with --cluster, or with kubectl config "
                     "use-context");
  }
  place.clusters = {contexts->current};
  return {};
}

}  // namespace

Status ChooseCluster(query::Place& place, bool plugin) {
  if (!place.file.empty() || place.all_clusters || !place.clusters.empty()) {
    return {};
  }
  const char* chosen = std::getenv("KUBESCRIBE_CLUSTER");
  if (chosen != nullptr && *chosen != '\0') {
    std::istringstream names(chosen);
    for (std::string name; std::getline(names, name, ',');) {
      if (!name.empty()) place.clusters.push_back(name);
    }
    return {};
  }
  return plugin ? ChooseByContext(place) : Status();
}

}  // namespace kubescribe::tool
