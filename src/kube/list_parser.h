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

  // kInvalid: not a JSON object with the shape of a list (HTML, an array, …).
  Status Feed(std::string_view bytes, Sink& sink);

  // After the body's end. kInvalid: cut off, or no metadata.resourceVersion,
  // or no items (null counts as an empty list).
  Result<ListMeta> Finish();

 private:
  // Where in the answer the next byte stands; see list_parser.cc.
  enum class Place {
    kStart,
    kKey,
    kAfterKey,
    kValue,
    kItemsStart,
    kItem,
    kAfterItem,
    kAfterValue,
    kEnd
  };
  const std::size_t max_item_;
  Place place_ = Place::kStart;
  std::string key_;
  std::string value_;
  std::size_t depth_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
  bool long_ = false;
  bool saw_items_ = false;
  std::uint64_t size_ = 0;
  ListMeta meta_;
};

}  // namespace kubescribe::kube
