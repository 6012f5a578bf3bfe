#include "kube/printers.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "kube/user_time.h"

namespace kubescribe::kube {
namespace {

using Json = nlohmann::json;

// What a real API server (1.36.3) answered for a Table, with the objects.
Json RealTables() {
  std::ifstream file(KUBESCRIBE_SOURCE_DIR
                     "/tests/unit/kube/testdata/printers.json");
  return Json::parse(file);
}

GroupResource ResourceNamed(const std::string& name) {
  const auto dot = name.find('.');
  if (dot == std::string::npos) return {"", name};
  return {name.substr(dot + 1), name.substr(0, dot)};
}

TEST(Printers, ColumnsAreTheServers) {
  const Json real = RealTables();
  for (const Json& table : real["tables"]) {
    const std::string name = table["resource"];
    const auto columns = PrinterColumns(ResourceNamed(name));
    ASSERT_EQ(columns.size(), table["columns"].size()) << name;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      EXPECT_EQ(columns[i].name, table["columns"][i]["name"]) << name;
      EXPECT_EQ(columns[i].wide, table["columns"][i]["wide"]) << name;
    }
  }
}

TEST(Printers, CellsAreTheServers) {
  const Json real = RealTables();
  const auto at = ParseRfc3339(real["at"].get<std::string>());
  ASSERT_TRUE(at);
  int rows = 0;
  for (const Json& table : real["tables"]) {
    const GroupResource resource = ResourceNamed(table["resource"]);
    const auto columns = PrinterColumns(resource);
    for (const Json& row : table["rows"]) {
      auto expected = row["cells"].get<std::vector<std::string>>();
      auto cells = PrinterCells(resource, row["object"].dump(), *at);
      ASSERT_EQ(cells.size(), expected.size());
      for (std::size_t i = 0; i < cells.size(); ++i) {
        if (columns[i].name != "Age") continue;
        // The server answered within a second of `at`.
        EXPECT_NE(cells[i], "<unknown>");
        expected[i] = cells[i];
      }
      EXPECT_EQ(cells, expected) << row["object"].dump(1);
      ++rows;
    }
  }
  EXPECT_EQ(rows, 41);
}

TEST(Printers, OthersHaveNameAndAgeAsOfTheInstant) {
  const GroupResource other{"example.com", "widgets"};
  ASSERT_EQ(PrinterColumns(other).size(), 2U);
  const std::string object =
      R"({"metadata":{"name":"w","creationTimestamp":"2026-11-20T10:00:00Z"}})";
  const auto at = ParseRfc3339("2026-11-20T12:30:00Z");
  EXPECT_EQ(PrinterCells(other, object, *at),
            (std::vector<std::string>{"w", "150m"}));
  // Same name, other group.
  EXPECT_EQ(PrinterColumns({"metrics.k8s.io", "pods"}).size(), 2U);
}

TEST(Printers, OddObjectsHaveACellForEveryColumn) {
  for (const GroupResource& resource :
       std::vector<GroupResource>{{"", "pods"},
                                  {"apps", "deployments"},
                                  {"", "services"},
                                  {"", "configmaps"},
                                  {"", "nodes"},
                                  {"", "other"}}) {
    for (const char* object :
         {"", "null", "[]", "{}", R"({"metadata":5,"spec":[],"status":"x"})",
          R"({"spec":{"containers":{},"ports":[1],"selector":[],)"
          R"("template":7},"status":{"conditions":[null],)"
          R"("containerStatuses":[[]],"initContainerStatuses":[5],)"
          R"("loadBalancer":{"ingress":[{}]},"podIPs":[2],"addresses":[3]},)"
          R"("data":3,"metadata":{"labels":[],"creationTimestamp":null}})"}) {
      EXPECT_EQ(PrinterCells(resource, object, 0).size(),
                PrinterColumns(resource).size())
          << resource.ToString() << object;
    }
  }
  EXPECT_EQ(PrinterCells({"", "configmaps"}, "{}", 0),
            (std::vector<std::string>{"", "0", "<unknown>"}));
}

}  // namespace
}  // namespace kubescribe::kube
