// What a CertificateSigningRequest asks for: the names in its PKCS #10 request
// (RFC 2986), read from the object's base64 of PEM.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kubescribe::kube {

struct CertificateRequest {
  std::string common_name;
  std::string serial_number;
  std::vector<std::string> organizations;
  std::vector<std::string> units;
  std::vector<std::string> countries;
  std::vector<std::string> localities;
  std::vector<std::string> provinces;
  std::vector<std::string> streets;
  std::vector<std::string> postal_codes;
  // Subject alternative names.
  std::vector<std::string> dns_names;
  std::vector<std::string> emails;
  std::vector<std::string> uris;
  std::vector<std::string> ips;
};

// `request`: spec.request as it stands in the object. nullopt: it is not a
// certificate request.
std::optional<CertificateRequest> ReadCertificateRequest(
    std::string_view request);

// RFC 4648 section 4 with padding, line breaks passed over. nullopt: not
// base64.
std::optional<std::string> DecodeBase64(std::string_view text);

}  // namespace kubescribe::kube
