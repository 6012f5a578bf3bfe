// JsonWalk: finds values in JSON by their path, with the exact bytes of each.
//
// Redaction splices bytes, so it needs offsets, not a tree; and it decides
// what is secret, so what it walks is checked against the whole grammar of
// RFC 8259 and anything else is refused. Keys are compared unescaped, and each
// of several equal keys counts.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace kubescribe::record {

using JsonPath = std::vector<std::string>;

class JsonVisitor {
 public:
  enum class Go {
    kDescend,  // call OnValue for what is in it, if it holds anything
    kSkip,     // of no interest
    kTake,     // call OnTaken with its bytes
  };

  virtual ~JsonVisitor() = default;
  // A value begins. `path` holds the keys (unescaped) and the indexes (decimal)
  // from the root, which itself has the empty path. `first` is the value's
  // first byte and tells its type.
  virtual Go OnValue(const JsonPath& path, char first) = 0;
  // The bytes [begin, end) of a value for which OnValue said kTake.
  virtual void OnTaken(const JsonPath& path, std::size_t begin,
                       std::size_t end) = 0;
};

// Walks the one JSON value that `json` must be. kInvalid, with an offset and
// no content, for anything else and for nesting deeper than 512. Any thread.
Status WalkJson(std::string_view json, JsonVisitor& visitor);

// The text that a JSON string stands for. REQUIRES: `quoted` is a valid JSON
// string with its quotes. A lone surrogate becomes its three-byte form.
std::string UnescapeJson(std::string_view quoted);

}  // namespace kubescribe::record
