#include "record/redact.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "codec/digest.h"
#include "record/json_walk.h"
#include "record/metadata.h"
#include "record/signing_key.h"
#include "recorder_harness.h"

namespace kubescribe::record {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

const kube::GroupResource kSecrets{"", "secrets"};

Redactor Plain(std::vector<RedactionRule> rules = {}) {
  return Redactor(RedactionKey::FromBytes({9, 8, 7}), "c", std::move(rules));
}

kube::ObjectHead Head(const std::string& name = "s") {
  kube::ObjectHead head;
  head.name_space = "ns";
  head.name = name;
  return head;
}

std::string Redacted(const std::string& object, const std::string& name = "s") {
  const auto out = Plain().Redact(kSecrets, Head(name), object);
  EXPECT_TRUE(out.ok()) << out.error().message();
  return out.ok() ? *out : "";
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream all;
  all << file.rdbuf();
  return all.str();
}

TEST(RedactTest, EverythingButTheValuesStaysToTheByte) {
  const std::string before =
      "{ \"kind\":\"Secret\",\n \"data\" : { \"a\" : \"c2VjcmV0\" ,\"b\":\"\"}"
      ",\"type\":\"x\\u0041\", \"n\":1.0, \"stringData\":{},\"data2\":{\"a\":"
      "\"kept\"}}";
  const std::string after = Redacted(before);
  const json parsed = json::parse(after);
  const std::string a = parsed["data"]["a"];
  const std::string b = parsed["data"]["b"];
  std::string expected = before;
  expected.replace(expected.find("c2VjcmV0"), 8, a);
  expected.replace(expected.find("\"\"") + 1, 0, b);
  EXPECT_EQ(after, expected);
  EXPECT_EQ(a.size(), b.size()) << "the length of a value shows";
}

TEST(RedactTest, FormIsBase64WithTheKeysId) {
  const std::string after = Redacted(R"({"data":{"a":"c2VjcmV0"}})");
  const auto decoded =
      codec::Base64Decode(json::parse(after)["data"]["a"].get<std::string>());
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->size(), 5U + 8 + 1 + 16);
  EXPECT_EQ(decoded->substr(0, 14), "kfr1:" + Plain().key_id() + ":");
}

TEST(RedactTest, EqualValuesUnderOneNameAreEqualAndElsewhereNot) {
  const auto value = [](const std::string& object, const std::string& name) {
    return json::parse(Redacted(object, name))["data"].begin()->dump();
  };
  const std::string a = R"({"data":{"a":"c2VjcmV0"}})";
  EXPECT_EQ(value(a, "s"), value(a, "s"));
  EXPECT_NE(value(a, "s"), value(a, "t"));
  EXPECT_NE(value(a, "s"), value(R"({"data":{"b":"c2VjcmV0"}})", "s"));
  EXPECT_NE(value(a, "s"), value(R"({"data":{"a":"c2VjcmV1"}})", "s"));
}

TEST(RedactTest, ValueIsHashedAsTheTextItStandsFor) {
  EXPECT_EQ(json::parse(Redacted(R"({"stringData":{"a":"x/\né😀"}})")),
            json::parse(Redacted(
                R"({"stringData":{"a":"\u0078\/\u000a\u00e9\ud83d\ude00"}})")));
  EXPECT_NE(Redacted(R"({"data":{"a":null}})"),
            Redacted(R"({"data":{"a":"null"}})"));
}

TEST(RedactTest, LastAppliedIsHashedAndManagedFieldsStay) {
  const std::string after = Redacted(
      R"({"metadata":{"annotations":{"kubectl.kubernetes.io/last-applied-configuration":"{\"data\":1}","x":"y"},"managedFields":[{"fieldsV1":{"f:data":{"f:a":{}}}}]}})");
  EXPECT_EQ(after.find("data\\\""), std::string::npos);
  EXPECT_THAT(
      after,
      HasSubstr(R"("managedFields":[{"fieldsV1":{"f:data":{"f:a":{}}}}])"));
  EXPECT_THAT(after, HasSubstr(R"("x":"y")"));
}

TEST(RedactTest, EscapedKeysAndRepeatedKeysAreFound) {
  const std::string after = Redacted(
      R"({"d\u0061ta":{"a":"canary1"},"data":{"a":"canary2"},"data":{"a":"canary3","a":"canary4"}})");
  EXPECT_EQ(after.find("canary"), std::string::npos) << after;
}

TEST(RedactTest, OtherShapesAreHashedWhole) {
  for (const char* object : {R"({"data":"canary"})", R"({"data":["canary"]})",
                             R"({"data":{"a":{"b":["canary"]}}})",
                             R"({"stringData":{"a":["canary"]}})",
                             R"({"metadata":{"annotations":"canary"}})"}) {
    const std::string after = Redacted(object);
    EXPECT_EQ(after.find("canary"), std::string::npos) << after;
    EXPECT_TRUE(json::accept(after)) << after;
  }
  EXPECT_EQ(Redacted(R"({"data":null,"metadata":{}})"),
            R"({"data":null,"metadata":{}})");
}

TEST(RedactTest, WhatCannotBeReadIsRefusedWithoutItsContent) {
  for (const char* object :
       {"", "canary", "[\"canary\"]", "{\"data\":{\"a\":\"canary\"}",
        "{\"data\":{\"a\":\"canary\"}}x", "{\"data\":{\"a\":canary}}",
        "{\"data\":{\"a\":\"can\nary\"}}", "{'data':{'a':'canary'}}",
        "{\"data\":{\"a\":\"\\x\"}}", "{\"a\":01}", "{\"a\":1.}"}) {
    const auto out = Plain().Redact(kSecrets, Head(), object);
    ASSERT_FALSE(out.ok()) << object;
    EXPECT_EQ(out.error().message().find("canary"), std::string::npos);
  }
  const std::string deep(100000, '[');
  EXPECT_FALSE(Plain().Redact(kSecrets, Head(), "{\"a\":" + deep).ok());
}

TEST(RedactTest, RulesNamePathsWithWildcards) {
  const kube::GroupResource apps{"apps", "deployments"};
  const Redactor redactor = Plain({{apps, "spec.containers.*.env.*.value"},
                                   {apps, R"(metadata.annotations.a\.b/c)"}});
  EXPECT_TRUE(redactor.Concerns(apps));
  EXPECT_FALSE(redactor.Concerns({"", "deployments"}));
  const auto out = redactor.Redact(
      apps, Head(),
      R"({"metadata":{"annotations":{"a.b/c":"canary","d":"kept1"}},"spec":{"containers":[{"env":[{"name":"kept2","value":"canary"},{"value":{"x":"canary"}}]}],"value":"kept3"}})");
  ASSERT_TRUE(out.ok());
  EXPECT_EQ(out->find("canary"), std::string::npos) << *out;
  for (const char* kept : {"kept1", "kept2", "kept3"}) {
    EXPECT_THAT(*out, HasSubstr(kept));
  }
}

TEST(RedactTest, KeyedDigestDependsOnTheKey) {
  const Redactor other(RedactionKey::FromBytes({1}), "c", {});
  EXPECT_NE(Plain().KeyedDigest("d"), other.KeyedDigest("d"));
  EXPECT_EQ(Plain().KeyedDigest("d"), Plain().KeyedDigest("d"));
}

// Random JSON: objects, arrays, awkward strings and numbers.
std::string RandomJson(SeededRandom& random, int depth) {
  static const std::vector<std::string> scalars = {"null",
                                                   "true",
                                                   "1.0",
                                                   "-0",
                                                   "9007199254740993",
                                                   "1e5",
                                                   R"("")",
                                                   R"("08")",
                                                   R"("\u2028\"\\")",
                                                   R"("é")",
                                                   R"("a b")"};
  static const std::vector<std::string> keys = {
      "data",     "stringData",
      "metadata", "annotations",
      "a",        "a.b",
      "\\u0061",  "kubectl.kubernetes.io/last-applied-configuration"};
  const std::uint64_t kind = depth == 0 ? 0 : random.Below(3);
  if (kind == 0) return scalars[random.Below(scalars.size())];
  std::string out = kind == 1 ? "[" : "{";
  const std::uint64_t count = random.Below(4);
  for (std::uint64_t i = 0; i < count; ++i) {
    if (i > 0) out += random.Below(2) == 0 ? "," : " ,\n";
    if (kind == 2) {
      out += "\"" + keys[random.Below(keys.size())] + std::to_string(i % 2) +
             "\":";
      if (i % 2 == 0) {
        out.replace(out.rfind(std::to_string(i % 2) + "\":"), 1, "");
      }
    }
    out += RandomJson(random, depth - 1);
  }
  return out + (kind == 1 ? "]" : "}");
}

// The keys of everything that is no secret value.
void Keys(const json& value, const std::string& path,
          std::vector<std::string>& out) {
  if (!value.is_object()) return;
  for (const auto& [key, inner] : value.items()) {
    out.push_back(path + "/" + key);
    const bool secret = path == "/data" || path == "/stringData" ||
                        (path.empty() && !inner.is_object());
    if (!secret) Keys(inner, path + "/" + key, out);
  }
}

TEST(RedactTest, OutputIsJsonWithTheSameKeys) {
  SeededRandom random(3);
  int objects = 0;
  for (int i = 0; i < 5000; ++i) {
    const std::string before = RandomJson(random, 5);
    if (before[0] != '{') continue;
    ++objects;
    const std::string after = Redacted(before);
    ASSERT_TRUE(json::accept(after)) << before << "\n" << after;
    const json was = json::parse(before);
    const json is = json::parse(after);
    std::vector<std::string> keys_before;
    std::vector<std::string> keys_after;
    Keys(was, "", keys_before);
    Keys(is, "", keys_after);
    ASSERT_EQ(keys_before, keys_after) << before << "\n" << after;
  }
  EXPECT_GT(objects, 500);
}

// Every form in which a value could be found again.
std::vector<std::string> FormsOf(const std::string& canary) {
  std::vector<std::string> forms = {canary, codec::Hex(canary)};
  for (std::size_t shift = 0; shift < 3; ++shift) {
    // Base64 of the canary inside longer text, without the digits that its
    // neighbours decide.
    const std::string text =
        codec::Base64(std::string(shift, 'x') + canary + "xxx");
    const std::size_t first = shift == 0 ? 0 : 4;
    forms.push_back(text.substr(first, (canary.size() * 4 / 3) - 4));
  }
  return forms;
}

class CanaryTest : public RecorderTest {};

TEST_F(CanaryTest, NoSecretValueIsAtRest) {
  SeededRandom random_value(11);
  std::vector<std::string> canaries;
  Open();
  AddStream("secrets");
  OfferListBegin(kube::GapCause::kStart);
  const auto canary = [&] {
    std::array<std::uint8_t, 12> bytes{};
    random_value.Fill(bytes);
    canaries.push_back("K" + codec::Hex(bytes));
    return canaries.back();
  };
  std::string produced;
  const Redactor redactor = MakeRedactor();
  for (int i = 0; i < 250; ++i) {
    if (i == 125) OfferRv(Kind::kListEnd, "1000");
    kube::Observation seen =
        About(i < 125 ? Kind::kListItem : Kind::kEvent,
              {"u" + std::to_string(i), std::to_string(100 + i)});
    seen.rv = "1000";
    json object;
    object["metadata"]["name"] = "s";
    object["metadata"]["annotations"]
          ["kubectl.kubernetes.io/last-applied-configuration"] =
              "{\"data\":{\"k\":\"" + codec::Base64(canary()) + "\"}}";
    object["data"]["k"] = codec::Base64(canary());
    object["data"]["l"] = codec::Base64("yy" + canary());
    object["stringData"]["m"] = canary();
    seen.body = object.dump();
    produced += *redactor.Redact(kSecrets, seen.head, seen.body);
    Offer(std::move(seen));
  }
  // What cannot be read keeps nothing either.
  kube::Observation broken = About(Kind::kEvent, {"b", "500"});
  broken.body = "{\"data\":{\"k\":\"" + canary() + "\"";
  Offer(std::move(broken));
  Commit();
  ASSERT_GE(canaries.size(), 1000U);
  EXPECT_EQ(History().size(), 251U);
  std::string at_rest;
  for (const auto& entry : std::filesystem::directory_iterator(dir.path())) {
    at_rest += ReadFile(entry.path().string());
  }
  // Bodies are compressed in the file: what reads back counts as well.
  auto reader = Read();
  for (const store::Revision& revision : History()) {
    produced += *reader->Body(revision.seq);
  }
  ASSERT_GT(at_rest.size(), 100000U);
  for (const std::string& value : canaries) {
    for (const std::string& form : FormsOf(value)) {
      ASSERT_EQ(produced.find(form), std::string::npos) << form;
      ASSERT_EQ(at_rest.find(form), std::string::npos) << form;
    }
  }
}

TEST(CanaryFormsTest, FormsFindAValueInsideBase64) {
  const std::string canary = "Kcanary-with-some-length";
  for (std::size_t shift = 0; shift < 3; ++shift) {
    const std::string hay =
        codec::Base64(std::string(shift, '\x01') + canary + "tail");
    bool found = false;
    for (const std::string& form : FormsOf(canary)) {
      found = found || hay.find(form) != std::string::npos;
    }
    EXPECT_TRUE(found) << shift;
  }
}

// -- the key's file

TEST(RedactionKeyTest, IsMadeOnceAndPrivate) {
  const TempDir dir;
  const std::string keys = dir.path() + "/keys";
  SeededRandom random(5);
  const auto made = RedactionKey::LoadOrCreate(keys, random);
  ASSERT_TRUE(made.ok()) << made.error().message();
  const auto again = RedactionKey::LoadOrCreate(keys, random);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(made->bytes(), again->bytes());
  EXPECT_EQ(made->id().size(), 8U);
  struct stat info {};
  ASSERT_EQ(stat((keys + "/redaction.key").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0400U);
  ASSERT_EQ(stat(keys.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0700U);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(keys), {}), 1);
}

TEST(RedactionKeyTest, OthersMayNotReadIt) {
  const TempDir dir;
  const std::string keys = dir.path() + "/keys";
  SeededRandom random(5);
  ASSERT_TRUE(RedactionKey::LoadOrCreate(keys, random).ok());
  ASSERT_EQ(chmod((keys + "/redaction.key").c_str(), 0440), 0);
  const auto file_open = RedactionKey::LoadOrCreate(keys, random);
  ASSERT_FALSE(file_open.ok());
  EXPECT_THAT(file_open.error().message(), HasSubstr("chmod 400"));
  ASSERT_EQ(chmod((keys + "/redaction.key").c_str(), 0400), 0);
  ASSERT_EQ(chmod(keys.c_str(), 0755), 0);
  const auto folder_open = RedactionKey::LoadOrCreate(keys, random);
  ASSERT_FALSE(folder_open.ok());
  EXPECT_THAT(folder_open.error().message(), HasSubstr("chmod 700"));
}

TEST(RedactionKeyTest, WrongLengthIsRefusedAndNotOverwritten) {
  const TempDir dir;
  const std::string keys = dir.path() + "/keys";
  std::filesystem::create_directory(keys);
  ASSERT_EQ(chmod(keys.c_str(), 0700), 0);
  for (const std::size_t size : {0U, 31U, 33U}) {
    const std::string path = keys + "/redaction.key";
    std::filesystem::remove(path);
    std::ofstream(path) << std::string(size, 'k');
    ASSERT_EQ(chmod(path.c_str(), 0400), 0);
    SeededRandom random(5);
    EXPECT_FALSE(RedactionKey::LoadOrCreate(keys, random).ok()) << size;
    EXPECT_EQ(std::filesystem::file_size(path), size);
  }
}

TEST(SigningKeyTest, IsMadeOnceAndPrivateAndTheOldOneIsReadWhereItIsThere) {
  const TempDir dir;
  const std::string keys = dir.path() + "/keys";
  SeededRandom random(5);
  const auto made = SigningKeys::LoadOrCreate(keys, random);
  ASSERT_TRUE(made.ok()) << made.error().message();
  EXPECT_EQ(made->old, nullptr);
  const std::string path = keys + "/signing.key";
  struct stat info {};
  ASSERT_EQ(stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0400U);
  const auto again = SigningKeys::LoadOrCreate(keys, random);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(made->key->public_key(), again->key->public_key());
  std::filesystem::rename(path, path + ".old");
  const auto replaced = SigningKeys::LoadOrCreate(keys, random);
  ASSERT_TRUE(replaced.ok());
  EXPECT_NE(replaced->key->public_key(), made->key->public_key());
  ASSERT_NE(replaced->old, nullptr);
  EXPECT_EQ(replaced->old->public_key(), made->key->public_key());
  ASSERT_EQ(chmod((path + ".old").c_str(), 0444), 0);
  const auto refused = SigningKeys::LoadOrCreate(keys, random);
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().message(), HasSubstr("chmod 400"));
}

// -- level metadata

TEST(MetadataTest, KeepsOnlyWhoAndWhen) {
  const auto out = StripToMetadata(
      R"({"spec":{"metadata":{"x":1}},"metadata" : { "name":"a" },"kind":"Pod","data":{"k":"v"},"apiVersion":"v1"})");
  ASSERT_TRUE(out.ok());
  EXPECT_EQ(*out,
            R"({"metadata":{ "name":"a" },"kind":"Pod","apiVersion":"v1"})");
  EXPECT_FALSE(StripToMetadata("{\"metadata\":").ok());
  EXPECT_FALSE(StripToMetadata("[]").ok());
  EXPECT_EQ(*StripToMetadata("{}"), "{}");
}

TEST(MetadataTest, LeavesOutTheCopyOfTheWholeObject) {
  const std::string key =
      R"("kubectl.kubernetes.io/last-applied-configuration")";
  const auto strip = [](const std::string& annotations) {
    return *StripToMetadata("{\"metadata\":{\"annotations\":{" + annotations +
                            "}}}");
  };
  const std::string shell = "{\"metadata\":{\"annotations\":{";
  EXPECT_EQ(strip(key + ":\"x\""), shell + "}}}");
  EXPECT_EQ(strip(key + " : \"x\" , \"a\":\"b\""), shell + " \"a\":\"b\"}}}");
  EXPECT_EQ(strip("\"a\":\"b\", " + key + ":\"x\\\"y\""),
            shell + "\"a\":\"b\"}}}");
  EXPECT_EQ(strip("\"a\":\"b\"," + key + ":\"x\",\"c\":\"d\""),
            shell + "\"a\":\"b\",\"c\":\"d\"}}}");
}

}  // namespace
}  // namespace kubescribe::record
