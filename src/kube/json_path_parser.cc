#include <algorithm>
#include <charconv>
#include <cstdio>
#include <optional>

#include "kube/go_text.h"
#include "kube/json_path.h"
#include "kube/json_path_node.h"

namespace kubescribe::kube {
namespace {

constexpr std::uint32_t kEnd = 0xFFFFFFFF;

struct Rune {
  std::uint32_t value = kEnd;
  std::size_t width = 0;
};

Rune RuneAt(std::string_view text, std::size_t at) {
  if (at >= text.size()) return {};
  const auto byte = [&](std::size_t i) {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U;
  };
  const std::uint32_t first = byte(0);
  const std::size_t width = first < 0x80               ? 1
                            : (first & 0xE0U) == 0xC0U ? 2
                            : (first & 0xF0U) == 0xE0U ? 3
                            : (first & 0xF8U) == 0xF0U ? 4
                                                       : 0;
  if (width == 1) return {first, 1};
  std::uint32_t value = width == 0 ? 0 : first & (0xFFU >> (width + 1));
  for (std::size_t i = 1; i < width; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return {0xFFFD, 1};
    value = (value << 6U) | (byte(i) & 0x3FU);
  }
  if (width == 0) return {0xFFFD, 1};
  return {value, width};
}

void AppendRune(std::string& out, std::uint32_t rune) {
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (rune < 0x80) {
    put(rune);
  } else if (rune < 0x800) {
    put(0xC0U | (rune >> 6U));
    put(0x80U | (rune & 0x3FU));
  } else if (rune < 0x10000) {
    put(0xE0U | (rune >> 12U));
    put(0x80U | ((rune >> 6U) & 0x3FU));
    put(0x80U | (rune & 0x3FU));
  } else {
    put(0xF0U | (rune >> 18U));
    put(0x80U | ((rune >> 12U) & 0x3FU));
    put(0x80U | ((rune >> 6U) & 0x3FU));
    put(0x80U | (rune & 0x3FU));
  }
}

bool IsDecimal(std::uint32_t rune) { return rune >= '0' && rune <= '9'; }

// Every character beyond ASCII counts as a letter.
bool IsWordRune(std::uint32_t rune) {
  return rune != kEnd &&
         (rune == '_' || IsDecimal(rune) || (rune >= 'a' && rune <= 'z') ||
          (rune >= 'A' && rune <= 'Z') || rune >= 0x80);
}

bool IsLineEnd(std::uint32_t rune) { return rune == '\r' || rune == '\n'; }

bool EndsWord(std::uint32_t rune) {
  switch (rune) {
    case kEnd:
    case ' ':
    case '\t':
    case '\r':
    case '\n':
    case '.':
    case ',':
    case '[':
    case ']':
    case '$':
    case '@':
    case '{':
    case '}':
      return true;
    default:
      return false;
  }
}

// Go's %#U.
std::string Describe(std::uint32_t rune) {
  char code[16];
  std::snprintf(code, sizeof code, "U+%04X", rune);
  std::string out = code;
  if (rune >= 0x20 && rune != 0x7F) {
    out += " '";
    AppendRune(out, rune);
    out += "'";
  }
  return out;
}

std::optional<std::int64_t> ReadInteger(std::string_view text) {
  if (!text.empty() && text[0] == '+') {
    text.remove_prefix(1);
    if (!text.empty() && text[0] == '-') return std::nullopt;
  }
  return GoInteger(text);
}

std::string_view TrimSpaces(std::string_view text) {
  const std::size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return "";
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

// What stands between quotes, with Go's escapes read; nothing when one of them
// is wrong.
std::optional<std::string> ReadQuoted(std::string_view text) {
  const char quote = text.front();
  text = text.substr(1, text.size() - 2);
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == quote) return std::nullopt;
    if (c != '\\') {
      out += c;
      continue;
    }
    if (++i == text.size()) return std::nullopt;
    const char kind = text[i];
    static constexpr std::string_view kNames = "abfnrtv\\";
    static constexpr std::string_view kMeanings = "\a\b\f\n\r\t\v\\";
    const std::size_t known = kNames.find(kind);
    if (known != std::string_view::npos) {
      out += kMeanings[known];
      continue;
    }
    if (kind == '\'' || kind == '"') {
      if (kind != quote) return std::nullopt;
      out += kind;
      continue;
    }
    const bool octal = kind >= '0' && kind <= '7';
    const std::size_t digits = octal         ? 3
                               : kind == 'x' ? 2
                               : kind == 'u' ? 4
                               : kind == 'U' ? 8
                                             : 0;
    if (digits == 0) return std::nullopt;
    if (!octal) ++i;
    if (i + digits > text.size()) return std::nullopt;
    std::uint32_t rune = 0;
    const char* end = text.data() + i + digits;
    const auto read =
        std::from_chars(text.data() + i, end, rune, octal ? 8 : 16);
    if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
    i += digits - 1;
    if (octal || kind == 'x') {
      if (rune > 0xFF) return std::nullopt;
      out += static_cast<char>(rune);
    } else {
      if (rune > 0x10FFFF || (rune >= 0xD800 && rune < 0xE000)) {
        return std::nullopt;
      }
      AppendRune(out, rune);
    }
  }
  return out;
}

using Node = JsonPathNode;

Node MakeNode(Node::Kind kind, std::string text = "") {
  Node node;
  node.kind = kind;
  node.text = std::move(text);
  return node;
}

Node Literal(std::string text) {
  Node node = MakeNode(Node::Kind::kLiteral);
  node.value = Value::String(std::move(text));
  return node;
}

Node Constant(Value value) {
  Node node = MakeNode(Node::Kind::kConstant);
  node.value = std::move(value);
  return node;
}

class TemplateParser {
 public:
  explicit TemplateParser(std::string_view text) : text_(text) {}

  Result<Node> Parse() {
    Node root = MakeNode(Node::Kind::kList);
    while (at_ < text_.size()) {
      const std::size_t brace = std::min(text_.find('{', at_), text_.size());
      if (brace > at_) {
        root.nodes.push_back(
            Literal(std::string(text_.substr(at_, brace - at_))));
      }
      at_ = brace;
      if (at_ == text_.size()) break;
      ++at_;
      Node action = MakeNode(Node::Kind::kList);
      if (!Action(action)) return Error(Code::kInvalid, error_);
      root.nodes.push_back(std::move(action));
    }
    return root;
  }

 private:
  bool Fail(std::string error) {
    error_ = std::move(error);
    return false;
  }

  std::uint32_t Next() {
    const Rune rune = RuneAt(text_, at_);
    at_ += rune.width;
    return rune.value;
  }
  std::uint32_t Peek() const { return RuneAt(text_, at_).value; }
  bool Take(std::string_view prefix) {
    if (text_.substr(std::min(at_, text_.size()), prefix.size()) != prefix) {
      return false;
    }
    at_ += prefix.size();
    return true;
  }

  // Up to and with the closing brace.
  bool Action(Node& list) {
    while (true) {
      if (Take("}")) return true;
      bool ok = true;
      if (Take("[?(")) {
        ok = Filter(list);
      } else if (Take("..")) {
        ok = Recursive(list);
      } else {
        const std::size_t begin = at_;
        const std::uint32_t rune = Next();
        if (rune == kEnd || IsLineEnd(rune)) return Fail("unclosed action");
        if (rune == ' ' || rune == '@' || rune == '$') continue;
        if (rune == '[') {
          ok = Array(list, begin);
        } else if (rune == '"' || rune == '\'') {
          ok = Quote(list, begin, rune);
        } else if (rune == '.') {
          Field(list);
        } else if (rune == '+' || rune == '-' || IsDecimal(rune)) {
          ok = Number(list, begin);
        } else if (IsWordRune(rune)) {
          Identifier(list, begin);
        } else {
          return Fail("unrecognized character in action: " + Describe(rune));
        }
      }
      if (!ok) return false;
    }
  }

  void Identifier(Node& list, std::size_t begin) {
    while (!EndsWord(Peek())) Next();
    std::string word(text_.substr(begin, at_ - begin));
    if (word == "true" || word == "false") {
      list.nodes.push_back(Constant(Value::Bool(word == "true")));
    } else {
      list.nodes.push_back(MakeNode(Node::Kind::kIdentifier, std::move(word)));
    }
  }

  bool Recursive(Node& list) {
    if (!list.nodes.empty() &&
        list.nodes.back().kind == Node::Kind::kRecursive) {
      return Fail("invalid multiple recursive descent");
    }
    list.nodes.push_back(MakeNode(Node::Kind::kRecursive));
    if (IsWordRune(Peek())) Field(list);
    return true;
  }

  bool Number(Node& list, std::size_t begin) {
    while (Peek() == '.' || IsDecimal(Peek())) Next();
    const std::string_view word = text_.substr(begin, at_ - begin);
    if (const auto integer = ReadInteger(word)) {
      list.nodes.push_back(Constant(Value::Number(std::to_string(*integer))));
      return true;
    }
    std::string literal(word[0] == '+' ? word.substr(1) : word);
    const bool digits = std::any_of(literal.begin(), literal.end(), [](char c) {
      return c >= '0' && c <= '9';
    });
    if (!digits || std::count(literal.begin(), literal.end(), '.') > 1) {
      return Fail("cannot parse number " + std::string(word));
    }
    // Stays a float, even if it is whole.
    if (literal.find('.') == std::string::npos) literal += ".0";
    list.nodes.push_back(Constant(Value::Number(std::move(literal))));
    return true;
  }

  bool Array(Node& list, std::size_t begin) {
    while (true) {
      const std::uint32_t rune = Next();
      if (rune == kEnd || rune == '\n') return Fail("unterminated array");
      if (rune == ']') break;
    }
    std::string_view inner = text_.substr(begin + 1, at_ - begin - 2);
    if (inner == "*") inner = ":";
    if (inner.find(',') != std::string_view::npos) return Union(list, inner);
    if (inner.size() >= 2 && inner.front() == '\'' && inner.back() == '\'' &&
        inner.find('\'', 1) == inner.size() - 1) {
      Node part;
      if (!Inner("." + std::string(inner.substr(1, inner.size() - 2)), part)) {
        return false;
      }
      for (Node& node : part.nodes) list.nodes.push_back(std::move(node));
      return true;
    }
    return Slice(list, inner);
  }

  bool Union(Node& list, std::string_view inner) {
    Node all = MakeNode(Node::Kind::kUnion);
    while (true) {
      const std::size_t comma = inner.find(',');
      const std::string_view part = TrimSpaces(inner.substr(0, comma));
      if (!Inner("[" + std::string(part) + "]", all.nodes.emplace_back())) {
        return false;
      }
      if (comma == std::string_view::npos) break;
      inner.remove_prefix(comma + 1);
    }
    list.nodes.push_back(std::move(all));
    return true;
  }

  bool Slice(Node& list, std::string_view inner) {
    Node node = MakeNode(Node::Kind::kSlice);
    Node::Bound* bounds[] = {&node.begin, &node.end, &node.step};
    std::string problem;
    std::size_t at = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      Node::Bound& bound = *bounds[i];
      const bool present = i == 0 || (at < inner.size() && inner[at] == ':');
      if (i > 0 && present) ++at;
      const std::size_t begin = at;
      if (present) {
        if (at < inner.size() && inner[at] == '-') ++at;
        while (at < inner.size() &&
               IsDecimal(static_cast<unsigned char>(inner[at]))) {
          ++at;
        }
      }
      const std::string_view digits = inner.substr(begin, at - begin);
      if (!digits.empty()) {
        const auto value = GoInteger(digits);
        if (!value) {
          // Said only of a text that has the form of a slice.
          problem = "array index " + std::string(digits) + " is not a number";
        }
        bound.known = true;
        bound.value = value.value_or(0);
      } else if (i == 1 && !present) {
        bound.known = true;
        bound.derived = true;
        bound.value = node.begin.value + 1;
      }
    }
    if (at != inner.size()) {
      return Fail("invalid array index " + std::string(inner));
    }
    if (!problem.empty()) return Fail(problem);
    list.nodes.push_back(std::move(node));
    return true;
  }

  // Parentheses inside one quoted text do not end the filter; of a second
  // one, they do.
  bool Filter(Node& list) {
    const std::size_t begin = at_;
    bool opened = false;
    bool closed = false;
    std::uint32_t quote = 0;
    while (true) {
      const std::uint32_t rune = Next();
      if (rune == kEnd || rune == '\n') return Fail("unterminated filter");
      if (rune == '"' || rune == '\'') {
        if (!opened) {
          opened = true;
          quote = rune;
        } else if (text_[at_ - 2] != '\\' && rune == quote) {
          closed = true;
        }
      } else if (rune == ')' && opened == closed) {
        break;
      }
    }
    if (Next() != ']') return Fail("unclosed array expect ]");
    const std::string_view inner = text_.substr(begin, at_ - begin - 2);
    return Condition(list, inner);
  }

  bool Condition(Node& list, std::string_view inner) {
    static constexpr std::string_view kOperators = "!<>=";
    Node filter = MakeNode(Node::Kind::kFilter);
    const std::size_t op = inner.find_first_of(kOperators);
    std::size_t right =
        std::min(inner.find_first_not_of(kOperators, op), inner.size());
    // Something must be left over to compare with.
    if (op != std::string_view::npos && right == inner.size()) --right;
    if (op == std::string_view::npos || op == 0 || right <= op) {
      if (!Inner(inner, filter.nodes.emplace_back())) return false;
    } else {
      filter.text = inner.substr(op, right - op);
      if (!Inner(inner.substr(0, op), filter.nodes.emplace_back()) ||
          !Inner(inner.substr(right), filter.nodes.emplace_back())) {
        return false;
      }
    }
    list.nodes.push_back(std::move(filter));
    return true;
  }

  bool Quote(Node& list, std::size_t begin, std::uint32_t quote) {
    while (true) {
      const std::uint32_t rune = Next();
      if (rune == kEnd || rune == '\n') {
        return Fail("unterminated quoted string");
      }
      if (rune == quote && text_[at_ - 2] != '\\') break;
    }
    const std::string_view quoted = text_.substr(begin, at_ - begin);
    std::optional<std::string> plain = ReadQuoted(quoted);
    if (!plain) {
      return Fail("unquote string " + std::string(quoted) +
                  " error invalid syntax");
    }
    list.nodes.push_back(Literal(std::move(*plain)));
    return true;
  }

  void Field(Node& list) {
    const std::size_t begin = at_;
    while (true) {
      if (Peek() == '\\') {
        Next();
        Next();
      } else if (EndsWord(Peek())) {
        break;
      } else {
        Next();
      }
    }
    std::string name(text_.substr(begin, at_ - begin));
    if (name == "*") {
      list.nodes.push_back(MakeNode(Node::Kind::kWildcard));
      return;
    }
    name.erase(std::remove(name.begin(), name.end(), '\\'), name.end());
    list.nodes.push_back(MakeNode(Node::Kind::kField, std::move(name)));
  }

  // A part of an action, as an action of its own.
  bool Inner(std::string_view text, Node& node) {
    if (depth_ >= kMaxNesting) return Fail("nested too deeply");
    const std::string action = "{" + std::string(text) + "}";
    TemplateParser parser(action);
    parser.depth_ = depth_ + 1;
    Result<Node> parsed = parser.Parse();
    if (!parsed.ok()) return Fail(parsed.error().message());
    node = std::move(parsed->nodes.front());
    return true;
  }

  static constexpr int kMaxNesting = 100;

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
  std::string error_;
};

}  // namespace

Result<JsonPathNode> ParseJsonPathTemplate(std::string_view text) {
  return TemplateParser(text).Parse();
}

}  // namespace kubescribe::kube
