// ListParser: reads a list answer as it arrives, an item at a time.
//
// No order of keys is assumed: custom-resource lists put metadata (with the
// resourceVersion and the continue token) after the items (P§1, shape). Memory
// is bounded by one item; one longer than `max_item` goes through in pieces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "kube/json_scan.h"

namespace kubescribe::kube {

struct ListMeta {
  std::string kind;  // "PodList"
  std::string api_version;
  std::string resource_version;
  std::string continue_token;  // "": this was the last page
};

class ListParser {
 public:
  class Sink {
   public:
    virtual ~Sink() = default;
    // The exact bytes of one item; the view lives until the call returns.
    virtual void OnItem(std::string_view item) = 0;
    virtual void OnLongItemPiece(std::string_view piece) = 0;
    virtual void OnLongItemEnd(std::uint64_t size) = 0;
  };

  explicit ListParser(std::size_t max_item) : max_item_(max_item) {}

  // kInvalid: not a JSON object with the shape of a list (HTML, an array, an
  // item that is no object, …); so is every later call.
  Status Feed(std::string_view bytes, Sink& sink);

  // After the body's end. kInvalid: cut off, or no metadata.resourceVersion,
  // or no items (null counts as an empty list).
  Result<ListMeta> Finish();

 private:
  // What the next byte belongs to.
  enum class Place {
    kStart,       // before the answer's {
    kFirstKey,    // after it: a key or }
    kKey,         // after a comma: a key
    kKeyText,     // in a key
    kColon,       // after a key
    kValue,       // after the colon
    kText,        // in a string value
    kScalar,      // in a number or a word
    kNested,      // in an object or array value
    kAfterValue,  // a comma or }
    kFirstItem,   // after the [ of items: an item or ]
    kItem,        // after a comma: an item
    kItemText,    // in an item
    kAfterItem,   // a comma or ]
    kEnd,         // after the answer's }
  };

  // Each takes bytes off the front of `bytes`; false: `error_` says why not.
  bool Step(std::string_view& bytes, Sink& sink);
  bool TakeString(std::string_view& bytes, Place next);
  bool TakeScalar(std::string_view& bytes);
  bool TakeNested(std::string_view& bytes);
  void TakeItem(std::string_view& bytes, Sink& sink);
  bool StartValue(std::string_view& bytes);
  bool EndValue();
  bool Append(std::string_view piece);
  bool Fail(const char* what);
  bool kept() const;  // the value of key_ is one that is read

  const std::size_t max_item_;
  Place place_ = Place::kStart;
  JsonScan scan_;
  std::string key_;
  std::string value_;  // of a key that is read; or the item's bytes so far
  bool escaped_ = false;
  bool long_ = false;
  bool saw_items_ = false;
  std::uint64_t size_ = 0;    // bytes of the item so far
  std::uint64_t offset_ = 0;  // bytes taken
  std::string error_;
  ListMeta meta_;
};

}  // namespace kubescribe::kube
