// --sort-by: the order of objects by one of their fields, as kubectl sorts.
//
//   Result<SortBy> sort = SortBy::Parse(".metadata.name", SortBy::Of::kRows);
//   for (const Value& object : objects) status = sort->Add(object);
//   Result<std::vector<std::size_t>> order = sort->Order();
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "kube/json_path.h"
#include "output/value.h"

namespace kubescribe::output {

// Keeps only the fields. One thread.
class SortBy {
 public:
  // The rows of one table, or the items of a list (-o json and so on): kubectl
  // differs a little in what it takes.
  enum class Of { kRows, kItems };

  // kInvalid: no path.
  static Result<SortBy> Parse(std::string_view path, Of of);

  // The next object. kInvalid: the path does not fit it (of rows Order() says
  // so, when there are several).
  Status Add(const Value& object);

  // The positions of the objects in the order of their fields: numbers by
  // value, texts by value where both are quantities ("1Gi", "200m"), else as
  // bytes; what lacks the field comes first. kInvalid: no object has the field,
  // or its values cannot be compared with each other.
  Result<std::vector<std::size_t>> Order() const;

 private:
  SortBy(kube::JsonPath path, Of of) : path_(std::move(path)), of_(of) {}

  kube::JsonPath path_;
  Of of_;
  std::vector<std::optional<Value>> fields_;
  std::optional<Error> failed_;
};

}  // namespace kubescribe::output
