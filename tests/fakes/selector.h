// Label and field selectors of the simulated cluster. Written apart from the
// recorder's own, so that the two check each other.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "fakes/state.h"

namespace kubescribe::fakes {

class Selector {
 public:
  // kInvalid with the real server's message when one cannot be parsed or a
  // field is not supported for the kind.
  static Result<Selector> Parse(const KindInfo& kind, const std::string& labels,
                                const std::string& fields);
  bool empty() const { return terms_.empty(); }
  bool Matches(const Object& object) const;

 private:
  enum class Op {
    kEquals,
    kNotEquals,
    kIn,
    kNotIn,
    kExists,
    kAbsent,
    kGreater,
    kLess
  };
  static Op OpOf(const std::string& op);
  struct Term {
    bool field = false;
    Op op = Op::kEquals;
    std::string key;
    std::vector<std::string> values;
  };
  std::vector<Term> terms_;
};

}  // namespace kubescribe::fakes
