// View: a place in a JSON document, read leniently as printers do: what is
// absent, null or of another type reads as "", 0, false or empty, and going on
// below it is fine.
//
//   View pod(value);
//   for (View container : pod["spec"]["containers"].Items()) …
//
// It borrows the Value, which has to outlive it.
#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "output/value.h"

namespace kubescribe::output {

class View {
 public:
  View() = default;
  View(const Value& value) : value_(&value) {}  // NOLINT: a View is a Value
  explicit View(const Value* value) : value_(value) {}

  View operator[](std::string_view key) const {
    return View(value_ == nullptr ? nullptr : value_->Find(key));
  }

  // There, and not null.
  bool has() const {
    return value_ != nullptr && value_->kind != Value::Kind::kNull;
  }
  // Not there, null, "", an empty list or an empty map.
  bool empty() const {
    return !has() ||
           (value_->kind != Value::Kind::kNumber &&
            value_->kind != Value::Kind::kBool && value_->text.empty() &&
            value_->items.empty() && value_->members.empty());
  }
  bool is_object() const { return value_ != nullptr && value_->is_object(); }
  bool is_array() const { return value_ != nullptr && value_->is_array(); }

  // A string.
  const std::string& Text() const {
    return value_ != nullptr && value_->is_string() ? value_->text : Nothing();
  }
  // A string, number or boolean as it was written: "web", "80", "true".
  const std::string& Scalar() const {
    return value_ == nullptr ? Nothing() : value_->text;
  }
  bool Bool() const {
    return value_ != nullptr && value_->kind == Value::Kind::kBool &&
           value_->text == "true";
  }
  std::int64_t Int(std::int64_t otherwise = 0) const {
    std::int64_t number = otherwise;
    if (value_ != nullptr && value_->kind == Value::Kind::kNumber) {
      std::from_chars(value_->text.data(),
                      value_->text.data() + value_->text.size(), number);
    }
    return number;
  }
  // Of a list.
  std::vector<View> Items() const {
    std::vector<View> items;
    if (is_array()) {
      for (const Value& item : value_->items) items.emplace_back(item);
    }
    return items;
  }
  // Of a map, by key.
  const std::vector<Value::Member>& Members() const {
    static const auto& none = *new std::vector<Value::Member>();  // NOLINT
    return is_object() ? value_->members : none;
  }
  // The value itself; null: it is not there.
  const Value* value() const { return value_; }

 private:
  static const std::string& Nothing() {
    static const auto& nothing = *new std::string();  // NOLINT: never destroyed
    return nothing;
  }

  const Value* value_ = nullptr;
};

}  // namespace kubescribe::output
