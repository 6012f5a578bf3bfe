// The table that an API server makes of objects for kubectl (P§7, Columns):
// its columns and the text of its cells, as the server of that time printed
// them.
//
//   TablePrinter printer({.resource = {"", "pods"},
//                         .version = "v1",
//                         .server_version = "v1.32.13"});
//   for (const std::string& pod : pods) Print(printer.Cells(pod, at));
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "kube/resource.h"

namespace kubescribe::kube {

struct Column {
  std::string name;   // "Ready"; a table prints it in upper case
  bool wide = false;  // only with `-o wide` (priority above 0)
  // As the server's table has them: "string", "integer", "date", …
  std::string type = "string";
  std::string format =
      {};  // "name": where kubectl puts the kind before the name
};

// What a table is of.
struct TableKind {
  GroupResource resource;
  std::string version;  // of the objects' apiVersion: "v1", "v1beta1"
  // "v1.32.13", as the server in force at the time of the objects told it. ""
  // or unreadable: the newest that is known here.
  std::string server_version;
  // Of a custom resource: the CustomResourceDefinition in force then, as JSON.
  // "": a built-in kind, or no such object is known. A definition that cannot
  // be read, or does not know the version, has Name and Age.
  std::string crd;
};

// The printer of one kind. One thread: it reuses its parser.
class TablePrinter {
 public:
  explicit TablePrinter(const TableKind& kind);
  ~TablePrinter();
  TablePrinter(TablePrinter&&) noexcept;
  TablePrinter& operator=(TablePrinter&&) noexcept;

  // Wide ones included. The namespace is no column: whoever prints several
  // puts it in front. A kind that no server has a printer for has Name and
  // Created At; a custom resource Name, then the columns of its definition.
  const std::vector<Column>& columns() const;

  // One cell a column, as kubectl prints it before it lays the table out: what
  // the server leaves open (null) is "". Ages are as of `at`. An object that
  // cannot be read has "<unknown>" in every cell. Of ipaddresses servers send a
  // cell more than they name columns: kubectl puts it below the next column
  // that it adds itself, and so moves the rest to the right.
  std::vector<std::string> Cells(std::string_view object, Micros at) const;

  // Servers list objects by namespace and name, but put each page of
  // FlowSchemas (500 for kubectl) in the order in which they are matched: does
  // this one, and does the row of cells `a` come before `b`?
  bool OrdersRows() const;
  bool IsBefore(const std::vector<std::string>& a,
                const std::vector<std::string>& b) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kubescribe::kube
