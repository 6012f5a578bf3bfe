#include "fakes/label_parser.h"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace kubescribe::fakes {
namespace {

constexpr char kSymbols[] = "!=<>(),";

std::string Found(const std::string& text, const std::string& expected) {
  return "found '" + text + "', expected: " + expected;
}

// A label's value, or a key's part behind the slash.
bool IsName(const std::string& text, bool may_be_empty) {
  if (text.empty()) return may_be_empty;
  const auto alnum = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0;
  };
  return text.size() <= 63 && alnum(text.front()) && alnum(text.back()) &&
         std::all_of(text.begin(), text.end(), [&](char c) {
           return alnum(c) || c == '-' || c == '_' || c == '.';
         });
}

bool IsWord(const std::string& text) {
  return text.find_first_of(kSymbols) == std::string::npos;
}

}  // namespace

LabelParser::LabelParser(const std::string& text) {
  std::size_t at = 0;
  while (at < text.size()) {
    if (std::isspace(static_cast<unsigned char>(text[at])) != 0) {
      ++at;
      continue;
    }
    Token token;
    const std::string two = text.substr(at, 2);
    if (two == "==" || two == "!=") {
      token.text = two;
    } else if (!IsWord(text.substr(at, 1))) {
      token.text = text.substr(at, 1);
    } else {
      const std::size_t end =
          std::min(text.find_first_of(std::string(kSymbols) + " \t\r\n", at),
                   text.size());
      token.word = true;
      token.text = text.substr(at, end - at);
    }
    at += token.text.size();
    tokens_.push_back(std::move(token));
  }
  tokens_.emplace_back();
}

const LabelParser::Token& LabelParser::Take() {
  const Token& token = tokens_[at_];
  if (at_ + 1 < tokens_.size()) ++at_;
  return token;
}

std::optional<long> LabelParser::Integer(const std::string& text) {
  long value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

std::string LabelParser::Parse(std::vector<Requirement>& out) {
  while (!AtEnd()) {
    if (!Look().word && Look().text != "!") {
      return Found(Look().text, "!, identifier, or 'end of string'");
    }
    Requirement one;
    const std::string error = ParseOne(one);
    if (!error.empty()) return "unable to parse requirement: " + error;
    out.push_back(std::move(one));
    const Token& next = Take();
    if (next.text.empty()) break;
    if (next.text != ",") {
      return Found(next.text, "',' or 'end of string'");
    }
    if (!Look().word && Look().text != "!") {
      return Found(Look().text, "identifier after ','");
    }
  }
  return "";
}

std::string LabelParser::ParseOne(Requirement& out) {
  const bool absent = Look().text == "!";
  if (absent) Take();
  const Token& key = Take();
  if (!key.word) return Found(key.text, "identifier");
  out.key = key.text;
  const std::size_t slash = out.key.find('/');
  if (!IsName(slash == std::string::npos ? out.key : out.key.substr(slash + 1),
              false)) {
    return "<nil>: Invalid value: \"" + out.key +
           "\": name part must consist of alphanumeric characters, '-', '_' or "
           "'.', and must start and end with an alphanumeric character (e.g. "
           "'MyName',  or 'my.name',  or '123-abc', regex used for validation "
           "is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
  }
  if (absent || AtEnd() || Look().text == ",") {
    out.op = absent ? "!" : "exists";
    return "";
  }
  out.op = Take().text;
  if (out.op == "==") out.op = "=";
  if (out.op == "in" || out.op == "notin") {
    std::string error = ParseValues(out.values);
    if (!error.empty()) return error;
  } else if (out.op == "=" || out.op == "!=" || out.op == ">" ||
             out.op == "<") {
    if (AtEnd() || Look().text == ",") {
      out.values.emplace_back();
    } else {
      const Token& value = Take();
      if (!value.word) return Found(value.text, "identifier");
      out.values.push_back(value.text);
    }
  } else {
    return Found(out.op, "in, notin, =, ==, !=, gt, lt");
  }
  if ((out.op == ">" || out.op == "<") && !Integer(out.values[0])) {
    return "values[0]: Invalid value: \"" + out.values[0] +
           "\": for 'Gt', 'Lt' operators, the value must be an integer";
  }
  for (std::size_t i = 0; i < out.values.size(); ++i) {
    if (IsName(out.values[i], true)) continue;
    return "values[" + std::to_string(i) + "][" + out.key +
           "]: Invalid value: \"" + out.values[i] +
           "\": a valid label must be an empty string or consist of "
           "alphanumeric characters, '-', '_' or '.', and must start and end "
           "with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  "
           "or '12345', regex used for validation is "
           "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
  }
  return "";
}

std::string LabelParser::ParseValues(std::vector<std::string>& out) {
  const Token& open = Take();
  if (open.text != "(") return "found '" + open.text + "' expected: '('";
  // Where no value stands between commas, the empty one is meant.
  while (true) {
    if (Look().word) {
      out.push_back(Take().text);
      if (Look().text != "," && Look().text != ")") {
        return Found(Look().text, "',' or ')'");
      }
    } else if (Look().text == "," || Look().text == ")") {
      out.emplace_back();
    } else {
      return Found(Look().text, "',', ')' or identifier");
    }
    if (Take().text == ")") return "";
  }
}

}  // namespace kubescribe::fakes
