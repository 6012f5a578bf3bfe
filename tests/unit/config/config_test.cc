#include "config/config.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/config/temp_dir.h"

namespace kubescribe::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Config, ExampleHoldsEveryDefault) {
  const Result<Config> file =
      LoadConfig(KUBESCRIBE_SOURCE_DIR "/config/kubescribe.yaml");
  ASSERT_TRUE(file.ok()) << file.error().message();
  const Config defaults = DefaultConfig();
  ASSERT_EQ(file->clusters.size(), 1u);
  EXPECT_EQ(file->clusters[0].name, "production");
  EXPECT_EQ(file->clusters[0].kubeconfig, "");
  ASSERT_EQ(file->resources.size(), 1u);
  EXPECT_TRUE(file->resources[0].resource.everything());
  EXPECT_THAT(file->resources[0].namespaces, IsEmpty());
  EXPECT_EQ(file->resources[0].level, Level::kFull);
  EXPECT_EQ(file->exclude, defaults.exclude);
  EXPECT_EQ(file->audit_interval, defaults.audit_interval);
  EXPECT_EQ(file->discovery_interval, defaults.discovery_interval);
  EXPECT_EQ(file->retry.max_requeue, defaults.retry.max_requeue);
  EXPECT_EQ(file->retry.initial_backoff, defaults.retry.initial_backoff);
  EXPECT_EQ(file->retry.max_backoff, defaults.retry.max_backoff);
  EXPECT_EQ(file->retry.forbidden_interval, defaults.retry.forbidden_interval);
  EXPECT_EQ(file->requests.qps, defaults.requests.qps);
  EXPECT_EQ(file->requests.burst, defaults.requests.burst);
  EXPECT_EQ(file->requests.list_concurrency,
            defaults.requests.list_concurrency);
  EXPECT_EQ(file->requests.page_size, defaults.requests.page_size);
  EXPECT_EQ(file->requests.deadline, defaults.requests.deadline);
  EXPECT_EQ(file->limits.max_object_size, defaults.limits.max_object_size);
  EXPECT_EQ(file->limits.queue_bytes, defaults.limits.queue_bytes);
  EXPECT_EQ(file->limits.queue_items, defaults.limits.queue_items);
  EXPECT_EQ(file->limits.frame_bytes, defaults.limits.frame_bytes);
  EXPECT_EQ(file->commit.max_revisions, defaults.commit.max_revisions);
  EXPECT_EQ(file->commit.max_delay, defaults.commit.max_delay);
  EXPECT_EQ(file->checkpoint, defaults.checkpoint);
  EXPECT_EQ(file->log_format, defaults.log_format);
  EXPECT_EQ(file->log_level, defaults.log_level);
}

TEST(Config, ReadsWhatAMultiClusterInformerHas) {
  const Result<Config> config = ParseConfig(R"(
maxRequeue: 5
clusters:
- name: one
  kubeconfig: one.yaml
  context: admin
  insecure: true
- name: two
  inCluster: true
  resources:
  - resource: core/v1/pods
    namespace: [a, b]
    labelSelector: app=x
    fieldSelector: status.phase=Running
    level: metadata
resources:
- resource: deployments.apps
  namespace: all
- resource: apps/v1/statefulsets
  namespace: shop
log: {format: json, level: debug}
checkpoint: {every: 30s, sink: kept/log}
redaction:
- {resource: configmaps, path: data.*}
)",
                                            "/etc/ks/k.yaml");
  ASSERT_TRUE(config.ok()) << config.error().message();
  EXPECT_EQ(config->retry.max_requeue, 5);
  ASSERT_EQ(config->clusters.size(), 2u);
  const ClusterConfig& one = config->clusters[0];
  EXPECT_EQ(one.kubeconfig, "/etc/ks/one.yaml");
  EXPECT_TRUE(one.insecure);
  ASSERT_EQ(one.resources.size(), 2u);
  EXPECT_EQ(one.resources[0].resource.ToString(), "deployments.apps");
  EXPECT_THAT(one.resources[1].namespaces, ElementsAre("shop"));
  const ClusterConfig& two = config->clusters[1];
  EXPECT_TRUE(two.in_cluster);
  ASSERT_EQ(two.resources.size(), 1u);
  EXPECT_THAT(two.resources[0].namespaces, ElementsAre("a", "b"));
  EXPECT_EQ(two.resources[0].label_selector, "app=x");
  EXPECT_EQ(two.resources[0].field_selector, "status.phase=Running");
  EXPECT_EQ(two.resources[0].level, Level::kMetadata);
  EXPECT_EQ(two.exclude.size(), 1u);  // the file's
  EXPECT_EQ(config->log_format, LogFormat::kJson);
  EXPECT_EQ(config->checkpoint.every, 30 * kSecond);
  EXPECT_EQ(config->checkpoint.sink, "/etc/ks/kept/log");
  EXPECT_EQ(ParseConfig("checkpoint: {sink: '-'}", "/a/b")->checkpoint.sink,
            "-");
  EXPECT_EQ(config->redaction[0].resource.group, "");
}

TEST(Config, RetentionIsTheClustersOwnOrTheFiles) {
  const Result<Config> config = ParseConfig(R"(
retention:
  age: 30d
  size: 10GB
  revisions: 500
  resources:
  - {resource: events, age: 7d}
  - {resource: "*.apps", revisions: 20}
clusters:
- name: one
- name: two
  retention: {age: 1h}
- name: three
  retention: {}
)",
                                            "f.yaml");
  ASSERT_TRUE(config.ok()) << config.error().message();
  const RetentionConfig& one = *config->clusters[0].retention;
  EXPECT_EQ(one.age, 30 * 24 * kHour);
  EXPECT_EQ(one.size, 10'000'000'000U);
  EXPECT_EQ(one.revisions, 500);
  ASSERT_EQ(one.resources.size(), 2U);
  EXPECT_EQ(one.resources[0].resource.resource, "events");
  EXPECT_EQ(one.resources[0].age, 7 * 24 * kHour);
  EXPECT_FALSE(one.resources[0].revisions);
  EXPECT_EQ(one.resources[1].resource.group, "apps");
  EXPECT_EQ(one.resources[1].revisions, 20);
  RetentionConfig two;
  two.age = kHour;
  EXPECT_EQ(*config->clusters[1].retention, two);
  EXPECT_EQ(*config->clusters[2].retention, RetentionConfig());
  EXPECT_EQ(NewCluster(*config, "four").retention, one);
}

TEST(Config, TheDiskHasABudgetOnlyWhereItIsGiven) {
  EXPECT_EQ(ParseConfig("{}", "f.yaml")->disk, DiskConfig());
  EXPECT_FALSE(ParseConfig("disk: {}", "f.yaml")->disk.budget);
  const auto pruned = ParseConfig("disk: {budget: 20GiB}", "f.yaml");
  ASSERT_TRUE(pruned.ok()) << pruned.error().message();
  EXPECT_EQ(pruned->disk.budget, std::uint64_t{20} << 30);
  EXPECT_FALSE(pruned->disk.hold);
  EXPECT_TRUE(ParseConfig("disk: {budget: 32MiB, whenFull: hold}", "f.yaml")
                  ->disk.hold);
}

struct BrokenCase {
  const char* yaml;
  const char* message;
};

class BrokenConfig : public testing::TestWithParam<BrokenCase> {};

TEST_P(BrokenConfig, IsRefusedWithFileLineAndKey) {
  const Result<Config> config = ParseConfig(GetParam().yaml, "f.yaml");
  ASSERT_FALSE(config.ok());
  EXPECT_EQ(config.error().code(), Code::kInvalid);
  EXPECT_THAT(config.error().message(), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Errors, BrokenConfig,
    testing::Values(
        BrokenCase{"\nauditIntervall: 30m\n",
                   "f.yaml:2: auditIntervall: unknown key; did you mean "
                   "auditInterval?"},
        BrokenCase{"retention:\n  agee: 30d\n",
                   "f.yaml:2: retention.agee: unknown key; did you mean age?"},
        BrokenCase{"disk:\n  budget: 31MiB\n", "f.yaml:2: disk.budget: "},
        BrokenCase{"disk:\n  whenFull: drop\n",
                   "f.yaml:2: disk.whenFull: must be prune or hold"},
        BrokenCase{"retention:\n  age: 30\n", "f.yaml:2: retention.age: "},
        BrokenCase{"retention:\n  revisions: 0\n",
                   "f.yaml:2: retention.revisions: "},
        BrokenCase{"retention:\n  size: 10XB\n",
                   "f.yaml:2: retention.size: must be a size"},
        BrokenCase{"retention: 30d\n", "f.yaml:1: retention: must be a map"},
        BrokenCase{"retention:\n  resources:\n  - {age: 7d}\n",
                   "f.yaml:3: retention.resources[0].resource: is missing"},
        BrokenCase{"retention:\n  resources:\n  - {resource: '*', age: 7d}\n",
                   "retention.resources[0].resource: \"*\" is what"},
        BrokenCase{"retention:\n  resources:\n  - {resource: pods}\n",
                   "retention.resources[0].resource: needs an age"},
        BrokenCase{"retention:\n  resources:\n  - {resource: pods, age: 1d}\n"
                   "  - {resource: pods, revisions: 3}\n",
                   "f.yaml:4: retention.resources[1].resource: \"pods\" is "
                   "given twice"},
        BrokenCase{"clusters:\n- name: a\n  retention: {size: 5}\n",
                   "f.yaml:3: clusters[0].retention.size: must be from"},
        BrokenCase{"clusters:\n- name: a\n  kubconfig: x\n",
                   "f.yaml:3: clusters[0].kubconfig: unknown key; did you "
                   "mean kubeconfig?"},
        BrokenCase{"checkpoint:\n  every: 10ms\n",
                   "f.yaml:2: checkpoint.every: must be at least 1s"},
        BrokenCase{"clusters: {name: a}\n",
                   "f.yaml:1: clusters: must be a "
                   "list"},
        BrokenCase{"clusters:\n- a\n",
                   "f.yaml:2: clusters[0]: must be a mapping"},
        BrokenCase{"clusters:\n- context: a\n",
                   "f.yaml:2: clusters[0].name: is missing"},
        BrokenCase{"clusters:\n- name: a/b\n", "clusters[0].name: must be of"},
        BrokenCase{"clusters:\n- name: a\n- name: a\n",
                   "f.yaml:3: clusters[1].name: \"a\" is taken"},
        BrokenCase{"clusters:\n- name: a\n  inCluster: true\n  context: x\n",
                   "f.yaml:3: clusters[0].inCluster: cannot go with"},
        BrokenCase{"clusters:\n- name: a\n  insecure: yes please\n",
                   "f.yaml:3: clusters[0].insecure: must be true or false"},
        BrokenCase{"clusters:\n- name: [a]\n",
                   "f.yaml:2: clusters[0].name: must be a text, not a list"},
        BrokenCase{"resources: []\n", "f.yaml:1: resources: is empty"},
        BrokenCase{"resources:\n- namespace: a\n",
                   "f.yaml:2: resources[0].resource: is missing"},
        BrokenCase{"resources:\n- resource: Pods\n",
                   "f.yaml:2: resources[0].resource: \"Pods\" is not a "
                   "resource"},
        BrokenCase{"resources:\n- resource: pods\n  level: most\n",
                   "f.yaml:3: resources[0].level: must be full, metadata or "
                   "none"},
        BrokenCase{"resources:\n- resource: pods\n  namespace: [a, all]\n",
                   "f.yaml:3: resources[0].namespace: all cannot be"},
        BrokenCase{"resources:\n- resource: pods\n  namespace: A_b\n",
                   "f.yaml:3: resources[0].namespace: \"A_b\" is not"},
        BrokenCase{"resources:\n- resource: pods\n  exclude: [a]\n",
                   "f.yaml:3: resources[0].exclude: only goes with"},
        BrokenCase{"resources:\n- resource: pods\n- resource: core/v1/pods\n",
                   "f.yaml:3: resources[1]: overlaps resources[0]"},
        BrokenCase{"resources:\n- resource: pods\n  namespace: [a, b]\n"
                   "- resource: v1/pods\n  namespace: b\n",
                   "f.yaml:4: resources[1]: overlaps resources[0]"},
        BrokenCase{"clusters:\n- name: a\n  resources:\n  - resource: '*'\n"
                   "  - resource: '*'\n",
                   "f.yaml:5: clusters[0].resources[1]: overlaps"},
        BrokenCase{"exclude: pods\n", "f.yaml:1: exclude: must be a list"},
        BrokenCase{"exclude: ['a b']\n", "f.yaml:1: exclude: \"a b\" is not"},
        BrokenCase{"auditInterval: 30\n",
                   "f.yaml:1: auditInterval: must be a duration"},
        BrokenCase{"auditInterval: 1s\n", "auditInterval: must be at least 1m"},
        BrokenCase{"maxRequeue: -1\n", "f.yaml:1: maxRequeue: must be from 0"},
        BrokenCase{"maxRequeue: many\n",
                   "maxRequeue: must be a whole number, not \"many\""},
        BrokenCase{"retry:\n  maxBackoff: 100ms\n",
                   "f.yaml:2: retry.maxBackoff: must not be below"},
        BrokenCase{"requests: {qps: fast}\n",
                   "requests.qps: must be a number, not \"fast\""},
        BrokenCase{"limits:\n  maxObjectSize: 16 megs\n",
                   "f.yaml:2: limits.maxObjectSize: must be a size"},
        BrokenCase{"limits:\n  maxObjectSize: 1\n",
                   "f.yaml:2: limits.maxObjectSize: must be from"},
        BrokenCase{"log:\n  level: loud\n", "f.yaml:2: log.level: must be"},
        BrokenCase{"log:\n  format: xml\n", "f.yaml:2: log.format: must be"},
        BrokenCase{"redaction:\n- path: a\n",
                   "f.yaml:2: redaction[0].resource: is missing"},
        BrokenCase{"redaction:\n- resource: deployments\n  path: a\n",
                   "f.yaml:2: redaction[0].resource: must say the group"},
        BrokenCase{"redaction:\n- resource: pods\n  path: a..b\n",
                   "f.yaml:3: redaction[0].path: must be keys"},
        BrokenCase{"a: 1\na: 2\n", "f.yaml:2: key \"a\" is given twice"},
        BrokenCase{"a: [1\nb: 2\n", "f.yaml:2: not YAML"},
        BrokenCase{"- a\n", "f.yaml:1: must be a mapping"}));

TEST(Config, HugeAndDeepFilesAreRefused) {
  EXPECT_THAT(ParseConfig(std::string(2 << 20, ' '), "f").error().message(),
              HasSubstr("larger than"));
  const std::string deep = std::string(1000, '[') + std::string(1000, ']');
  EXPECT_FALSE(ParseConfig(deep, "f").ok());
  std::string bomb = "a: &a [1,2,3,4,5,6,7,8,9]\n";
  for (int i = 0; i < 8; ++i) {
    const char from = static_cast<char>('a' + i);
    bomb += fmt::format("{1}: &{1} [*{0},*{0},*{0},*{0},*{0},*{0},*{0}]\n",
                        from, static_cast<char>(from + 1));
  }
  EXPECT_THAT(ParseConfig(bomb, "f").error().message(),
              HasSubstr("aliases followed"));
}

TEST(Config, AnchorsMayBeUsed) {
  const Result<Config> config = ParseConfig(
      "clusters:\n- name: a\n  resources: &r\n  - resource: pods\n"
      "- name: b\n  resources: *r\n",
      "f");
  ASSERT_TRUE(config.ok()) << config.error().message();
  EXPECT_EQ(config->clusters[1].resources[0].resource.resource, "pods");
}

TEST(Config, MissingFileIsNotFound) {
  const Result<Config> config = LoadConfig("/nonexistent.yaml");
  ASSERT_FALSE(config.ok());
  EXPECT_EQ(config.error().code(), Code::kNotFound);
}

TEST(Config, EmptyFileIsTheDefaults) {
  const Result<Config> config = ParseConfig("", "f");
  ASSERT_TRUE(config.ok()) << config.error().message();
  EXPECT_TRUE(config->resources[0].resource.everything());
}

TEST(RulesFor, TheMostExactRuleCounts) {
  const Result<Config> config = ParseConfig(R"(
clusters:
- name: a
  exclude: [events]
resources:
- {resource: "*", exclude: [nodes]}
- {resource: "*.apps", level: metadata}
- {resource: pods, namespace: x}
- {resource: pods, namespace: y, level: metadata}
- {resource: leases, level: full}
- {resource: secrets, level: none}
)",
                                            "f");
  ASSERT_TRUE(config.ok()) << config.error().message();
  const ClusterConfig& cluster = config->clusters[0];
  EXPECT_EQ(RulesFor(cluster, "", "pods").size(), 2u);
  ASSERT_EQ(RulesFor(cluster, "apps", "deployments").size(), 1u);
  EXPECT_EQ(RulesFor(cluster, "apps", "deployments")[0]->level,
            Level::kMetadata);
  EXPECT_EQ(RulesFor(cluster, "batch", "jobs").size(), 1u);
  EXPECT_THAT(RulesFor(cluster, "", "nodes"), IsEmpty());
  EXPECT_THAT(RulesFor(cluster, "", "secrets"), IsEmpty());
  EXPECT_THAT(RulesFor(cluster, "", "events"), IsEmpty());
  // Named, so recorded although Leases are left out by default.
  EXPECT_EQ(RulesFor(cluster, "coordination.k8s.io", "leases").size(), 1u);
}

TEST(RulesFor, DefaultsRecordAllButLeases) {
  const ClusterConfig cluster = NewCluster(DefaultConfig(), "x");
  EXPECT_EQ(RulesFor(cluster, "", "secrets").size(), 1u);
  EXPECT_THAT(RulesFor(cluster, "coordination.k8s.io", "leases"), IsEmpty());
}

TEST(ConnectionOf, ErrorsNameFileLineAndKey) {
  const Result<Config> config = ParseConfig(
      "clusters:\n- name: a\n  kubeconfig: /nowhere/kubeconfig\n", "c.yaml");
  ASSERT_TRUE(config.ok()) << config.error().message();
  const Result<Connection> c = ConnectionOf(config->clusters.at(0), {});
  ASSERT_FALSE(c.ok());
  EXPECT_THAT(c.error().message(),
              HasSubstr("c.yaml:3: clusters[0].kubeconfig: "));
  EXPECT_THAT(c.error().message(), HasSubstr("/nowhere/kubeconfig"));
}

TEST(ConnectionOf, InsecureTakesTheCaOut) {
  const TempDir dir;
  ClusterConfig cluster;
  cluster.name = "mine";
  cluster.insecure = true;
  cluster.kubeconfig =
      dir.Write("k",
                "current-context: x\n"
                "clusters: [{name: c, cluster: {server: 'https://h', "
                "certificate-authority: f}}]\n"
                "contexts: [{name: x, context: {cluster: c}}]\n");
  const Result<Connection> c = ConnectionOf(cluster, {});
  ASSERT_TRUE(c.ok()) << c.error().message();
  EXPECT_EQ(c->name, "mine");
  EXPECT_TRUE(c->insecure);
  EXPECT_EQ(c->ca_file, "");
}

struct NameCase {
  const char* text;
  const char* group;  // null: not said
  const char* version;
  const char* resource;
};

class ResourceNames : public testing::TestWithParam<NameCase> {};

TEST_P(ResourceNames, AreReadInEveryForm) {
  const Result<ResourceName> name = ParseResourceName(GetParam().text);
  ASSERT_TRUE(name.ok()) << name.error().message();
  EXPECT_EQ(name->group.has_value(), GetParam().group != nullptr);
  if (GetParam().group != nullptr) {
    EXPECT_EQ(*name->group, GetParam().group);
  }
  EXPECT_EQ(name->version, GetParam().version);
  EXPECT_EQ(name->resource, GetParam().resource);
}

INSTANTIATE_TEST_SUITE_P(
    Forms, ResourceNames,
    testing::Values(
        NameCase{"pods", nullptr, "", "pods"}, NameCase{"*", nullptr, "", "*"},
        NameCase{"deployments.apps", "apps", "", "deployments"},
        NameCase{"deployments.v1.apps", "apps", "v1", "deployments"},
        NameCase{"widgets.v1beta2.x.example.com", "x.example.com", "v1beta2",
                 "widgets"},
        NameCase{"widgets.vendor.com", "vendor.com", "", "widgets"},
        NameCase{"*.apps", "apps", "", "*"},
        NameCase{"v1/pods", "", "v1", "pods"},
        NameCase{"core/v1/pods", "", "v1", "pods"},
        NameCase{"pods.core", "", "", "pods"},
        NameCase{"apps/v1/deployments", "apps", "v1", "deployments"}));

TEST(ResourceNames, NonsenseIsRefused) {
  for (const char* text : {"", "a/b/c/d", "Pods", "apps/pods", "pods/", "/",
                           "apps//pods", "po ds", "pods.App"}) {
    EXPECT_FALSE(ParseResourceName(text).ok()) << text;
  }
}

}  // namespace
}  // namespace kubescribe::config
