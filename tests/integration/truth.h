// The journal of truth against the record. It shares nothing with the recorder
// but the store's reader.
#pragma once

#include <string>
#include <vector>

#include "fakes/sim_cluster.h"
#include "store/reader.h"

namespace kubescribe::integration {

// What the record says against what the cluster served; empty: nothing.
// Checks: every revision up to each stream's position is recorded once or lies
// in a gap; nothing is recorded that was not served; bodies are equal (Secrets:
// but for their values); RVs rise with seq within a resource and epoch, late
// revisions aside; seq has no holes; what is alive agrees.
std::vector<std::string> Violations(store::Reader& reader,
                                    const fakes::SimCluster& sim);

// Gaps other than `start`, as "resource:cause".
std::vector<std::string> Gaps(store::Reader& reader);

}  // namespace kubescribe::integration
