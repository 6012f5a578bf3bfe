// Ed25519 (RFC 8032): signs the log's checkpoints, and checks signatures.
//
//   auto key = codec::Ed25519Key::FromSeed(seed);     // 32 secret bytes
//   codec::Ed25519Signature signature = key->Sign(text);
//   codec::Ed25519Verify(key->public_key(), text, signature)   // true
//
// Over OpenSSL, which stays out of this header. Where the library cannot sign
// at all (out of memory) the process ends.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace kubescribe::codec {

using Ed25519Public = std::array<std::uint8_t, 32>;
using Ed25519Signature = std::array<std::uint8_t, 64>;

// Immutable; any thread.
class Ed25519Key {
 public:
  // The private key that the 32 bytes are, as RFC 8032 has it.
  static std::shared_ptr<const Ed25519Key> FromSeed(
      const std::array<std::uint8_t, 32>& seed);
  ~Ed25519Key();
  Ed25519Key(const Ed25519Key&) = delete;
  Ed25519Key& operator=(const Ed25519Key&) = delete;

  const Ed25519Public& public_key() const { return public_; }
  Ed25519Signature Sign(std::string_view message) const;

 private:
  struct State;
  explicit Ed25519Key(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
  Ed25519Public public_{};
};

// Any thread.
bool Ed25519Verify(const Ed25519Public& key, std::string_view message,
                   std::span<const std::uint8_t> signature);

}  // namespace kubescribe::codec
