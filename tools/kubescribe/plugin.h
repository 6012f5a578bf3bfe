// The tool as a plugin of kubectl: called `kubectl-scribe`, it is `kubectl
// scribe`, and the kubeconfig's current context chooses the cluster.
#pragma once

#include "base/result.h"
#include "query/database.h"

namespace kubescribe::tool {

// Sets the cluster to the current context where nothing else chooses one. With
// no kubeconfig, or one without a current context, all stays as it is. kIo: the
// context's cluster is not recorded; the message names those that are.
Status ChooseByContext(query::Place& place);

}  // namespace kubescribe::tool
