// The table of a custom resource: the printer columns of its
// CustomResourceDefinition, each a JSONPath. Private to src/kube.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "kube/json_path.h"
#include "kube/printers.h"

namespace kubescribe::kube {

class CustomPrinter {
 public:
  // Of a definition that cannot be read or does not serve that version: Name
  // and Age, which is what a version without columns of its own has.
  CustomPrinter(std::string_view definition, std::string_view version);

  const std::vector<Column>& columns() const { return columns_; }
  // False: it is no object, and nothing was added.
  bool AddCells(std::string_view object, Micros at,
                std::vector<std::string>& cells) const;

 private:
  void Add(Column column, const std::string& path);

  std::vector<Column> columns_;  // Name, then one for each path
  std::vector<JsonPath> paths_;
};

}  // namespace kubescribe::kube
