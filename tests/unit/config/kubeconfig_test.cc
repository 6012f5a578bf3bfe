#include "config/kubeconfig.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/config/temp_dir.h"

namespace kubescribe::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// One cluster, user and context called `name`; the parts' lines are given.
std::string File(const std::string& name, const std::string& cluster,
                 const std::string& user,
                 const std::string& context_extra = "") {
  return fmt::format(
      "apiVersion: v1\nkind: Config\ncurrent-context: {0}\nclusters:\n"
      "- name: {0}\n  cluster:\n    {1}\nusers:\n- name: {0}\n  user: {{{2}}}\n"
      "contexts:\n- name: {0}\n  context: {{cluster: {0}, user: {0}{3}}}\n",
      name, cluster, user, context_extra);
}

Result<Connection> LoadText(const std::string& cluster,
                            const std::string& user) {
  const TempDir dir;
  const std::string path = dir.Write("config", File("c", cluster, user));
  return LoadConnection(path, "", {});
}

constexpr char kServer[] = "server: https://host:6443/";

TEST(Kubeconfig, ReadsEveryField) {
  const TempDir dir;
  const std::string path = dir.Write("sub/config", R"(
apiVersion: v1
kind: Config
current-context: prod
clusters:
- name: c
  cluster:
    server: https://host:6443/k8s/clusters/x/
    certificate-authority: ca.pem
    tls-server-name: api.internal
    proxy-url: socks5://proxy:1080
    disable-compression: true
users:
- name: u
  user:
    client-certificate: certs/c.pem
    client-key-data: a2V5
    tokenFile: token
    as: alice
    as-uid: "7"
    as-groups: [dev, ops]
    as-user-extra: {reason: [a, b]}
contexts:
- name: prod
  context: {cluster: c, user: u, namespace: shop}
)");
  const Result<Connection> c = LoadConnection(path, "", {});
  ASSERT_TRUE(c.ok()) << c.error().message();
  EXPECT_EQ(c->name, "prod");
  EXPECT_EQ(c->server, "https://host:6443/k8s/clusters/x");
  EXPECT_EQ(c->ca_file, dir.path() + "/sub/ca.pem");
  EXPECT_EQ(c->tls_server_name, "api.internal");
  EXPECT_EQ(c->proxy_url, "socks5://proxy:1080");
  EXPECT_TRUE(c->disable_compression);
  EXPECT_EQ(c->client_cert_file, dir.path() + "/sub/certs/c.pem");
  EXPECT_EQ(c->client_key_data, "key");
  EXPECT_EQ(c->client_key_file, "");
  EXPECT_EQ(c->token_file, dir.path() + "/sub/token");
  EXPECT_EQ(c->impersonate.user, "alice");
  EXPECT_EQ(c->impersonate.uid, "7");
  EXPECT_THAT(c->impersonate.groups, ElementsAre("dev", "ops"));
  ASSERT_EQ(c->impersonate.extra.size(), 1u);
  EXPECT_EQ(c->impersonate.extra[0].first, "reason");
  EXPECT_THAT(c->impersonate.extra[0].second, ElementsAre("a", "b"));
  EXPECT_EQ(c->default_namespace, "shop");
}

TEST(Kubeconfig, FirstFileDefiningANameWinsWhole) {
  const TempDir dir;
  KubeEnvironment env;
  const std::string a = dir.Write(
      "a/config", "clusters:\n- name: c\n  cluster: {server: 'https://a'}\n");
  const std::string b =
      dir.Write("b/config",
                "current-context: x\n"
                "clusters:\n- name: c\n  cluster: {server: 'https://b', "
                "certificate-authority: ca.pem}\n"
                "users:\n- name: u\n  user: {tokenFile: t}\n"
                "contexts:\n- name: x\n  context: {cluster: c, user: u}\n");
  const std::string d = dir.Write(
      "d/config",
      "current-context: y\ncontexts:\n- name: x\n  context: {cluster: zz}\n"
      "- name: y\n  context: {cluster: c}\n");
  env.kubeconfig = a + ":" + dir.path() + "/missing::" + b + ":" + d;
  const Result<Connection> c = LoadConnection("", "", env);
  ASSERT_TRUE(c.ok()) << c.error().message();
  EXPECT_EQ(c->name, "x");
  EXPECT_EQ(c->server, "https://a");
  EXPECT_EQ(c->ca_file, "");  // no field of b's cluster is merged in
  EXPECT_EQ(c->token_file, dir.path() + "/b/t");
  const Result<ContextList> list = ListContexts("", env);
  ASSERT_TRUE(list.ok());
  EXPECT_THAT(list->names, ElementsAre("x", "y"));
  EXPECT_EQ(list->current, "x");
}

TEST(Kubeconfig, DataBeatsFile) {
  const Result<Connection> c = LoadText(
      "{server: 'https://h', certificate-authority: f, "
      "certificate-authority-data: Y2E=}",
      "client-certificate-data: Y2VydA==, client-certificate: f, client-key: "
      "/k");
  ASSERT_TRUE(c.ok()) << c.error().message();
  EXPECT_EQ(c->ca_data, "ca");
  EXPECT_EQ(c->ca_file, "");
  EXPECT_EQ(c->client_cert_data, "cert");
  EXPECT_EQ(c->client_key_file, "/k");
  EXPECT_EQ(c->default_namespace, "default");
}

TEST(Kubeconfig, HomeIsTheLastResort) {
  const TempDir dir;
  dir.Write(".kube/config", File("h", kServer, ""));
  KubeEnvironment env;
  env.home = dir.path();
  EXPECT_TRUE(LoadConnection("", "", env).ok());
  env.home = dir.path() + "/other";
  const Result<Connection> none = LoadConnection("", "", env);
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().code(), Code::kNotFound);
}

TEST(Kubeconfig, ExplicitFileMustExist) {
  const Result<Connection> c = LoadConnection("/nonexistent/config", "", {});
  ASSERT_FALSE(c.ok());
  EXPECT_EQ(c.error().code(), Code::kNotFound);
  EXPECT_THAT(c.error().message(), HasSubstr("/nonexistent/config"));
}

TEST(Kubeconfig, UnknownContextNamesThoseThereAre) {
  const TempDir dir;
  const std::string path = dir.Write("config", File("prod", kServer, ""));
  const Result<Connection> c = LoadConnection(path, "test", {});
  ASSERT_FALSE(c.ok());
  EXPECT_EQ(c.error().code(), Code::kNotFound);
  EXPECT_THAT(c.error().message(), HasSubstr("there are: prod"));
}

TEST(Kubeconfig, JsonIsAKubeconfigToo) {
  const TempDir dir;
  const std::string path = dir.Write("config", R"({"kind":"Config",
"current-context":"c","clusters":[{"name":"c","cluster":{"server":"http://h"}}],
"contexts":[{"name":"c","context":{"cluster":"c"}}]})");
  const Result<Connection> c = LoadConnection(path, "", {});
  ASSERT_TRUE(c.ok()) << c.error().message();
  EXPECT_EQ(c->server, "http://h");
}

struct BrokenKubeconfigCase {
  const char* cluster;
  const char* user;
  Code code;
  const char* message;  // with the line where the key is
};

class BrokenKubeconfig : public testing::TestWithParam<BrokenKubeconfigCase> {};

TEST_P(BrokenKubeconfig, IsRefusedWithFileLineAndKey) {
  const Result<Connection> c = LoadText(GetParam().cluster, GetParam().user);
  ASSERT_FALSE(c.ok());
  EXPECT_EQ(c.error().code(), GetParam().code) << c.error().message();
  EXPECT_THAT(c.error().message(), HasSubstr(GetParam().message));
  EXPECT_THAT(c.error().message(), Not(HasSubstr("s3cr3t")));
}

constexpr char kExecPrefix[] = "client.authentication.k8s.io/";

INSTANTIATE_TEST_SUITE_P(
    Rules, BrokenKubeconfig,
    testing::Values(
        BrokenKubeconfigCase{
            "{}", "", Code::kInvalid,
            "/config:7: clusters[0].cluster.server: is missing"},
        BrokenKubeconfigCase{"server: host:6443", "", Code::kInvalid,
                             "must begin with https://"},
        BrokenKubeconfigCase{"server: https://me:s3cr3t@host", "",
                             Code::kInvalid, "must not hold a user"},
        BrokenKubeconfigCase{
            "{server: 'https://h', insecure-skip-tls-verify: true, "
            "certificate-authority: f}",
            "", Code::kInvalid, "insecure-skip-tls-verify: cannot go with"},
        BrokenKubeconfigCase{
            "{server: 'https://h', insecure-skip-tls-verify: maybe}", "",
            Code::kInvalid, "must be true or false"},
        BrokenKubeconfigCase{"{server: 'https://h', proxy-url: 'ftp://p'}", "",
                             Code::kInvalid, "proxy-url: must be"},
        BrokenKubeconfigCase{
            "{server: 'https://h', certificate-authority-data: '%%'}", "",
            Code::kInvalid, "certificate-authority-data: is not base64"},
        BrokenKubeconfigCase{
            kServer, "token: s3cr3t, username: u, password: p", Code::kInvalid,
            "/config:10: users[0].user.token: cannot go with username"},
        BrokenKubeconfigCase{kServer, "tokenFile: t, username: u",
                             Code::kInvalid, "tokenFile: cannot go with"},
        BrokenKubeconfigCase{kServer, "token: \"s3cr3t\\nX: y\"",
                             Code::kInvalid, "token: holds control characters"},
        BrokenKubeconfigCase{kServer, "client-certificate: c", Code::kInvalid,
                             "needs a client-key"},
        BrokenKubeconfigCase{kServer, "as-groups: [g]", Code::kInvalid,
                             "as: is needed with"},
        BrokenKubeconfigCase{kServer, "auth-provider: {name: gcp}",
                             Code::kUnsupported, "use the exec plugin"},
        BrokenKubeconfigCase{kServer, "auth-provider: {name: gcp}, exec: {}",
                             Code::kInvalid,
                             "exec: cannot go with auth-provider"},
        BrokenKubeconfigCase{kServer, "exec: {command: c}", Code::kInvalid,
                             "exec.apiVersion: is missing"},
        BrokenKubeconfigCase{kServer,
                             "exec: {command: c, apiVersion: "
                             "client.authentication.k8s.io/v1alpha1}",
                             Code::kUnsupported, "exec.apiVersion: must be"},
        BrokenKubeconfigCase{
            kServer,
            "exec: {command: c, apiVersion: client.authentication.k8s.io/v1}",
            Code::kInvalid, "interactiveMode: is required"},
        BrokenKubeconfigCase{
            kServer, "exec: {apiVersion: client.authentication.k8s.io/v1beta1}",
            Code::kInvalid, "exec.command: is missing"}));

TEST(Kubeconfig, ReadsExecPlugins) {
  const TempDir dir;
  const std::string cluster =
      "{server: 'https://h', extensions: [{name: "
      "client.authentication.k8s.io/exec, extension: {audience: x, n: 3, s: "
      "'3'}}]}";
  const std::string path = dir.Write(
      "config",
      File("c", cluster,
           fmt::format("exec: {{apiVersion: {}v1beta1, command: ./bin/login, "
                       "args: [a, 1], env: [{{name: A, value: b}}], "
                       "provideClusterInfo: true}}",
                       kExecPrefix)));
  const Result<Connection> c = LoadConnection(path, "", {});
  ASSERT_TRUE(c.ok()) << c.error().message();
  ASSERT_TRUE(c->exec.has_value());
  EXPECT_EQ(c->exec->command, dir.path() + "/./bin/login");
  EXPECT_THAT(c->exec->args, ElementsAre("a", "1"));
  EXPECT_THAT(c->exec->env, ElementsAre(testing::Pair("A", "b")));
  EXPECT_TRUE(c->exec->provide_cluster_info);
  EXPECT_EQ(c->exec->interactive_mode, InteractiveMode::kIfAvailable);
  EXPECT_EQ(c->exec->cluster_config_json, R"({"audience":"x","n":3,"s":"3"})");
}

TEST(Kubeconfig, ExecCommandWithoutAFolderIsLeftToPath) {
  const Result<Connection> c =
      LoadText(kServer,
               "exec: {command: aws, interactiveMode: Never, apiVersion: "
               "client.authentication.k8s.io/v1}");
  ASSERT_TRUE(c.ok()) << c.error().message();
  EXPECT_EQ(c->exec->command, "aws");
}

TEST(Kubeconfig, DanglingReferencesAreNamed) {
  const TempDir dir;
  const std::string path = dir.Write(
      "config", "contexts:\n- name: x\n  context:\n    cluster: nowhere\n");
  const Result<Connection> c = LoadConnection(path, "x", {});
  ASSERT_FALSE(c.ok());
  EXPECT_THAT(c.error().message(),
              HasSubstr("config:4: contexts[0].context: cluster \"nowhere\""));
}

TEST(Kubeconfig, AliasBombsAreRefused) {
  const TempDir dir;
  std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 9; ++i) {
    bomb += fmt::format("a{0}: &a{0} [*a{1},*a{1},*a{1},*a{1},*a{1},*a{1}]\n",
                        i, i - 1);
  }
  const Result<Connection> c =
      LoadConnection(dir.Write("config", bomb), "", {});
  ASSERT_FALSE(c.ok());
  EXPECT_THAT(c.error().message(), HasSubstr("more than"));
}

TEST(InCluster, ReadsTheServiceAccount) {
  const TempDir dir;
  KubeEnvironment env;
  env.service_host = "fd00::1";
  env.service_port = "443";
  env.service_account_dir = dir.path();
  EXPECT_EQ(LoadInCluster(env).error().code(), Code::kNotFound);
  dir.Write("token", "t");
  dir.Write("ca.crt", "ca");
  dir.Write("namespace", "shop\n");
  // Without any kubeconfig this is what is taken.
  const Result<Connection> c = LoadConnection("", "", env);
  ASSERT_TRUE(c.ok()) << c.error().message();
  EXPECT_TRUE(c->in_cluster);
  EXPECT_EQ(c->server, "https://[fd00::1]:443");
  EXPECT_EQ(c->token_file, dir.path() + "/token");
  EXPECT_EQ(c->ca_file, dir.path() + "/ca.crt");
  EXPECT_EQ(c->default_namespace, "shop");
}

TEST(InCluster, IsRefusedOutsideOfAPod) {
  EXPECT_EQ(LoadInCluster({}).error().code(), Code::kNotFound);
}

}  // namespace
}  // namespace kubescribe::config
