#include "kube/event.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "kube/scan_text.h"

namespace kubescribe::kube {
namespace {

namespace od = simdjson::ondemand;
using Json = nlohmann::json;

// Memory that one big object made larger than this is given back.
constexpr std::size_t kKeepParser = 1 << 20;

Error NotJson(simdjson::error_code code) {
  return Error(Code::kInvalid,
               fmt::format("not JSON: {}", simdjson::error_message(code)));
}

// What a walk over an object found beside its head.
struct FoundParts {
  bool object = false;  // it is an object at all
  bool metadata = false;
};

// A string into `out`; any other type is as if it were not there.
simdjson::error_code ReadString(od::value& value, std::string& out) {
  od::json_type type{};
  if (const auto error = value.type().get(type)) return error;
  out.clear();
  if (type != od::json_type::string) return simdjson::SUCCESS;
  std::string_view text;
  if (const auto error = value.get_string().get(text)) return error;
  out.assign(text);
  return simdjson::SUCCESS;
}

simdjson::error_code ReadMetadata(od::value& value, ObjectHead& head,
                                  FoundParts& found) {
  od::json_type type{};
  if (const auto error = value.type().get(type)) return error;
  found.metadata = type == od::json_type::object;
  if (!found.metadata) return simdjson::SUCCESS;
  od::object metadata;
  if (const auto error = value.get_object().get(metadata)) return error;
  for (auto item : metadata) {
    od::field field;
    if (const auto error = std::move(item).get(field)) return error;
    std::string_view key;
    if (const auto error = field.unescaped_key().get(key)) return error;
    std::string* out = key == "uid"               ? &head.uid
                       : key == "name"            ? &head.name
                       : key == "namespace"       ? &head.name_space
                       : key == "resourceVersion" ? &head.resource_version
                                                  : nullptr;
    if (out == nullptr) continue;
    if (const auto error = ReadString(field.value(), *out)) return error;
  }
  return simdjson::SUCCESS;
}

simdjson::error_code ReadFields(od::object& object, ObjectHead& head,
                                FoundParts& found) {
  found.object = true;
  for (auto item : object) {
    od::field field;
    if (const auto error = std::move(item).get(field)) return error;
    std::string_view key;
    if (const auto error = field.unescaped_key().get(key)) return error;
    simdjson::error_code error = simdjson::SUCCESS;
    if (key == "metadata") {
      error = ReadMetadata(field.value(), head, found);
    } else if (key == "apiVersion") {
      error = ReadString(field.value(), head.api_version);
    } else if (key == "kind") {
      error = ReadString(field.value(), head.kind);
    }
    if (error) return error;
  }
  return simdjson::SUCCESS;
}

std::optional<FrameType> TypeNamed(std::string_view name) {
  if (name == "ADDED") return FrameType::kAdded;
  if (name == "MODIFIED") return FrameType::kModified;
  if (name == "DELETED") return FrameType::kDeleted;
  if (name == "BOOKMARK") return FrameType::kBookmark;
  if (name == "ERROR") return FrameType::kError;
  return std::nullopt;
}

// The end of the value before the key whose quote stands at `quote`.
std::size_t EndBefore(std::string_view text, std::size_t quote) {
  std::size_t end = quote;
  while (IsSpace(text[end - 1])) --end;
  --end;  // the comma, or the parent's brace
  while (IsSpace(text[end - 1])) --end;
  return end;
}

std::size_t EndBeforeClosing(std::string_view text) {
  std::size_t end = text.size();
  while (IsSpace(text[end - 1])) --end;
  return EndBefore(text, end);
}

}  // namespace

struct EventReader::Impl {
  od::parser parser;
  simdjson::dom::parser checker;
  std::vector<char> buffer;

  // simdjson reads some bytes past the end, so the input is copied once.
  simdjson::error_code Open(std::string_view text, od::document& document) {
    if (text.size() <= kKeepParser && buffer.size() > 2 * kKeepParser) {
      parser = od::parser();
      checker = simdjson::dom::parser();
      buffer = std::vector<char>();
    }
    const std::size_t needed = text.size() + simdjson::SIMDJSON_PADDING;
    if (buffer.size() < needed) buffer.resize(needed);
    std::memcpy(buffer.data(), text.data(), text.size());
    return parser
        .iterate(simdjson::padded_string_view(buffer.data(), text.size(),
                                              buffer.size()))
        .get(document);
  }

  // A walk looks at what it passes by only to find its end; a body that is no
  // JSON must not be kept as one. REQUIRES: `text` was opened.
  simdjson::error_code Check(std::string_view text) {
    // Of a big one simdjson would hold several times its size.
    if (text.size() > kKeepParser) {
      return nlohmann::json::accept(text) ? simdjson::SUCCESS
                                          : simdjson::TAPE_ERROR;
    }
    const auto error = checker.parse(buffer.data(), text.size(), false).error();
    // It knows no integer above 64 bits and no nesting above 1024.
    if (error && nlohmann::json::accept(text)) return simdjson::SUCCESS;
    return error;
  }

  std::size_t OffsetOf(const char* in_buffer) const {
    return static_cast<std::size_t>(in_buffer - buffer.data());
  }

  simdjson::error_code Walk(std::string_view text, std::string& type,
                            std::string_view& object, ObjectHead& head,
                            FoundParts& found);
};

// One pass over a frame: `type`, where `object` lies, and the object's head.
simdjson::error_code EventReader::Impl::Walk(std::string_view text,
                                             std::string& type,
                                             std::string_view& object,
                                             ObjectHead& head,
                                             FoundParts& found) {
  od::document document;
  if (const auto error = Open(text, document)) return error;
  od::object frame;
  if (const auto error = document.get_object().get(frame)) return error;
  constexpr std::size_t kNone = std::string_view::npos;
  std::size_t start = kNone;  // of an object whose end is to come
  for (auto item : frame) {
    od::field field;
    if (const auto error = std::move(item).get(field)) return error;
    if (start != kNone) {
      const std::size_t quote = OffsetOf(field.key().raw()) - 1;
      object = text.substr(start, EndBefore(text, quote) - start);
      start = kNone;
    }
    std::string_view key;
    if (const auto error = field.unescaped_key().get(key)) return error;
    if (key == "type") {
      if (const auto error = ReadString(field.value(), type)) return error;
    } else if (key == "object") {
      od::value& value = field.value();
      start = OffsetOf(value.raw_json_token().data());
      od::json_type json_type{};
      if (const auto error = value.type().get(json_type)) return error;
      head = ObjectHead();  // the last of two counts, as in Go
      found = FoundParts();
      if (json_type != od::json_type::object) continue;
      od::object fields;
      if (const auto error = value.get_object().get(fields)) return error;
      if (const auto error = ReadFields(fields, head, found)) return error;
    }
  }
  if (start != kNone) {
    object = text.substr(start, EndBeforeClosing(text) - start);
  }
  return document.current_location().error() == simdjson::OUT_OF_BOUNDS
             ? simdjson::SUCCESS
             : simdjson::TRAILING_CONTENT;
}

EventReader::EventReader() : impl_(std::make_unique<Impl>()) {}
EventReader::~EventReader() = default;
EventReader::EventReader(EventReader&&) noexcept = default;
EventReader& EventReader::operator=(EventReader&&) noexcept = default;

Result<Frame> EventReader::ReadFrame(std::string_view text) {
  Frame frame;
  std::string type;
  FoundParts found;
  if (const auto error =
          impl_->Walk(text, type, frame.object, frame.head, found)) {
    return NotJson(error);
  }
  if (const auto error = impl_->Check(text)) return NotJson(error);
  if (type.empty()) {
    return Error(Code::kInvalid, "the watch frame has no type");
  }
  const std::optional<FrameType> known = TypeNamed(type);
  if (!known) {
    return Error(Code::kInvalid, "the watch frame's type is unknown");
  }
  frame.type = *known;
  if (frame.type == FrameType::kError) {
    frame.head = ObjectHead();
    frame.status = ReadStatus(frame.object);
    return frame;
  }
  if (!found.object) {
    return Error(Code::kInvalid, "the watch frame has no object");
  }
  if (!found.metadata) {
    return Error(Code::kInvalid, "the watch frame's object has no metadata");
  }
  return frame;
}

Result<ObjectHead> EventReader::ReadHead(std::string_view object) {
  ObjectHead head;
  FoundParts found;
  od::document document;
  if (const auto error = impl_->Open(object, document)) return NotJson(error);
  od::object fields;
  if (const auto error = document.get_object().get(fields)) {
    return NotJson(error);
  }
  if (const auto error = ReadFields(fields, head, found)) {
    return NotJson(error);
  }
  if (document.current_location().error() != simdjson::OUT_OF_BOUNDS) {
    return NotJson(simdjson::TRAILING_CONTENT);
  }
  if (const auto error = impl_->Check(object)) return NotJson(error);
  if (!found.metadata) {
    return Error(Code::kInvalid, "the object has no metadata");
  }
  return head;
}

ServerStatus EventReader::ReadStatus(std::string_view body) {
  ServerStatus status;
  const Json json = Json::parse(body, nullptr, false);
  const auto text = [](const Json& object, const char* key) -> std::string {
    const auto it = object.find(key);
    return it != object.end() && it->is_string() ? it->get<std::string>() : "";
  };
  if (!json.is_object() || text(json, "kind") != "Status") return status;
  if (const auto code = json.find("code");
      code != json.end() && code->is_number_integer()) {
    const auto value = code->get<std::int64_t>();
    if (value > 0 && value < 1000) status.code = static_cast<int>(value);
  }
  status.reason = text(json, "reason");
  status.message = text(json, "message");
  const auto details = json.find("details");
  if (details == json.end() || !details->is_object()) return status;
  if (const auto after = details->find("retryAfterSeconds");
      after != details->end() && after->is_number_integer()) {
    status.retry_after = after->get<std::int64_t>();
  }
  const auto causes = details->find("causes");
  if (causes == details->end() || !causes->is_array()) return status;
  for (const Json& cause : *causes) {
    if (cause.is_object() &&
        text(cause, "reason") == "ResourceVersionTooLarge") {
      status.rv_too_large = true;
    }
  }
  return status;
}

}  // namespace kubescribe::kube
