#include "output/columns.h"

#include <algorithm>

namespace kubescribe::output {
namespace {

constexpr std::size_t kAfterCell = 3;
constexpr std::size_t kLeastWidth = 6;

// kubectl counts characters, not the columns that a terminal gives them.
std::uint32_t CharactersOf(std::string_view text) {
  return static_cast<std::uint32_t>(std::count_if(
      text.begin(), text.end(),
      [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80; }));
}

}  // namespace

void Columns::AddCell(std::string_view text, std::optional<Colour> colour) {
  const std::size_t end = std::min(text.find_first_of("\n\r\f"), text.size());
  const bool cut = end != text.size();
  const std::string escaped =
      look_.terminal ? EscapeControls(text.substr(0, end)) : std::string();
  text = look_.terminal ? std::string_view(escaped) : text.substr(0, end);
  Cell cell;
  cell.begin = text_.size();
  cell.colour = colour;
  const auto close = [&] {
    cell.size = static_cast<std::uint32_t>(text_.size() - cell.begin);
    cell.characters =
        CharactersOf(std::string_view(text_).substr(cell.begin, cell.size));
    cells_.push_back(cell);
    ++lines_.back().count;
    cell.begin = text_.size();
  };
  for (const char c : text) {
    if (c == '\t') {
      close();
    } else if (c == '\x1b') {
      text_ += "^[";
    } else {
      text_ += c;
    }
  }
  if (cut) text_ += "...";
  close();
}

void Columns::Add(const std::vector<std::string>& cells,
                  const CellColours& colours) {
  lines_.push_back({cells_.size(), 0});
  for (std::size_t i = 0; i < cells.size(); ++i) {
    AddCell(cells[i], look_.colour ? colours.Of(i, cells[i]) : std::nullopt);
  }
}

void Columns::Flush(const Write& write) {
  Layout(0, lines_.size(), write);
  text_.clear();
  cells_.clear();
  lines_.clear();
}

void Columns::Layout(std::size_t from, std::size_t to, const Write& write) {
  const std::size_t column = open_.size();
  const auto has_column = [&](std::size_t line) {
    return lines_[line].count > column + 1;
  };
  for (std::size_t line = from; line < to; ++line) {
    if (!has_column(line)) continue;
    Print(from, line, write);
    from = line;
    std::size_t width = kLeastWidth;
    for (; line < to && has_column(line); ++line) {
      const Cell& cell = cells_[lines_[line].first + column];
      width = std::max(width, cell.characters + kAfterCell);
    }
    if (widths_.size() <= column) widths_.resize(column + 1, 0);
    width = std::max(width, widths_[column]);
    widths_[column] = width;
    open_.push_back(width);
    Layout(from, line, write);
    open_.pop_back();
    from = line;
  }
  Print(from, to, write);
}

void Columns::Print(std::size_t from, std::size_t to, const Write& write) {
  for (std::size_t line = from; line < to; ++line) {
    out_.clear();
    for (std::size_t i = 0; i < lines_[line].count; ++i) {
      const Cell& cell = cells_[lines_[line].first + i];
      const auto text = std::string_view(text_).substr(cell.begin, cell.size);
      if (cell.colour) {
        out_ += Paint(text, *cell.colour, true);
      } else {
        out_ += text;
      }
      if (i < open_.size()) out_.append(open_[i] - cell.characters, ' ');
    }
    out_ += '\n';
    write(out_);
  }
}

}  // namespace kubescribe::output
