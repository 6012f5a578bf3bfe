// Base64 as kubeconfig's "-data" keys have it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace kubescribe::config {

// RFC 4648 section 4 with padding; white space is passed over. nullopt: not
// base64.
std::optional<std::string> DecodeBase64(std::string_view text);

}  // namespace kubescribe::config
