// Questions about text that comes from outside.
#pragma once

#include <algorithm>
#include <string_view>

namespace kubescribe {

// Whether there is an ASCII control character in it: such text would be more
// than one line of a header or a log.
inline bool HasControl(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
}

}  // namespace kubescribe
