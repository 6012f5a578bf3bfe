// Scenario files: faults written down.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "fakes/sim_cluster.h"

namespace kubescribe::fakes {

// YAML (a list of maps, or `faults:` with one) or JSON lines. Keys are the
// names of Fault's fields, with `fault` for the name and `namespace` for ns;
// `after` and `delay` in seconds.
//
//   - {fault: cut, resource: pods, skip: 100, bytes: 40}
//   - {fault: rewind, after: 30, revisions: 500}
//
// kIo when it cannot be read; kInvalid names file, entry and key. `tls`: the
// cluster has it, and so can have its faults.
Result<std::vector<Fault>> ReadScenario(const std::string& path, bool tls);

}  // namespace kubescribe::fakes
