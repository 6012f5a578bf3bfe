#include "kubescribe/get_table.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "kubescribe/kind_table.h"
#include "output/columns.h"
#include "output/sort_by.h"
#include "output/value.h"
#include "query/parallel.h"

namespace kubescribe::tool {
namespace {

// One kind of one cluster.
struct Part {
  ClusterAnswer* answer = nullptr;
  query::TypeState* type = nullptr;
  std::unique_ptr<KindTable> table;
  std::vector<std::vector<std::string>> rows;  // of several clusters
  std::optional<Error> error;
};

// What stands under one header: the same kind, in the order of the clusters.
using Section = std::vector<Part>;

bool SameKind(const query::TypeState& a, const query::TypeState& b) {
  return a.target.row.group == b.target.row.group &&
         a.target.row.resource == b.target.row.resource;
}

// The kinds in the order in which they were asked for. One that is asked for
// again further behind has another section there.
std::vector<Section> SectionsOf(std::vector<ClusterAnswer>& answers) {
  std::vector<Section> sections;
  for (ClusterAnswer& answer : answers) {
    std::vector<bool> used(sections.size(), false);
    for (query::TypeState& type : answer.state.types) {
      std::size_t at = 0;
      while (at < sections.size() &&
             (used[at] || !SameKind(*sections[at].front().type, type))) {
        ++at;
      }
      if (at == sections.size()) {
        sections.emplace_back();
        used.push_back(false);
      }
      used[at] = true;
      Part part;
      part.answer = &answer;
      part.type = &type;
      sections[at].push_back(std::move(part));
    }
  }
  return sections;
}

using Row = std::vector<std::string>;

// The rows as a server lists them. `take(object, row)`: false ends it.
template <typename Take>
void EachUnsortedRow(Part& part, Take take) {
  constexpr std::size_t kPage = 500;  // of kubectl
  const KindTable& table = *part.table;
  struct Kept {
    query::Object object;
    Row cells;
    Row row;
  };
  std::vector<Kept> page;  // of a kind that a server puts in order itself
  const auto hand_on = [&] {
    std::stable_sort(page.begin(), page.end(),
                     [&](const Kept& a, const Kept& b) {
                       return table.printer().IsBefore(a.cells, b.cells);
                     });
    bool more = true;
    for (Kept& kept : page) {
      more = more && take(kept.object, std::move(kept.row));
    }
    page.clear();
    return more;
  };
  const Status read = query::EachObject(
      part.answer->file.path, part.answer->request, *part.type,
      [&](query::Object&& object) {
        Row row = table.Row(object, part.type->at, part.answer->file.cluster);
        if (!table.printer().OrdersRows()) return take(object, std::move(row));
        Row cells = table.printer().Cells(object.json, part.type->at);
        page.push_back({std::move(object), std::move(cells), std::move(row)});
        return page.size() < kPage || hand_on();
      });
  hand_on();
  if (!read.ok()) part.error = read.error();
}

// The rows in the order of a field.
template <typename Take>
void EachSortedRow(Part& part, const std::string& field, Take take) {
  Result<output::SortBy> sort =
      output::SortBy::Parse(field, output::SortBy::Of::kRows);
  if (!sort.ok()) {
    part.error = sort.error();
    return;
  }
  std::vector<Row> rows;
  std::optional<Error> unfit;
  EachUnsortedRow(part, [&](const query::Object& object, Row&& row) {
    const Result<output::Value> value = output::ParseJson(object.json);
    const Status added = value.ok() ? sort->Add(*value) : value.error();
    if (!added.ok()) unfit = added.error();
    rows.push_back(std::move(row));
    return added.ok();
  });
  if (unfit) part.error = unfit;
  if (part.error || rows.empty()) return;
  const Result<std::vector<std::size_t>> order = sort->Order();
  if (!order.ok()) {
    part.error = order.error();
    return;
  }
  for (const std::size_t i : *order) take(std::move(rows[i]));
}

template <typename Take>
void EachRow(Part& part, const std::string& sort_by, Take take) {
  if (!sort_by.empty()) {
    EachSortedRow(part, sort_by, take);
    return;
  }
  EachUnsortedRow(part, [&](const query::Object&, Row&& row) {
    take(std::move(row));
    return true;
  });
}

// Writes the tables one after the other.
class TableWriter {
 public:
  TableWriter(const GetOptions& options, Out& out)
      : options_(options), out_(out), columns_(out.look()) {}

  void Write(Section& section) {
    columns_.Reset();
    above_ = nullptr;
    if (section.size() == 1) {
      Part& only = section.front();
      EachRow(only, options_.sort_by, [&](const Row& row) { Add(only, row); });
    } else {
      query::InParallel(section.size(), [&](std::size_t i) {
        Part& part = section[i];
        EachRow(part, options_.sort_by,
                [&](Row&& row) { part.rows.push_back(std::move(row)); });
      });
      for (const Part& part : section) {
        for (const Row& row : part.rows) Add(part, row);
      }
    }
    Flush();
  }
  bool any() const { return any_; }

 private:
  void Add(const Part& part, const Row& row) {
    if (above_ != part.table.get()) {
      if (above_ != nullptr && !part.table->SameColumns(*above_)) {
        Flush();
        columns_.Reset();
        above_ = nullptr;
      }
      if (above_ == nullptr && !options_.no_headers) {
        columns_.Add(part.table->Header());
      }
      above_ = part.table.get();
    }
    columns_.Add(row, part.table->colours());
  }
  void Flush() {
    if (columns_.empty()) return;
    if (any_ && !options_.no_headers) out_.Write("\n");
    any_ = true;
    columns_.Flush([this](std::string_view line) { out_.Write(line); });
  }

  const GetOptions& options_;
  Out& out_;
  output::Columns columns_;
  const KindTable* above_ = nullptr;  // whose lines stand there already
  bool any_ = false;
};

}  // namespace

bool ShowsKinds(const GetOptions& options,
                const std::vector<ClusterAnswer>& answers) {
  if (options.show_kind) return true;
  const query::TypeState* first = nullptr;
  for (const ClusterAnswer& answer : answers) {
    for (const query::TypeState& type : answer.state.types) {
      // Of named objects only those count that are there.
      if (!type.target.names.empty() && type.rows.empty()) continue;
      if (first != nullptr && !SameKind(*first, type)) return true;
      first = &type;
    }
  }
  return false;
}

bool PrintTables(const GetOptions& options, std::vector<ClusterAnswer>& answers,
                 Out& out) {
  KindTable::Look look;
  look.with_kind = ShowsKinds(options, answers);
  std::vector<Section> sections = SectionsOf(answers);
  TableWriter writer(options, out);
  for (Section& section : sections) {
    for (Part& part : section) {
      look.ended = part.answer->request.deleted_since.has_value();
      part.table = std::make_unique<KindTable>(*part.type, options, look);
    }
    writer.Write(section);
    for (const Part& part : section) {
      if (part.error) part.answer->error = part.error;
    }
    Section().swap(section);
  }
  return writer.any();
}

}  // namespace kubescribe::tool
