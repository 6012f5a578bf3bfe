#include "codec/digest.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cstdlib>
#include <memory>

namespace kubescribe::codec {
namespace {

void Require(bool ok) {
  if (!ok) std::abort();
}

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
struct FreeAlgorithm {
  void operator()(EVP_MD* algorithm) const { EVP_MD_free(algorithm); }
};

// Looked up once: EVP_sha256() is looked up anew by each digest, which takes
// longer than to hash a leaf.
const EVP_MD* Algorithm() {
  static const std::unique_ptr<EVP_MD, FreeAlgorithm> algorithm(
      EVP_MD_fetch(nullptr, "SHA256", nullptr));
  Require(algorithm != nullptr);
  return algorithm.get();
}

}  // namespace

struct Sha256::State {
  std::unique_ptr<EVP_MD_CTX, FreeContext> context{EVP_MD_CTX_new()};
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  Require(state_->context != nullptr);
  Require(EVP_DigestInit_ex(state_->context.get(), Algorithm(), nullptr) == 1);
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::Update(std::string_view bytes) {
  Require(EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()) ==
          1);
}

void Sha256::Update(std::span<const std::uint8_t> bytes) {
  Update(AsText(bytes));
}

Sha256Digest Sha256::Finish() {
  Sha256Digest digest{};
  EVP_MD_CTX* context = state_->context.get();
  Require(EVP_DigestFinal_ex(context, digest.data(), nullptr) == 1);
  Require(EVP_DigestInit_ex(context, Algorithm(), nullptr) == 1);
  return digest;
}

Sha256Digest Sha256Of(std::string_view bytes) {
  Sha256Digest digest{};
  Require(EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr,
                     Algorithm(), nullptr) == 1);
  return digest;
}

Sha256Digest HmacSha256(std::span<const std::uint8_t> key,
                        std::string_view bytes) {
  Sha256Digest digest{};
  unsigned int size = 0;
  // A null key would mean "the last one's": an empty key is given as "".
  const void* key_data =
      key.empty() ? "" : static_cast<const void*>(key.data());
  Require(HMAC(EVP_sha256(), key_data, static_cast<int>(key.size()),
               AsBytes(bytes).data(), bytes.size(), digest.data(),
               &size) != nullptr);
  return digest;
}

std::string Hex(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::string Hex(std::string_view bytes) { return Hex(AsBytes(bytes)); }

std::string Base64(std::span<const std::uint8_t> bytes) {
  // OpenSSL writes a NUL behind the text.
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(),
                  static_cast<int>(bytes.size()));
  text.pop_back();
  return text;
}

std::string Base64(std::string_view bytes) { return Base64(AsBytes(bytes)); }

std::optional<std::string> Base64Decode(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::string bytes(text.size() / 4 * 3, '\0');
  if (!text.empty()) {
    const int size =
        EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                        AsBytes(text).data(), static_cast<int>(text.size()));
    if (size < 0) return std::nullopt;
    std::size_t padding = 0;
    while (padding < 2 && text[text.size() - 1 - padding] == '=') ++padding;
    bytes.resize(static_cast<std::size_t>(size) - padding);
  }
  // The library trims blanks and ignores stray bits: only the canonical form
  // is taken.
  if (Base64(bytes) != text) return std::nullopt;
  return bytes;
}

}  // namespace kubescribe::codec
