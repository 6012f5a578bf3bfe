// What the configuration wants recorded of the kinds that a server serves.
//
//   for (const watch::Selection& s : SelectionsOf(cluster, kind)) ...
//   for (const auto& advice : DoubtfulRules(cluster, discovery))
//   Log().warn(...);
//
// Pure functions; any thread.
#pragma once

#include <string>
#include <vector>

#include "config/config.h"
#include "kube/discovery.h"
#include "watch/cluster.h"

namespace kubescribe::daemon {

// The streams of one kind, as watch::ClusterCallbacks::select wants them.
// Empty: the kind is not recorded.
std::vector<watch::Selection> SelectionsOf(const config::ClusterConfig& cluster,
                                           const kube::ResourceInfo& kind);

// A sentence for each rule that does other than its writer must have meant: it
// names a kind that the server does not serve (nothing is said of groups whose
// discovery failed), or namespaces of a kind that is in none.
std::vector<std::string> DoubtfulRules(const config::ClusterConfig& cluster,
                                       const kube::Discovery& discovery);

}  // namespace kubescribe::daemon
