// Kubeconfigs for simulated clusters.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace kubescribe::fakes {

// One cluster, its context and its user, all of one name.
struct KubeconfigEntry {
  std::string name;
  std::string url;
  std::string ca_pem;   // empty: no TLS
  std::string ca_path;  // where the CA is to be read; empty: from the text
  std::string token;    // empty: none
  std::string client_certificate_pem;  // empty: none
  std::string client_key_pem;
};

// The first one's context is the current one.
std::string KubeconfigText(const std::vector<KubeconfigEntry>& entries);

// Into a file that only its owner may read, also where it was there before.
// kIo when it cannot be written.
Status WritePrivately(const std::string& path, const std::string& text);

}  // namespace kubescribe::fakes
