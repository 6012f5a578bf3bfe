// What an output may look like: whether it is a terminal, whether colour is
// wanted, and text that cannot take a terminal over.
#pragma once

#include <string>
#include <string_view>

namespace kubescribe::output {

struct Look {
  bool terminal = false;
  bool colour = false;  // a terminal, NO_COLOR not set, TERM not "dumb"
};
// Of a file descriptor, by the environment.
Look LookOf(int fd);

// Control characters made visible (ESC as "^[", C1 as "\u009b"), because what
// is recorded was written by others. Line feeds and tabs stay.
std::string EscapeControls(std::string_view text);

enum class Colour { kRed, kGreen, kYellow, kCyan, kBold };
// `text` in that colour; as it is without one.
std::string Paint(std::string_view text, Colour colour, bool wanted);

}  // namespace kubescribe::output
