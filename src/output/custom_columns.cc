#include "output/custom_columns.h"

#include <algorithm>
#include <utility>

#include "kube/go_text.h"

namespace kubescribe::output {
namespace {

// The two characters that could speak to a terminal, as kubectl shows them.
std::string EscapeForTerminal(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\x1b') {
      out += "^[";
    } else if (c == '\r') {
      out += "\\r";
    } else {
      out += c;
    }
  }
  return out;
}

std::vector<std::string_view> WordsOf(std::string_view line) {
  static constexpr std::string_view kSpaces = " \t\v\f\r";
  std::vector<std::string_view> words;
  std::size_t at = 0;
  while ((at = line.find_first_not_of(kSpaces, at)) != std::string_view::npos) {
    const std::size_t end =
        std::min(line.find_first_of(kSpaces, at), line.size());
    words.push_back(line.substr(at, end - at));
    at = end;
  }
  return words;
}

// Takes the first line off; false when there is none.
bool TakeLine(std::string_view& text, std::string_view& line) {
  if (text.empty()) return false;
  const std::size_t end = std::min(text.find('\n'), text.size());
  line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return true;
}

class TabLayout {
 public:
  explicit TabLayout(std::string_view text) {
    lines_.emplace_back();
    std::size_t begin = 0;
    for (std::size_t i = 0; i <= text.size(); ++i) {
      const char c = i < text.size() ? text[i] : '\n';
      if (c != '\t' && c != '\v' && c != '\n' && c != '\f') continue;
      lines_.back().push_back(text.substr(begin, i - begin));
      begin = i + 1;
      if (i < text.size() && (c == '\n' || c == '\f')) lines_.emplace_back();
    }
  }

  std::string Take() {
    Layout(0, lines_.size());
    return std::move(out_);
  }

 private:
  static constexpr std::size_t kPadding = 3;
  static constexpr std::size_t kMinWidth = 6;

  static std::size_t Characters(std::string_view text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) {
          return (static_cast<unsigned char>(c) & 0xC0U) != 0x80;
        }));
  }

  // True: the line has a cell in the column; its last text is in none.
  bool Has(std::size_t line, std::size_t column) const {
    return column + 1 < lines_[line].size();
  }

  // Lines whose columns before widths_.size() are already known.
  void Layout(std::size_t line, std::size_t end) {
    const std::size_t column = widths_.size();
    while (line < end) {
      if (!Has(line, column)) {
        Print(line++);
        continue;
      }
      std::size_t block = line;
      std::size_t width = kMinWidth;
      for (; block < end && Has(block, column); ++block) {
        width = std::max(width, Characters(lines_[block][column]) + kPadding);
      }
      // Never narrower than a block before it.
      if (remembered_.size() <= column) remembered_.resize(column + 1);
      remembered_[column] = width = std::max(width, remembered_[column]);
      widths_.push_back(width);
      Layout(line, block);
      widths_.pop_back();
      line = block;
    }
  }

  void Print(std::size_t line) {
    for (std::size_t i = 0; i < lines_[line].size(); ++i) {
      const std::string_view cell = lines_[line][i];
      out_ += cell;
      if (i < widths_.size()) out_.append(widths_[i] - Characters(cell), ' ');
    }
    if (line + 1 < lines_.size()) out_ += '\n';
  }

  std::vector<std::vector<std::string_view>> lines_;
  std::vector<std::size_t> widths_;
  std::vector<std::size_t> remembered_;
  std::string out_;
};

}  // namespace

Status CustomColumns::AddColumn(std::string_view header,
                                std::string_view path) {
  Result<kube::JsonPath> parsed = kube::JsonPath::ParseRelaxed(path);
  if (!parsed.ok()) return parsed.error();
  columns_.push_back({std::string(header), *std::move(parsed)});
  return {};
}

// kubectl looks at the form of the whole text before it reads any path.
Status CustomColumns::CheckForm(std::string_view spec) {
  while (true) {
    const std::size_t comma = spec.find(',');
    const std::string_view part = spec.substr(0, comma);
    const std::size_t colon = part.find(':');
    if (colon == std::string_view::npos) {
      return Error(Code::kInvalid,
                   "unexpected custom-columns spec: " + std::string(part) +
                       ", expected <header>:<json-path-expr>");
    }
    Status form = kube::JsonPath::CheckRelaxed(part.substr(colon + 1));
    if (!form.ok()) return form;
    if (comma == std::string_view::npos) return {};
    spec.remove_prefix(comma + 1);
  }
}

Result<CustomColumns> CustomColumns::FromSpec(std::string_view spec) {
  if (spec.empty()) {
    return Error(Code::kInvalid,
                 "custom-columns format specified but no custom columns given");
  }
  const Status form = CheckForm(spec);
  if (!form.ok()) return form.error();
  CustomColumns result;
  while (true) {
    const std::size_t comma = spec.find(',');
    const std::string_view part = spec.substr(0, comma);
    const std::size_t colon = part.find(':');
    const Status added =
        result.AddColumn(part.substr(0, colon), part.substr(colon + 1));
    if (!added.ok()) return added.error();
    if (comma == std::string_view::npos) return result;
    spec.remove_prefix(comma + 1);
  }
}

Result<CustomColumns> CustomColumns::FromTemplate(std::string_view text) {
  static constexpr char kExpected[] =
      " line. Expected format is one line of space separated headers, one line "
      "of space separated column specs.";
  std::string_view line;
  if (!TakeLine(text, line)) {
    return Error(Code::kInvalid,
                 std::string("invalid template, missing header") + kExpected);
  }
  const std::vector<std::string_view> headers = WordsOf(line);
  if (!TakeLine(text, line)) {
    return Error(Code::kInvalid,
                 std::string("invalid template, missing spec") + kExpected);
  }
  const std::vector<std::string_view> paths = WordsOf(line);
  if (headers.size() != paths.size()) {
    return Error(Code::kInvalid,
                 "number of headers (" + std::to_string(headers.size()) +
                     ") and field specifications (" +
                     std::to_string(paths.size()) + ") don't match");
  }
  for (const std::string_view path : paths) {
    const Status form = kube::JsonPath::CheckRelaxed(path);
    if (!form.ok()) return form.error();
  }
  CustomColumns result;
  for (std::size_t i = 0; i < headers.size(); ++i) {
    const Status added = result.AddColumn(headers[i], paths[i]);
    if (!added.ok()) return added.error();
  }
  return result;
}

std::string CustomColumns::Header() const {
  std::string line;
  for (const Column& column : columns_) line += column.header + "\t";
  if (!line.empty()) line.pop_back();
  return line + "\n";
}

Result<std::string> CustomColumns::Row(const Value& object,
                                       std::string_view nothing) const {
  std::string line;
  for (const Column& column : columns_) {
    const auto found = column.path.Find(object);
    if (!found.ok()) return found.error();
    if (&column != &columns_.front()) line += '\t';
    std::string cell;
    if (found->empty() || found->front().empty()) {
      cell = std::string(nothing) + ",";
    }
    for (const auto& values : *found) {
      for (const Value* value : values) {
        cell += value == nullptr ? "<nil>"
                                 : EscapeForTerminal(kube::GoPrint(*value));
        cell += ',';
      }
    }
    cell.pop_back();
    line += cell;
  }
  return line + "\n";
}

std::string AlignTabs(std::string_view text) { return TabLayout(text).Take(); }

}  // namespace kubescribe::output
