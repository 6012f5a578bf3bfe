// What describers say of recorded objects is what kubectl said of them:
// tests/golden/describe, made by tests/e2e/dump_describes.py.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "kube/selector.h"
#include "kube/user_time.h"
#include "output/describe.h"
#include "output/diff.h"
#include "output/view.h"

namespace kubescribe::output {
namespace {

std::filesystem::path GoldenFolder() {
  return std::filesystem::path(KUBESCRIBE_SOURCE_DIR) / "tests" / "golden" /
         "describe";
}

std::string ReadAll(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

struct Kind {
  kube::GroupResource resource;
  std::string kind;
  std::vector<Value> objects;
};

// The objects of the folder, in the order in which a server lists them.
class GoldenObjects final : public Related {
 public:
  GoldenObjects() {
    Result<Value> all = ParseJson(ReadAll(GoldenFolder() / "objects.json"));
    EXPECT_TRUE(all.ok());
    const auto place = [](const Value& object) {
      const View meta = View(object)["metadata"];
      return std::pair(meta["namespace"].Text(), meta["name"].Text());
    };
    std::sort(
        all->items.begin(), all->items.end(),
        [&](const Value& a, const Value& b) { return place(a) < place(b); });
    for (Value& object : all->items) Keep(std::move(object));
  }

  Result<std::vector<Value>> Find(const Query& query) override {
    const auto labels = kube::LabelSelector::Parse(query.label_selector);
    const auto fields = kube::FieldSelector::Parse(query.field_selector);
    EXPECT_TRUE(labels.ok() && fields.ok()) << query.field_selector;
    for (const Kind& kind : kinds_) {
      if (kind.resource != query.resource) continue;
      std::vector<Value> found;
      for (const Value& object : kind.objects) {
        const View meta = View(object)["metadata"];
        const std::string json = ToJsonLine(object);
        if ((!query.name_space ||
             meta["namespace"].Text() == *query.name_space) &&
            (query.name.empty() || meta["name"].Text() == query.name) &&
            labels->MatchesObject(json) &&
            fields->MatchesObject(kind.resource, json)) {
          found.push_back(object);
        }
      }
      return found;
    }
    return Error(Code::kNotFound, "no such type");
  }

  const std::vector<Kind>& kinds() const { return kinds_; }

 private:
  void Keep(Value object) {
    const std::string& version = View(object)["apiVersion"].Text();
    const std::size_t slash = version.find('/');
    kube::GroupResource resource;
    if (slash != std::string::npos) resource.group = version.substr(0, slash);
    const std::string kind = View(object)["kind"].Text();
    for (const char c : kind) {
      resource.resource += static_cast<char>(std::tolower(c));
    }
    resource.resource += "s";
    for (Kind& known : kinds_) {
      if (known.resource == resource) {
        known.objects.push_back(std::move(object));
        return;
      }
    }
    kinds_.push_back({resource, kind, {}});
    kinds_.back().objects.push_back(std::move(object));
  }

  std::vector<Kind> kinds_;
};

TEST(DescribeGoldenTest, TheTextOfEveryKindIsKubectls) {
  GoldenObjects objects;
  int files = 0;
  for (const Kind& kind : objects.kinds()) {
    const std::filesystem::path path =
        GoldenFolder() / (kind.resource.ToString() + ".txt");
    if (!std::filesystem::exists(path)) continue;
    ++files;
    const std::string file = ReadAll(path);
    const std::size_t line = file.find('\n');
    DescribeRequest request;
    request.resource = kind.resource;
    request.kind = kind.kind;
    request.at = kube::ParseRfc3339(file.substr(3, line - 3)).value_or(0);
    request.zone = "Europe/Berlin";
    std::string text;
    for (const Value& object : kind.objects) {
      request.object = &object;
      const Result<std::string> told = Describe(request, objects);
      ASSERT_TRUE(told.ok()) << told.error().message();
      text += (text.empty() ? "" : "\n\n") + *told;
    }
    EXPECT_EQ(UnifiedDiff(file.substr(line + 1), text, "kubectl", "kubescribe",
                          false),
              "")
        << path;
  }
  EXPECT_GT(files, 0);
}

}  // namespace
}  // namespace kubescribe::output
