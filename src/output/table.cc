#include "output/table.h"

#include <algorithm>
#include <string_view>

#include "output/palette.h"
#include "output/terminal.h"

namespace kubescribe::output {
namespace {

constexpr std::size_t kPadding = 3;
constexpr std::size_t kMinWidth = 6;

std::string Cell(std::string_view text) {
  const std::size_t end = text.find_first_of("\n\r\f");
  std::string cell = EscapeControls(text.substr(0, end));
  std::replace(cell.begin(), cell.end(), '\t', ' ');
  if (end != std::string_view::npos) cell += "...";
  return cell;
}

}  // namespace

std::string RenderTable(const std::vector<std::string>& header,
                        const std::vector<std::vector<std::string>>& rows,
                        const TableLook& look) {
  const CellColours colours = look.colour ? CellColours(header) : CellColours();
  std::vector<std::vector<std::string>> lines;
  lines.reserve(rows.size() + 1);
  if (look.header) lines.push_back(header);
  for (const auto& row : rows) {
    std::vector<std::string>& line = lines.emplace_back();
    line.reserve(row.size());
    for (const std::string& cell : row) line.push_back(Cell(cell));
  }
  std::vector<std::size_t> widths;
  for (const auto& line : lines) {
    if (widths.size() < line.size()) widths.resize(line.size(), kMinWidth);
    for (std::size_t i = 0; i < line.size(); ++i) {
      widths[i] = std::max(widths[i], CharacterCount(line[i]) + kPadding);
    }
  }
  std::string out;
  for (const auto& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      const auto colour = colours.Of(i, line[i]);
      out += Paint(line[i], colour.value_or(Colour{}), colour.has_value());
      if (i + 1 < line.size()) {
        out.append(widths[i] - CharacterCount(line[i]), ' ');
      }
    }
    out += '\n';
  }
  return out;
}

}  // namespace kubescribe::output
