#include "kube/go_text.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace kubescribe::kube {
namespace {

// The fewest decimal digits that read back as the same float.
struct Decimal {
  bool negative = false;
  std::string digits;  // at least one
  int exponent = 0;    // of the first digit: 12.5 is "125" with 1
};

Decimal Shortest(double value) {
  std::array<char, 64> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(),
                                 value, std::chars_format::scientific);
  std::string_view text(buffer.data(),
                        static_cast<std::size_t>(end.ptr - buffer.data()));
  Decimal result;
  if (text[0] == '-') {
    result.negative = true;
    text.remove_prefix(1);
  }
  const std::size_t e = text.find('e');
  for (const char c : text.substr(0, e)) {
    if (c != '.') result.digits += c;
  }
  std::string_view exponent = text.substr(e + 1);
  if (exponent[0] == '+') exponent.remove_prefix(1);
  std::from_chars(exponent.data(), exponent.data() + exponent.size(),
                  result.exponent);
  return result;
}

std::string Scientific(const Decimal& number, std::size_t exponent_digits) {
  std::string out = number.negative ? "-" : "";
  out += number.digits[0];
  if (number.digits.size() > 1) out += "." + number.digits.substr(1);
  out += number.exponent < 0 ? "e-" : "e+";
  const std::string exponent = std::to_string(std::abs(number.exponent));
  if (exponent.size() < exponent_digits) out += '0';
  return out + exponent;
}

std::string Positional(const Decimal& number) {
  std::string out = number.negative ? "-" : "";
  const std::size_t size = number.digits.size();
  if (number.exponent < 0) {
    out += "0.";
    out.append(static_cast<std::size_t>(-number.exponent - 1), '0');
    return out + number.digits;
  }
  const auto whole = static_cast<std::size_t>(number.exponent) + 1;
  if (size <= whole) {
    return out + number.digits + std::string(whole - size, '0');
  }
  return out + number.digits.substr(0, whole) + "." +
         number.digits.substr(whole);
}

bool Integral(std::string_view literal) {
  return literal.find_first_of(".eE") == std::string_view::npos;
}

}  // namespace

std::optional<std::int64_t> GoInteger(std::string_view literal) {
  std::int64_t value = 0;
  const char* end = literal.data() + literal.size();
  const auto read = std::from_chars(literal.data(), end, value);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return value;
}

double GoFloat(std::string_view literal) {
  double value = 0;
  const auto read =
      std::from_chars(literal.data(), literal.data() + literal.size(), value);
  // from_chars does not say at which end the range was left.
  if (read.ec == std::errc::result_out_of_range) {
    return std::strtod(std::string(literal).c_str(), nullptr);
  }
  return value;
}

std::string FormatGoFloat(double value) {
  if (std::isinf(value)) return value < 0 ? "-Inf" : "+Inf";
  if (std::isnan(value)) return "NaN";
  const Decimal number = Shortest(value);
  if (number.exponent < -4 || number.exponent >= 6) {
    return Scientific(number, 2);
  }
  return Positional(number);
}

std::string GoJsonNumber(std::string_view literal) {
  if (const auto integer = GoInteger(literal)) {
    return std::to_string(*integer);
  }
  const double value = GoFloat(literal);
  const Decimal number = Shortest(value);
  if (value != 0 && (std::abs(value) < 1e-6 || std::abs(value) >= 1e21)) {
    return Scientific(number, 1);
  }
  return Positional(number);
}

std::string GoYamlNumber(std::string_view literal) {
  // kubectl makes YAML out of its JSON, in which a whole number lost its point.
  std::string json = GoJsonNumber(literal);
  if (!Integral(json)) return FormatGoFloat(GoFloat(json));
  if (const auto integer = GoInteger(json)) return std::to_string(*integer);
  std::uint64_t wide = 0;
  const char* end = json.data() + json.size();
  const auto read = std::from_chars(json.data(), end, wide);
  if (read.ec == std::errc() && read.ptr == end) return json;
  return FormatGoFloat(GoFloat(json));
}

void RewriteNumbers(Value& value, NumberForm form) {
  switch (value.kind) {
    case Value::Kind::kNumber:
      value.text = form == NumberForm::kJson ? GoJsonNumber(value.text)
                                             : GoYamlNumber(value.text);
      break;
    case Value::Kind::kArray:
      for (Value& item : value.items) RewriteNumbers(item, form);
      break;
    case Value::Kind::kObject:
      for (auto& member : value.members) RewriteNumbers(member.second, form);
      break;
    default:
      break;
  }
}

std::string GoPrint(const Value& value) {
  std::string out;
  const char* separator = "";
  switch (value.kind) {
    case Value::Kind::kNull:
      return "<nil>";
    case Value::Kind::kBool:
    case Value::Kind::kString:
      return value.text;
    case Value::Kind::kNumber:
      if (const auto integer = GoInteger(value.text)) {
        return std::to_string(*integer);
      }
      return FormatGoFloat(GoFloat(value.text));
    case Value::Kind::kArray:
      out = "[";
      for (const Value& item : value.items) {
        out += separator + GoPrint(item);
        separator = " ";
      }
      return out + "]";
    case Value::Kind::kObject:
      out = "map[";
      for (const auto& [key, member] : value.members) {
        out += separator + key + ":" + GoPrint(member);
        separator = " ";
      }
      return out + "]";
  }
  return out;
}

std::string GoQuote(std::string_view text) {
  static constexpr std::string_view kNamed = "\a\b\f\n\r\t\v\\\"";
  static constexpr std::string_view kNames = "abfnrtv\\\"";
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (const std::size_t at = kNamed.find(c); at != std::string_view::npos) {
      out += '\\';
      out += kNames[at];
    } else if (byte < 0x20 || byte == 0x7F) {
      out += "\\x";
      out += kHex[byte >> 4U];
      out += kHex[byte & 15U];
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string_view GoTypeName(const Value& value) {
  switch (value.kind) {
    case Value::Kind::kNull:
      return "<nil>";
    case Value::Kind::kBool:
      return "bool";
    case Value::Kind::kNumber:
      return GoInteger(value.text) ? "int64" : "float64";
    case Value::Kind::kString:
      return "string";
    case Value::Kind::kArray:
      return "[]interface {}";
    case Value::Kind::kObject:
      return "map[string]interface {}";
  }
  return "";
}

}  // namespace kubescribe::kube
