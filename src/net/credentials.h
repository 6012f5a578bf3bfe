// Credentials: what a request to one cluster carries to say who we are, from
// the values, files or plugin of its Connection, and kept fresh (P§4).
//
// - Token files are read again after 50 s, certificate and CA files after 60 s;
//   while they cannot be read the last good contents stay.
// - A credential plugin runs off the loop, once for all requests that wait for
//   it, and again when its credential expired or was rejected. While it fails
//   it is not run more often than after 1, 2, 4 … 30 s.
// - Over http there are no credentials, whatever is configured.
//
// Loop thread only. Errors and logs never hold a secret.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "config/connection.h"
#include "net/exec_credential.h"
#include "net/file_value.h"
#include "net/loop.h"
#include "net/process.h"

namespace kubescribe::net {

// "" is absent, throughout.
struct Credential {
  std::string ca;             // PEM, to verify the server with
  std::string authorization;  // the header's value
  std::string client_cert;    // PEM
  std::string client_key;     // PEM
  // Tells a credential from the one that replaced it.
  std::uint64_t generation = 0;
};

class Credentials {
 public:
  using Ready = std::function<void(Result<Credential>)>;

  // `connection` must outlive it.
  Credentials(Loop& loop, const config::Connection& connection,
              Micros exec_timeout);
  ~Credentials();
  Credentials(const Credentials&) = delete;
  Credentials& operator=(const Credentials&) = delete;

  // Calls `ready` once, from within or, when a plugin has to run, later; not
  // after destruction. kForbidden: no credential could be had. kInvalid: the CA
  // cannot be read.
  void Get(Ready ready);
  // The server answered 401 to a request with this generation. Ignored when a
  // newer credential is there or on its way.
  void Rejected(std::uint64_t generation);

 private:
  struct Liveness {};  // its weak pointers tell a late answer that we are gone

  bool NeedsExec() const;
  bool ExecUsable() const;
  void StartExec(const std::string& ca);
  void ExecDone(const Result<ChildOutput>& output);
  Result<ExecCredential> Evaluate(const Result<ChildOutput>& output) const;
  Result<std::string> Ca();
  Result<Credential> Static();
  Result<Credential> WithExec();
  Status AddToken(Credential* credential);
  Status AddClientCert(Credential* credential);

  Loop& loop_;
  const config::Connection& connection_;
  const Micros exec_timeout_;
  const bool https_;
  FileValue ca_file_;
  FileValue token_file_;
  FileValue cert_file_;
  FileValue key_file_;
  std::string good_cert_;  // the last pair that belongs together
  std::string good_key_;
  std::uint64_t generation_ = 1;

  std::unique_ptr<ChildRun> run_;
  std::vector<Ready> waiting_;
  ExecCredential exec_;
  bool exec_valid_ = false;
  Micros exec_ran_at_ = 0;  // mono
  unsigned exec_failures_ = 0;
  std::string exec_error_;
  std::shared_ptr<Liveness> alive_;  // shared only by weak pointers
};

}  // namespace kubescribe::net
