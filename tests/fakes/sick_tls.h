// Handshakes, good and bad: the TLS contexts of a server, by the fault that a
// new connection meets.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <map>
#include <memory>
#include <string>

#include "fakes/tls.h"

namespace kubescribe::fakes {

class TlsContexts {
 public:
  // `client_ca`: see Server::Config.
  TlsContexts(Certificate certificate, std::string client_ca)
      : certificate_(std::move(certificate)),
        client_ca_(std::move(client_ca)) {}

  // "": the good one. Lives until the certificate is replaced.
  boost::asio::ssl::context& For(const std::string& fault);
  void SetCertificate(const Certificate& certificate);

 private:
  using Context = boost::asio::ssl::context;
  std::unique_ptr<Context> Make(const std::string& fault) const;
  Certificate Chain(const std::string& fault) const;

  Certificate certificate_;
  const std::string client_ca_;
  std::map<std::string, std::unique_ptr<Context>> contexts_;
};

}  // namespace kubescribe::fakes
