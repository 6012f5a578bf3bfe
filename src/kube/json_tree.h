// Reading many JSON objects one after the other, leniently and without
// allocating for each: what printers need.
//
//   JsonTree tree;
//   tree.Parse(object);
//   tree.root()["spec"]["nodeName"].text()
//
// What is absent or of another type is null, "", 0, false or empty; so is
// metadata.managedFields unless the whole document is asked for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace kubescribe::kube {

// One value of a document; those below it follow it in memory.
struct JsonEntry {
  enum class Kind : std::uint8_t { kNull, kLiteral, kString, kArray, kObject };
  Kind kind = Kind::kNull;
  std::uint32_t span = 1;  // entries, with all below
  std::uint32_t size = 0;  // items or members
  std::string_view key;    // of a member
  std::string_view text;   // unescaped; of a number, true or false as it stands
};

// A view of one value; valid until the tree parses again. Cheap to copy.
class JsonNode {
 public:
  JsonNode() : JsonNode(nullptr) {}
  explicit JsonNode(const JsonEntry* entry);

  bool is_null() const { return entry_->kind == JsonEntry::Kind::kNull; }
  bool is_object() const { return entry_->kind == JsonEntry::Kind::kObject; }
  bool is_array() const { return entry_->kind == JsonEntry::Kind::kArray; }
  bool is_string() const { return entry_->kind == JsonEntry::Kind::kString; }
  bool is_true() const {
    return entry_->kind == JsonEntry::Kind::kLiteral && entry_->text == "true";
  }

  // The first member of that key.
  JsonNode operator[](std::string_view key) const;
  // Of a string.
  std::string_view text() const {
    return is_string() ? entry_->text : std::string_view();
  }
  // Of an integer that fits.
  std::int64_t number() const;
  // A string, or a number, true or false as it stands in the document.
  std::string_view scalar() const { return entry_->text; }
  std::string_view key() const { return entry_->key; }
  // Items or members.
  std::size_t size() const { return entry_->size; }
  bool empty() const { return entry_->size == 0; }

  class Iterator {
   public:
    explicit Iterator(const JsonEntry* at) : at_(at) {}
    JsonNode operator*() const { return JsonNode(at_); }
    Iterator& operator++() {
      at_ += at_->span;
      return *this;
    }
    bool operator!=(const Iterator& other) const { return at_ != other.at_; }

   private:
    const JsonEntry* at_;
  };
  struct Range {
    Iterator first;
    Iterator last;
    Iterator begin() const { return first; }
    Iterator end() const { return last; }
  };
  // Those of an array.
  Range items() const { return Below(JsonEntry::Kind::kArray); }
  // Those of an object, in the document's order; each has its key().
  Range members() const { return Below(JsonEntry::Kind::kObject); }
  // Of an array.
  JsonNode first() const {
    const Range range = items();
    return range.begin() != range.end() ? *range.begin() : JsonNode();
  }

 private:
  Range Below(JsonEntry::Kind kind) const {
    const JsonEntry* first = entry_ + 1;
    return entry_->kind == kind
               ? Range{Iterator(first), Iterator(entry_ + entry_->span)}
               : Range{Iterator(first), Iterator(first)};
  }

  const JsonEntry* entry_;
};

// One thread.
class JsonTree {
 public:
  enum class Read { kWithoutManagedFields, kWhole };
  explicit JsonTree(Read read = Read::kWithoutManagedFields);
  ~JsonTree();
  JsonTree(JsonTree&&) noexcept;
  JsonTree& operator=(JsonTree&&) noexcept;

  // False: not JSON, or nested deeper than 1000 levels; the root is null then.
  bool Parse(std::string_view text);
  JsonNode root() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kubescribe::kube
