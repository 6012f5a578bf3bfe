#include "store/checkpoint.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace kubescribe::store {
namespace {

constexpr char kEd25519Algorithm = '\x01';

// The first four bytes of SHA-256 over the key's name, its algorithm and
// itself.
std::string KeyId(const std::string& name, const codec::Ed25519Public& key) {
  std::string text = name + "\n" + kEd25519Algorithm;
  text += codec::AsText(key);
  const codec::Sha256Digest digest = codec::Sha256Of(text);
  return {reinterpret_cast<const char*>(digest.data()), 4};
}

}  // namespace

std::string LogOrigin(const std::string& file_id) {
  return "kubescribe.dev/" + file_id;
}

std::string MakeNote(const std::string& origin, std::int64_t size,
                     const LogHash& root, const codec::Ed25519Key& key) {
  const std::string text =
      fmt::format("{}\n{}\n{}\n", origin, size, codec::Base64(root));
  const codec::Ed25519Signature signature = key.Sign(text);
  return fmt::format("{}\n\u2014 {} {}\n", text, origin,
                     codec::Base64(KeyId(origin, key.public_key()) +
                                   std::string(codec::AsText(signature))));
}

std::string KeyDetail(const std::string& origin, const std::string& before,
                      const codec::Ed25519Key& key,
                      const codec::Ed25519Key* old) {
  nlohmann::ordered_json detail;
  const std::string now = codec::Base64(key.public_key());
  detail["algorithm"] = "Ed25519";
  detail["public"] = now;
  if (!before.empty()) {
    detail["before"] = before;
    if (old != nullptr && codec::Base64(old->public_key()) == before) {
      const codec::Ed25519Signature signature =
          old->Sign(fmt::format("{}\nkey\n{}\n{}\n", origin, before, now));
      detail["signature"] = codec::Base64(signature);
    }
  }
  return detail.dump();
}

std::string PublicKeyIn(const std::string& key_detail) {
  const auto detail = nlohmann::json::parse(key_detail, nullptr, false);
  if (!detail.is_object() || !detail.contains("public") ||
      !detail["public"].is_string()) {
    return "";
  }
  return detail["public"].get<std::string>();
}

std::string VerifierKey(const std::string& origin,
                        const codec::Ed25519Public& key) {
  return fmt::format(
      "{}+{}+{}", origin, codec::Hex(KeyId(origin, key)),
      codec::Base64(kEd25519Algorithm + std::string(codec::AsText(key))));
}

}  // namespace kubescribe::store
