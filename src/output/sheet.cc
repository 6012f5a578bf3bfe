#include "output/sheet.h"

#include <algorithm>
#include <vector>

#include "output/terminal.h"

namespace kubescribe::output {
namespace {

constexpr std::size_t kBetweenCells = 2;

struct SheetCell {
  std::string_view text;
  std::size_t width = 0;  // of its column; the last cell of a line has none
};
using SheetLine = std::vector<SheetCell>;

std::vector<SheetLine> SplitCells(std::string_view text) {
  std::vector<SheetLine> lines(1);
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    const char c = i < text.size() ? text[i] : '\0';
    const bool line_ends = c == '\n' || c == '\f';
    if (i < text.size() && !line_ends && c != '\t' && c != '\v') continue;
    lines.back().push_back({text.substr(begin, i - begin)});
    begin = i + 1;
    if (line_ends) lines.emplace_back();
  }
  return lines;
}

// Sets the widths of the columns from `column` on, of lines [from, to).
void Measure(std::vector<SheetLine>& lines, std::size_t from, std::size_t to,
             std::size_t column) {
  const auto has_cell = [&](std::size_t line) {
    return column + 1 < lines[line].size();
  };
  for (std::size_t line = from; line < to; ++line) {
    if (!has_cell(line)) continue;
    std::size_t end = line;
    std::size_t width = 0;
    for (; end < to && has_cell(end); ++end) {
      width = std::max(width,
                       CharacterCount(lines[end][column].text) + kBetweenCells);
    }
    for (std::size_t i = line; i < end; ++i) lines[i][column].width = width;
    Measure(lines, line, end, column + 1);
    line = end;  // which has no such cell
  }
}

}  // namespace

std::string AlignCells(std::string_view text) {
  std::vector<SheetLine> lines = SplitCells(text);
  Measure(lines, 0, lines.size(), 0);
  std::string aligned;
  aligned.reserve(text.size() * 2);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i != 0) aligned += '\n';
    for (const SheetCell& cell : lines[i]) {
      aligned += cell.text;
      const std::size_t characters = CharacterCount(cell.text);
      if (cell.width > characters) aligned.append(cell.width - characters, ' ');
    }
  }
  return aligned;
}

std::string Sheet::Text() const {
  std::string safe;
  safe.reserve(text_.size());
  for (const char c : text_) {
    if (c == '\x1b') {
      safe += "^[";
    } else if (c == '\r') {
      safe += "\\r";
    } else {
      safe += c;
    }
  }
  return AlignCells(safe);
}

}  // namespace kubescribe::output
