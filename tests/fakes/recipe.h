// Recipe: how the text of a made-up object is written: a template with holes
// and what is put into them. A few hundred bytes stand for an object of many
// kilobytes; the text is made when somebody reads it, each time the same.
//
//   const Template kLease(R"({"metadata":{"name":"${name}",...}})");
//   Body body(kLease, {{"time", "2026-01-01T00:00:00Z"}, ...});
//   body.AppendTo(meta, text);
//
// A Body is either that or a text that was given as it is.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace kubescribe::fakes {

// What the server decides about an object.
struct ObjectMeta {
  std::string ns;
  std::string name;
  std::string uid;
  std::uint64_t rv = 0;
  std::uint64_t generation = 1;
  Micros created = 0;
};

// Where the RV's digits belong in a text that is given.
inline constexpr char kRvMark[] = "@@rv@@";

// A text with holes, ${name}. These are filled from the object's own metadata:
// name, ns, uid, rv (or kRvMark), generation, created. Must not be destroyed
// before the recipes that use it.
class Template {
 public:
  // Line breaks are for the reader and dropped.
  explicit Template(std::string text);
  Template(const Template&) = delete;
  Template& operator=(const Template&) = delete;

 private:
  friend class Body;
  struct Piece {
    std::uint32_t from = 0;  // literal text, then the hole
    std::uint32_t size = 0;
    std::uint8_t hole = 0;
  };
  std::string text_;
  std::vector<Piece> pieces_;
};

// What goes into a hole.
class Value {
 public:
  Value(std::string_view text) : text_(text) {}    // NOLINT: written as fields
  Value(const std::string& text) : text_(text) {}  // NOLINT
  Value(const char* text) : text_(text) {}         // NOLINT
  Value(const Template& part) : kind_(kPart), part_(&part) {}  // NOLINT
  // So many characters that look random, and are the same each time.
  static Value Hex(std::uint64_t seed, std::uint32_t size) {
    return Value(kHex, seed, size);
  }
  static Value Base64(std::uint64_t seed, std::uint32_t size) {
    return Value(kBase64, seed, size);
  }

 private:
  friend class Body;
  enum Kind : std::uint8_t { kNothing, kText, kPart, kHex, kBase64 };
  Value(Kind kind, std::uint64_t seed, std::uint32_t size)
      : kind_(kind), seed_(seed), size_(size) {}

  Kind kind_ = kText;
  std::string_view text_;
  const Template* part_ = nullptr;  // filled with the same fields
  std::uint64_t seed_ = 0;
  std::uint32_t size_ = 0;
};

struct Field {
  std::string_view name;
  Value value;
};
using Fields = std::initializer_list<Field>;

// What an object's text is made of. Cheap to copy.
class Body {
 public:
  // A text with kRvMark in it; one without ends the program.
  Body(std::string text);  // NOLINT: renderers return texts too
  // A hole that no field fills ends the program when the text is made.
  Body(const Template& whole, Fields fields);

  void AppendTo(const ObjectMeta& meta, std::string& out) const;
  std::size_t Size(const ObjectMeta& meta) const;  // of that text
  std::size_t Held() const;                        // bytes kept for it
  // A given text under another uid.
  void ExchangeUid(const std::string& old_uid, const std::string& uid);

 private:
  struct Slot;
  class Filler;

  const Template* template_ = nullptr;  // null: a text
  std::size_t rv_at_ = 0;               // of a text
  std::shared_ptr<const std::string> data_;
};

}  // namespace kubescribe::fakes
