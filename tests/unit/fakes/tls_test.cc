// TLS of the simulated server, met with a plain OpenSSL client.
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>

#include "unit/fakes/sim_test.h"

namespace kubescribe::fakes {
namespace {

namespace asio = boost::asio;

using TlsTest = SimTest;
using Session = std::shared_ptr<SSL_SESSION>;

// A handshake, with the session of an earlier one if there is one. Null: it
// failed.
Session Shake(int port, const Session& earlier, bool& resumed) {
  asio::io_context context;
  asio::ssl::context tls(asio::ssl::context::tls_client);
  // Where the session is there as soon as the handshake is done.
  SSL_CTX_set_max_proto_version(tls.native_handle(), TLS1_2_VERSION);
  asio::ssl::stream<asio::ip::tcp::socket> stream(context, tls);
  stream.next_layer().connect(
      {asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(port)});
  if (earlier) SSL_set_session(stream.native_handle(), earlier.get());
  boost::system::error_code error;
  stream.handshake(asio::ssl::stream_base::client, error);
  if (error) return nullptr;
  // Else the session would be given up with its connection.
  SSL_set_shutdown(stream.native_handle(),
                   SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  resumed = SSL_session_reused(stream.native_handle()) != 0;
  return {SSL_get1_session(stream.native_handle()), SSL_SESSION_free};
}

TEST_F(TlsTest, SessionsAreResumedThoughCertificatesAreAskedFor) {
  SimOptions options;
  options.tls = true;
  options.client_certificates = true;
  StartSim(options);
  bool resumed = true;
  const Session session = Shake(sim_->port(), nullptr, resumed);
  ASSERT_NE(session, nullptr);
  EXPECT_FALSE(resumed);
  EXPECT_NE(Shake(sim_->port(), session, resumed), nullptr);
  EXPECT_TRUE(resumed);
}

}  // namespace
}  // namespace kubescribe::fakes
