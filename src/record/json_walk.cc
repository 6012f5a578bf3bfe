#include "record/json_walk.h"

#include <cstdint>

namespace kubescribe::record {
namespace {

constexpr int kMaxDepth = 512;

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Recursive descent over one value. Every step answers false at the first byte
// that does not fit, and `at` stays there.
class Walk {
 public:
  Walk(std::string_view json, JsonVisitor& visitor)
      : json_(json), visitor_(visitor) {}

  bool Run() {
    Space();
    if (!Value(true, 0)) return false;
    Space();
    return at_ == json_.size();
  }
  std::size_t at() const { return at_; }

 private:
  char Peek() const { return at_ < json_.size() ? json_[at_] : '\0'; }

  void Space() {
    while (at_ < json_.size() && (json_[at_] == ' ' || json_[at_] == '\n' ||
                                  json_[at_] == '\t' || json_[at_] == '\r')) {
      ++at_;
    }
  }

  bool Value(bool report, int depth) {
    if (depth > kMaxDepth || at_ == json_.size()) return false;
    const std::size_t begin = at_;
    JsonVisitor::Go go = JsonVisitor::Go::kSkip;
    if (report) go = visitor_.OnValue(path_, json_[at_]);
    const bool descend = go == JsonVisitor::Go::kDescend;
    bool good = false;
    switch (json_[at_]) {
      case '{':
        good = Object(descend, depth);
        break;
      case '[':
        good = Array(descend, depth);
        break;
      case '"':
        good = String();
        break;
      case 't':
        good = Literal("true");
        break;
      case 'f':
        good = Literal("false");
        break;
      case 'n':
        good = Literal("null");
        break;
      default:
        good = Number();
    }
    if (good && go == JsonVisitor::Go::kTake) {
      visitor_.OnTaken(path_, begin, at_);
    }
    return good;
  }

  bool Object(bool report, int depth) {
    ++at_;
    Space();
    if (Peek() == '}') return ++at_, true;
    while (true) {
      const std::size_t key = at_;
      if (Peek() != '"' || !String()) return false;
      if (report) path_.push_back(UnescapeJson(json_.substr(key, at_ - key)));
      Space();
      if (Peek() != ':') return false;
      ++at_;
      Space();
      if (!Value(report, depth + 1)) return false;
      if (report) path_.pop_back();
      Space();
      const char next = Peek();
      if (next != ',' && next != '}') return false;
      ++at_;
      if (next == '}') return true;
      Space();
    }
  }

  bool Array(bool report, int depth) {
    ++at_;
    Space();
    if (Peek() == ']') return ++at_, true;
    for (std::size_t index = 0;; ++index) {
      if (report) path_.push_back(std::to_string(index));
      if (!Value(report, depth + 1)) return false;
      if (report) path_.pop_back();
      Space();
      const char next = Peek();
      if (next != ',' && next != ']') return false;
      ++at_;
      if (next == ']') return true;
      Space();
    }
  }

  bool String() {
    ++at_;
    while (at_ < json_.size()) {
      const char c = json_[at_];
      if (c == '"') return ++at_, true;
      if (static_cast<unsigned char>(c) < 0x20) return false;
      ++at_;
      if (c == '\\' && !Escape()) return false;
    }
    return false;
  }

  bool Escape() {
    const char c = Peek();
    if (c == 'u') {
      ++at_;
      for (int i = 0; i < 4; ++i, ++at_) {
        if (HexValue(Peek()) < 0) return false;
      }
      return true;
    }
    if (c == '\0' ||
        std::string_view("\"\\/bfnrt").find(c) == std::string_view::npos) {
      return false;
    }
    ++at_;
    return true;
  }

  bool Literal(std::string_view word) {
    if (json_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }

  bool Digits() {
    if (!IsDigit(Peek())) return false;
    while (IsDigit(Peek())) ++at_;
    return true;
  }

  bool Number() {
    if (Peek() == '-') ++at_;
    if (Peek() == '0') {
      ++at_;
    } else if (!Digits()) {
      return false;
    }
    if (Peek() == '.') {
      ++at_;
      if (!Digits()) return false;
    }
    if (Peek() == 'e' || Peek() == 'E') {
      ++at_;
      if (Peek() == '+' || Peek() == '-') ++at_;
      if (!Digits()) return false;
    }
    return true;
  }

  std::string_view json_;
  JsonVisitor& visitor_;
  JsonPath path_;
  std::size_t at_ = 0;
};

void AppendUtf8(std::uint32_t code, std::string& out) {
  const auto put = [&out](std::uint32_t byte) {
    out.push_back(static_cast<char>(static_cast<unsigned char>(byte)));
  };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | (code >> 6));
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | (code >> 12));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | (code >> 18));
    put(0x80 | ((code >> 12) & 0x3F));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  }
}

std::uint32_t ReadHex4(std::string_view text, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = at; i < at + 4 && i < text.size(); ++i) {
    value = (value << 4) | static_cast<std::uint32_t>(HexValue(text[i]));
  }
  return value;
}

}  // namespace

Status WalkJson(std::string_view json, JsonVisitor& visitor) {
  Walk walk(json, visitor);
  if (walk.Run()) return {};
  return Error(Code::kInvalid,
               "not valid JSON at byte " + std::to_string(walk.at()));
}

std::string UnescapeJson(std::string_view quoted) {
  const std::string_view text = quoted.substr(1, quoted.size() - 2);
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out.push_back(text[i]);
      continue;
    }
    switch (text[++i]) {
      case 'b':
        out.push_back('\b');
        break;
      case 'f':
        out.push_back('\f');
        break;
      case 'n':
        out.push_back('\n');
        break;
      case 'r':
        out.push_back('\r');
        break;
      case 't':
        out.push_back('\t');
        break;
      case 'u': {
        std::uint32_t code = ReadHex4(text, i + 1);
        i += 4;
        if (code >= 0xD800 && code < 0xDC00 && i + 6 < text.size() &&
            text[i + 1] == '\\' && text[i + 2] == 'u') {
          const std::uint32_t low = ReadHex4(text, i + 3);
          if (low >= 0xDC00 && low < 0xE000) {
            code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
            i += 6;
          }
        }
        AppendUtf8(code, out);
        break;
      }
      default:
        out.push_back(text[i]);
    }
  }
  return out;
}

}  // namespace kubescribe::record
