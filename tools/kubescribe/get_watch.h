// `get -w`: the answer, and then each change of it as the recorder writes it.
#pragma once

#include <vector>

#include "kubescribe/get.h"

namespace kubescribe::tool {

// Until SIGINT or SIGTERM, the timeout, or nobody reads any more: then the
// exit code is kExitFound. `answers`: files and requests; they are asked here.
int Watch(const GetOptions& options, std::vector<ClusterAnswer>& answers);

}  // namespace kubescribe::tool
