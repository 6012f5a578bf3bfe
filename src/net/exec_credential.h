// The ExecCredential protocol of client-go's credential plugins (P§4), versions
// v1 and v1beta1: what goes in by KUBERNETES_EXEC_INFO, what comes back on
// stdout. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "config/connection.h"

namespace kubescribe::net {

struct ExecCredential {
  std::string token;
  std::string client_cert;  // PEM; always with the key
  std::string client_key;
  std::optional<Micros> expires;  // wall
};

// The value of KUBERNETES_EXEC_INFO. `ca` is the cluster's CA as PEM. REQUIRES:
// connection.exec.
std::string ExecInfo(const config::Connection& connection,
                     const std::string& ca);

// kInvalid: not an ExecCredential of `api_version`, or no usable credential in
// it. The message holds nothing of the output.
Result<ExecCredential> ParseExecCredential(std::string_view output,
                                           const std::string& api_version);

// What of a plugin's stderr may be shown: its first words on one line, 160
// characters at most, without anything that may be a secret.
std::string ScrubbedHint(std::string_view text);

}  // namespace kubescribe::net
