// Sheet: text in levels and columns, laid out as kubectl describe does it.
//
//   Sheet sheet;
//   sheet.Write(0, "Name:\t{}\n", name);
//   sheet.Write(1, "Type\tStatus\n");
//   out.Write(sheet.Text());
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

namespace kubescribe::output {

// Two spaces a level stand before the text of each Write, which may be a part
// of a line or several lines; a tab ends a cell.
class Sheet {
 public:
  // `indent`: levels that every text is moved to the right by.
  explicit Sheet(int indent = 0) : indent_(indent) {}

  template <typename... Args>
  void Write(int level, fmt::format_string<Args...> format, Args&&... args) {
    text_.append(Spaces(level), ' ');
    fmt::format_to(std::back_inserter(text_), format,
                   std::forward<Args>(args)...);
  }
  // The text as it is, braces and all.
  void Put(int level, std::string_view text) {
    text_.append(Spaces(level), ' ');
    text_ += text;
  }
  // Text that another sheet holds.
  void Append(const Sheet& other) { text_ += other.text_; }

  // All of it with its columns aligned, and what could take a terminal over
  // made visible as kubectl does.
  std::string Text() const;

 private:
  std::size_t Spaces(int level) const {
    return 2 * static_cast<std::size_t>(level + indent_);
  }

  int indent_;
  std::string text_;
};

// Cells end with a tab. A column is the cells at one place of lines that follow
// each other and all have that cell; it is as wide as its widest, and two
// spaces. What follows the last tab of a line is in no column, so that a line
// that ends in a tab ends in spaces.
std::string AlignCells(std::string_view text);

}  // namespace kubescribe::output
