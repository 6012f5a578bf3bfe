// Kinds without a text of their own, custom resources among them: every field
// of the object, with a label made of its key.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstdlib>

#include "output/describe_fields.h"
#include "output/describe_kinds.h"

namespace kubescribe::output {
namespace {

enum class LetterClass { kLower, kUpper, kOther };

LetterClass ClassOf(char c) {
  if (c >= 'a' && c <= 'z') return LetterClass::kLower;
  if (c >= 'A' && c <= 'Z') return LetterClass::kUpper;
  return LetterClass::kOther;
}

// "podIP" is "pod" and "IP", "XMLHttp" is "XML" and "Http": a word begins
// where the kind of letter changes, and takes the last capital before it.
std::vector<std::string> SplitWords(const std::string& key) {
  std::vector<std::string> words;
  for (std::size_t i = 0; i < key.size(); ++i) {
    if (i > 0 && ClassOf(key[i]) == ClassOf(key[i - 1])) {
      words.back() += key[i];
    } else {
      words.emplace_back(1, key[i]);
    }
  }
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    if (ClassOf(words[i][0]) != LetterClass::kUpper ||
        ClassOf(words[i + 1][0]) != LetterClass::kLower) {
      continue;
    }
    words[i + 1].insert(words[i + 1].begin(), words[i].back());
    words[i].pop_back();
    // An emptied word would hide from the next look what its letter was.
    if (words[i].empty()) {
      words.erase(words.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
  return words;
}

bool AllUpper(const std::string& word) {
  return std::all_of(word.begin(), word.end(),
                     [](char c) { return ClassOf(c) != LetterClass::kLower; });
}

std::string TitleWord(std::string word) {
  std::string upper = word;
  for (char& c : upper) {
    if (ClassOf(c) == LetterClass::kLower) c = static_cast<char>(c - 0x20);
  }
  constexpr std::array<std::string_view, 4> kAcronyms = {"API", "URL", "UID",
                                                         "GUID"};
  if (std::find(kAcronyms.begin(), kAcronyms.end(), upper) != kAcronyms.end()) {
    return upper;
  }
  const bool lower = std::none_of(word.begin(), word.end(), [](char c) {
    return ClassOf(c) == LetterClass::kUpper;
  });
  if (lower) word[0] = upper[0];
  return word;
}

}  // namespace

std::string FieldLabel(const std::string& key) {
  const bool plain = std::all_of(key.begin(), key.end(), [](char c) {
    return ClassOf(c) != LetterClass::kOther || c == '-';
  });
  if (!plain) return key;
  const std::vector<std::string> words = SplitWords(key);
  std::string label;
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::string word = words[i];
    // "API" and "Thing" stay together: two capitals or more, and a capital.
    if (i + 1 < words.size() && word.size() >= 2 && AllUpper(word) &&
        ClassOf(words[i + 1][0]) == LetterClass::kUpper) {
      word += words[++i];
    }
    label += (label.empty() ? "" : " ") + TitleWord(word);
  }
  return label;
}

std::string GoNumber(const std::string& literal) {
  std::int64_t whole = 0;
  const char* const last = literal.data() + literal.size();
  const auto parsed = std::from_chars(literal.data(), last, whole);
  if (parsed.ec == std::errc() && parsed.ptr == last) {
    return std::to_string(whole);
  }
  const double value = std::strtod(literal.c_str(), nullptr);
  std::array<char, 64> text{};
  const auto written = [&](std::chars_format format) {
    char* const begin = text.data();
    return std::string(
        begin, std::to_chars(begin, begin + text.size(), value, format).ptr);
  };
  const std::string scientific = written(std::chars_format::scientific);
  const std::size_t e = scientific.find('e');
  const int exponent = std::atoi(scientific.c_str() + e + 1);
  return exponent < -4 || exponent >= 6 ? scientific
                                        : written(std::chars_format::fixed);
}

namespace {

// What the head has shown already, and what nobody wants to read.
bool IsShownElsewhere(const std::string& path) {
  return path == ".metadata.managedFields" || path == ".metadata.name" ||
         path == ".metadata.namespace" || path == ".metadata.labels" ||
         path == ".metadata.annotations";
}

void ContentLines(View content, const std::string& path, int level,
                  Sheet& sheet) {
  for (const auto& [key, member] : content.Members()) {
    const View value(member);
    const std::string its_path = path + "." + key;
    if (IsShownElsewhere(its_path)) continue;
    const std::string label = FieldLabel(key);
    if (!value.is_object() && !value.is_array()) {
      FieldLine(sheet, level, label, GoText(value));
      continue;
    }
    sheet.Write(level, "{}:\n", label);
    if (value.is_object()) ContentLines(value, its_path, level + 1, sheet);
    for (const View item : value.Items()) {
      if (item.is_object()) {
        ContentLines(item, its_path, level + 1, sheet);
      } else {
        sheet.Write(level + 1, "{}\n", GoText(item));
      }
    }
  }
}

}  // namespace

void DescribeGeneric(const Subject& subject, Sheet& sheet) {
  FieldLine(sheet, "Name", subject.name());
  FieldLine(sheet, "Namespace", subject.name_space());
  LabelLines(sheet, "Labels", subject.meta("labels"));
  AnnotationLines(sheet, "Annotations", subject.meta("annotations"));
  ContentLines(subject.object(), "", 0, sheet);
  TellEvents(subject, sheet);
}

}  // namespace kubescribe::output
