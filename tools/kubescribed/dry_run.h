// --dry-run: what the credentials may read, found by GETs alone.
#pragma once

#include <string>

#include "base/result.h"
#include "config/config.h"
#include "net/loop.h"

namespace kubescribe::daemon {

// Asks for discovery and, of each kind that the configuration records, for a
// list of at most one object; prints a table to stdout. Nothing is recorded.
// Answers false when nothing may be read. Errors: the kubeconfig's, or the
// server cannot be asked. Runs the loop itself.
Result<bool> DryRun(const config::Config& config,
                    const config::ClusterConfig& cluster, net::Loop& loop);

}  // namespace kubescribe::daemon
