// EditDistance: for "did you mean".
#pragma once

#include <cstddef>
#include <string_view>

namespace kubescribe {

// How many bytes to change, add, drop or swap with a neighbour to make one word
// the other.
std::size_t EditDistance(std::string_view a, std::string_view b);

}  // namespace kubescribe
