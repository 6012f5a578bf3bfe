// Values as kubectl, a Go program, holds and prints them: whole numbers that
// fit 64 bits are integers, all others 64-bit floats, whatever their literal
// looked like.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "kube/value.h"

namespace kubescribe::kube {

// The integer of a literal without point and exponent that fits.
std::optional<std::int64_t> GoInteger(std::string_view literal);
// The nearest float of any JSON number; infinite when it is too large.
double GoFloat(std::string_view literal);

// The shortest text that reads back as the same float: "1e+06", "0.5",
// "1.5e-07" (Go's %v).
std::string FormatGoFloat(double value);

// A number's literal as `-o json` prints it: 1.0 is 1, 1e3 is 1000, 1e21 is
// 1e+21.
std::string GoJsonNumber(std::string_view literal);
// The same for `-o yaml`: 1e6 is 1e+06.
std::string GoYamlNumber(std::string_view literal);

enum class NumberForm { kJson, kYaml };
// Every number in the document as kubectl would print it.
void RewriteNumbers(Value& value, NumberForm form);

// Go's %v: strings bare, "map[a:1 b:[x y]]", "<nil>". What custom columns
// show.
std::string GoPrint(const Value& value);
// Go's %q, for text without control characters of Unicode.
std::string GoQuote(std::string_view text);
// "map[string]interface {}", "[]interface {}", "string", "int64", …
std::string_view GoTypeName(const Value& value);

}  // namespace kubescribe::kube
