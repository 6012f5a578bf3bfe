// The rules of colour: what a reader looks for in an answer, and in which
// colour it stands. All other text has none; whether there is colour at all
// says Look (terminal.h). Only the words are painted, after the widths are
// known, so that every column is as wide as without.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "output/terminal.h"

namespace kubescribe::output {

// Of a status ("Running", "Init:CrashLoopBackOff", "Ready,SchedulingDisabled")
// as the worst of its words has it: red for what failed, yellow for what is on
// its way, green for what is as it should be; none for a word nobody knows.
std::optional<Colour> StatusColour(std::string_view status);

// Of what happened to an object ("Added", "DELETED", "Vanished (late)"); none
// where it was only found.
std::optional<Colour> ChangeColour(std::string_view event);

// Of the word before a line on stderr: "error", "warning", "note".
Colour NoticeColour(std::string_view kind);

// The cells of a table by its column names, as kubectl and our own commands
// have them.
class CellColours {
 public:
  CellColours() = default;
  explicit CellColours(const std::vector<std::string>& header);
  std::optional<Colour> Of(std::size_t column, std::string_view cell) const;

 private:
  enum class Rule : std::uint8_t { kNone, kStatus, kWarning, kChange };
  std::vector<Rule> rules_;  // by column; those behind have none
};

// The text of `describe`: states and reasons, the Warnings among its Events,
// what happened in its changes, and the line of its cluster. Takes what is
// indented as kubectl does it, whoever wrote it.
std::string PaintDescription(std::string_view text);

}  // namespace kubescribe::output
