#include "fakes/sick_tls.h"

#include <openssl/ssl.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/verify_context.hpp>

namespace kubescribe::fakes {
namespace {

namespace asio = boost::asio;

constexpr long kDay = 86400;
constexpr char kSessionContext[] = "kubescribe-sim";

}  // namespace

// What the server shows of itself.
Certificate TlsContexts::Chain(const std::string& fault) const {
  CertificateSpec spec;
  // One with its issuer's name would pass for signed by itself.
  spec.name = "kubescribe-sim-server";
  if (fault == "tls-expired") {
    spec.from = -2 * kDay;
    spec.until = -kDay;
  } else if (fault == "tls-not-yet-valid") {
    spec.from = kDay;
    spec.until = 2 * kDay;
  } else if (fault == "tls-wrong-host") {
    spec.hosts = "IP:192.0.2.1,DNS:elsewhere.invalid";
  } else if (fault == "tls-sha1") {
    spec.sha1 = true;
  } else if (fault == "tls-self-signed") {
    return MakeCertificate(spec);
  } else if (fault == "tls-unknown-ca" || fault == "tls-no-chain") {
    CertificateSpec authority;
    authority.name = "kubescribe-sim-between";
    authority.ca = true;
    const Certificate between = MakeCertificate(
        authority, fault == "tls-no-chain" ? &certificate_ : nullptr);
    return MakeCertificate(spec, &between);
  } else {
    return certificate_;
  }
  return MakeCertificate(spec, &certificate_);
}

std::unique_ptr<TlsContexts::Context> TlsContexts::Make(
    const std::string& fault) const {
  auto context = std::make_unique<Context>(Context::tls_server);
  SSL_CTX* const native = context->native_handle();
  if (fault == "tls-sha1" || fault == "tls-old-version") {
    // What nobody may use any more has to be allowed first.
    SSL_CTX_set_cipher_list(native, "ALL:@SECLEVEL=0");
  }
  if (fault == "tls-old-version") {
    SSL_CTX_set_min_proto_version(native, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(native, TLS1_1_VERSION);
  }
  const Certificate chain = Chain(fault);
  context->use_certificate_chain(asio::buffer(chain.certificate_pem));
  context->use_private_key(asio::buffer(chain.key_pem), Context::pem);
  // A server that asks for certificates resumes sessions only within a context
  // that it has named.
  SSL_CTX_set_session_id_context(
      native, reinterpret_cast<const unsigned char*>(kSessionContext),
      sizeof kSessionContext - 1);
  if (fault == "tls-refuse-client") {
    context->set_verify_mode(asio::ssl::verify_peer |
                             asio::ssl::verify_fail_if_no_peer_cert);
  } else if (!client_ca_.empty()) {
    context->add_certificate_authority(asio::buffer(client_ca_));
    context->set_verify_mode(asio::ssl::verify_peer);
    // As the real one: whoever it is gets in, and then perhaps 401.
    context->set_verify_callback(
        [](bool, asio::ssl::verify_context&) { return true; });
  }
  return context;
}

asio::ssl::context& TlsContexts::For(const std::string& fault) {
  std::unique_ptr<Context>& context = contexts_[fault];
  if (context == nullptr) context = Make(fault);
  return *context;
}

void TlsContexts::SetCertificate(const Certificate& certificate) {
  certificate_ = certificate;
  contexts_.clear();
}

}  // namespace kubescribe::fakes
