// Work over many files at once.
#pragma once

#include <cstddef>
#include <functional>

namespace kubescribe::query {

// Calls `work` once for each number below `count`, on this thread and as many
// others as there are processors (at most 8), and waits for all of them. `work`
// may not throw; a Reader that it opens has to stay with it.
void InParallel(std::size_t count,
                const std::function<void(std::size_t)>& work);

}  // namespace kubescribe::query
