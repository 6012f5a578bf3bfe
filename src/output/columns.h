// Columns: lines of cells laid out as kubectl lays them out, over one answer or
// over one that goes on.
//
//   Columns columns;
//   columns.Add({"NAME", "AGE"});
//   columns.Flush([&](std::string_view line) { … });
//
// A column is as wide as its widest cell among the lines around it that have
// it, with three spaces after it, and six at the least; what is last in a line
// is in no column. Widths are remembered: lines after a Flush stand under those
// before it, wider where they have to be.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "output/palette.h"
#include "output/terminal.h"

namespace kubescribe::output {

class Columns {
 public:
  // On a terminal control characters are made visible (terminal.h); else only
  // ESC, as kubectl does.
  explicit Columns(const Look& look = {}) : look_(look) {}

  // One line. A tab in a cell begins another cell, as with kubectl. Only the
  // first line of a cell is kept, with "...". `colours`: of the cells as they
  // were given, where the look has colour.
  void Add(const std::vector<std::string>& cells,
           const CellColours& colours = {});
  // The lines since the last Flush, each with its newline. `line` is valid
  // during the call.
  void Flush(const std::function<void(std::string_view line)>& write);
  // Forgets the widths.
  void Reset() { widths_.clear(); }
  bool empty() const { return lines_.empty(); }

 private:
  // Of all lines in one string, because a table may have very many.
  struct Cell {
    std::size_t begin = 0;
    std::uint32_t size = 0;
    std::uint32_t characters = 0;
    std::optional<Colour> colour;
  };
  struct Line {
    std::size_t first = 0;  // of cells_
    std::uint32_t count = 0;
  };
  using Write = std::function<void(std::string_view)>;

  void AddCell(std::string_view text, std::optional<Colour> colour);
  // Lines [from, to) from the column on that `open` columns stand before.
  void Layout(std::size_t from, std::size_t to, const Write& write);
  void Print(std::size_t from, std::size_t to, const Write& write);

  const Look look_;
  std::string text_;
  std::vector<Cell> cells_;
  std::vector<Line> lines_;
  std::vector<std::size_t> widths_;  // remembered
  std::vector<std::size_t> open_;    // of the columns being laid out
  std::string out_;
};

}  // namespace kubescribe::output
