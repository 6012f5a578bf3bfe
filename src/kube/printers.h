// The columns that kubectl shows of an object, as a server computes them (P§7,
// Columns). Ages are as of the instant that is asked about.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "kube/resource.h"

namespace kubescribe::kube {

struct Column {
  std::string name;   // "Ready"; a table prints it in upper case
  bool wide = false;  // only with `-o wide`
};

// The columns of a kind; "Name" is the first. A kind without a printer has Name
// and Age. The namespace is no column: whoever prints several puts it in front.
std::vector<Column> PrinterColumns(const GroupResource& resource);

// One cell a column, wide ones included. `at`: the instant of the answer. An
// object that cannot be read has "<unknown>" in every cell.
std::vector<std::string> PrinterCells(const GroupResource& resource,
                                      std::string_view object, Micros at);

}  // namespace kubescribe::kube
