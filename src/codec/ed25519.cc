#include "codec/ed25519.h"

#include <openssl/evp.h>

#include <cstdlib>
#include <utility>

#include "codec/digest.h"

namespace kubescribe::codec {
namespace {

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct FreeSigning {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

void Need(bool ok) {
  if (!ok) std::abort();
}

}  // namespace

struct Ed25519Key::State {
  std::unique_ptr<EVP_PKEY, FreeKey> key;
};

Ed25519Key::Ed25519Key(std::unique_ptr<State> state)
    : state_(std::move(state)) {
  std::size_t size = public_.size();
  Need(EVP_PKEY_get_raw_public_key(state_->key.get(), public_.data(), &size) ==
           1 &&
       size == public_.size());
}
Ed25519Key::~Ed25519Key() = default;

std::shared_ptr<const Ed25519Key> Ed25519Key::FromSeed(
    const std::array<std::uint8_t, 32>& seed) {
  auto state = std::make_unique<State>();
  state->key.reset(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr,
                                                seed.data(), seed.size()));
  Need(state->key != nullptr);
  return std::shared_ptr<const Ed25519Key>(new Ed25519Key(std::move(state)));
}

Ed25519Signature Ed25519Key::Sign(std::string_view message) const {
  const std::unique_ptr<EVP_MD_CTX, FreeSigning> context(EVP_MD_CTX_new());
  Ed25519Signature signature{};
  std::size_t size = signature.size();
  Need(context != nullptr &&
       EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr,
                          state_->key.get()) == 1 &&
       EVP_DigestSign(context.get(), signature.data(), &size,
                      AsBytes(message).data(), message.size()) == 1 &&
       size == signature.size());
  return signature;
}

bool Ed25519Verify(const Ed25519Public& key, std::string_view message,
                   std::span<const std::uint8_t> signature) {
  const std::unique_ptr<EVP_PKEY, FreeKey> known(EVP_PKEY_new_raw_public_key(
      EVP_PKEY_ED25519, nullptr, key.data(), key.size()));
  const std::unique_ptr<EVP_MD_CTX, FreeSigning> context(EVP_MD_CTX_new());
  return known != nullptr && context != nullptr &&
         EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr,
                              known.get()) == 1 &&
         EVP_DigestVerify(context.get(), signature.data(), signature.size(),
                          AsBytes(message).data(), message.size()) == 1;
}

}  // namespace kubescribe::codec
