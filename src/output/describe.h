// What `kubectl describe` says of an object, as of an instant.
//
// A describer writes the text of one kind. It gets the object, and asks a
// Related for what else belongs in its text: Events, Pods, ReplicaSets. The
// text is kubectl's; ages are as of the instant, not as of now.
//
// A new kind: a function `void DescribeX(const Subject&, Sheet&)` in
// describe_x.cc, declared in describe_kinds.h, with a line in the table of
// describe.cc.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "kube/resource.h"
#include "output/value.h"

namespace kubescribe::output {

// Objects as they were at the instant of the answer.
class Related {
 public:
  struct Query {
    kube::GroupResource resource;
    std::optional<std::string> name_space;  // none: all
    std::string name;                       // "": all
    std::string label_selector;             // "": all
    std::string field_selector;             // "": all
  };

  Related() = default;
  Related(const Related&) = delete;
  Related& operator=(const Related&) = delete;
  virtual ~Related() = default;

  // In order of namespace and name. kNotFound: no such type is recorded (none
  // at all is an empty answer).
  virtual Result<std::vector<Value>> Find(const Query& query) = 0;
};

struct DescribeRequest {
  kube::GroupResource resource;
  std::string kind;
  const Value* object = nullptr;
  Micros at = 0;       // the instant, for ages
  std::string zone;    // in which times are shown
  bool events = true;  // whether its Events are told
};

// The text, which ends in a newline. A kind without a describer is told field
// by field. Errors: those of `related`, but for kNotFound.
Result<std::string> Describe(const DescribeRequest& request, Related& related);

}  // namespace kubescribe::output
