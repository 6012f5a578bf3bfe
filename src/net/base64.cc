#include "net/base64.h"

#include <openssl/evp.h>

#include <vector>

namespace kubescribe::net {

std::string Base64(const std::string& bytes) {
  std::vector<unsigned char> out(4 * ((bytes.size() + 2) / 3) + 1);
  const int size = EVP_EncodeBlock(
      out.data(), reinterpret_cast<const unsigned char*>(bytes.data()),
      static_cast<int>(bytes.size()));
  return std::string(out.begin(), out.begin() + size);
}

}  // namespace kubescribe::net
