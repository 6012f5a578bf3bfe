// Comparing resourceVersions, which are meaningful within one resource only.
//
// KEP-5504: decimal digits without a leading zero, up to 128 bits (we take any
// length): shorter is less, equal length compares as text. Some aggregated
// servers answer with something else; such values are equal or not, nothing
// more (P§2, comparability).
#pragma once

#include <string_view>

namespace kubescribe::kube {

// "0" counts as comparable.
bool IsComparable(std::string_view rv);

enum class RvOrder { kLess, kEqual, kGreater, kUnknown };
// kUnknown: they differ and at least one is not comparable.
RvOrder CompareRv(std::string_view a, std::string_view b);

}  // namespace kubescribe::kube
