// Certificates for 127.0.0.1 and localhost, good ones and others.
#pragma once

#include <string>

namespace kubescribe::fakes {

struct Certificate {
  std::string certificate_pem;
  std::string key_pem;
};

struct CertificateSpec {
  std::string name = "kubescribe-sim";
  std::string hosts = "IP:127.0.0.1,DNS:localhost";
  long from = -3600;  // seconds from now
  long until = 86400;
  bool ca = false;
  bool sha1 = false;
};

// Signed by `issuer`, or by itself where that is null. Ends the program when
// OpenSSL fails.
Certificate MakeCertificate(const CertificateSpec& spec,
                            const Certificate* issuer = nullptr);
// Of a server that is its own CA.
Certificate MakeCertificate();

}  // namespace kubescribe::fakes
