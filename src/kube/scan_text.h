// Small steps of the parsers of this folder over text.
#pragma once

#include <string_view>

namespace kubescribe::kube {

// White space as JSON and selectors have it.
inline bool IsSpace(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

// Takes `c` off the front; false, and nothing taken, if something else is
// there.
inline bool TakeChar(std::string_view& text, char c) {
  if (text.empty() || text[0] != c) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace kubescribe::kube
