#include "kube/printers.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "kube/go_text.h"
#include "kube/user_time.h"

namespace kubescribe::kube {
namespace {

using Json = nlohmann::json;
using Strings = std::vector<std::string>;

// What real servers answered for a Table of each kind, with the objects: a file
// a server, made by tests/e2e/dump_tables.py.
std::vector<Json> RealServers() {
  std::vector<Json> servers;
  for (const auto& entry : std::filesystem::directory_iterator(
           KUBESCRIBE_SOURCE_DIR "/tests/golden/tables")) {
    if (entry.path().extension() != ".json") continue;
    std::ifstream file(entry.path());
    servers.push_back(Json::parse(file));
  }
  return servers;
}

// The definitions among the tables, by the name of their resource.
std::map<std::string, std::string> Definitions(const Json& server) {
  std::map<std::string, std::string> definitions;
  for (const Json& table : server["tables"]) {
    if (table["resource"] != "customresourcedefinitions") continue;
    for (const Json& row : table["rows"]) {
      definitions[row["object"]["metadata"]["name"]] = row["object"].dump();
    }
  }
  return definitions;
}

TableKind KindOf(const Json& server, const Json& table) {
  TableKind kind;
  kind.resource = {table["group"], table["resource"]};
  kind.version = table["version"];
  kind.server_version = server["server"];
  kind.crd = Definitions(server)[kind.resource.ToString()];
  return kind;
}

// A cell of a server's table as kubectl prints it: numbers that are no int64
// are floats.
std::string Printed(const Json& cell) {
  if (cell.is_null()) return "";
  if (cell.is_string()) return cell.get<std::string>();
  if (!cell.is_number() || GoInteger(cell.dump())) return cell.dump();
  return FormatGoFloat(cell.get<double>());
}

TEST(Printers, ColumnsAreTheServers) {
  const std::vector<Json> servers = RealServers();
  ASSERT_FALSE(servers.empty());
  for (const Json& server : servers) {
    for (const Json& table : server["tables"]) {
      const TableKind kind = KindOf(server, table);
      const TablePrinter printer(kind);
      Json columns = Json::array();
      for (const Column& column : printer.columns()) {
        columns.push_back(
            {column.name, column.type, column.format, column.wide});
      }
      Json expected = Json::array();
      for (const Json& column : table["columns"]) {
        expected.push_back({column["name"], column["type"], column["format"],
                            column["priority"] > 0});
      }
      EXPECT_EQ(columns, expected)
          << kind.resource.ToString() << " " << kind.server_version;
    }
  }
}

TEST(Printers, CellsAreTheServers) {
  for (const Json& server : RealServers()) {
    std::size_t rows = 0;
    for (const Json& table : server["tables"]) {
      const TableKind kind = KindOf(server, table);
      const TablePrinter printer(kind);
      const auto at = ParseRfc3339(table["at"].get<std::string>());
      ASSERT_TRUE(at);
      for (const Json& row : table["rows"]) {
        Strings expected;
        for (const Json& cell : row["cells"]) {
          expected.push_back(Printed(cell));
        }
        EXPECT_EQ(printer.Cells(row["object"].dump(), *at), expected)
            << kind.resource.ToString() << " " << kind.server_version << "\n"
            << row["object"].dump(1);
        ++rows;
      }
    }
    EXPECT_GT(rows, 400U) << server["server"];
  }
}

TEST(Printers, RowsOfFlowSchemasAreInTheServersOrder) {
  for (const Json& server : RealServers()) {
    for (const Json& table : server["tables"]) {
      const TablePrinter printer(KindOf(server, table));
      EXPECT_EQ(printer.OrdersRows(), table["resource"] == "flowschemas");
      if (!printer.OrdersRows()) continue;
      std::vector<Strings> rows;
      for (const Json& row : table["rows"]) {
        rows.push_back(printer.Cells(row["object"].dump(), 0));
      }
      ASSERT_GT(rows.size(), 5U);
      for (std::size_t i = 1; i < rows.size(); ++i) {
        EXPECT_TRUE(printer.IsBefore(rows[i - 1], rows[i])) << i;
        EXPECT_FALSE(printer.IsBefore(rows[i], rows[i - 1])) << i;
      }
    }
  }
}

Strings Names(const TablePrinter& printer) {
  Strings names;
  for (const Column& column : printer.columns()) names.push_back(column.name);
  return names;
}

TEST(Printers, OtherServersHaveOtherColumns) {
  const auto names = [](const GroupResource& resource, const char* server) {
    return Names(TablePrinter({resource, "v1", server, ""}));
  };
  const GroupResource accounts{"", "serviceaccounts"};
  EXPECT_EQ(names(accounts, "v1.36.3"), (Strings{"Name", "Age"}));
  EXPECT_EQ(names(accounts, "v1.34.0"), (Strings{"Name", "Secrets", "Age"}));
  EXPECT_EQ(names(accounts, "v1.24.17-eks-4f4795d"),
            (Strings{"Name", "Secrets", "Age"}));
  // Unknown: as the newest.
  EXPECT_EQ(names(accounts, ""), (Strings{"Name", "Age"}));
  EXPECT_EQ(names(accounts, "unknown"), (Strings{"Name", "Age"}));
  EXPECT_EQ(names(accounts, "v1.x"), (Strings{"Name", "Age"}));
  EXPECT_EQ(names({"batch", "jobs"}, "v1.29.1").at(1), "Completions");
  EXPECT_EQ(names({"batch", "jobs"}, "v1.30.0").at(1), "Status");
}

TEST(Printers, OtherServersHaveOtherCells) {
  const char* node = R"({"metadata":{"name":"n"},"status":{"nodeInfo":{)"
                     R"("kernelVersion":"6.1","architecture":"arm64"}}})";
  const auto kernel = [&](const char* server) {
    return TablePrinter({{"", "nodes"}, "v1", server, ""}).Cells(node, 0).at(8);
  };
  EXPECT_EQ(kernel("v1.36.0"), "6.1 (arm64)");
  EXPECT_EQ(kernel("v1.35.9"), "6.1");

  const char* pod =
      R"({"metadata":{"name":"p"},"spec":{"containers":[{},{}]},"status":{)"
      R"("phase":"Failed","containerStatuses":[)"
      R"({"state":{"terminated":{"exitCode":0,"reason":"Completed"}}},)"
      R"({"state":{"terminated":{"exitCode":1,"reason":"Error"}}}]}})";
  const auto status = [&](const char* server) {
    return TablePrinter({{"", "pods"}, "v1", server, ""}).Cells(pod, 0).at(2);
  };
  EXPECT_EQ(status("v1.35.0"), "Error");
  EXPECT_EQ(status("v1.34.0"), "Completed");
}

TEST(Printers, AgesAreAsOfTheInstant) {
  const std::string object =
      R"({"metadata":{"name":"w","creationTimestamp":"2026-11-20T10:00:00Z"}})";
  const auto at = ParseRfc3339("2026-11-20T12:30:00Z");
  const TablePrinter other({{"example.com", "widgets"}, "v1", "", ""});
  EXPECT_EQ(Names(other), (Strings{"Name", "Age"}));
  EXPECT_EQ(other.Cells(object, *at), (Strings{"w", "150m"}));
}

TEST(Printers, BuiltInKindsWithoutPrinterSayWhenTheyWereCreated) {
  const std::string object =
      R"({"metadata":{"name":"w","creationTimestamp":"2026-11-20T10:00:00Z"}})";
  const TablePrinter roles(
      {{"rbac.authorization.k8s.io", "roles"}, "v1", "", ""});
  EXPECT_EQ(Names(roles), (Strings{"Name", "Created At"}));
  EXPECT_EQ(roles.Cells(object, 0), (Strings{"w", "2026-11-20T10:00:00Z"}));
  EXPECT_EQ(roles.Cells("{}", 0), (Strings{"", "0001-01-01T00:00:00Z"}));
}

TEST(Printers, ColumnsOfACustomResourceAreOfItsVersion) {
  const std::string definition =
      R"({"spec":{"versions":[{"name":"v1","additionalPrinterColumns":[)"
      R"({"name":"Size","type":"integer","jsonPath":".spec.size"},)"
      R"({"name":"Ratio","type":"number","jsonPath":".spec.ratio",)"
      R"("priority":1},)"
      R"({"name":"Since","type":"date","jsonPath":".spec.since"}]},)"
      R"({"name":"v2"}]}})";
  const TablePrinter v1({{"example.com", "widgets"}, "v1", "", definition});
  EXPECT_EQ(Names(v1), (Strings{"Name", "Size", "Ratio", "Since"}));
  EXPECT_TRUE(v1.columns()[2].wide);
  const auto cells = [&](const std::string& spec) {
    return v1.Cells(R"({"metadata":{"name":"w"},"spec":)" + spec + "}", 0);
  };
  EXPECT_EQ(cells(R"({"size":1.9,"ratio":1e6,"since":"x"})"),
            (Strings{"w", "1", "1000000", "<invalid>"}));
  EXPECT_EQ(cells(R"({"size":"1","ratio":1234567.5,"since":""})"),
            (Strings{"w", "", "1.2345675e+06", "<unknown>"}));
  EXPECT_EQ(cells(R"({"size":null})"), (Strings{"w", "", "", ""}));

  const TablePrinter v2({{"example.com", "widgets"}, "v2", "", definition});
  EXPECT_EQ(Names(v2), (Strings{"Name", "Age"}));
  const TablePrinter bad({{"example.com", "widgets"}, "v1", "", "{"});
  EXPECT_EQ(Names(bad), (Strings{"Name", "Age"}));
  EXPECT_EQ(bad.Cells("[]", 0), (Strings{"<unknown>", "<unknown>"}));
}

TEST(Printers, SameNameInAnotherGroupIsAnotherKind) {
  EXPECT_EQ(
      TablePrinter({{"example.com", "pods"}, "v1", "", ""}).columns().size(),
      2U);
}

TEST(Printers, OddObjectsHaveACellForEveryColumn) {
  const std::vector<Json> servers = RealServers();
  for (const Json& table : servers.front()["tables"]) {
    const TablePrinter printer(KindOf(servers.front(), table));
    for (
        const char* object :
        {"", "null", "[]", "{}", "{\"metadata\":", "{} {}",
         R"({"metadata":5,"spec":[],"status":"x"})",
         R"({"spec":{"containers":{},"ports":[1],"selector":[],"metrics":[{}],)"
         R"("template":7,"rules":[null],"tls":3,"limited":[]},)"
         R"("status":{"conditions":[null],"hard":[],)"
         R"("containerStatuses":[[]],"initContainerStatuses":[5],)"
         R"("loadBalancer":{"ingress":[{}]},"podIPs":[2],"addresses":[3]},)"
         R"("data":3,"metadata":{"labels":[],"creationTimestamp":null}})"}) {
      EXPECT_GE(printer.Cells(object, 0).size(), printer.columns().size())
          << table["resource"] << object;
    }
  }
}

TEST(Printers, NumbersMayBeOfAnyLength) {
  const TablePrinter maps({{"", "configmaps"}, "v1", "", ""});
  const std::string digits(400, '9');
  EXPECT_EQ(maps.Cells("{\"data\":{\"a\":" + digits + ",\"b\":1e999}}", 0),
            (Strings{"", "2", "<unknown>"}));
  const TablePrinter sets({{"apps", "replicasets"}, "v1", "", ""});
  EXPECT_EQ(sets.Cells("{\"spec\":{\"replicas\":" + digits + "}}", 0).at(1),
            "0");
}

}  // namespace
}  // namespace kubescribe::kube
