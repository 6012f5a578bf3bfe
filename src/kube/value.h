// Value: a JSON document as the printers need it, with every number exactly as
// it was written (2^53+1, 1.0 and 40 digits survive).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace kubescribe::kube {

struct Value {
  enum class Kind { kNull, kBool, kNumber, kString, kArray, kObject };
  using Member = std::pair<std::string, Value>;

  Kind kind = Kind::kNull;
  std::string text;  // kString: its value; kNumber, kBool: the literal
  std::vector<Value> items;
  std::vector<Member> members;  // sorted by key, as bytes; each key once

  static Value Null() { return {}; }
  static Value Bool(bool value);
  static Value Number(std::string literal);
  static Value String(std::string value);
  static Value Array() { return Make(Kind::kArray); }
  static Value Object() { return Make(Kind::kObject); }

  bool is_object() const { return kind == Kind::kObject; }
  bool is_array() const { return kind == Kind::kArray; }
  bool is_string() const { return kind == Kind::kString; }

  // The member of that key; null if there is none or this is no object.
  const Value* Find(std::string_view key) const;
  // The member of that key, made if it is not there. REQUIRES: is_object().
  Value& operator[](std::string_view key);
  // REQUIRES: is_object(). Absent is fine.
  void Remove(std::string_view key);

  bool operator==(const Value&) const = default;

 private:
  static Value Make(Kind kind) {
    Value value;
    value.kind = kind;
    return value;
  }
};

// kCorruption: not JSON, or nested deeper than 512 levels. Of a key that comes
// twice the last value counts.
Result<Value> ParseJson(std::string_view text);

// As kubectl -o json prints it: 4 spaces, keys sorted, <, >, & and the line
// separators escaped. No newline at the end.
std::string ToJson(const Value& value);
// On one line, without spaces.
std::string ToJsonLine(const Value& value);
// A JSON string literal with its quotes.
std::string QuoteJson(std::string_view text);
void AppendQuotedJson(std::string& out, std::string_view text);

}  // namespace kubescribe::kube
