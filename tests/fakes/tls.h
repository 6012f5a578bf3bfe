// A certificate of our own for 127.0.0.1 and localhost.
#pragma once

#include <string>

namespace kubescribe::fakes {

struct Certificate {
  std::string certificate_pem;  // is its own CA
  std::string key_pem;
};

// Valid from an hour ago for a day. Ends the program when OpenSSL fails.
Certificate MakeCertificate();

}  // namespace kubescribe::fakes
