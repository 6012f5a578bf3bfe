#include "kube/list_parser.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "kube/scan_text.h"

namespace kubescribe::kube {
namespace {

using Json = nlohmann::json;

// Of what is kept beside the items: keys, kind, metadata with its token.
constexpr std::size_t kMaxText = 1 << 20;
constexpr std::size_t kKeepItem = 64 * 1024;

std::string StringAt(const Json& object, const char* key) {
  const auto it = object.find(key);
  return it != object.end() && it->is_string() ? it->get<std::string>() : "";
}

}  // namespace

bool ListParser::Fail(const char* what) {
  error_ = fmt::format("the answer is no list: {} at byte {}", what, offset_);
  return false;
}

bool ListParser::kept() const {
  return key_ == "kind" || key_ == "apiVersion" || key_ == "metadata";
}

bool ListParser::Append(std::string_view piece) {
  if (value_.size() + piece.size() > kMaxText) {
    return Fail("a text beside the items that is too long");
  }
  value_.append(piece);
  return true;
}

Status ListParser::Feed(std::string_view bytes, Sink& sink) {
  while (error_.empty() && !bytes.empty()) {
    const std::size_t before = bytes.size();
    Step(bytes, sink);
    offset_ += before - bytes.size();
  }
  if (!error_.empty()) return Error(Code::kInvalid, error_);
  return {};
}

bool ListParser::Step(std::string_view& bytes, Sink& sink) {
  switch (place_) {
    case Place::kKeyText:
      return TakeString(bytes, Place::kColon);
    case Place::kText:
      return TakeString(bytes, Place::kAfterValue);
    case Place::kScalar:
      return TakeScalar(bytes);
    case Place::kNested:
      return TakeNested(bytes);
    case Place::kItemText:
      TakeItem(bytes, sink);
      return true;
    default:
      break;
  }
  const char c = bytes[0];
  if (IsSpace(c)) {
    bytes.remove_prefix(1);
    return true;
  }
  switch (place_) {
    case Place::kStart:
      if (c != '{') return Fail("it does not begin with {");
      place_ = Place::kFirstKey;
      break;
    case Place::kFirstKey:
    case Place::kKey:
      if (c == '}' && place_ == Place::kFirstKey) {
        place_ = Place::kEnd;
        break;
      }
      if (c != '"') return Fail("a key is missing");
      value_ = c;
      place_ = Place::kKeyText;
      break;
    case Place::kColon:
      if (c != ':') return Fail("a colon is missing");
      place_ = Place::kValue;
      break;
    case Place::kValue:
      return StartValue(bytes);
    case Place::kAfterValue:
      if (c != ',' && c != '}') return Fail("a comma is missing");
      place_ = c == ',' ? Place::kKey : Place::kEnd;
      break;
    case Place::kFirstItem:
    case Place::kItem:
      if (c == ']' && place_ == Place::kFirstItem) {
        place_ = Place::kAfterValue;
        break;
      }
      if (c != '{') return Fail("an item is no object");
      size_ = 0;
      place_ = Place::kItemText;
      return true;  // the scanner takes the brace
    case Place::kAfterItem:
      if (c != ',' && c != ']') return Fail("a comma between items is missing");
      place_ = c == ',' ? Place::kItem : Place::kAfterValue;
      break;
    default:
      return Fail("more bytes come after its end");
  }
  bytes.remove_prefix(1);
  return true;
}

bool ListParser::StartValue(std::string_view& bytes) {
  const char c = bytes[0];
  value_.clear();
  if (key_ == "items") {
    if (saw_items_) return Fail("items come twice");
    saw_items_ = true;
    if (c == '[') {
      place_ = Place::kFirstItem;
      bytes.remove_prefix(1);
      return true;
    }
    if (c != 'n') return Fail("items are no array");
  }
  if (c == '{' || c == '[') {
    place_ = Place::kNested;
  } else if (c == '"') {
    if (kept()) value_ = c;
    place_ = Place::kText;
    bytes.remove_prefix(1);
  } else {
    place_ = Place::kScalar;
    if (c == ',' || c == '}' || c == ']') return Fail("a value is missing");
  }
  return true;
}

// Up to and with the closing quote.
bool ListParser::TakeString(std::string_view& bytes, Place next) {
  std::size_t end = 0;
  bool closed = false;
  while (end < bytes.size() && !closed) {
    const char c = bytes[end++];
    if (escaped_) {
      escaped_ = false;
    } else if (c == '\\') {
      escaped_ = true;
    } else if (c == '"') {
      closed = true;
    }
  }
  const bool is_key = place_ == Place::kKeyText;
  const std::string_view piece = bytes.substr(0, end);
  bytes.remove_prefix(end);
  if ((is_key || kept()) && !Append(piece)) return false;
  if (!closed) return true;
  place_ = next;
  if (!is_key) return EndValue();
  const Json key = Json::parse(value_, nullptr, false);
  if (!key.is_string()) return Fail("a key is no JSON string");
  key_ = key.get<std::string>();
  return true;
}

bool ListParser::TakeScalar(std::string_view& bytes) {
  std::size_t end = 0;
  while (end < bytes.size() && !IsSpace(bytes[end]) && bytes[end] != ',' &&
         bytes[end] != '}') {
    ++end;
  }
  const bool complete = end < bytes.size();
  if (!Append(bytes.substr(0, end))) return false;
  bytes.remove_prefix(end);
  if (!complete) return true;
  place_ = Place::kAfterValue;
  return EndValue();
}

bool ListParser::TakeNested(std::string_view& bytes) {
  const std::size_t taken = scan_.Take(bytes.data(), bytes.size());
  const std::string_view piece = bytes.substr(0, taken);
  bytes.remove_prefix(taken);
  if (kept() && !Append(piece)) return false;
  if (!scan_.done()) return true;
  place_ = Place::kAfterValue;
  return EndValue();
}

bool ListParser::EndValue() {
  if (key_ == "items") {
    return value_ == "null" || Fail("items are no array");
  }
  if (!kept()) return true;
  const Json value = Json::parse(value_, nullptr, false);
  if (value.is_discarded()) return Fail("its kind or metadata is no JSON");
  if (key_ == "metadata") {
    meta_.resource_version.clear();
    meta_.continue_token.clear();
    if (value.is_object()) {
      meta_.resource_version = StringAt(value, "resourceVersion");
      meta_.continue_token = StringAt(value, "continue");
    }
  } else if (value.is_string()) {
    (key_ == "kind" ? meta_.kind : meta_.api_version) =
        value.get<std::string>();
  }
  return true;
}

void ListParser::TakeItem(std::string_view& bytes, Sink& sink) {
  if (size_ == 0) value_.clear();
  const std::size_t taken = scan_.Take(bytes.data(), bytes.size());
  const std::string_view piece = bytes.substr(0, taken);
  bytes.remove_prefix(taken);
  size_ += taken;
  const bool complete = scan_.done();
  if (complete) place_ = Place::kAfterItem;

  if (!long_ && size_ > max_item_) {
    long_ = true;
    if (!value_.empty()) sink.OnLongItemPiece(value_);
    value_ = std::string();
  }
  if (long_) {
    sink.OnLongItemPiece(piece);
    if (complete) {
      long_ = false;
      sink.OnLongItemEnd(size_);
    }
  } else if (!complete) {
    value_.append(piece);
  } else if (value_.empty()) {
    sink.OnItem(piece);
  } else {
    value_.append(piece);
    sink.OnItem(value_);
    if (value_.capacity() > kKeepItem) value_ = std::string();
  }
}

Result<ListMeta> ListParser::Finish() {
  if (!error_.empty()) return Error(Code::kInvalid, error_);
  if (place_ != Place::kEnd) {
    return Error(Code::kInvalid,
                 fmt::format("the list is cut off after byte {}", offset_));
  }
  if (!saw_items_) return Error(Code::kInvalid, "the list has no items");
  if (meta_.resource_version.empty()) {
    return Error(Code::kInvalid, "the list has no metadata.resourceVersion");
  }
  return meta_;
}

}  // namespace kubescribe::kube
