#include "kube/json_tree.h"

#include <simdjson.h>

#include <charconv>
#include <cstring>
#include <vector>

namespace kubescribe::kube {
namespace {

namespace ondemand = simdjson::ondemand;

const JsonEntry& NullEntry() {
  static constexpr JsonEntry kNull;
  return kNull;
}

// A number as it stands, without the white space behind it.
std::string_view Token(std::string_view raw) {
  const std::size_t end = raw.find_last_not_of(" \t\r\n");
  return raw.substr(0, end == std::string_view::npos ? 0 : end + 1);
}

}  // namespace

JsonNode::JsonNode(const JsonEntry* entry)
    : entry_(entry == nullptr ? &NullEntry() : entry) {}

JsonNode JsonNode::operator[](std::string_view key) const {
  for (const JsonNode member : members()) {
    if (member.key() == key) return member;
  }
  return {};
}

std::int64_t JsonNode::number() const {
  std::int64_t value = 0;
  if (entry_->kind != JsonEntry::Kind::kLiteral) return 0;
  const char* const end = entry_->text.data() + entry_->text.size();
  const auto parsed = std::from_chars(entry_->text.data(), end, value);
  return parsed.ec == std::errc() && parsed.ptr == end ? value : 0;
}

struct JsonTree::Impl {
  bool whole = false;
  ondemand::parser parser;
  std::vector<char> buffer;
  std::vector<JsonEntry> entries;

  simdjson::error_code Read(std::string_view text);
  simdjson::error_code Add(ondemand::value value, std::string_view key);
  simdjson::error_code AddArray(ondemand::array array, std::size_t at);
  simdjson::error_code AddObject(ondemand::object object, std::size_t at);
};

simdjson::error_code JsonTree::Impl::Read(std::string_view text) {
  entries.clear();
  // simdjson reads some bytes past the end, so the input is copied once.
  if (const std::size_t needed = text.size() + simdjson::SIMDJSON_PADDING;
      buffer.size() < needed) {
    buffer.resize(needed);
  }
  std::memcpy(buffer.data(), text.data(), text.size());
  ondemand::document document;
  if (const auto error = parser
                             .iterate(simdjson::padded_string_view(
                                 buffer.data(), text.size(), buffer.size()))
                             .get(document)) {
    return error;
  }
  ondemand::value value;
  if (const auto error = document.get_value().get(value)) return error;
  if (const auto error = Add(value, {})) return error;
  return document.current_location().error() == simdjson::OUT_OF_BOUNDS
             ? simdjson::SUCCESS
             : simdjson::TRAILING_CONTENT;
}

simdjson::error_code JsonTree::Impl::Add(ondemand::value value,
                                         std::string_view key) {
  ondemand::json_type type{};
  if (const auto error = value.type().get(type)) return error;
  const std::size_t at = entries.size();
  entries.emplace_back().key = key;
  switch (type) {
    case ondemand::json_type::object: {
      ondemand::object object;
      if (const auto error = value.get_object().get(object)) return error;
      return AddObject(object, at);
    }
    case ondemand::json_type::array: {
      ondemand::array array;
      if (const auto error = value.get_array().get(array)) return error;
      return AddArray(array, at);
    }
    case ondemand::json_type::string:
      entries[at].kind = JsonEntry::Kind::kString;
      return value.get_string().get(entries[at].text);
    case ondemand::json_type::boolean: {
      bool is = false;
      if (const auto error = value.get_bool().get(is)) return error;
      entries[at].kind = JsonEntry::Kind::kLiteral;
      entries[at].text = is ? "true" : "false";
      return simdjson::SUCCESS;
    }
    case ondemand::json_type::number:
      // Not converted, so that no number is too long or too large.
      entries[at].kind = JsonEntry::Kind::kLiteral;
      entries[at].text = Token(value.raw_json_token());
      return simdjson::SUCCESS;
    case ondemand::json_type::null:
      return value.is_null() ? simdjson::SUCCESS : simdjson::N_ATOM_ERROR;
  }
  return simdjson::TAPE_ERROR;
}

simdjson::error_code JsonTree::Impl::AddArray(ondemand::array array,
                                              std::size_t at) {
  std::uint32_t size = 0;
  for (auto item : array) {
    ondemand::value value;
    if (const auto error = item.get(value)) return error;
    if (const auto error = Add(value, {})) return error;
    ++size;
  }
  entries[at].kind = JsonEntry::Kind::kArray;
  entries[at].size = size;
  entries[at].span = static_cast<std::uint32_t>(entries.size() - at);
  return simdjson::SUCCESS;
}

simdjson::error_code JsonTree::Impl::AddObject(ondemand::object object,
                                               std::size_t at) {
  std::uint32_t size = 0;
  for (auto member : object) {
    ondemand::field field;
    if (const auto error = std::move(member).get(field)) return error;
    std::string_view key;
    if (const auto error = field.unescaped_key().get(key)) return error;
    // Much of an object, and nothing that is printed. simdjson skips what is
    // not looked at.
    if (!whole && key == "managedFields" && entries[at].key == "metadata") {
      continue;
    }
    if (const auto error = Add(field.value(), key)) return error;
    ++size;
  }
  entries[at].kind = JsonEntry::Kind::kObject;
  entries[at].size = size;
  entries[at].span = static_cast<std::uint32_t>(entries.size() - at);
  return simdjson::SUCCESS;
}

JsonTree::JsonTree(Read read) : impl_(std::make_unique<Impl>()) {
  impl_->whole = read == Read::kWhole;
}
JsonTree::~JsonTree() = default;
JsonTree::JsonTree(JsonTree&&) noexcept = default;
JsonTree& JsonTree::operator=(JsonTree&&) noexcept = default;

bool JsonTree::Parse(std::string_view text) {
  const bool read = impl_->Read(text) == simdjson::SUCCESS;
  if (!read) impl_->entries.clear();
  return read;
}

JsonNode JsonTree::root() const {
  return JsonNode(impl_->entries.empty() ? nullptr : impl_->entries.data());
}

}  // namespace kubescribe::kube
