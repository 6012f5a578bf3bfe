// No spec.request makes its reader do harm: neither as the object has it
// (base64 of PEM), nor with whatever DER in its PEM.
#include <cstdint>
#include <string>
#include <string_view>

#include "kube/certificate_request.h"

namespace {

std::string Base64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t bits = 0;
    for (std::size_t j = i; j < i + 3; ++j) {
      bits = bits << 8 |
             (j < bytes.size() ? static_cast<std::uint8_t>(bytes[j]) : 0U);
    }
    for (std::size_t j = 0; j < 4; ++j) {
      text += i + j > bytes.size() ? '=' : kDigits[bits >> (18 - 6 * j) & 63];
    }
  }
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  namespace kube = kubescribe::kube;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  (void)kube::ReadCertificateRequest(bytes);
  (void)kube::ReadCertificateRequest(Base64(bytes));
  const std::string pem = "-----BEGIN CERTIFICATE REQUEST-----\n" +
                          Base64(bytes) +
                          "\n-----END CERTIFICATE REQUEST-----\n";
  (void)kube::ReadCertificateRequest(Base64(pem));
  if (kube::DecodeBase64(Base64(bytes)) != bytes) __builtin_trap();
  return 0;
}
