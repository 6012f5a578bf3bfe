// TLS and credentials against a server with certificates made for the test.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "unit/net/test_client.h"
#include "unit/net/test_server.h"

namespace kubescribe::net {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string Slurp(const std::string& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

// A CA, another CA, a server's and a client's certificate, in one folder.
class Certificates {
 public:
  Certificates() {
    std::string pattern = testing::TempDir() + "kubescribe-tls-XXXXXX";
    if (mkdtemp(pattern.data()) == nullptr) std::abort();
    dir_ = pattern;
    const std::string script = fmt::format(R"(set -e; cd {}
for ca in ca other; do
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
    -keyout $ca.key -out $ca.pem -days 2 -subj /CN=$ca
done
leaf() {{
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
    -keyout $1.key -out $1.csr -subj /CN=$1
  printf "%s\n" "$2" > $1.ext
  openssl x509 -req -in $1.csr -CA ca.pem -CAkey ca.key -CAcreateserial \
    -out $1.pem -days 2 -extfile $1.ext
}}
leaf server subjectAltName=DNS:api.internal,IP:127.0.0.1
leaf named subjectAltName=DNS:api.internal
leaf client extendedKeyUsage=clientAuth
leaf client2 extendedKeyUsage=clientAuth
)",
                                           dir_);
    std::ofstream(dir_ + "/make.sh") << script;
    const std::string command = "sh " + dir_ + "/make.sh >/dev/null 2>&1";
    if (std::system(command.c_str()) != 0) std::abort();
  }
  ~Certificates() { std::filesystem::remove_all(dir_); }
  std::string path(const std::string& name) const { return dir_ + "/" + name; }
  std::string text(const std::string& name) const { return Slurp(path(name)); }

 private:
  std::string dir_;
};

struct ContextDeleter {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using Context = std::unique_ptr<SSL_CTX, ContextDeleter>;

class TlsTest : public ClientTest {
 protected:
  static void SetUpTestSuite() { certs_ = std::make_unique<Certificates>(); }
  static void TearDownTestSuite() { certs_.reset(); }
  static Context ServerContext(const std::string& name = "server") {
    Context context(SSL_CTX_new(TLS_server_method()));
    SSL_CTX_use_certificate_file(
        context.get(), certs_->path(name + ".pem").c_str(), SSL_FILETYPE_PEM);
    SSL_CTX_use_PrivateKey_file(
        context.get(), certs_->path(name + ".key").c_str(), SSL_FILETYPE_PEM);
    SSL_CTX_load_verify_locations(context.get(), certs_->path("ca.pem").c_str(),
                                  nullptr);
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_session_id_context(
        context.get(), reinterpret_cast<const unsigned char*>("t"), 1);
    return context;
  }
  // Answers one request with what it saw of it, and closes.
  static void Echo(TestPeer& peer) {
    const std::string request = peer.ReadRequest();
    if (request.empty()) return;
    peer.Reply(request + "sni=" + peer.Sni() +
                   (peer.HasClientCert() ? " cert" : " nocert"),
               "200 OK", "Connection: close\r\n");
  }
  // Gets once with a client of its own, which reads its files anew.
  std::string GetOnce(const config::Connection& connection) {
    Connect(connection);
    Recording got;
    Get(&got);
    client_.reset();
    loop_.Turn(0);
    last_code_ = got.error ? std::optional(got.error->code()) : std::nullopt;
    return got.error ? got.message() : got.body;
  }
  config::Connection Trusting(const TestServer& server) {
    config::Connection connection = To(server.url());
    connection.ca_data = certs_->text("ca.pem");
    return connection;
  }
  std::string WriteScript(const std::string& name, const std::string& body) {
    const std::string path = certs_->path(name);
    std::ofstream(path) << "#!/bin/sh\n" << body << "\n";
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    return path;
  }
  config::Connection WithExec(const TestServer& server, const std::string& name,
                              const std::string& body,
                              const std::string& version = "v1") {
    config::Connection connection = Trusting(server);
    connection.exec.emplace();
    connection.exec->api_version = "client.authentication.k8s.io/" + version;
    connection.exec->command = WriteScript(name, body);
    connection.exec->interactive_mode = config::InteractiveMode::kNever;
    return connection;
  }

  static inline std::unique_ptr<Certificates> certs_;
  std::optional<Code> last_code_;
};

std::string ExecPrint(const std::string& status,
                      const std::string& version = "v1") {
  return "echo '{\"kind\":\"ExecCredential\",\"apiVersion\":"
         "\"client.authentication.k8s.io/" +
         version + "\",\"status\":" + status + "}'";
}

TEST_F(TlsTest, CaAsDataAndAsFile) {
  const Context context = ServerContext();
  TestServer server(Echo, context.get());
  config::Connection connection = Trusting(server);
  EXPECT_THAT(GetOnce(connection), HasSubstr("nocert"));
  connection.ca_data.clear();
  connection.ca_file = certs_->path("ca.pem");
  EXPECT_THAT(GetOnce(connection), HasSubstr("nocert"));
}

TEST_F(TlsTest, OtherCaMissingCaAndUnreadableCaAreRefused) {
  const Context context = ServerContext();
  TestServer server(Echo, context.get());
  config::Connection connection = To(server.url());
  GetOnce(connection);  // the system's CAs do not know it
  EXPECT_EQ(last_code_, Code::kInvalid);
  connection.ca_data = certs_->text("other.pem");
  EXPECT_THAT(GetOnce(connection), HasSubstr("certificate"));
  EXPECT_EQ(last_code_, Code::kInvalid);
  connection.ca_data.clear();
  connection.ca_file = "/nonexistent/ca.pem";
  EXPECT_THAT(GetOnce(connection), HasSubstr("/nonexistent/ca.pem"));
  EXPECT_EQ(last_code_, Code::kInvalid);
}

TEST_F(TlsTest, InsecureConnectsWithoutACa) {
  const Context context = ServerContext();
  TestServer server(Echo, context.get());
  config::Connection connection = To(server.url());
  connection.insecure = true;
  EXPECT_THAT(GetOnce(connection), HasSubstr("nocert"));
}

TEST_F(TlsTest, TlsServerNameIsSniAndWhatIsVerified) {
  const Context context = ServerContext("named");
  TestServer server(Echo, context.get());
  config::Connection connection = Trusting(server);
  GetOnce(connection);  // the certificate is not for 127.0.0.1
  EXPECT_EQ(last_code_, Code::kInvalid);
  connection.tls_server_name = "api.internal";
  const std::string seen = GetOnce(connection);
  EXPECT_THAT(seen, HasSubstr("sni=api.internal"));
  EXPECT_THAT(seen,
              HasSubstr(fmt::format("Host: 127.0.0.1:{}\r\n", server.port())));
  connection.tls_server_name = "other.internal";
  GetOnce(connection);
  EXPECT_EQ(last_code_, Code::kInvalid);
}

TEST_F(TlsTest, OldTlsIsRefused) {
  const Context context = ServerContext();
  SSL_CTX_set_security_level(context.get(), 0);
  SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(context.get(), TLS1_1_VERSION);
  TestServer server(Echo, context.get());
  GetOnce(Trusting(server));
  EXPECT_TRUE(last_code_);
}

TEST_F(TlsTest, ClientCertificateAsDataAndAsFile) {
  const Context context = ServerContext();
  TestServer server(Echo, context.get());
  config::Connection connection = Trusting(server);
  connection.client_cert_data = certs_->text("client.pem");
  connection.client_key_data = certs_->text("client.key");
  EXPECT_THAT(GetOnce(connection), HasSubstr(" cert"));
  connection.client_cert_data.clear();
  connection.client_cert_file = certs_->path("client.pem");
  EXPECT_THAT(GetOnce(connection), HasSubstr(" cert"));
  connection.client_key_data = certs_->text("client2.key");
  EXPECT_THAT(GetOnce(connection), HasSubstr("do not belong together"));
  EXPECT_EQ(last_code_, Code::kForbidden);
}

TEST_F(TlsTest, TokenBasicAndImpersonationAreSent) {
  const Context context = ServerContext();
  TestServer server(Echo, context.get());
  config::Connection connection = Trusting(server);
  connection.token = "abc";
  connection.impersonate.user = "alice";
  connection.impersonate.uid = "7";
  connection.impersonate.groups = {"a", "b"};
  connection.impersonate.extra = {{"example.com/why", {"x", "y"}}};
  const std::string seen = GetOnce(connection);
  EXPECT_THAT(seen, HasSubstr("Authorization: Bearer abc\r\n"));
  EXPECT_THAT(seen, HasSubstr("Impersonate-User: alice\r\n"));
  EXPECT_THAT(seen, HasSubstr("Impersonate-Uid: 7\r\n"));
  EXPECT_THAT(seen, HasSubstr("Impersonate-Group: a\r\n"));
  EXPECT_THAT(seen, HasSubstr("Impersonate-Group: b\r\n"));
  EXPECT_THAT(seen, HasSubstr("Impersonate-Extra-example.com%2Fwhy: x\r\n"));
  connection.token.clear();
  connection.username = "u";
  connection.password = "p";
  EXPECT_THAT(GetOnce(connection), HasSubstr("Authorization: Basic dTpw\r\n"));
}

TEST_F(TlsTest, ProxySeesNeitherTokenNorCertificate) {
  std::promise<std::string> seen;
  TestServer proxy([&](TestPeer& peer) {
    seen.set_value(peer.ReadRequest());
    peer.Reply("", "403 Forbidden");
  });
  config::Connection connection = To("https://cluster.invalid:6443");
  connection.token = "s3cr3t";
  connection.impersonate.user = "alice";
  connection.proxy_url = proxy.url();
  GetOnce(connection);
  const std::string request = seen.get_future().get();
  EXPECT_THAT(request, HasSubstr("CONNECT cluster.invalid:6443 HTTP/1.1"));
  EXPECT_THAT(request, Not(HasSubstr("s3cr3t")));
  EXPECT_THAT(request, Not(HasSubstr("alice")));
}

TEST_F(TlsTest, TokenFileIsTrimmedAndReadAgainWhenRejected) {
  const Context context = ServerContext();
  TestServer server(
      [](TestPeer& peer) {
        const std::string request = peer.ReadRequest();
        const bool fresh = request.find("Bearer new\r\n") != std::string::npos;
        peer.Reply(request, fresh ? "200 OK" : "401 Unauthorized",
                   "Connection: close\r\n");
      },
      context.get());
  config::Connection connection = Trusting(server);
  connection.token = "literal";
  connection.token_file = certs_->path("token");
  std::ofstream(connection.token_file) << "old\n";
  Connect(connection);
  Recording first;
  Get(&first);
  EXPECT_THAT(first.body, HasSubstr("Bearer old\r\n"));
  std::ofstream(connection.token_file) << "new\n";
  Recording second;
  Get(&second);
  EXPECT_EQ(second.head.status, 401) << "read again too soon";
  client_->CredentialRejected();
  Recording third;
  Get(&third);
  EXPECT_EQ(third.head.status, 200);
  // What cannot be read does not take away what we have.
  std::filesystem::remove(connection.token_file);
  client_->CredentialRejected();
  Recording fourth;
  Get(&fourth);
  EXPECT_EQ(fourth.head.status, 200);
}

TEST_F(TlsTest, UnreadableTokenFileIsForbiddenAndNamed) {
  const Context context = ServerContext();
  TestServer server(Echo, context.get());
  config::Connection connection = Trusting(server);
  connection.token_file = certs_->path("no-such-token");
  EXPECT_THAT(GetOnce(connection), HasSubstr("no-such-token"));
  EXPECT_EQ(last_code_, Code::kForbidden);
  connection.token = "literal";
  EXPECT_THAT(GetOnce(connection), HasSubstr("Bearer literal"));
}

TEST_F(TlsTest, ExecPluginGivesATokenInBothVersions) {
  const Context context = ServerContext();
  TestServer server(Echo, context.get());
  for (const std::string version : {"v1", "v1beta1"}) {
    config::Connection connection =
        WithExec(server, "ok-" + version,
                 "[ -n \"$KUBERNETES_EXEC_INFO\" ] && [ \"$A\" = b ] && [ "
                 "\"$1\" = arg ] && " +
                     ExecPrint(R"({"token":"from-plugin"})", version),
                 version);
    connection.exec->args = {"arg"};
    connection.exec->env = {{"A", "b"}};
    EXPECT_THAT(GetOnce(connection), HasSubstr("Bearer from-plugin\r\n"));
  }
}

TEST_F(TlsTest, ExecPluginGivesACertificate) {
  const Context context = ServerContext();
  TestServer server(Echo, context.get());
  const auto escaped = [&](const std::string& name) {
    std::string out;
    for (const char c : certs_->text(name)) {
      if (c == '\n') {
        out += "\\n";
      } else {
        out += c;
      }
    }
    return out;
  };
  const std::string answer = fmt::format(
      "cat <<'E'\n{{\"kind\":\"ExecCredential\",\"apiVersion\":"
      "\"client.authentication.k8s.io/v1\",\"status\":{{"
      "\"clientCertificateData\":\"{}\",\"clientKeyData\":\"{}\"}}}}\nE",
      escaped("client.pem"), escaped("client.key"));
  EXPECT_THAT(GetOnce(WithExec(server, "cert", answer)), HasSubstr(" cert"));
}

TEST_F(TlsTest, FailingExecPluginsAreForbiddenAndKeepTheirSecrets) {
  const Context context = ServerContext();
  TestServer server(Echo, context.get());
  struct Case {
    const char* name;
    std::string body;
    const char* message;
  };
  const Case cases[] = {
      {"wrong-version", ExecPrint(R"({"token":"s3cr3t"})", "v1beta1"),
       "not of the configured version"},
      {"failing", "echo 'login first; token=s3cr3t' >&2; exit 3",
       "ended with code 3, said: login first"},
      {"garbage", "echo s3cr3t", "is not a JSON object"},
      {"huge", "while :; do echo s3cr3ts3cr3ts3cr3ts3cr3ts3cr3ts3cr3t; done",
       "printed more than 1048576 bytes"},
  };
  for (const Case& c : cases) {
    const std::string message = GetOnce(WithExec(server, c.name, c.body));
    EXPECT_EQ(last_code_, Code::kForbidden) << c.name;
    EXPECT_THAT(message, HasSubstr(c.message));
    EXPECT_THAT(message, Not(HasSubstr("s3cr3t")));
  }
  config::Connection missing = WithExec(server, "missing", "");
  missing.exec->command = "/nonexistent/plugin";
  missing.exec->install_hint = "install it";
  EXPECT_THAT(GetOnce(missing), HasSubstr("/nonexistent/plugin"));
  EXPECT_EQ(last_code_, Code::kForbidden);
  config::Connection terminal = WithExec(server, "tty", "");
  terminal.exec->interactive_mode = config::InteractiveMode::kAlways;
  EXPECT_THAT(GetOnce(terminal), HasSubstr("wants a terminal"));
}

TEST_F(TlsTest, SlowExecPluginIsKilledWithWhatItStarted) {
  const Context context = ServerContext();
  TestServer server(Echo, context.get());
  const config::Connection connection = WithExec(
      server, "slow",
      "echo $$ > " + certs_->path("slow.pid") + "; sleep 1000 & sleep 1000");
  ClientOptions options = Options();
  options.exec_timeout = 300 * kMillisecond;
  client_ = MakeClient(loop_, connection, options);
  Recording got;
  Get(&got);
  EXPECT_THAT(got.message(), HasSubstr("did not finish within"));
  const pid_t group = std::stoi(certs_->text("slow.pid"));
  // Killed processes may still wait to be collected by init: none may run.
  const std::string check = fmt::format(
      "for p in $(pgrep -g {}); do grep -q '^State:.[^ZX]' "
      "/proc/$p/status && exit 1; done; true",
      group);
  ASSERT_TRUE(RunUntil([&] { return std::system(check.c_str()) == 0; }));
}

TEST_F(TlsTest, ClientMayGoWhileAPluginRuns) {
  const Context context = ServerContext();
  TestServer server(Echo, context.get());
  Connect(WithExec(server, "endless", "sleep 1000"));
  Recording got;
  client_->Get({.target = "/"}, &got);
  loop_.Turn(0);
  loop_.Turn(0);
  client_.reset();
  loop_.Turn(0);
  EXPECT_FALSE(got.done);
}

TEST_F(TlsTest, PluginRunsOnceForManyAndAgainAfterA401) {
  const Context context = ServerContext();
  const std::string counter = certs_->path("counter");
  TestServer server(
      [](TestPeer& peer) {
        const std::string request = peer.ReadRequest();
        const bool first = request.find("Bearer t1\r\n") != std::string::npos;
        peer.Reply(request, first ? "401 Unauthorized" : "200 OK",
                   "Connection: close\r\n");
      },
      context.get());
  Connect(WithExec(server, "count",
                   "echo >> " + counter + "; n=$(wc -l < " + counter + "); " +
                       "echo '{\"kind\":\"ExecCredential\",\"apiVersion\":"
                       "\"client.authentication.k8s.io/v1\",\"status\":"
                       "{\"token\":\"t'$n'\"}}'"));
  std::vector<Recording> many(8);
  for (Recording& got : many) client_->Get({.target = "/"}, &got);
  for (Recording& got : many) {
    ASSERT_TRUE(RunUntil([&] { return got.done; }));
    EXPECT_EQ(got.head.status, 401);
  }
  EXPECT_EQ(certs_->text("counter"), "\n");
  // A plugin is not run twice within a second.
  bool later = false;
  loop_.After(1100 * kMillisecond, [&] { later = true; });
  ASSERT_TRUE(RunUntil([&] { return later; }));
  for (int i = 0; i < 8; ++i) client_->CredentialRejected();
  std::vector<Recording> again(8);
  for (Recording& got : again) client_->Get({.target = "/"}, &got);
  for (Recording& got : again) {
    ASSERT_TRUE(RunUntil([&] { return got.done; }));
    EXPECT_EQ(got.head.status, 200);
  }
  // Late news of the old credential does not end the new one.
  client_->CredentialRejected();
  Recording last;
  Get(&last);
  EXPECT_EQ(certs_->text("counter"), "\n\n");
}

TEST_F(TlsTest, ExpiredExecCredentialIsFetchedAgain) {
  const Context context = ServerContext();
  TestServer server(Echo, context.get());
  const std::string counter = certs_->path("expired-counter");
  Connect(WithExec(
      server, "expired",
      "echo >> " + counter + "; " +
          ExecPrint(
              R"({"token":"t","expirationTimestamp":"2020-01-01T00:00:00Z"})")));
  Recording first;
  Get(&first);
  EXPECT_THAT(first.body, HasSubstr("Bearer t\r\n"));
  bool later = false;
  loop_.After(1100 * kMillisecond, [&] { later = true; });
  ASSERT_TRUE(RunUntil([&] { return later; }));
  Recording second;
  Get(&second);
  EXPECT_EQ(certs_->text("expired-counter"), "\n\n");
}

}  // namespace
}  // namespace kubescribe::net
