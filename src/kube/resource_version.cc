#include "kube/resource_version.h"

#include <algorithm>

namespace kubescribe::kube {

bool IsComparable(std::string_view rv) {
  if (rv.empty() || (rv[0] == '0' && rv.size() > 1)) return false;
  return std::all_of(rv.begin(), rv.end(),
                     [](char c) { return c >= '0' && c <= '9'; });
}

RvOrder CompareRv(std::string_view a, std::string_view b) {
  if (a == b) return RvOrder::kEqual;
  if (!IsComparable(a) || !IsComparable(b)) return RvOrder::kUnknown;
  if (a.size() != b.size()) {
    return a.size() < b.size() ? RvOrder::kLess : RvOrder::kGreater;
  }
  return a < b ? RvOrder::kLess : RvOrder::kGreater;
}

}  // namespace kubescribe::kube
