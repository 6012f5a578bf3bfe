// What an output may look like: whether it is a terminal, whether colour is
// wanted, and text that cannot take a terminal over.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kubescribe::output {

struct Look {
  bool terminal = false;
  bool colour = false;  // a terminal, NO_COLOR not set, TERM not "dumb"
};
// Of a file descriptor, by the environment and what was chosen.
Look LookOf(int fd);

enum class ColourChoice { kAuto, kAlways, kNever };
// For every later LookOf of the process, whatever the environment says; kAuto
// is as if it had not been called. Call it before there are other threads.
void ChooseColour(ColourChoice choice);

// Control characters made visible (ESC as "^[", C1 as "\u009b"), because what
// is recorded was written by others. Line feeds and tabs stay.
std::string EscapeControls(std::string_view text);

// Characters (code points), not bytes and not the columns that a terminal gives
// them: so kubectl lays its columns out.
std::size_t CharacterCount(std::string_view text);

enum class Colour : std::uint8_t { kRed, kGreen, kYellow, kCyan, kBold };
// `text` in that colour; as it is without one.
std::string Paint(std::string_view text, Colour colour, bool wanted);

}  // namespace kubescribe::output
