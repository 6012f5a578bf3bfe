// Tables as kubectl lays them out: columns as wide as their widest cell, three
// spaces between them, nothing after the last.
#pragma once

#include <string>
#include <vector>

namespace kubescribe::output {

struct TableLook {
  bool header = true;   // whether the line of column names is printed
  bool colour = false;  // cells as the palette has them by their column's name
};

// `header`: the column names, as many as each row has cells. Of a cell only the
// first line is shown (with "..."), control characters are made visible. Every
// line ends with a newline.
std::string RenderTable(const std::vector<std::string>& header,
                        const std::vector<std::vector<std::string>>& rows,
                        const TableLook& look = {});

}  // namespace kubescribe::output
