// KindTable: the lines of one kind in a table, decorated as kubectl does it:
// the columns of the server's printer, and around them namespace, kind, labels,
// and what only the past has (cluster, end).
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "kube/printers.h"
#include "kubescribe/get.h"
#include "output/palette.h"
#include "query/state.h"

namespace kubescribe::tool {

class KindTable {
 public:
  struct Look {
    bool with_kind = false;   // "pod/web"
    bool with_event = false;  // a watch event's type in front
    bool ended = false;       // when and how it ended behind
  };
  KindTable(const query::TypeState& type, const GetOptions& options,
            const Look& look);

  const kube::TablePrinter& printer() const { return printer_; }
  std::vector<std::string> Header() const;
  // Of the lines.
  const output::CellColours& colours() const { return colours_; }
  // One line. `event`: "ADDED"; only with_event.
  std::vector<std::string> Row(const query::Object& object, Micros at,
                               const std::string& cluster,
                               const std::string& event = "") const;
  // Whether lines of both may stand below one header.
  bool SameColumns(const KindTable& other) const {
    return Header() == other.Header();
  }

 private:
  bool IsShown(std::size_t cell) const {
    const auto& columns = printer_.columns();
    return wide_ || cell >= columns.size() || !columns[cell].wide;
  }
  // Of a body that is lost, no cell but the name's says anything else.
  std::vector<std::string> Cells(const query::Object& object, Micros at) const;
  void AddLabels(const query::Object& object,
                 std::vector<std::string>& row) const;

  kube::TablePrinter printer_;
  const Look look_;
  const bool wide_;
  const bool with_cluster_;
  const bool with_namespace_;
  const bool show_labels_;
  const std::vector<std::string> label_columns_;
  std::string prefix_;
  std::size_t name_column_ = 0;
  std::size_t width_ = 0;  // cells of a row, but for DELETED and HOW
  output::CellColours colours_;
};

}  // namespace kubescribe::tool
