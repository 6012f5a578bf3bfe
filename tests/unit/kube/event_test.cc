#include "kube/event.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/random.h"

namespace kubescribe::kube {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kPod =
    R"({"kind":"Pod","apiVersion":"v1","metadata":{"name":"web-1",)"
    R"("namespace":"prod","uid":"u-1","resourceVersion":"42",)"
    R"("labels":{"uid":"wrong","name":"wrong"}},)"
    R"("spec":{"template":{"metadata":{"name":"inner","uid":"inner"}}}})";

std::string Added(std::string_view object) {
  return "{\"type\":\"ADDED\",\"object\":" + std::string(object) + "}";
}

void ExpectPod(const ObjectHead& head) {
  EXPECT_EQ(head.name, "web-1");
  EXPECT_EQ(head.name_space, "prod");
  EXPECT_EQ(head.uid, "u-1");
  EXPECT_EQ(head.resource_version, "42");
  EXPECT_EQ(head.kind, "Pod");
  EXPECT_EQ(head.api_version, "v1");
}

TEST(EventReader, ReadsHeadAndExactBytes) {
  EventReader reader;
  const std::string pod(kPod);
  for (const std::string& text :
       {"{\"type\":\"MODIFIED\",\"object\":" + pod + "}",
        "{\"type\":\"MODIFIED\" , \"object\" : " + pod + " \n }",
        "{\"object\":" + pod + ",\"type\":\"MODIFIED\"}",
        "{ \"object\" :\t" + pod + " \n, \"type\":\"MODIFIED\"}\n",
        "{\"x\":[1,{\"object\":2}],\"object\":" + pod +
            ",\"type\":\"MODIFIED\",\"y\":\"}\"}",
        "{\"object\":{\"metadata\":{}},\"type\":\"ADDED\",\"object\":" + pod +
            ",\"type\":\"MODIFIED\"}",
        "{\"\\u0074ype\":\"MODI\\u0046IED\",\"\\u006fbject\":" + pod + "}"}) {
    const auto frame = reader.ReadFrame(text);
    ASSERT_TRUE(frame.ok()) << frame.error().message() << text;
    EXPECT_EQ(frame->type, FrameType::kModified);
    EXPECT_EQ(frame->object, pod) << text;
    EXPECT_GE(frame->object.data(), text.data());
    EXPECT_LE(frame->object.data() + pod.size(), text.data() + text.size());
    ExpectPod(frame->head);
  }
}

TEST(EventReader, MetadataMayComeAnywhere) {
  EventReader reader;
  const auto last = reader.ReadHead(
      R"({"spec":{"metadata":{"name":"x"}},"data":{"metadata":"{\"name\":1}"},)"
      R"("list":[{"metadata":{"uid":"y"}}],"kind":"Pod","apiVersion":"v1",)"
      R"("metadata":{"labels":{"name":"z"},"uid":"u-1","ownerReferences":)"
      R"([{"name":"o","uid":"p"}],"name":"web-1","resourceVersion":"42",)"
      R"("namespace":"prod"}})");
  ASSERT_TRUE(last.ok());
  ExpectPod(*last);
}

TEST(EventReader, LastOfTwoKeysCounts) {
  EventReader reader;
  const auto head = reader.ReadHead(
      R"({"kind":"A","metadata":{"name":"a","name":"b"},"kind":"B"})");
  ASSERT_TRUE(head.ok());
  EXPECT_EQ(head->name, "b");
  EXPECT_EQ(head->kind, "B");
}

TEST(EventReader, EscapesInNamesAreRead) {
  EventReader reader;
  const auto head = reader.ReadHead(
      R"({"metadata":{"name":"a\"\\\u00e9\ud83d\ude00\n","n\u0061mespace":"x"}})");
  ASSERT_TRUE(head.ok());
  EXPECT_EQ(head->name, "a\"\\\xc3\xa9\xf0\x9f\x98\x80\n");
  EXPECT_EQ(head->name_space, "x");
}

TEST(EventReader, MissingVersionOrUidIsEmpty) {
  EventReader reader;
  for (const std::string metadata :
       {"{}", R"({"resourceVersion":"","uid":""})",
        R"({"resourceVersion":42,"uid":7})",
        R"({"resourceVersion":null,"uid":null})",
        R"({"resourceVersion":{"a":"b"},"uid":["c"]})"}) {
    const std::string text = Added("{\"metadata\":" + metadata + "}");
    const auto frame = reader.ReadFrame(text);
    ASSERT_TRUE(frame.ok()) << metadata;
    EXPECT_EQ(frame->head.resource_version, "");
    EXPECT_EQ(frame->head.uid, "");
  }
}

TEST(EventReader, WhatIsNoEventIsInvalid) {
  EventReader reader;
  const std::string secret = "c2VjcmV0LXZhbHVl";
  for (const std::string& text : std::vector<std::string>{
           "",
           "null",
           "[]",
           "{}",
           "{\"type\":\"ADDED\"}",
           R"({"type":"DELETED","object":null})",
           R"({"type":"ADDED","object":"c2VjcmV0LXZhbHVl"})",
           R"({"type":"ADDED","object":[1]})",
           R"({"type":"ADDED","object":{}})",
           R"({"type":"ADDED","object":{"metadata":null}})",
           R"({"type":"ADDED","object":{"metadata":"c2VjcmV0LXZhbHVl"}})",
           R"({"type":"","object":{"metadata":{}}})",
           R"({"type":"c2VjcmV0LXZhbHVl","object":{"metadata":{}}})",
           R"({"type":5,"object":{"metadata":{}}})",
           R"({"object":{"metadata":{}}})",
           Added("{\"metadata\":{\"name\":\"\xff\"}}"),
           Added("{\"metadata\":{},\"data\":\"\xc3\x28\"}"),
           Added("{\"metadata\":{\"name\":\"a\nb\"}}"),
           Added(R"({"metadata":{"name":"\q"}})"),
           Added(R"({"metadata":{"name":"\ud800"}})"),
           Added(R"({"metadata":{"name" "a"}})"),
           Added(R"({"metadata":{}})") + "{}",
           Added(R"({"metadata":{})")}) {
    const auto frame = reader.ReadFrame(text);
    ASSERT_FALSE(frame.ok()) << text;
    EXPECT_EQ(frame.error().code(), Code::kInvalid);
    EXPECT_EQ(frame.error().message().find(secret), std::string::npos);
  }
}

// What is passed by on the way to the head is read as well.
TEST(EventReader, BrokenJsonAnywhereIsInvalid) {
  EventReader reader;
  for (const char* value :
       {"tru", "nul", "01", "1.", "+1", "-", "1e", "\"\\q\"", "\"\\ud800\"",
        "[1,]", "{\"a\":1,}", "{\"a\" 1}", "{1:2}", "[1 2]"}) {
    const std::string object =
        std::string(R"({"metadata":{"name":"a"},"spec":{"x":)") + value + "}}";
    EXPECT_FALSE(reader.ReadFrame(Added(object)).ok()) << value;
    EXPECT_FALSE(reader.ReadHead(object).ok()) << value;
  }
  for (const char* value : {"18446744073709551616", "-9223372036854775809",
                            "100000000000000000000000", "1e300", "-0", "1.0"}) {
    const std::string object =
        std::string(R"({"metadata":{"name":"a"},"spec":{"x":)") + value + "}}";
    EXPECT_TRUE(reader.ReadFrame(Added(object)).ok()) << value;
    EXPECT_TRUE(reader.ReadHead(object).ok()) << value;
  }
}

TEST(EventReader, CutOffAnywhereIsInvalid) {
  EventReader reader;
  const std::string text = Added(kPod);
  for (std::size_t cut = 0; cut < text.size(); ++cut) {
    EXPECT_FALSE(reader.ReadFrame(text.substr(0, cut)).ok()) << cut;
  }
  EXPECT_TRUE(reader.ReadFrame(text).ok());
}

TEST(EventReader, DeepNestingIsNoTrouble) {
  EventReader reader;
  std::string deep = "{\"metadata\":{\"name\":\"a\"},\"spec\":";
  for (int i = 0; i < 10000; ++i) deep += i % 2 == 0 ? "{\"a\":" : "[";
  deep += "1";
  for (int i = 9999; i >= 0; --i) deep += i % 2 == 0 ? "}" : "]";
  deep += "}";
  const std::string text = Added(deep);
  const auto frame = reader.ReadFrame(text);
  ASSERT_TRUE(frame.ok()) << frame.error().message();
  EXPECT_EQ(frame->head.name, "a");
  EXPECT_EQ(frame->object, deep);
  EXPECT_EQ(EventReader::ReadTruncated(text).name, "a");
  EXPECT_EQ(reader.ReadStatus(deep).code, 0);
}

TEST(EventReader, BookmarkHasItsVersion) {
  EventReader reader;
  const auto frame = reader.ReadFrame(
      R"({"type":"BOOKMARK","object":{"kind":"Pod","apiVersion":"v1",)"
      R"("metadata":{"resourceVersion":"99","creationTimestamp":null},)"
      R"("spec":{"containers":null},"status":{}}})");
  ASSERT_TRUE(frame.ok());
  EXPECT_EQ(frame->type, FrameType::kBookmark);
  EXPECT_EQ(frame->head.resource_version, "99");
}

TEST(EventReader, ErrorHasItsStatus) {
  EventReader reader;
  const auto frame = reader.ReadFrame(
      R"x({"type":"ERROR","object":{"kind":"Status","apiVersion":"v1",)x"
      R"x("metadata":{},"status":"Failure","message":"too old resource )x"
      R"x(version: 205 (215)","reason":"Expired","code":410}})x");
  ASSERT_TRUE(frame.ok());
  EXPECT_EQ(frame->type, FrameType::kError);
  EXPECT_TRUE(frame->status.gone());
  EXPECT_EQ(frame->status.message, "too old resource version: 205 (215)");
  for (const char* object : {"null", "\"x\"", "{}", "[1]", "{\"code\":410}"}) {
    const auto odd = reader.ReadFrame(
        std::string(R"({"type":"ERROR","object":)") + object + "}");
    ASSERT_TRUE(odd.ok()) << object;
    EXPECT_EQ(odd->status.code, 0);
    EXPECT_FALSE(odd->status.gone());
  }
}

TEST(EventReader, StatusTellsTooLargeAndRetryAfter) {
  EventReader reader;
  const ServerStatus status = reader.ReadStatus(
      R"({"kind":"Status","code":504,"reason":"Timeout","details":{"causes":)"
      R"([{"reason":"ResourceVersionTooLarge"}],"retryAfterSeconds":1}})");
  EXPECT_EQ(status.code, 504);
  EXPECT_TRUE(status.rv_too_large);
  EXPECT_EQ(status.retry_after, 1);
  EXPECT_FALSE(status.gone());
  for (const char* body :
       {"", "Too many requests, please try again later.", "<html>429</html>",
        "{}", "[]", "{\"kind\":\"Status\"", "{\"kind\":\"Pod\",\"code\":410}",
        R"({"kind":"Status","code":"410","details":5})",
        R"({"kind":"Status","code":99999999999,"details":{"causes":{}}})"}) {
    const ServerStatus none = reader.ReadStatus(body);
    EXPECT_EQ(none.code, 0) << body;
    EXPECT_EQ(none.message, "") << body;
  }
  EXPECT_TRUE(reader.ReadStatus(R"({"kind":"Status","reason":"Gone"})").gone());
}

TEST(EventReader, ReadsAfterAHugeObject) {
  EventReader reader;
  const std::string text =
      Added(R"({"metadata":{"name":"big"},"data":")" +
            std::string(std::size_t{5} << 20, 'x') + "\"}");
  const auto big = reader.ReadFrame(text);
  ASSERT_TRUE(big.ok());
  EXPECT_EQ(big->head.name, "big");
  const std::string small = Added(kPod);
  const auto pod = reader.ReadFrame(small);
  ASSERT_TRUE(pod.ok());
  ExpectPod(pod->head);
}

TEST(EventReader, HugeObjectIsReadToItsEndAndRefusedForWhatIsWrongThere) {
  EventReader reader;
  const auto with = [&](const std::string& last) {
    return reader
        .ReadFrame(R"({"type":"ADDED","object":{"metadata":{"uid":"u"},"x":")" +
                   std::string(3 << 20, 'x') + R"(","last":)" + last + "}}")
        .ok();
  };
  EXPECT_TRUE(with("[true, 1.5e10, 123456789012345678901234567890]"));
  EXPECT_FALSE(with("tru"));
  EXPECT_FALSE(with("1e400"));
  EXPECT_FALSE(with("\"\xc3\x28\""));
  EXPECT_FALSE(with("\"\x01\""));
  EXPECT_FALSE(with(R"("\ud800")"));
}

TEST(EventReader, TruncatedObjectGivesWhatCameBeforeTheCut) {
  const std::string pod(kPod);
  for (const std::string& text : {pod, Added(pod), " \n" + Added(pod)}) {
    const std::size_t uid_end = text.find("u-1") + 4;
    const std::size_t rv_end = text.find("\"42\"") + 4;
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
      const ObjectHead head =
          EventReader::ReadTruncated(std::string_view(text).substr(0, cut));
      EXPECT_EQ(head.uid, cut >= uid_end ? "u-1" : "") << cut;
      EXPECT_EQ(head.resource_version, cut >= rv_end ? "42" : "") << cut;
    }
    ExpectPod(EventReader::ReadTruncated(text));
  }
}

TEST(EventReader, TruncatedTellsAnObjectFromAFrame) {
  // A Secret has a "type" of its own, a custom resource may have an "object".
  const ObjectHead secret = EventReader::ReadTruncated(
      R"({"metadata":{"name":"s","uid":"u"},"type":"Opaque","data":{"a":"b)");
  EXPECT_EQ(secret.name, "s");
  const ObjectHead custom = EventReader::ReadTruncated(
      R"({"apiVersion":"x/v1","kind":"X","metadata":{"name":"c"},)"
      R"("object":{"metadata":{"name":"no","uid":"no"}},"z":[)");
  EXPECT_EQ(custom.name, "c");
  EXPECT_EQ(custom.uid, "");
  const ObjectHead frame = EventReader::ReadTruncated(
      R"({"type":"ADDED","object":{"data":{"metadata":{"name":"no"}},)"
      R"("metadata":{"labels":{"uid":"no"},"name":"f","finalizers":["uid",)"
      R"("name"],"uid":"u")");
  EXPECT_EQ(frame.name, "f");
  EXPECT_EQ(frame.uid, "u");
  for (const char* odd : {"", "<html>", "}}}}", "[[[", "\"", "{\"", "{\"\\",
                          "{\"metadata\":{\"name\":\"\xff\"", ",,,:"}) {
    EXPECT_EQ(EventReader::ReadTruncated(odd).name, "") << odd;
  }
}

TEST(ObjectTimes, AreReadFromMetadata) {
  const ObjectTimes times = ReadObjectTimes(
      R"({"spec":{"metadata":{"creationTimestamp":"2001-01-01T00:00:00Z"}},)"
      R"("metadata":{"creationTimestamp":"2026-11-20T10:00:00Z",)"
      R"("deletionTimestamp":"2026-11-20T11:00:30Z",)"
      R"("deletionGracePeriodSeconds":30,"managedFields":[)"
      R"({"manager":"a","time":"2026-11-20T10:30:00Z","fieldsV1":{"f:x":{}}},)"
      R"({"manager":"b","time":"2026-11-20T10:45:00Z"},)"
      R"({"manager":"c"},{"time":"nonsense"},)"
      R"({"manager":"d","time":"2026-11-20T10:40:00Z"}]}})");
  constexpr Micros kTen = 1795168800 * kSecond;
  EXPECT_EQ(times.created, kTen);
  EXPECT_EQ(times.delete_requested, kTen + kHour);
  EXPECT_EQ(times.managed, kTen + 45 * kMinute);
  for (const char* odd :
       {"", "null", "{}", "{\"metadata\":5}",
        "{\"metadata\":{\"managedFields\":",
        R"({"metadata":{"creationTimestamp":null,"managedFields":null}})",
        R"({"metadata":{"creationTimestamp":7,"managedFields":[1,[],{}]}})"}) {
    const ObjectTimes none = ReadObjectTimes(odd);
    EXPECT_FALSE(none.created || none.managed || none.delete_requested) << odd;
  }
}

// Random JSON with the interesting keys at every level.
Json RandomValue(SeededRandom& random, int depth) {
  static const std::vector<std::string> kTexts = {
      "",  "a", "web-1", "\"q\"", "back\\slash", "\n\t", "\u2028", "é",
      "}", "{", "08",    "null",  "42",          "/",    "\x7f"};
  static const std::vector<std::string> kKeys = {"metadata",
                                                 "uid",
                                                 "name",
                                                 "namespace",
                                                 "resourceVersion",
                                                 "kind",
                                                 "object",
                                                 "type",
                                                 "apiVersion",
                                                 "spec",
                                                 "a\"b",
                                                 "é",
                                                 "\\",
                                                 ""};
  switch (random.Below(depth > 4 ? 4 : 6)) {
    case 0:
      return Json(kTexts[random.Below(kTexts.size())]);
    case 1:
      return Json(static_cast<std::int64_t>(random.Next()));
    case 2:
      return random.Below(2) == 0 ? Json(nullptr) : Json(random.Below(2) == 0);
    case 3:
      return Json(random.Fraction() * 1e9);
    case 4: {
      Json array = Json::array();
      for (auto n = random.Below(4); n > 0; --n) {
        array.push_back(RandomValue(random, depth + 1));
      }
      return array;
    }
    default: {
      Json object = Json::object();
      for (auto n = random.Below(7); n > 0; --n) {
        object[kKeys[random.Below(kKeys.size())]] =
            RandomValue(random, depth + 1);
      }
      return object;
    }
  }
}

std::string Text(const Json& object, const char* key) {
  return object.contains(key) && object[key].is_string()
             ? object[key].get<std::string>()
             : "";
}

TEST(EventReader, AgreesWithAnotherParserOnRandomJson) {
  EventReader reader;
  SeededRandom random(3);
  int valid = 0;
  for (int round = 0; round < 20000; ++round) {
    Json object = RandomValue(random, 0);
    if (!object.is_object()) continue;
    if (random.Below(3) != 0) {
      object["metadata"] = Json::object();
      for (const char* key : {"uid", "name", "resourceVersion", "spec"}) {
        object["metadata"][key] = RandomValue(random, 2);
      }
    }
    Json event = {{"type", "DELETED"}, {"object", object}};
    const std::string text =
        event.dump(random.Below(2) == 0 ? -1 : 2, ' ', random.Below(2) == 0);
    const auto frame = reader.ReadFrame(text);
    const bool has_metadata =
        object.contains("metadata") && object["metadata"].is_object();
    ASSERT_EQ(frame.ok(), has_metadata) << text;
    const ObjectHead cut = EventReader::ReadTruncated(text);
    if (!frame.ok()) continue;
    ++valid;
    EXPECT_EQ(Json::parse(frame->object), object) << text;
    EXPECT_EQ(frame->object.front(), '{');
    EXPECT_EQ(frame->object.back(), '}');
    const Json& metadata = object["metadata"];
    EXPECT_EQ(frame->head.uid, Text(metadata, "uid"));
    EXPECT_EQ(frame->head.name, Text(metadata, "name"));
    EXPECT_EQ(frame->head.name_space, Text(metadata, "namespace"));
    EXPECT_EQ(frame->head.resource_version, Text(metadata, "resourceVersion"));
    EXPECT_EQ(frame->head.kind, Text(object, "kind"));
    EXPECT_EQ(frame->head.api_version, Text(object, "apiVersion"));
    EXPECT_EQ(cut.uid, frame->head.uid) << text;
    EXPECT_EQ(cut.name, frame->head.name) << text;
  }
  EXPECT_GT(valid, 1000);
}

}  // namespace
}  // namespace kubescribe::kube
