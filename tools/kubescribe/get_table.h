// The answer of `get` as kubectl's tables: one a kind, of all clusters.
#pragma once

#include <vector>

#include "base/result.h"
#include "kubescribe/get.h"

namespace kubescribe::tool {

// Whether any line was printed. Empties the answers' rows; adds to their
// types' `damaged`, and sets the `error` of what could not be read to its end.
bool PrintTables(const GetOptions& options, std::vector<ClusterAnswer>& answers,
                 Out& out);

// Whether names carry their kind ("pod/web"): several kinds were asked for.
bool ShowsKinds(const GetOptions& options,
                const std::vector<ClusterAnswer>& answers);

}  // namespace kubescribe::tool
