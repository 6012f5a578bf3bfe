#include "output/yaml_scalar.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "kube/go_text.h"

namespace kubescribe::output {
namespace {

bool Digit(char c) { return c >= '0' && c <= '9'; }

unsigned char Byte(std::string_view text, std::size_t at) {
  return at < text.size() ? static_cast<unsigned char>(text[at]) : 0;
}

bool IsBlank(std::string_view text, std::size_t at) {
  return at < text.size() && (text[at] == ' ' || text[at] == '\t');
}

bool Contains(std::string_view set, char c) {
  return set.find(c) != std::string_view::npos;
}

// Go's strconv.ParseInt(text, 0, …) without the bound: 12, 0x1f, 0o17, 017,
// 0b1, with a sign.
bool IsInteger(std::string_view text) {
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
    text.remove_prefix(1);
  }
  if (text.empty()) return false;
  std::string_view digits = "0123456789";
  if (text.size() > 1 && text[0] == '0') {
    const char kind = static_cast<char>(text[1] | 0x20);
    if (kind == 'x' && text.size() > 2) {
      digits = "0123456789abcdefABCDEF";
      text.remove_prefix(2);
    } else if (kind == 'o' && text.size() > 2) {
      digits = "01234567";
      text.remove_prefix(2);
    } else if (kind == 'b' && text.size() > 2) {
      digits = "01";
      text.remove_prefix(2);
    } else {
      digits = "01234567";
      text.remove_prefix(1);
    }
  }
  return std::all_of(text.begin(), text.end(),
                     [&](char c) { return Contains(digits, c); });
}

// ^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$
bool IsFloat(std::string_view text) {
  std::size_t i = 0;
  const auto digits = [&] {
    const std::size_t begin = i;
    while (i < text.size() && Digit(text[i])) ++i;
    return i - begin;
  };
  if (i < text.size() && Contains("+-", text[i])) ++i;
  if (i < text.size() && text[i] == '.') {
    ++i;
    if (digits() == 0) return false;
  } else {
    if (digits() == 0) return false;
    if (i < text.size() && text[i] == '.') {
      ++i;
      digits();
    }
  }
  if (i < text.size() && Contains("eE", text[i])) {
    ++i;
    if (i < text.size() && Contains("+-", text[i])) ++i;
    if (digits() == 0) return false;
  }
  if (i != text.size()) return false;
  // One that is too large is none.
  if (text[0] == '+') text.remove_prefix(1);
  return std::isfinite(kube::GoFloat(text));
}

// ^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$
bool IsBase60(std::string_view text) {
  std::size_t i = 0;
  if (i < text.size() && Contains("+-", text[i])) ++i;
  if (i >= text.size() || !Digit(text[i])) return false;
  while (i < text.size() && (Digit(text[i]) || text[i] == '_')) ++i;
  int groups = 0;
  while (i < text.size() && text[i] == ':') {
    std::size_t length = 0;
    while (length < 3 && Digit(static_cast<char>(Byte(text, i + 1 + length)))) {
      ++length;
    }
    if (length == 0 || length > 2) return false;
    if (length == 2 && text[i + 1] > '5') return false;
    i += 1 + length;
    ++groups;
  }
  if (groups == 0) return false;
  if (i < text.size() && text[i] == '.') {
    ++i;
    while (i < text.size() && (Digit(text[i]) || text[i] == '_')) ++i;
  }
  return i == text.size();
}

// The formats of a YAML timestamp that go-yaml takes: 2006-1-2, with
// "T15:4:5.9Z07:00" (or t), or " 15:4:5.9".
class TimestampText {
 public:
  explicit TimestampText(std::string_view text) : text_(text) {}

  bool Matches() {
    int year = 0;
    int month = 0;
    int day = 0;
    if (!Number(4, 4, year) || !Take('-') || !Number(1, 2, month) ||
        !Take('-') || !Number(1, 2, day)) {
      return false;
    }
    if (month < 1 || month > 12 || day < 1 || day > DaysIn(year, month)) {
      return false;
    }
    if (at_ == text_.size()) return true;
    const bool zoned = text_[at_] == 'T' || text_[at_] == 't';
    if (!zoned && text_[at_] != ' ') return false;
    ++at_;
    int hour = 0;
    int minute = 0;
    int second = 0;
    // Go reads "15" as one or two digits too.
    if (!Number(1, 2, hour) || !Take(':') || !Number(1, 2, minute) ||
        !Take(':') || !Number(1, 2, second)) {
      return false;
    }
    if (hour > 23 || minute > 59 || second > 59) return false;
    if (at_ < text_.size() && (text_[at_] == '.' || text_[at_] == ',')) {
      ++at_;
      if (!Digit(static_cast<char>(Byte(text_, at_)))) return false;
      while (Digit(static_cast<char>(Byte(text_, at_)))) ++at_;
    }
    return (!zoned || Zone()) && at_ == text_.size();
  }

 private:
  static int DaysIn(int year, int month) {
    static constexpr std::array kDays = {31, 28, 31, 30, 31, 30,
                                         31, 31, 30, 31, 30, 31};
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : kDays[static_cast<std::size_t>(month - 1)];
  }
  bool Take(char c) {
    if (Byte(text_, at_) != static_cast<unsigned char>(c)) return false;
    ++at_;
    return true;
  }
  bool Number(int least, int most, int& value) {
    int length = 0;
    while (length < most && Digit(static_cast<char>(Byte(text_, at_)))) {
      value = value * 10 + (text_[at_++] - '0');
      ++length;
    }
    return length >= least;
  }
  bool Zone() {
    if (Take('Z')) return true;
    if (!Take('+') && !Take('-')) return false;
    int hour = 0;
    int minute = 0;
    return Number(2, 2, hour) && Take(':') && Number(2, 2, minute) &&
           hour <= 24 && minute < 60;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

struct Analysis {
  bool multi_line = false;
  bool plain = true;
  bool single = true;
  bool block = true;
};

// libyaml's yaml_emitter_analyze_scalar, for block context.
Analysis Analyse(std::string_view text) {
  Analysis result;
  if (text.empty()) {
    result.block = false;
    return result;
  }
  bool indicators = text.substr(0, 3) == "---" || text.substr(0, 3) == "...";
  bool special = false;
  bool break_space = false;
  bool space_break = false;
  bool previous_space = false;
  bool previous_break = false;
  bool blank_before = true;
  const std::size_t size = text.size();
  for (std::size_t i = 0; i < size; i += CharWidth(text, i)) {
    const std::size_t next = i + CharWidth(text, i);
    const bool blank_after = next >= size || IsBlank(text, next);
    const char c = text[i];
    if (i == 0) {
      if (Contains("#,[]{}&*!|>'\"%@`", c)) indicators = true;
      if (Contains("?:-", c) && blank_after) indicators = true;
    } else {
      if (c == ':' && blank_after) indicators = true;
      if (c == '#' && blank_before) indicators = true;
    }
    if (!IsPrintable(text, i)) special = true;
    const bool space = c == ' ';
    const bool line_break = IsBreak(text, i);
    if (line_break) result.multi_line = true;
    if ((space || line_break) && (i == 0 || next >= size)) result.plain = false;
    if (space && next >= size) result.block = false;
    if (space && previous_break) break_space = true;
    if (line_break && previous_space) space_break = true;
    previous_space = space;
    previous_break = line_break;
    blank_before = IsBlank(text, i) || line_break;
  }
  if (break_space || space_break || special) {
    result.plain = false;
    result.single = false;
  }
  if (space_break || special) result.block = false;
  if (result.multi_line || indicators) result.plain = false;
  return result;
}

std::vector<std::uint32_t> Runes(std::string_view text) {
  std::vector<std::uint32_t> runes;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t width = CharWidth(text, i);
    std::uint32_t rune = Byte(text, i);
    if (width > 1) rune &= 0xFFU >> (width + 1);
    for (std::size_t k = 1; k < width; ++k) {
      rune = (rune << 6U) | (Byte(text, i + k) & 0x3FU);
    }
    runes.push_back(rune);
    i += width;
  }
  return runes;
}

// Unicode's letters, but for rare signs between them.
bool Letter(std::uint32_t rune) {
  if (rune < 0x80) {
    return (rune >= 'a' && rune <= 'z') || (rune >= 'A' && rune <= 'Z');
  }
  if (rune < 0xC0) return rune == 0xAA || rune == 0xB5 || rune == 0xBA;
  struct Range {
    std::uint32_t first;
    std::uint32_t last;
  };
  // Spaces, marks, punctuation, symbols and private use.
  static constexpr std::array<Range, 19> kOthers = {{{0xD7, 0xD7},
                                                     {0xF7, 0xF7},
                                                     {0x300, 0x36F},
                                                     {0x2000, 0x2070},
                                                     {0x2072, 0x207E},
                                                     {0x2080, 0x208F},
                                                     {0x20A0, 0x2101},
                                                     {0x2190, 0x2BFF},
                                                     {0x2E00, 0x2FFF},
                                                     {0x3000, 0x3004},
                                                     {0x3007, 0x3030},
                                                     {0xD800, 0xF8FF},
                                                     {0xFE00, 0xFE6F},
                                                     {0xFEFF, 0xFEFF},
                                                     {0xFF00, 0xFF20},
                                                     {0xFF3B, 0xFF40},
                                                     {0xFFE0, 0xFFFF},
                                                     {0x1F000, 0x1FAFF},
                                                     {0xE0000, 0x10FFFF}}};
  return std::none_of(kOthers.begin(), kOthers.end(), [rune](const Range& r) {
    return rune >= r.first && rune <= r.last;
  });
}

// `Text`: the characters of a key, one by one.
template <typename Text>
bool CharactersLess(const Text& ar, const Text& br) {
  const auto at = [](const Text& text, std::size_t i) {
    return static_cast<std::uint32_t>(text[i]);
  };
  const auto digit = [](std::uint32_t r) { return r >= '0' && r <= '9'; };
  const std::size_t both = std::min(ar.size(), br.size());
  for (std::size_t i = 0; i < both; ++i) {
    if (at(ar, i) == at(br, i)) continue;
    const bool al = Letter(at(ar, i));
    const bool bl = Letter(at(br, i));
    if (al && bl) return at(ar, i) < at(br, i);
    if (al || bl) return bl;
    std::uint64_t an = 0;
    std::uint64_t bn = 0;
    if (at(ar, i) == '0' || at(br, i) == '0') {
      for (std::size_t j = i; j-- > 0 && digit(at(ar, j));) {
        if (at(ar, j) != '0') {
          an = 1;
          bn = 1;
          break;
        }
      }
    }
    std::size_t ai = i;
    std::size_t bi = i;
    for (; ai < ar.size() && digit(at(ar, ai)); ++ai)
      an = an * 10 + (at(ar, ai) - '0');
    for (; bi < br.size() && digit(at(br, bi)); ++bi)
      bn = bn * 10 + (at(br, bi) - '0');
    if (an != bn) {
      // As go-yaml's 64-bit signed numbers compare, wrapped ones included.
      return static_cast<std::int64_t>(an) < static_cast<std::int64_t>(bn);
    }
    if (ai != bi) return ai < bi;
    return at(ar, i) < at(br, i);
  }
  return ar.size() < br.size();
}

}  // namespace

std::size_t CharWidth(std::string_view text, std::size_t at) {
  const unsigned char c = Byte(text, at);
  std::size_t width = 1;
  if ((c & 0xE0U) == 0xC0) width = 2;
  if ((c & 0xF0U) == 0xE0) width = 3;
  if ((c & 0xF8U) == 0xF0) width = 4;
  return std::min(width, text.size() - at);
}

bool IsBreak(std::string_view text, std::size_t at) {
  const unsigned char c = Byte(text, at);
  if (c == '\n' || c == '\r') return true;
  if (c == 0xC2) return Byte(text, at + 1) == 0x85;
  if (c != 0xE2 || Byte(text, at + 1) != 0x80) return false;
  return Byte(text, at + 2) == 0xA8 || Byte(text, at + 2) == 0xA9;
}

bool IsPrintable(std::string_view text, std::size_t at) {
  const unsigned char c = Byte(text, at);
  const unsigned char second = Byte(text, at + 1);
  const unsigned char third = Byte(text, at + 2);
  if (c == '\n' || (c >= 0x20 && c <= 0x7E)) return true;
  if (c == 0xC2) return second >= 0xA0;
  if (c > 0xC2 && c < 0xED) return true;
  if (c == 0xED) return second < 0xA0;
  if (c == 0xEE) return true;
  if (c != 0xEF) return false;
  return !(second == 0xBB && third == 0xBF) &&
         !(second == 0xBF && (third == 0xBE || third == 0xBF));
}

bool ReadsAsOtherType(std::string_view text) {
  static constexpr std::array<std::string_view, 37> kWords = {
      "",      "~",     "y",     "Y",     "yes",  "Yes",  "YES",  "n",
      "N",     "no",    "No",    "NO",    "true", "True", "TRUE", "false",
      "False", "FALSE", "on",    "On",    "ON",   "off",  "Off",  "OFF",
      "null",  "Null",  "NULL",  ".nan",  ".NaN", ".NAN", ".inf", ".Inf",
      ".INF",  "+.inf", "+.Inf", "+.INF", "-.inf"};
  if (std::find(kWords.begin(), kWords.end(), text) != kWords.end() ||
      text == "-.Inf" || text == "-.INF") {
    return true;
  }
  const char first = text[0];
  if (first == '.') return IsFloat(text);
  if (!Digit(first) && first != '+' && first != '-') return false;
  if (TimestampText(text).Matches() || IsBase60(text)) return true;
  std::string plain(text);
  plain.erase(std::remove(plain.begin(), plain.end(), '_'), plain.end());
  return IsInteger(plain) || IsFloat(plain);
}

ScalarStyle ChooseStyle(std::string_view text, bool simple_key) {
  const Analysis analysis = Analyse(text);
  ScalarStyle style = ScalarStyle::kPlain;
  if (text.find('\n') != std::string_view::npos) {
    style = ScalarStyle::kLiteral;
  } else if (ReadsAsOtherType(text)) {
    style = ScalarStyle::kDoubleQuoted;
  }
  if (simple_key && analysis.multi_line) style = ScalarStyle::kDoubleQuoted;
  if (style == ScalarStyle::kPlain && !analysis.plain) {
    style = ScalarStyle::kSingleQuoted;
  }
  if (style == ScalarStyle::kSingleQuoted && !analysis.single) {
    style = ScalarStyle::kDoubleQuoted;
  }
  if (style == ScalarStyle::kLiteral && (!analysis.block || simple_key)) {
    style = ScalarStyle::kDoubleQuoted;
  }
  return style;
}

bool KeyLess(std::string_view a, std::string_view b) {
  const auto ascii = [](std::string_view text) {
    return std::none_of(text.begin(), text.end(),
                        [](char c) { return (c & 0x80) != 0; });
  };
  return ascii(a) && ascii(b) ? CharactersLess(a, b)
                              : CharactersLess(Runes(a), Runes(b));
}

}  // namespace kubescribe::output
