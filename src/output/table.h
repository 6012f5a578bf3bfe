// Tables as kubectl lays them out: columns as wide as their widest cell, three
// spaces between them, nothing after the last.
#pragma once

#include <string>
#include <vector>

namespace kubescribe::output {

// `header` empty: none is printed. Each row has as many cells as the others;
// of a cell only the first line is shown (with "..."), control characters are
// made visible. Every line ends with a newline.
std::string RenderTable(const std::vector<std::string>& header,
                        const std::vector<std::vector<std::string>>& rows);

}  // namespace kubescribe::output
