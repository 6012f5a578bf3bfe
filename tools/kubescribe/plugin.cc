#include "kubescribe/plugin.h"

#include <algorithm>

#include "config/kubeconfig.h"

namespace kubescribe::tool {

Status ChooseByContext(query::Place& place) {
  if (!place.file.empty() || place.all_clusters || !place.clusters.empty()) {
    return {};
  }
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

}  // namespace kubescribe::tool
