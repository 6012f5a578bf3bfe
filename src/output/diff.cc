#include "output/diff.h"

#include <cstdio>
#include <dtl/dtl.hpp>
#include <optional>
#include <sstream>
#include <vector>

#include "output/terminal.h"

namespace kubescribe::output {
namespace {

std::vector<std::string> Lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return lines;
}

// dtl counts the lines of an empty text from 1, diff and patch from 0.
void FixEmptySide(std::string& line) {
  for (const std::string_view wrong : {"@@ -1,0 ", " +1,0 @@"}) {
    const std::size_t at = line.find(wrong);
    if (line.rfind("@@ ", 0) == 0 && at != std::string::npos) {
      line[at + wrong.find('1')] = '0';
    }
  }
}

struct Hunk {
  std::size_t from = 0;
  std::size_t from_lines = 0;
  std::size_t to = 0;
  std::size_t to_lines = 0;
};

std::optional<Hunk> HunkOf(const std::string& line) {
  Hunk hunk;
  if (std::sscanf(line.c_str(), "@@ -%zu,%zu +%zu,%zu @@", &hunk.from,
                  &hunk.from_lines, &hunk.to, &hunk.to_lines) != 4) {
    return std::nullopt;
  }
  return hunk;
}

// dtl begins a hunk right behind another one; diff has one of both.
std::vector<std::string> Joined(std::vector<std::string> lines) {
  std::vector<std::string> joined;
  std::size_t head = 0;  // of the last hunk, in `joined`
  std::optional<Hunk> last;
  for (std::string& line : lines) {
    const std::optional<Hunk> next = HunkOf(line);
    if (next && last && next->from == last->from + last->from_lines &&
        next->to == last->to + last->to_lines) {
      last->from_lines += next->from_lines;
      last->to_lines += next->to_lines;
      joined[head] = "@@ -" + std::to_string(last->from) + "," +
                     std::to_string(last->from_lines) + " +" +
                     std::to_string(last->to) + "," +
                     std::to_string(last->to_lines) + " @@";
      continue;
    }
    if (next) {
      last = next;
      head = joined.size();
    }
    joined.push_back(std::move(line));
  }
  return joined;
}

}  // namespace

std::string UnifiedDiff(std::string_view from, std::string_view to,
                        std::string_view from_label, std::string_view to_label,
                        bool colour) {
  if (from == to) return "";
  const std::vector<std::string> before = Lines(from);
  const std::vector<std::string> after = Lines(to);
  dtl::Diff<std::string, std::vector<std::string>> diff(before, after);
  diff.onHuge();
  diff.compose();
  diff.composeUnifiedHunks();
  std::ostringstream hunks;
  diff.printUnifiedFormat(hunks);
  std::string out =
      Paint("--- " + std::string(from_label), Colour::kBold, colour) + "\n" +
      Paint("+++ " + std::string(to_label), Colour::kBold, colour) + "\n";
  for (std::string& line : Joined(Lines(hunks.str()))) {
    FixEmptySide(line);
    const char mark = line.empty() ? ' ' : line.front();
    const bool marked = mark == '+' || mark == '-' || mark == '@';
    out += Paint(line,
                 mark == '+'   ? Colour::kGreen
                 : mark == '-' ? Colour::kRed
                               : Colour::kCyan,
                 colour && marked);
    out += '\n';
  }
  return out;
}

}  // namespace kubescribe::output
