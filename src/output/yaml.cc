#include "output/yaml.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "output/yaml_scalar.h"

namespace kubescribe::output {
namespace {

// libyaml folds a scalar at the first space beyond this column.
constexpr std::size_t kBestWidth = 80;
// A longer key does not stand on one line with its value.
constexpr std::size_t kMaxSimpleKey = 128;

// kubectl writes JSON and reads that as YAML, where U+0085 in a quoted text is
// a line break: it folds into a space, several into fewer newlines, and the
// spaces around it go.
std::string FoldNextLines(std::string_view text) {
  static constexpr std::string_view kNextLine = "\xC2\x85";
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    if (text.substr(i, 2) != kNextLine) {
      out += text[i++];
      continue;
    }
    while (!out.empty() && out.back() == ' ') out.pop_back();
    std::size_t breaks = 0;
    for (; i < text.size(); ++i) {
      if (text.substr(i, 2) == kNextLine) {
        ++breaks;
        ++i;
      } else if (text[i] != ' ') {
        break;
      }
    }
    if (breaks == 1) {
      out += ' ';
    } else {
      out.append(breaks - 1, '\n');
    }
  }
  return out;
}

// The parts of libyaml's emitter that block style needs.
class Emitter {
 public:
  std::string Emit(const Value& value) {
    Node(value, -2, false, false);
    if (out_.empty() || out_.back() != '\n') out_ += '\n';
    return std::move(out_);
  }

 private:
  // `indent` is that of the collection around (-2: none). `in_mapping`: the
  // value of a key, so that a sequence keeps the key's indent. `inline_first`:
  // the first entry goes on in the line of an indicator.
  void Node(const Value& value, int indent, bool in_mapping,
            bool inline_first) {
    switch (value.kind) {
      case Value::Kind::kNull:
        Raw("null");
        break;
      case Value::Kind::kBool:
      case Value::Kind::kNumber:
        Raw(value.text);
        break;
      case Value::Kind::kString:
        if (value.text.find("\xC2\x85") == std::string::npos) {
          Scalar(value.text, indent + 2, false);
        } else {
          Scalar(FoldNextLines(value.text), indent + 2, false);
        }
        break;
      case Value::Kind::kArray:
        if (value.items.empty()) {
          Raw("[]");
        } else {
          Sequence(value, in_mapping && !inline_first ? indent : indent + 2,
                   inline_first);
        }
        break;
      case Value::Kind::kObject:
        if (value.members.empty()) {
          Raw("{}");
        } else {
          Mapping(value, indent + 2, inline_first);
        }
        break;
    }
  }

  void Sequence(const Value& value, int indent, bool inline_first) {
    for (const Value& item : value.items) {
      if (!inline_first) NewLine(indent);
      inline_first = false;
      Indicator("-");
      Node(item, indent, false, true);
    }
  }

  void Mapping(const Value& value, int indent, bool inline_first) {
    std::vector<const Value::Member*> members;
    members.reserve(value.members.size());
    for (const auto& member : value.members) members.push_back(&member);
    // Stable, because KeyLess is no strict order for every set of keys.
    std::stable_sort(members.begin(), members.end(),
                     [](const auto* a, const auto* b) {
                       return KeyLess(a->first, b->first);
                     });
    for (const auto* member : members) {
      if (!inline_first) NewLine(indent);
      inline_first = false;
      if (SimpleKey(member->first)) {
        Scalar(member->first, indent, true);
        out_ += ':';
        ++column_;
        space_ = false;
        Node(member->second, indent, true, false);
      } else {
        Indicator("?");
        Scalar(member->first, indent + 2, false);
        NewLine(indent);
        Indicator(":");
        Node(member->second, indent, true, true);
      }
    }
  }

  static bool SimpleKey(std::string_view key) {
    if (key.size() > kMaxSimpleKey) return false;
    for (std::size_t i = 0; i < key.size(); i += CharWidth(key, i)) {
      if (IsBreak(key, i)) return false;
    }
    return true;
  }

  void NewLine(int indent) {
    if (!out_.empty() && !fresh_line_) out_ += '\n';
    out_.append(static_cast<std::size_t>(std::max(indent, 0)), ' ');
    column_ = static_cast<std::size_t>(std::max(indent, 0));
    fresh_line_ = false;
    space_ = true;
  }

  void Separate() {
    if (space_) return;
    out_ += ' ';
    ++column_;
    space_ = true;
  }

  void Indicator(std::string_view text) {
    Separate();
    Write(text);
    space_ = false;
  }

  void Write(std::string_view text) {
    out_ += text;
    for (std::size_t i = 0; i < text.size(); i += CharWidth(text, i)) ++column_;
    space_ = false;
    fresh_line_ = false;
  }

  void Raw(std::string_view text) {
    Separate();
    if (out_.empty()) space_ = true;
    Write(text);
  }

  void Scalar(std::string_view text, int indent, bool simple_key) {
    switch (ChooseStyle(text, simple_key)) {
      case ScalarStyle::kPlain:
        Plain(text, indent, !simple_key);
        break;
      case ScalarStyle::kSingleQuoted:
        SingleQuoted(text, indent, !simple_key);
        break;
      case ScalarStyle::kDoubleQuoted:
        DoubleQuoted(text, indent, !simple_key);
        break;
      case ScalarStyle::kLiteral:
        Literal(text, indent);
        break;
    }
  }

  static bool SpaceAt(std::string_view text, std::size_t at) {
    return at < text.size() && text[at] == ' ';
  }

  void Plain(std::string_view text, int indent, bool breaks) {
    if (!text.empty()) Separate();
    // Most are too short to be folded.
    if (column_ + text.size() <= kBestWidth) {
      Write(text);
      return;
    }
    bool spaces = false;
    for (std::size_t i = 0; i < text.size();) {
      const std::size_t width = CharWidth(text, i);
      const bool space = text[i] == ' ';
      if (space && breaks && !spaces && column_ > kBestWidth &&
          !SpaceAt(text, i + 1)) {
        NewLine(indent);
      } else {
        Write(text.substr(i, width));
      }
      spaces = space;
      i += width;
    }
  }

  void SingleQuoted(std::string_view text, int indent, bool breaks) {
    Indicator("'");
    bool spaces = false;
    bool after_break = false;
    for (std::size_t i = 0; i < text.size();) {
      const std::size_t width = CharWidth(text, i);
      if (text[i] == ' ') {
        if (breaks && !spaces && column_ > kBestWidth && i > 0 &&
            i + 1 < text.size() && !SpaceAt(text, i + 1)) {
          NewLine(indent);
        } else {
          Write(" ");
        }
        spaces = true;
      } else if (IsBreak(text, i)) {
        if (!after_break && text[i] == '\n') out_ += '\n';
        Break(text.substr(i, width));
        after_break = true;
        i += width;
        continue;
      } else {
        if (after_break) NewLine(indent);
        Write(text[i] == '\'' ? std::string_view("''") : text.substr(i, width));
        spaces = false;
      }
      after_break = false;
      i += width;
    }
    Write("'");
  }

  void DoubleQuoted(std::string_view text, int indent, bool breaks) {
    Indicator("\"");
    // After a byte order mark at the start nothing is written as it is.
    const bool all = text.substr(0, 3) == "\xEF\xBB\xBF";
    bool spaces = false;
    for (std::size_t i = 0; i < text.size();) {
      const std::size_t width = CharWidth(text, i);
      const bool space = text[i] == ' ';
      if (all || !IsPrintable(text, i) || IsBreak(text, i) || text[i] == '"' ||
          text[i] == '\\') {
        Write(Escape(text.substr(i, width)));
      } else if (space && breaks && !spaces && column_ > kBestWidth && i > 0 &&
                 i + 1 < text.size()) {
        NewLine(indent);
        if (SpaceAt(text, i + 1)) Write("\\");
      } else {
        Write(text.substr(i, width));
      }
      spaces = space;
      i += width;
    }
    Write("\"");
  }

  static std::string Escape(std::string_view c) {
    std::uint32_t rune = static_cast<unsigned char>(c[0]);
    if (c.size() > 1) rune &= 0xFFU >> (c.size() + 1);
    for (std::size_t k = 1; k < c.size(); ++k) {
      rune = (rune << 6U) | (static_cast<unsigned char>(c[k]) & 0x3FU);
    }
    switch (rune) {
      case 0x00:
        return "\\0";
      case 0x07:
        return "\\a";
      case 0x08:
        return "\\b";
      case 0x09:
        return "\\t";
      case 0x0A:
        return "\\n";
      case 0x0B:
        return "\\v";
      case 0x0C:
        return "\\f";
      case 0x0D:
        return "\\r";
      case 0x1B:
        return "\\e";
      case 0x22:
        return "\\\"";
      case 0x5C:
        return "\\\\";
      case 0x85:
        return "\\N";
      case 0xA0:
        return "\\_";
      case 0x2028:
        return "\\L";
      case 0x2029:
        return "\\P";
      default:
        break;
    }
    static constexpr char kHex[] = "0123456789ABCDEF";
    const int digits = rune <= 0xFF ? 2 : rune <= 0xFFFF ? 4 : 8;
    std::string out = digits == 2 ? "\\x" : digits == 4 ? "\\u" : "\\U";
    for (int k = digits - 1; k >= 0; --k) {
      out += kHex[(rune >> (4U * static_cast<unsigned>(k))) & 15U];
    }
    return out;
  }

  void Literal(std::string_view text, int indent) {
    Indicator("|");
    if (SpaceAt(text, 0) || IsBreak(text, 0)) Write("2");
    // Where the last character begins.
    std::size_t last = 0;
    std::size_t before = std::string_view::npos;
    for (std::size_t i = 0; i < text.size(); i += CharWidth(text, i)) {
      if (i > 0) before = last;
      last = i;
    }
    if (!IsBreak(text, last)) {
      Write("-");
    } else if (before == std::string_view::npos || IsBreak(text, before)) {
      Write("+");
    }
    out_ += '\n';
    fresh_line_ = true;
    bool at_start = true;
    for (std::size_t i = 0; i < text.size();) {
      const std::size_t width = CharWidth(text, i);
      if (IsBreak(text, i)) {
        Break(text.substr(i, width));
        at_start = true;
      } else {
        if (at_start) NewLine(indent);
        Write(text.substr(i, width));
        at_start = false;
      }
      i += width;
    }
  }

  void Break(std::string_view text) {
    out_ += text;
    column_ = 0;
    fresh_line_ = true;
  }

  std::string out_;
  std::size_t column_ = 0;
  bool space_ = true;        // the last character separates
  bool fresh_line_ = false;  // a line break was just written
};

}  // namespace

std::string ToYaml(const Value& value) { return Emitter().Emit(value); }

}  // namespace kubescribe::output
