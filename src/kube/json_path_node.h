// The syntax tree of a JSONPath template. Private to json_path*.cc.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "kube/value.h"

namespace kubescribe::kube {

struct JsonPathNode {
  enum class Kind {
    kList,        // nodes, one after the other
    kLiteral,     // value: quoted or plain text, for whatever comes in
    kConstant,    // value: a number or boolean, for each value that comes in
    kField,       // text
    kIdentifier,  // text: "range", "end"
    kSlice,       // begin, end, step
    kWildcard,
    kRecursive,
    kUnion,   // nodes, side by side
    kFilter,  // nodes: left, right (none: exists); text: the operator
  };
  struct Bound {
    std::int64_t value = 0;
    bool known = false;
    bool derived = false;  // "[3]" is "[3:4]" with a derived end
  };

  Kind kind = Kind::kList;
  std::string text;
  Value value;
  std::vector<JsonPathNode> nodes;
  Bound begin, end, step;
};

// The list of a template's pieces: literals, and a list for each action.
Result<JsonPathNode> ParseJsonPathTemplate(std::string_view text);

}  // namespace kubescribe::kube
