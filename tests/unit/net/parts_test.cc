// The pure parts of net/: Retry-After, NO_PROXY, the exec protocol.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "net/exec_credential.h"
#include "net/proxy.h"
#include "net/retry_after.h"

namespace kubescribe::net {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr Micros kNow = 1700000000 * kSecond;  // 2023-11-14T22:13:20Z

TEST(RetryAfter, EveryForm) {
  EXPECT_EQ(ParseRetryAfter("5", kNow), 5);
  EXPECT_EQ(ParseRetryAfter(" 0 ", kNow), 0);
  EXPECT_EQ(ParseRetryAfter("Tue, 14 Nov 2023 22:13:50 GMT", kNow), 30);
  EXPECT_EQ(ParseRetryAfter("1000000000", kNow), kMaxRetryAfter);
  EXPECT_EQ(ParseRetryAfter("99999999999999999999999999", kNow),
            kMaxRetryAfter);
  for (const char* bad :
       {"", "-5", "1.5", "soon", "5s", "+5", "Tue, 14 Nov 2023 22:13:10 GMT"}) {
    EXPECT_EQ(ParseRetryAfter(bad, kNow), std::nullopt) << bad;
  }
}

TEST(NoProxy, NamesSuffixesAddressesAndNetworks) {
  const char* list =
      "internal.example, .svc ,10.0.0.0/8,192.168.1.1,[fd00::]/8,fd00::/8,"
      "host:8443,*.wild.example";
  EXPECT_TRUE(InNoProxy(list, "internal.example", 443));
  EXPECT_TRUE(InNoProxy(list, "API.Internal.Example", 443));
  EXPECT_FALSE(InNoProxy(list, "notinternal.example", 443));
  EXPECT_TRUE(InNoProxy(list, "k.svc", 443));
  EXPECT_FALSE(InNoProxy(list, "svc", 443));
  EXPECT_TRUE(InNoProxy(list, "10.255.0.1", 6443));
  EXPECT_FALSE(InNoProxy(list, "11.0.0.1", 6443));
  EXPECT_TRUE(InNoProxy(list, "192.168.1.1", 6443));
  EXPECT_TRUE(InNoProxy(list, "fd12::1", 6443));
  EXPECT_FALSE(InNoProxy(list, "2001:db8::1", 6443));
  EXPECT_TRUE(InNoProxy(list, "host", 8443));
  EXPECT_FALSE(InNoProxy(list, "host", 443));
  EXPECT_TRUE(InNoProxy(list, "a.wild.example", 443));
  EXPECT_TRUE(InNoProxy("*", "anything", 1));
  EXPECT_FALSE(InNoProxy("", "anything", 1));
  EXPECT_FALSE(InNoProxy("10.0.0.0/99,/,:,[", "10.0.0.1", 1));
}

TEST(ProxyFor, LoopbackNeverGoesThroughAProxy) {
  const ProxyEnvironment env{"http://plain", "http://tls", "skip.example"};
  EXPECT_EQ(ProxyFor(env, true, "k8s.example", 443), "http://tls");
  EXPECT_EQ(ProxyFor(env, false, "k8s.example", 80), "http://plain");
  EXPECT_EQ(ProxyFor(env, true, "skip.example", 443), "");
  for (const char* host : {"localhost", "127.0.0.1", "127.3.2.1", "::1"}) {
    EXPECT_EQ(ProxyFor(env, true, host, 443), "") << host;
  }
}

std::string Answer(const std::string& status,
                   const std::string& version = "v1") {
  return R"({"kind":"ExecCredential","apiVersion":)"
         R"("client.authentication.k8s.io/)" +
         version + R"(","status":)" + status + "}";
}

constexpr char kV1[] = "client.authentication.k8s.io/v1";

TEST(ExecCredential, TokenWithExpiry) {
  const auto c = ParseExecCredential(
      Answer(R"({"token":"t","expirationTimestamp":"2023-11-14T22:13:20Z"})"),
      kV1);
  ASSERT_TRUE(c.ok()) << c.error().message();
  EXPECT_EQ(c->token, "t");
  EXPECT_EQ(c->expires, kNow);
  const auto zone = ParseExecCredential(
      Answer(R"({"token":"t",)"
             R"("expirationTimestamp":"2023-11-15T00:13:20.123+02:00"})"),
      kV1);
  ASSERT_TRUE(zone.ok());
  EXPECT_EQ(zone->expires, kNow);
}

TEST(ExecCredential, BadAnswersAreRefusedWithoutTheirContent) {
  const std::string bad[] = {
      "",
      "s3cr3t",
      "[]",
      R"({"kind":"Other","status":{"token":"s3cr3t"}})",
      Answer(R"({"token":"s3cr3t"})", "v1beta1"),
      Answer("null"),
      Answer("{}"),
      Answer(R"({"clientCertificateData":"s3cr3t"})"),
      Answer(R"({"token":"s3cr3t","expirationTimestamp":"tomorrow"})"),
      Answer(R"({"token":"s3cr3t","expirationTimestamp":5})"),
      Answer(R"({"token":"s3cr3t",)"
             R"("expirationTimestamp":"2023-13-14T22:13:20Z"})"),
  };
  for (const std::string& answer : bad) {
    const auto c = ParseExecCredential(answer, kV1);
    ASSERT_FALSE(c.ok()) << answer;
    EXPECT_EQ(c.error().code(), Code::kInvalid);
    EXPECT_THAT(c.error().message(), Not(HasSubstr("s3cr3t")));
  }
}

TEST(ExecCredential, InfoHoldsTheClusterOnlyWhenWanted) {
  config::Connection connection;
  connection.server = "https://h";
  connection.exec.emplace();
  connection.exec->api_version = kV1;
  auto info = nlohmann::json::parse(ExecInfo(connection, "CA"));
  EXPECT_EQ(info["apiVersion"], kV1);
  EXPECT_EQ(info["spec"]["interactive"], false);
  EXPECT_FALSE(info["spec"].contains("cluster"));
  connection.exec->provide_cluster_info = true;
  connection.exec->cluster_config_json = R"({"a":1})";
  info = nlohmann::json::parse(ExecInfo(connection, "CA"));
  EXPECT_EQ(info["spec"]["cluster"]["server"], "https://h");
  EXPECT_EQ(info["spec"]["cluster"]["certificate-authority-data"], "Q0E=");
  EXPECT_EQ(info["spec"]["cluster"]["config"]["a"], 1);
}

TEST(ScrubbedHint, ShowsWordsAndNoSecrets) {
  const std::string hint = ScrubbedHint(
      "error: session expired, run login\n"
      "token=hunter2 password: \"abc\" Bearer xyz\n"
      "eyJhbGciOiJSUzI1NiIsImtpZCI6IiJ9.eyJpc3MiOiJrdWJlcm5ldGVzL3Nlcn\x1b["
      "31m");
  EXPECT_THAT(hint, HasSubstr("error session expired run login"));
  for (const char* secret : {"hunter2", "abc", "xyz", "eyJ", "\x1b"}) {
    EXPECT_THAT(hint, Not(HasSubstr(secret)));
  }
  EXPECT_LE(ScrubbedHint(std::string(5000, 'a') + " b").size(), 160u);
}

}  // namespace
}  // namespace kubescribe::net
