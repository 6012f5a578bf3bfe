// The texts of `describe`, beside those of the real kubectl.
//
// testdata/describe.json holds the objects of a cluster at the instant "at";
// describe.kubectl.txt what kubectl 1.36.3 said of each, in UTC:
// "#### KIND NAMESPACE/NAME" and the text.
#include "output/describe.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>

#include "kube/selector.h"
#include "kube/user_time.h"
#include "output/view.h"

namespace kubescribe::output {
namespace {

std::string ReadTestdata(const std::string& name) {
  std::ifstream file(KUBESCRIBE_SOURCE_DIR "/tests/unit/output/testdata/" +
                     name);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string GroupOf(View object) {
  const std::string& version = object["apiVersion"].Text();
  const std::size_t slash = version.find('/');
  return slash == std::string::npos ? "" : version.substr(0, slash);
}

// The objects of the file; any other cluster's, when given.
class World final : public Related {
 public:
  explicit World(Value document) : document_(std::move(document)) {}

  std::vector<View> objects() const { return View(document_)["items"].Items(); }
  Micros at() const {
    return kube::ParseRfc3339(View(document_)["at"].Text()).value_or(0);
  }

  Result<std::vector<Value>> Find(const Query& query) override {
    const View kind = View(document_)["resources"][query.resource.group + "/" +
                                                   query.resource.resource];
    if (!kind.has()) return Error(Code::kNotFound, "not recorded");
    const auto labels = kube::LabelSelector::Parse(query.label_selector);
    const auto fields = kube::FieldSelector::Parse(query.field_selector);
    std::map<std::string, Value> found;  // by name
    for (const View object : objects()) {
      const View metadata = object["metadata"];
      if (GroupOf(object) != query.resource.group ||
          object["kind"].Text() != kind.Text() ||
          (query.name_space &&
           metadata["namespace"].Text() != *query.name_space) ||
          (!query.name.empty() && metadata["name"].Text() != query.name)) {
        continue;
      }
      const std::string json = ToJsonLine(*object.value());
      if (labels->MatchesObject(json) &&
          fields->MatchesObject(query.resource, json)) {
        found.emplace(metadata["name"].Text(), *object.value());
      }
    }
    std::vector<Value> values;
    for (auto& [name, value] : found) values.push_back(std::move(value));
    return values;
  }

 private:
  const Value document_;
};

DescribeRequest RequestFor(View object, Micros at) {
  DescribeRequest request;
  request.resource.group = GroupOf(object);
  request.kind = object["kind"].Text();
  request.object = object.value();
  request.at = at;
  request.zone = "UTC";
  return request;
}

std::string DescribeJson(const std::string& json, bool events = false) {
  const Result<Value> object = ParseJson(json);
  World world(Value::Object());
  DescribeRequest request = RequestFor(View(*object), 0);
  request.events = events;
  return *Describe(request, world);
}

TEST(DescribeTest, SaysWhatKubectlSays) {
  World world(*ParseJson(ReadTestdata("describe.json")));
  std::map<std::string, std::string> texts;
  std::istringstream lines(ReadTestdata("describe.kubectl.txt"));
  std::string name;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("#### ")) {
      name = line.substr(5);
    } else {
      texts[name] += line + "\n";
    }
  }
  ASSERT_GT(texts.size(), 90U);
  for (const View object : world.objects()) {
    const View metadata = object["metadata"];
    const auto text =
        texts.find(object["kind"].Text() + " " + metadata["namespace"].Text() +
                   "/" + metadata["name"].Text());
    if (text == texts.end()) continue;
    const Result<std::string> told =
        Describe(RequestFor(object, world.at()), world);
    ASSERT_TRUE(told.ok()) << told.error().message();
    EXPECT_EQ(*told, text->second) << text->first;
    texts.erase(text);
  }
  EXPECT_TRUE(texts.empty());
}

TEST(DescribeTest, ARedactedValueOfASecretHasNoSize) {
  // base64 of "kfr1:01234567:…".
  const std::string text = DescribeJson(
      R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"s",
        "namespace":"n"},"type":"Opaque","data":{"longer":"a2ZyMTowMTIzNDU2Nzph",
        "plain":"aGk="}})");
  EXPECT_NE(text.find("longer:  <redacted>\nplain:   2 bytes\n"),
            std::string::npos)
      << text;
}

TEST(DescribeTest, ACertificateRequestThatCannotBeReadIsSaidToBeSo) {
  const std::string text = DescribeJson(
      R"({"apiVersion":"certificates.k8s.io/v1","metadata":{"name":"c"},
        "kind":"CertificateSigningRequest","spec":{"request":"aGk="}})",
      true);
  EXPECT_NE(text.find("Subject:\n  <the request cannot be read>\nEvents:"),
            std::string::npos)
      << text;
}

TEST(DescribeTest, AnAutoscalerOfVersion1KnowsTheCpuOnly) {
  const std::string text = DescribeJson(
      R"({"apiVersion":"autoscaling/v1","kind":"HorizontalPodAutoscaler",
        "metadata":{"name":"h","namespace":"n"},"spec":{"maxReplicas":3,
        "scaleTargetRef":{"kind":"Deployment","name":"web"},
        "targetCPUUtilizationPercentage":80},"status":{}})");
  EXPECT_NE(text.find("Reference:                Deployment/web\n"
                      "Target CPU utilization:   80%\n"
                      "Current CPU utilization:  <unknown>%\n"
                      "Min replicas:             <unset>\n"),
            std::string::npos)
      << text;
}

TEST(DescribeTest, TimesAreInTheZoneThatIsAskedFor) {
  const Result<Value> object = ParseJson(
      R"({"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy",
        "metadata":{"name":"p","namespace":"n",
        "creationTimestamp":"2026-11-20T10:00:00Z"},"spec":{}})");
  World world(Value::Object());
  DescribeRequest request = RequestFor(View(*object), 0);
  request.zone = "Europe/Berlin";
  const std::string text = *Describe(request, world);
  EXPECT_NE(text.find("Created on:   2026-11-20 11:00:00 +0100 CET\n"),
            std::string::npos)
      << text;
}

}  // namespace
}  // namespace kubescribe::output
