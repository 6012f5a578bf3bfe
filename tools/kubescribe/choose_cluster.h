// Which cluster is meant where the command line does not say it: that of
// $KUBESCRIBE_CLUSTER; and for the tool as a plugin of kubectl (called
// `kubectl-scribe`, it is `kubectl scribe`) that of the kubeconfig's current
// context.
#pragma once

#include "base/result.h"
#include "query/database.h"

namespace kubescribe::tool {

// Sets the clusters where nothing else chooses them. With neither the variable
// nor (of a plugin) a current context all stays as it is. kIo: the context's
// cluster is not recorded; the message names those that are.
Status ChooseCluster(query::Place& place, bool plugin);

}  // namespace kubescribe::tool
