#include "output/terminal.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace kubescribe::output {
namespace {

ColourChoice colour_choice = ColourChoice::kAuto;

}  // namespace

void ChooseColour(ColourChoice choice) { colour_choice = choice; }

Look LookOf(int fd) {
  Look look;
  look.terminal = isatty(fd) == 1;
  const char* no_colour = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  look.colour = look.terminal && (no_colour == nullptr || *no_colour == '\0') &&
                (term == nullptr || std::string_view(term) != "dumb");
  if (colour_choice != ColourChoice::kAuto) {
    look.colour = colour_choice == ColourChoice::kAlways;
  }
  return look;
}

std::size_t CharacterCount(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(),
      [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80; }));
}

std::string EscapeControls(std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const auto next =
        i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0U;
    if (c < 0x20 && c != '\n' && c != '\t') {
      out += '^';
      out += static_cast<char>(c + '@');
    } else if (c == 0x7F) {
      out += "^?";
    } else if (c == 0xC2 && next >= 0x80 && next < 0xA0) {
      out += "\\u00";
      out += kHex[next >> 4U];
      out += kHex[next & 15U];
      ++i;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string Paint(std::string_view text, Colour colour, bool wanted) {
  if (!wanted) return std::string(text);
  const char* code = "0";
  switch (colour) {
    case Colour::kRed:
      code = "31";
      break;
    case Colour::kGreen:
      code = "32";
      break;
    case Colour::kYellow:
      code = "33";
      break;
    case Colour::kCyan:
      code = "36";
      break;
    case Colour::kBold:
      code = "1";
      break;
  }
  return "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m";
}

}  // namespace kubescribe::output
