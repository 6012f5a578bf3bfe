// The order in which Go's sort.Sort leaves a list, and so kubectl its lines:
// what compares equal does not stay in place, and a "less" that holds both ways
// (as kubectl's does of two missing values) still gives Go's answer.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

namespace kubescribe::output {

// The positions of `count` things in their new order. `less` gets positions; it
// is called O(count log count) times.
std::vector<std::size_t> GoSortOrder(
    std::size_t count,
    const std::function<bool(std::size_t, std::size_t)>& less);

}  // namespace kubescribe::output
