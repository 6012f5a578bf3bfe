// Digests and their text forms: SHA-256, HMAC-SHA-256, hex, base64.
//
//   codec::Hex(codec::Sha256Of(bytes))
//
// Over OpenSSL, which stays out of this header. None of these can fail for
// reasons outside the program; where the library cannot give a digest at all
// (out of memory, SHA-256 disabled) the process ends.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace kubescribe::codec {

using Sha256Digest = std::array<std::uint8_t, 32>;

// SHA-256 of what comes in pieces. One thread.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void Update(std::string_view bytes);
  void Update(std::span<const std::uint8_t> bytes);
  // The digest of all that was given; afterwards it starts anew from nothing.
  Sha256Digest Finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Any thread.
Sha256Digest Sha256Of(std::string_view bytes);
Sha256Digest HmacSha256(std::span<const std::uint8_t> key,
                        std::string_view bytes);

// Lower-case hex. Any thread.
std::string Hex(std::span<const std::uint8_t> bytes);
std::string Hex(std::string_view bytes);

// Standard base64 (RFC 4648 section 4) with padding, no line breaks.
std::string Base64(std::span<const std::uint8_t> bytes);
std::string Base64(std::string_view bytes);
// The bytes; none unless `text` is exactly what Base64 could have written.
std::optional<std::string> Base64Decode(std::string_view text);

// Bytes as text and text as bytes, without a copy; the view borrows.
inline std::span<const std::uint8_t> AsBytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view AsText(std::span<const std::uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace kubescribe::codec
