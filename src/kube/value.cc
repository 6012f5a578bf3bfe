#include "kube/value.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace kubescribe::kube {
namespace {

constexpr std::size_t kMaxDepth = 512;

// Builds a Value from the parser's events; nlohmann's own tree would turn long
// numbers into doubles.
class Builder {
 public:
  using Json = nlohmann::json;

  Value Take() { return std::move(root_); }
  const std::string& error() const { return error_; }

  bool null() { return Put(Value::Null()); }
  bool boolean(bool value) { return Put(Value::Bool(value)); }
  bool number_integer(Json::number_integer_t value) {
    return Put(Value::Number(std::to_string(value)));
  }
  bool number_unsigned(Json::number_unsigned_t value) {
    return Put(Value::Number(std::to_string(value)));
  }
  bool number_float(Json::number_float_t, const std::string& literal) {
    return Put(Value::Number(literal));
  }
  bool string(std::string& value) {
    return Put(Value::String(std::move(value)));
  }
  bool binary(Json::binary_t&) { return false; }
  bool start_object(std::size_t) { return Open(Value::Object()); }
  bool key(std::string& name) {
    keys_.back() = std::move(name);
    return true;
  }
  bool end_object() {
    Value value = Close();
    auto& members = value.members;
    // Reversed, so that of equal keys the last one written comes first.
    std::reverse(members.begin(), members.end());
    std::stable_sort(
        members.begin(), members.end(),
        [](const auto& a, const auto& b) { return a.first < b.first; });
    members.erase(std::unique(members.begin(), members.end(),
                              [](const auto& a, const auto& b) {
                                return a.first == b.first;
                              }),
                  members.end());
    return Put(std::move(value));
  }
  bool start_array(std::size_t) { return Open(Value::Array()); }
  bool end_array() { return Put(Close()); }
  bool parse_error(std::size_t, const std::string&,
                   const nlohmann::detail::exception& error) {
    error_ = error.what();
    return false;
  }

 private:
  bool Open(Value value) {
    if (open_.size() >= kMaxDepth) {
      error_ = "nested too deeply";
      return false;
    }
    open_.push_back(std::move(value));
    keys_.emplace_back();
    return true;
  }
  Value Close() {
    Value value = std::move(open_.back());
    open_.pop_back();
    keys_.pop_back();
    return value;
  }
  bool Put(Value value) {
    if (open_.empty()) {
      root_ = std::move(value);
    } else if (open_.back().is_array()) {
      open_.back().items.push_back(std::move(value));
    } else {
      open_.back().members.emplace_back(std::move(keys_.back()),
                                        std::move(value));
    }
    return true;
  }

  Value root_;
  std::vector<Value> open_;
  std::vector<std::string> keys_;  // the pending key of each open object
  std::string error_;
};

// Bytes that may not stand in a string as they are; 0xE2 begins the line
// separators.
constexpr std::array<bool, 256> kSpecial = [] {
  std::array<bool, 256> special{};
  for (std::size_t c = 0; c < 0x20; ++c) special[c] = true;
  for (const char c : {'"', '\\', '<', '>', '&'}) {
    special[static_cast<unsigned char>(c)] = true;
  }
  special[0xE2] = true;
  return special;
}();

// `step` spaces a level; 0: all on one line.
void Append(std::string& out, const Value& value, std::size_t step,
            std::size_t indent) {
  const auto new_line = [&](std::size_t spaces) {
    if (step == 0) return;
    out += '\n';
    out.append(spaces, ' ');
  };
  const char* separator = "";
  switch (value.kind) {
    case Value::Kind::kNull:
      out += "null";
      break;
    case Value::Kind::kBool:
    case Value::Kind::kNumber:
      out += value.text;
      break;
    case Value::Kind::kString:
      AppendQuotedJson(out, value.text);
      break;
    case Value::Kind::kArray:
      out += '[';
      for (const Value& item : value.items) {
        out += separator;
        separator = ",";
        new_line(indent + step);
        Append(out, item, step, indent + step);
      }
      if (!value.items.empty()) new_line(indent);
      out += ']';
      break;
    case Value::Kind::kObject:
      out += '{';
      for (const auto& [key, member] : value.members) {
        out += separator;
        separator = ",";
        new_line(indent + step);
        AppendQuotedJson(out, key);
        out += step == 0 ? ":" : ": ";
        Append(out, member, step, indent + step);
      }
      if (!value.members.empty()) new_line(indent);
      out += '}';
      break;
  }
}

auto Place(std::vector<Value::Member>& members, std::string_view key) {
  return std::lower_bound(
      members.begin(), members.end(), key,
      [](const Value::Member& m, std::string_view k) { return m.first < k; });
}

}  // namespace

Value Value::Bool(bool value) {
  Value result = Make(Kind::kBool);
  result.text = value ? "true" : "false";
  return result;
}

Value Value::Number(std::string literal) {
  Value result = Make(Kind::kNumber);
  result.text = std::move(literal);
  return result;
}

Value Value::String(std::string value) {
  Value result = Make(Kind::kString);
  result.text = std::move(value);
  return result;
}

const Value* Value::Find(std::string_view key) const {
  auto& all = const_cast<std::vector<Member>&>(members);
  const auto found = Place(all, key);
  return found != all.end() && found->first == key ? &found->second : nullptr;
}

Value& Value::operator[](std::string_view key) {
  auto found = Place(members, key);
  if (found == members.end() || found->first != key) {
    found = members.emplace(found, std::string(key), Value());
  }
  return found->second;
}

void Value::Remove(std::string_view key) {
  const auto found = Place(members, key);
  if (found != members.end() && found->first == key) members.erase(found);
}

Result<Value> ParseJson(std::string_view text) {
  Builder builder;
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &builder)) {
    return Error(Code::kCorruption, "not valid JSON: " + builder.error());
  }
  return builder.Take();
}

std::string ToJson(const Value& value) {
  std::string out;
  Append(out, value, 4, 0);
  return out;
}

std::string ToJsonLine(const Value& value) {
  std::string out;
  Append(out, value, 0, 0);
  return out;
}

void AppendQuotedJson(std::string& out, std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  std::size_t plain = 0;  // where what was not yet written begins
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (!kSpecial[c]) continue;
    std::size_t width = 1;
    char escape[] = "\\u0000";
    std::string_view written = escape;
    switch (c) {
      case '"':
        written = "\\\"";
        break;
      case '\\':
        written = "\\\\";
        break;
      case '\b':
        written = "\\b";
        break;
      case '\f':
        written = "\\f";
        break;
      case '\n':
        written = "\\n";
        break;
      case '\r':
        written = "\\r";
        break;
      case '\t':
        written = "\\t";
        break;
      case 0xE2:
        width = 3;
        if (text.substr(i, 3) == "\xE2\x80\xA8") {
          written = "\\u2028";
        } else if (text.substr(i, 3) == "\xE2\x80\xA9") {
          written = "\\u2029";
        } else {
          continue;
        }
        break;
      default:
        escape[4] = kHex[c >> 4U];
        escape[5] = kHex[c & 15U];
    }
    out += text.substr(plain, i - plain);
    out += written;
    i += width - 1;
    plain = i + 1;
  }
  out += text.substr(plain);
  out += '"';
}

std::string QuoteJson(std::string_view text) {
  std::string out;
  AppendQuotedJson(out, text);
  return out;
}

}  // namespace kubescribe::kube
