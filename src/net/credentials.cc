#include "net/credentials.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "net/base64.h"

namespace kubescribe::net {
namespace {

constexpr Micros kTokenAge = 50 * kSecond;
constexpr Micros kCertAge = 60 * kSecond;
// Between two runs of a plugin whose credential is not accepted or already
// expired when it comes.
constexpr Micros kExecSpacing = 1 * kSecond;
constexpr Micros kExecMaxBackoff = 30 * kSecond;

// Never asks: OpenSSL's own callback would prompt on the terminal.
int NoPassword(char*, int, int, void*) { return 0; }

// Does the key belong to the first certificate? Both PEM.
bool PairMatches(const std::string& cert, const std::string& key) {
  BIO* cert_bio = BIO_new_mem_buf(cert.data(), static_cast<int>(cert.size()));
  BIO* key_bio = BIO_new_mem_buf(key.data(), static_cast<int>(key.size()));
  X509* x509 = PEM_read_bio_X509(cert_bio, nullptr, &NoPassword, nullptr);
  EVP_PKEY* pkey =
      PEM_read_bio_PrivateKey(key_bio, nullptr, &NoPassword, nullptr);
  const bool matches = x509 != nullptr && pkey != nullptr &&
                       X509_check_private_key(x509, pkey) == 1;
  EVP_PKEY_free(pkey);
  X509_free(x509);
  BIO_free(key_bio);
  BIO_free(cert_bio);
  ERR_clear_error();
  return matches;
}

std::vector<std::string> ProcessEnvironment(const config::ExecPlugin& exec,
                                            const std::string& info) {
  std::vector<std::pair<std::string, std::string>> set = exec.env;
  set.emplace_back("KUBERNETES_EXEC_INFO", info);
  std::vector<std::string> out;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::string_view name = text.substr(0, text.find('='));
    const bool replaced =
        std::any_of(set.begin(), set.end(),
                    [&](const auto& pair) { return pair.first == name; });
    if (!replaced) out.emplace_back(text);
  }
  for (const auto& [name, value] : set) out.push_back(name + "=" + value);
  return out;
}

}  // namespace

Credentials::Credentials(Loop& loop, const config::Connection& connection,
                         Micros exec_timeout)
    : loop_(loop),
      connection_(connection),
      exec_timeout_(exec_timeout),
      https_(connection.server.starts_with("https://")),
      ca_file_(connection.ca_file, kCertAge),
      token_file_(connection.token_file, kTokenAge),
      cert_file_(connection.client_cert_file, kCertAge),
      key_file_(connection.client_key_file, kCertAge),
      alive_(std::make_shared<Liveness>()) {}

Credentials::~Credentials() = default;

bool Credentials::NeedsExec() const {
  const config::Connection& c = connection_;
  return https_ && c.exec && c.token.empty() && c.token_file.empty() &&
         c.username.empty() && c.client_cert_data.empty() &&
         c.client_cert_file.empty();
}

bool Credentials::ExecUsable() const {
  if (!exec_valid_) return false;
  if (!exec_.expires || loop_.clock().Wall() < *exec_.expires) return true;
  return loop_.clock().Mono() - exec_ran_at_ < kExecSpacing;
}

void Credentials::Get(Ready ready) {
  if (!NeedsExec()) return ready(Static());
  if (connection_.exec->interactive_mode == config::InteractiveMode::kAlways) {
    return ready(
        Error(Code::kForbidden,
              fmt::format("no credential for {}: {} wants a terminal "
                          "(interactiveMode: Always), and a recorder has none",
                          connection_.name, connection_.exec->command)));
  }
  if (ExecUsable()) return ready(WithExec());
  if (!run_ && exec_failures_ > 0) {
    const Micros wait = std::min<Micros>(
        kSecond << std::min(exec_failures_ - 1, 10u), kExecMaxBackoff);
    if (loop_.clock().Mono() - exec_ran_at_ < wait) {
      return ready(Error(Code::kForbidden, exec_error_));
    }
  }
  waiting_.push_back(std::move(ready));
  if (run_) return;
  Result<std::string> ca = Ca();
  StartExec(ca.ok() ? *ca : "");
}

void Credentials::Rejected(std::uint64_t generation) {
  if (generation != generation_ || run_) return;
  token_file_.Expire();
  cert_file_.Expire();
  key_file_.Expire();
  if (!exec_valid_) return;
  // A plugin that hands out what the server refuses must not be run in a
  // circle: the streams' own back-off comes on top of this.
  if (loop_.clock().Mono() - exec_ran_at_ < kExecSpacing) return;
  exec_valid_ = false;
}

void Credentials::StartExec(const std::string& ca) {
  const config::ExecPlugin& exec = *connection_.exec;
  ChildSpec spec;
  spec.command = exec.command;
  spec.args = exec.args;
  spec.env = ProcessEnvironment(exec, ExecInfo(connection_, ca));
  spec.timeout = exec_timeout_;
  exec_ran_at_ = loop_.clock().Mono();
  const std::weak_ptr<Liveness> alive = alive_;
  // The run is joined in our destructor, so `this` and the loop are there
  // while its thread is.
  run_ = std::make_unique<ChildRun>(
      std::move(spec), loop_.clock(), [this, alive](Result<ChildOutput> out) {
        loop_.Post([this, alive, out = std::move(out)] {
          if (!alive.expired()) ExecDone(out);
        });
      });
}

Result<ExecCredential> Credentials::Evaluate(
    const Result<ChildOutput>& output) const {
  const config::ExecPlugin& exec = *connection_.exec;
  const auto failed = [&](const std::string& why) {
    std::string message =
        fmt::format("no credential for {}: {}", connection_.name, why);
    if (!exec.install_hint.empty()) {
      message += " (" + exec.install_hint.substr(0, 400) + ")";
    }
    return Error(Code::kForbidden, message);
  };
  if (!output.ok()) return failed(output.error().message());
  if (output->exit_code != 0) {
    const std::string hint = ScrubbedHint(output->err);
    return failed(fmt::format("{} ended with code {}{}{}", exec.command,
                              output->exit_code,
                              hint.empty() ? "" : ", said: ", hint));
  }
  Result<ExecCredential> credential =
      ParseExecCredential(output->out, exec.api_version);
  if (!credential.ok()) return failed(credential.error().message());
  if (HasControl(credential->token)) {
    return failed("the plugin's token holds control characters");
  }
  return credential;
}

void Credentials::ExecDone(const Result<ChildOutput>& output) {
  run_.reset();
  ++generation_;
  Result<ExecCredential> credential = Evaluate(output);
  if (credential.ok()) {
    exec_ = std::move(*credential);
    exec_valid_ = true;
    exec_failures_ = 0;
  } else {
    exec_valid_ = false;
    ++exec_failures_;
    exec_error_ = credential.error().message();
  }
  std::vector<Ready> waiting;
  waiting.swap(waiting_);
  const std::weak_ptr<Liveness> alive = alive_;
  for (Ready& ready : waiting) {
    if (alive.expired()) return;
    if (exec_valid_) {
      ready(WithExec());
    } else {
      ready(Error(Code::kForbidden, exec_error_));
    }
  }
}

Result<std::string> Credentials::Ca() {
  if (!connection_.ca_data.empty()) return connection_.ca_data;
  if (connection_.ca_file.empty()) return std::string();
  return ca_file_.Get(loop_.clock());
}

Result<Credential> Credentials::WithExec() {
  Result<std::string> ca = Ca();
  if (!ca.ok()) return Error(Code::kInvalid, ca.error().message());
  Credential out;
  out.ca = std::move(*ca);
  if (!exec_.token.empty()) out.authorization = "Bearer " + exec_.token;
  out.client_cert = exec_.client_cert;
  out.client_key = exec_.client_key;
  out.generation = generation_;
  return out;
}

Result<Credential> Credentials::Static() {
  Credential out;
  out.generation = generation_;
  if (!https_) return out;
  Result<std::string> ca = Ca();
  if (!ca.ok()) return Error(Code::kInvalid, ca.error().message());
  out.ca = std::move(*ca);
  if (Status status = AddToken(&out); !status.ok()) return status.error();
  if (Status status = AddClientCert(&out); !status.ok()) return status.error();
  return out;
}

Status Credentials::AddToken(Credential* credential) {
  std::string token = connection_.token;
  if (!connection_.token_file.empty()) {
    Result<std::string> read = token_file_.Get(loop_.clock());
    if (read.ok()) {
      token = std::move(*read);
    } else if (token.empty()) {
      return Error(Code::kForbidden,
                   fmt::format("no credential for {}: {}", connection_.name,
                               read.error().message()));
    }
  }
  if (!token.empty()) {
    if (HasControl(token)) {
      return Error(Code::kForbidden,
                   fmt::format("no credential for {}: the token holds control "
                               "characters",
                               connection_.name));
    }
    credential->authorization = "Bearer " + token;
  } else if (!connection_.username.empty()) {
    credential->authorization =
        "Basic " + Base64(connection_.username + ":" + connection_.password);
  }
  return {};
}

Status Credentials::AddClientCert(Credential* credential) {
  const config::Connection& c = connection_;
  const auto value = [&](const std::string& data,
                         FileValue& file) -> Result<std::string> {
    if (!data.empty() || file.path().empty()) return data;
    return file.Get(loop_.clock());
  };
  Result<std::string> cert = value(c.client_cert_data, cert_file_);
  Result<std::string> key = value(c.client_key_data, key_file_);
  for (const Result<std::string>* part : {&cert, &key}) {
    if (!part->ok()) {
      return Error(Code::kForbidden,
                   fmt::format("no credential for {}: {}", c.name,
                               part->error().message()));
    }
  }
  if (cert->empty()) return {};
  if (*cert != good_cert_ || *key != good_key_) {
    if (PairMatches(*cert, *key)) {
      good_cert_ = std::move(*cert);
      good_key_ = std::move(*key);
    } else if (good_cert_.empty()) {
      return Error(
          Code::kForbidden,
          fmt::format("no credential for {}: the client certificate and its "
                      "key are not PEM, need a password, or do not belong "
                      "together",
                      c.name));
    } else {
      // In the middle of a rotation: one of the files is still the old one.
      cert_file_.Expire();
      key_file_.Expire();
    }
  }
  credential->client_cert = good_cert_;
  credential->client_key = good_key_;
  return {};
}

}  // namespace kubescribe::net
