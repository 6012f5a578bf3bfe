#include "kube/other_version.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace kubescribe::kube {
namespace {

using Json = nlohmann::json;

TEST(OtherVersion, EventsTakeTheNamesOfTheNewerKind) {
  const std::string event =
      R"({"kind":"Event","apiVersion":"v1","metadata":{"name":"e"},
          "involvedObject":{"kind":"Pod"},"reason":"R","message":"m",
          "source":{},"firstTimestamp":null,"lastTimestamp":null,"count":2,
          "type":"Normal","eventTime":null,"reportingComponent":"",
          "reportingInstance":"i"})";
  EXPECT_EQ(Json::parse(AsVersion(event, "events.k8s.io/v1", "")),
            Json::parse(
                R"({"kind":"Event","apiVersion":"events.k8s.io/v1",
                    "metadata":{"name":"e"},"regarding":{"kind":"Pod"},
                    "reason":"R","note":"m","deprecatedSource":{},
                    "deprecatedFirstTimestamp":null,
                    "deprecatedLastTimestamp":null,"deprecatedCount":2,
                    "type":"Normal","eventTime":null,
                    "reportingInstance":"i"})"));
  EXPECT_EQ(AsVersion(event, "v1", ""), event);
}

TEST(OtherVersion, ACustomResourceChangesItsApiVersionAlone) {
  const std::string object =
      R"({"apiVersion":"example.com/v1","kind":"Animal","spec":{"weight":1.0}})";
  const std::string other =
      R"({"apiVersion":"example.com/v1beta1","kind":"Animal","spec":{"weight":1.0}})";
  EXPECT_EQ(AsVersion(object, "example.com/v1beta1",
                      R"({"spec":{"conversion":{"strategy":"None"}}})"),
            other);
  EXPECT_EQ(AsVersion(object, "example.com/v1beta1", R"({"spec":{}})"), other);
}

TEST(OtherVersion, WhatAWebhookConvertsStaysAsItWasRecorded) {
  const std::string object = R"({"apiVersion":"example.com/v1"})";
  EXPECT_EQ(AsVersion(object, "example.com/v2",
                      R"({"spec":{"conversion":{"strategy":"Webhook"}}})"),
            object);
  // Of a built-in kind it is not known either.
  EXPECT_EQ(AsVersion(object, "example.com/v2", ""), object);
  EXPECT_EQ(AsVersion("no JSON", "v1", ""), "no JSON");
}

}  // namespace
}  // namespace kubescribe::kube
