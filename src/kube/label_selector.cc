#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <system_error>
#include <utility>

#include "kube/scan_text.h"
#include "kube/selector.h"

namespace kubescribe::kube {
namespace {

using Json = nlohmann::json;

bool IsSpecial(char c) {
  return c == '=' || c == '!' || c == '(' || c == ')' || c == ',' || c == '>' ||
         c == '<';
}

bool IsAlnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9');
}

// A label's value, or the part of its key after the slash: at most 63 of
// letters, digits, "-", "_", ".", with a letter or digit at both ends.
bool IsName(std::string_view text) {
  if (text.empty() || text.size() > 63 || !IsAlnum(text.front()) ||
      !IsAlnum(text.back())) {
    return false;
  }
  return std::all_of(text.begin(), text.end(), [](char c) {
    return IsAlnum(c) || c == '-' || c == '_' || c == '.';
  });
}

// A DNS subdomain: names of small letters, digits and "-" with dots between.
bool IsDomain(std::string_view text) {
  if (text.size() > 253) return false;
  while (true) {
    const auto dot = text.find('.');
    const std::string_view name = text.substr(0, dot);
    if (name.empty() || name.front() == '-' || name.back() == '-' ||
        !std::all_of(name.begin(), name.end(), [](char c) {
          return (IsAlnum(c) && !(c >= 'A' && c <= 'Z')) || c == '-';
        })) {
      return false;
    }
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

bool IsKey(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return IsName(text);
  return IsDomain(text.substr(0, slash)) && IsName(text.substr(slash + 1));
}

// Of a label's value, which has no sign. nullopt: no number, or too large.
std::optional<std::int64_t> Integer(std::string_view text) {
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end) return std::nullopt;
  return number;
}

}  // namespace

// The grammar of apimachinery's labels.Parse.
class LabelSelector::Parser {
 public:
  explicit Parser(std::string_view text) : text_(text), rest_(text) {}

  Result<LabelSelector> Parse() {
    LabelSelector selector;
    SkipSpace();
    while (!rest_.empty()) {
      Requirement requirement;
      if (!ReadRequirement(requirement)) {
        return Error(
            Code::kInvalid,
            fmt::format("label selector \"{}\": {} at character {}", text_,
                        problem_, text_.size() - rest_.size() + 1));
      }
      selector.requirements_.push_back(std::move(requirement));
      SkipSpace();
      if (rest_.empty()) break;
      const bool comma = Take(",");
      SkipSpace();
      if (!comma || rest_.empty()) {
        return Error(Code::kInvalid,
                     fmt::format("label selector \"{}\": expected {} at "
                                 "character {}",
                                 text_, comma ? "a label" : "a comma",
                                 text_.size() - rest_.size() + 1));
      }
    }
    return selector;
  }

 private:
  void SkipSpace() {
    while (!rest_.empty() && IsSpace(rest_[0])) rest_.remove_prefix(1);
  }
  bool Take(std::string_view token) {
    if (rest_.substr(0, token.size()) != token) return false;
    rest_.remove_prefix(token.size());
    return true;
  }
  bool Fail(const char* problem) {
    problem_ = problem;
    return false;
  }
  std::string Word() {
    std::size_t end = 0;
    while (end < rest_.size() && !IsSpace(rest_[end]) &&
           !IsSpecial(rest_[end])) {
      ++end;
    }
    std::string word(rest_.substr(0, end));
    rest_.remove_prefix(end);
    return word;
  }

  bool ReadRequirement(Requirement& out) {
    if (Take("!")) {
      SkipSpace();
      out.op = Operator::kAbsent;
      return ReadKey(out);
    }
    if (!ReadKey(out)) return false;
    SkipSpace();
    if (rest_.empty() || rest_[0] == ',') {
      out.op = Operator::kExists;
      return true;
    }
    if (Take("==") || Take("=")) return ReadOne(out, Operator::kIn);
    if (Take("!=")) return ReadOne(out, Operator::kNotIn);
    if (Take(">")) return ReadNumber(out, Operator::kGreater);
    if (Take("<")) return ReadNumber(out, Operator::kLess);
    const std::string_view at_word = rest_;
    const std::string word = Word();
    if (word == "in") return ReadSet(out, Operator::kIn);
    if (word == "notin") return ReadSet(out, Operator::kNotIn);
    rest_ = at_word;
    return Fail("expected =, ==, !=, >, <, in or notin");
  }

  bool ReadKey(Requirement& out) {
    const std::string_view at_key = rest_;
    out.key = Word();
    if (IsKey(out.key)) return true;
    rest_ = at_key;
    return Fail(out.key.empty() ? "expected a label" : "not a label's name");
  }

  bool ReadValue(Requirement& out) {
    SkipSpace();
    const std::string_view at_value = rest_;
    std::string value = Word();
    if (!value.empty() && !IsName(value)) {
      rest_ = at_value;
      return Fail("not a label's value");
    }
    out.values.push_back(std::move(value));
    SkipSpace();
    return true;
  }

  bool ReadOne(Requirement& out, Operator op) {
    out.op = op;
    return ReadValue(out);
  }

  bool ReadNumber(Requirement& out, Operator op) {
    out.op = op;
    if (!ReadValue(out)) return false;
    return Integer(out.values[0]) ? true : Fail("expected a whole number");
  }

  bool ReadSet(Requirement& out, Operator op) {
    out.op = op;
    SkipSpace();
    if (!Take("(")) return Fail("expected (");
    do {
      if (!ReadValue(out)) return false;
    } while (Take(","));
    return Take(")") ? true : Fail("expected a comma or )");
  }

  const std::string_view text_;
  std::string_view rest_;
  const char* problem_ = "";
};

Result<LabelSelector> LabelSelector::Parse(std::string_view text) {
  return Parser(text).Parse();
}

bool LabelSelector::Holds(const Requirement& requirement,
                          const std::map<std::string, std::string>& labels) {
  const auto label = labels.find(requirement.key);
  const bool present = label != labels.end();
  const auto& values = requirement.values;
  switch (requirement.op) {
    case Operator::kExists:
      return present;
    case Operator::kAbsent:
      return !present;
    case Operator::kIn:
      return present && std::find(values.begin(), values.end(),
                                  label->second) != values.end();
    case Operator::kNotIn:
      return !present || std::find(values.begin(), values.end(),
                                   label->second) == values.end();
    case Operator::kGreater:
    case Operator::kLess:
      break;
  }
  if (!present) return false;
  const auto have = Integer(label->second);
  const auto bound = Integer(values[0]);
  if (!have || !bound) return false;
  return requirement.op == Operator::kGreater ? *have > *bound : *have < *bound;
}

bool LabelSelector::Matches(
    const std::map<std::string, std::string>& labels) const {
  return std::all_of(requirements_.begin(), requirements_.end(),
                     [&](const Requirement& r) { return Holds(r, labels); });
}

bool LabelSelector::MatchesObject(std::string_view object) const {
  const Json json = Json::parse(object, nullptr, false);
  if (!json.is_object()) return false;
  std::map<std::string, std::string> labels;
  if (const auto metadata = json.find("metadata");
      metadata != json.end() && metadata->is_object()) {
    if (const auto found = metadata->find("labels");
        found != metadata->end() && found->is_object()) {
      for (const auto& [key, value] : found->items()) {
        if (value.is_string()) labels[key] = value.get<std::string>();
      }
    }
  }
  return Matches(labels);
}

}  // namespace kubescribe::kube
