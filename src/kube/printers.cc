#include "kube/printers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <unordered_map>
#include <utility>

#include "kube/json_tree.h"
#include "kube/printer_custom.h"
#include "kube/printer_table.h"
#include "kube/printer_versions.h"

namespace kubescribe::kube {
namespace {

const KindPrinter* BuiltInPrinter(const std::string& resource) {
  static const auto& printers = *[] {
    auto* all = new std::unordered_map<std::string, KindPrinter>();  // NOLINT
    for (const KindPrinters* file :
         {&PodPrinters(), &AppPrinters(), &BatchPrinters(), &NetworkPrinters(),
          &StoragePrinters(), &CorePrinters(), &PolicyPrinters(),
          &AutoscalingPrinters(), &AdmissionPrinters(), &DevicePrinters(),
          &AggregationPrinters()}) {
      for (const KindPrinter& printer : *file) {
        all->emplace(printer.resource, printer);
      }
    }
    return all;
  }();
  const auto found = printers.find(resource);
  return found == printers.end() ? nullptr : &found->second;
}

// Is it one of Kubernetes' own groups? "apps", "rbac.authorization.k8s.io".
bool IsOwnGroup(std::string_view group) {
  constexpr std::string_view kOwn = ".k8s.io";
  return group.find('.') == std::string_view::npos ||
         (group.size() > kOwn.size() &&
          group.substr(group.size() - kOwn.size()) == kOwn);
}

const KindPrinter& PrinterOf(const TableKind& kind) {
  const KindPrinter* built_in = BuiltInPrinter(kind.resource.ToString());
  if (built_in != nullptr) return *built_in;
  return IsOwnGroup(kind.resource.group) ? CreatedPrinter() : AgePrinter();
}

// "Name, +IP, -Secrets, Desired:integer" taken apart at its commas.
std::vector<std::string_view> Split(std::string_view columns) {
  constexpr std::string_view kBetween = ", ";
  std::vector<std::string_view> parts;
  for (std::size_t from = 0; from <= columns.size();) {
    const std::size_t to =
        std::min(columns.find(kBetween, from), columns.size());
    parts.push_back(columns.substr(from, to - from));
    from = to + kBetween.size();
  }
  return parts;
}

struct Definition {
  Column column;
  bool old = false;  // only of the servers that it is named for
};

Definition ReadDefinition(std::string_view text) {
  Definition definition;
  Column& column = definition.column;
  definition.old = text.front() == '-';
  column.wide = text.front() == '+';
  if (definition.old || column.wide) text.remove_prefix(1);
  const auto take = [&] {
    const std::size_t end = std::min(text.find(':'), text.size());
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return part;
  };
  column.name = take();
  column.format = column.name == "Name" ? "name" : "";
  if (!text.empty()) {
    column.type = take();
    column.format = take();
  }
  return definition;
}

}  // namespace

struct TablePrinter::Impl {
  ServerMinor server;
  const KindPrinter* printer = nullptr;
  std::optional<CustomPrinter> custom;  // instead
  std::vector<Column> columns;
  std::vector<std::size_t> cells;  // of the printer's, a column
  std::size_t defined = 0;         // cells that can have a column
  JsonTree tree;
  CellList all;

  void ChooseColumns();
};

void TablePrinter::Impl::ChooseColumns() {
  std::vector<Definition> definitions;
  for (const std::string_view text : Split(printer->columns)) {
    definitions.push_back(ReadDefinition(text));
  }
  defined = definitions.size();
  const auto take = [&](std::size_t index) {
    columns.push_back(definitions[index].column);
    cells.push_back(index);
  };
  const auto chosen = ServerColumns(printer->resource, server);
  if (!chosen) {
    for (std::size_t i = 0; i < definitions.size(); ++i) {
      if (!definitions[i].old) take(i);
    }
    return;
  }
  for (const std::string_view name : Split(*chosen)) {
    for (std::size_t i = 0; i < definitions.size(); ++i) {
      if (definitions[i].column.name == name) take(i);
    }
  }
}

TablePrinter::TablePrinter(const TableKind& kind)
    : impl_(std::make_unique<Impl>()) {
  impl_->server = ParseServerMinor(kind.server_version);
  if (!kind.crd.empty()) {
    impl_->custom.emplace(kind.crd, kind.version);
    impl_->columns = impl_->custom->columns();
  } else {
    impl_->printer = &PrinterOf(kind);
    impl_->ChooseColumns();
  }
}
TablePrinter::~TablePrinter() = default;
TablePrinter::TablePrinter(TablePrinter&&) noexcept = default;
TablePrinter& TablePrinter::operator=(TablePrinter&&) noexcept = default;

const std::vector<Column>& TablePrinter::columns() const {
  return impl_->columns;
}

std::vector<std::string> TablePrinter::Cells(std::string_view object,
                                             Micros at) const {
  Impl& impl = *impl_;
  CellList cells;
  if (impl.custom) {
    if (!impl.custom->AddCells(object, at, cells)) {
      cells.assign(impl.columns.size(), "<unknown>");
    }
    return cells;
  }
  if (!impl.tree.Parse(object) || !impl.tree.root().is_object()) {
    return CellList(impl.columns.size(), "<unknown>");
  }
  impl.all.clear();
  impl.printer->cells({impl.tree.root(), at, impl.server}, impl.all);
  cells.reserve(impl.cells.size());
  for (const std::size_t index : impl.cells) {
    cells.push_back(std::move(impl.all[index]));
  }
  for (std::size_t i = impl.defined; i < impl.all.size(); ++i) {
    cells.push_back(std::move(impl.all[i]));
  }
  return cells;
}

bool TablePrinter::OrdersRows() const {
  return impl_->printer != nullptr &&
         impl_->printer->resource == "flowschemas.flowcontrol.apiserver.k8s.io";
}

bool TablePrinter::IsBefore(const std::vector<std::string>& a,
                            const std::vector<std::string>& b) const {
  constexpr std::size_t kName = 0;
  constexpr std::size_t kPrecedence = 2;
  const auto key = [](const std::vector<std::string>& row) {
    return std::pair(std::strtol(row[kPrecedence].c_str(), nullptr, 10),
                     std::string_view(row[kName]));
  };
  return OrdersRows() && key(a) < key(b);
}

}  // namespace kubescribe::kube
