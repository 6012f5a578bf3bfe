// What `get -o FORMAT` prints of objects, against what real kubectl printed.
//
// testdata/formats.jsonl holds a case a line: a format, a sort field, objects
// and kubectl's answer. `tests/e2e/test_i_formats.py --write` makes it anew
// from a real kubectl; without --write the script makes random cases and has
// this test read them (KUBESCRIBE_FORMAT_CASES).
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "kube/go_text.h"
#include "output/json_printer.h"
#include "output/object_format.h"
#include "output/sort_by.h"
#include "output/yaml.h"

namespace kubescribe::output {
namespace {

struct FormatCase {
  explicit FormatCase(const Value& line) : value(line) {}

  std::string Text(std::string_view key) const {
    const Value* found = value.Find(key);
    return found == nullptr ? "" : found->text;
  }
  bool Flag(std::string_view key) const { return Text(key) == "true"; }
  const std::vector<Value>& objects() const {
    return value.Find("objects")->items;
  }

  const Value& value;
};

// The objects in the order of the case.
Result<std::vector<Value>> Sorted(const FormatCase& c, bool rows) {
  const std::string path = c.Text("sort_by");
  if (path.empty()) return c.objects();
  Result<SortBy> sort =
      SortBy::Parse(path, rows ? SortBy::Of::kRows : SortBy::Of::kItems);
  if (!sort.ok()) return sort.error();
  for (const Value& object : c.objects()) {
    const Status added = sort->Add(object);
    if (!added.ok()) return added.error();
  }
  const auto order = sort->Order();
  if (!order.ok()) return order.error();
  std::vector<Value> sorted;
  for (const std::size_t i : *order) sorted.push_back(c.objects()[i]);
  return sorted;
}

std::string Names(const std::vector<Value>& objects) {
  std::string out;
  for (const Value& object : objects) {
    out += object.Find("metadata")->Find("name")->text + "\n";
  }
  return out;
}

std::string Document(const std::vector<Value>& objects, bool one, bool yaml) {
  Value document = one ? objects.front() : MakeList(Value::Array());
  if (!one) document["items"].items = objects;
  if (yaml) {
    kube::RewriteNumbers(document, kube::NumberForm::kYaml);
    return ToYaml(document);
  }
  std::string out;
  EXPECT_TRUE(JsonPrinter(true).Append(ToJsonLine(document), 0, out).ok());
  return out + "\n";
}

// Of two long texts only the lines where they part tell something.
std::string FirstDifference(const std::string& want, const std::string& got) {
  std::size_t line = 0;
  std::size_t at = 0;
  while (at < want.size() && at < got.size() && want[at] == got[at]) {
    if (want[at++] == '\n') line = at;
  }
  const auto shown = [line](const std::string& text) {
    return testing::PrintToString(text.substr(line, 300)) + "\n";
  };
  return "want " + shown(want) + "got  " + shown(got);
}

Result<std::string> Answer(const FormatCase& c) {
  std::string name = c.Text("format");
  if (c.value.Find("file") != nullptr) {
    const std::string path = testing::TempDir() + "/format_cases_template";
    std::ofstream(path) << c.Text("file");
    name += "=" + path;
  }
  const Result<ObjectFormat> format =
      ObjectFormat::Parse(name, c.Flag("no_headers"));
  if (!format.ok()) return format.error();
  Result<std::vector<Value>> objects = Sorted(c, format->table());
  if (!objects.ok()) return objects.error();
  switch (format->kind) {
    case ObjectFormat::Kind::kJson:
    case ObjectFormat::Kind::kYaml:
      return Document(*objects, c.Flag("one"),
                      format->kind == ObjectFormat::Kind::kYaml);
    case ObjectFormat::Kind::kTable:
    case ObjectFormat::Kind::kWide:
    case ObjectFormat::Kind::kName:
      return Names(*objects);
    default:
      break;
  }
  TemplateWriter writer(*format, c.Flag("one"));
  for (Value& object : *objects) {
    const Status added = writer.Add(std::move(object));
    if (!added.ok()) return added.error();
  }
  return writer.End();
}

TEST(FormatCasesTest, EveryFormatPrintsWhatKubectlPrints) {
  const char* given = std::getenv("KUBESCRIBE_FORMAT_CASES");
  const std::string path = given != nullptr ? given
                                            : KUBESCRIBE_SOURCE_DIR
                               "/tests/unit/output/testdata/formats.jsonl";
  std::ifstream file(path);
  ASSERT_TRUE(file.good()) << path;
  std::string line;
  int cases = 0;
  while (std::getline(file, line)) {
    const Result<Value> value = ParseJson(line);
    ASSERT_TRUE(value.ok()) << value.error().message();
    const FormatCase c(*value);
    const Result<std::string> answer = Answer(c);
    ++cases;
    const std::string about = "-o '" + c.Text("format") + "' --sort-by '" +
                              c.Text("sort_by") + "'\n" + line;
    if (value->Find("error") != nullptr) {
      EXPECT_FALSE(answer.ok()) << about << *answer;
      // kubectl swallows some errors in a table: any will do then.
      if (!answer.ok() && !c.Text("error").empty()) {
        EXPECT_EQ(c.Text("error"), answer.error().message()) << about;
      }
    } else if (!answer.ok()) {
      ADD_FAILURE() << answer.error().message() << about;
    } else {
      EXPECT_TRUE(c.Text("stdout") == *answer)
          << FirstDifference(c.Text("stdout"), *answer) << about;
    }
  }
  EXPECT_GT(cases, 20);
}

}  // namespace
}  // namespace kubescribe::output
