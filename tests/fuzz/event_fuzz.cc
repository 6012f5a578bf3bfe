// What is read of a frame is what another parser reads, where both can.
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>

#include "kube/event.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  using Json = nlohmann::json;
  namespace kube = kubescribe::kube;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static auto& reader = *new kube::EventReader();
  (void)kube::EventReader::ReadTruncated(text);
  (void)kube::ReadObjectTimes(text);
  (void)reader.ReadStatus(text);
  (void)reader.ReadHead(text).ok();
  const auto frame = reader.ReadFrame(text);
  if (!frame.ok() || frame->type == kube::FrameType::kError) return 0;
  if (frame->object.data() < text.data() ||
      frame->object.data() + frame->object.size() > text.data() + size) {
    std::abort();
  }
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) return 0;
  const Json& object = json.at("object");
  if (Json::parse(frame->object, nullptr, false) != object) std::abort();
  const auto at = [&](const char* key) {
    const Json& metadata = object.at("metadata");
    return metadata.contains(key) && metadata[key].is_string()
               ? metadata[key].get<std::string>()
               : "";
  };
  if (frame->head.uid != at("uid") || frame->head.name != at("name") ||
      frame->head.resource_version != at("resourceVersion")) {
    std::abort();
  }
  return 0;
}
