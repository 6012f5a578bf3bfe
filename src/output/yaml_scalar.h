// Which style a string takes in Kubernetes YAML, decided as go-yaml v2 decides
// it. Private to yaml.cc and its tests.
#pragma once

#include <string_view>

namespace kubescribe::output {

enum class ScalarStyle { kPlain, kSingleQuoted, kDoubleQuoted, kLiteral };

// The style for a string value (`simple_key`: for a key on one line).
ScalarStyle ChooseStyle(std::string_view text, bool simple_key);

// True when YAML 1.1 would read the plain text as something that is not a
// string: a number, a boolean, null, a time.
bool ReadsAsOtherType(std::string_view text);

// Length in bytes of the UTF-8 character at `at`; 1 for a stray byte.
std::size_t CharWidth(std::string_view text, std::size_t at);
// A line break as YAML 1.1 sees it: LF, CR, NEL, LS, PS.
bool IsBreak(std::string_view text, std::size_t at);
// Printable as go-yaml v2 sees it: no tab, nothing beyond the basic plane.
bool IsPrintable(std::string_view text, std::size_t at);

// The order of keys of a mapping: numbers inside the keys by value, letters
// after all else.
bool KeyLess(std::string_view a, std::string_view b);

}  // namespace kubescribe::output
