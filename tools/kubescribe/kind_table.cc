#include "kubescribe/kind_table.h"

#include <fmt/format.h>

#include <map>

#include "kube/user_time.h"
#include "output/value.h"

namespace kubescribe::tool {
namespace {

std::string UpperCase(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 0x20);
  }
  return text;
}

// As kubectl pads them.
std::string EventCell(const std::string& event) {
  return fmt::format("{:8}", event);
}

std::string EndedAt(const query::End& end, const std::string& zone) {
  const bool exactly = end.not_before && *end.not_before == end.recorded_at;
  return (exactly ? "" : "~") + kube::FormatLocal(end.at, zone);
}

// How it is known that it ended, and between which instants it was.
std::string EndedHow(const query::End& end, const std::string& zone) {
  std::string how = end.event == store::Event::kVanished ? "found missing"
                    : end.event == store::Event::kLeft   ? "left the selection"
                                                         : "deleted";
  if (!end.not_before) {
    how += ", at some time before";
  } else if (*end.not_before != end.recorded_at) {
    how += ", after " + kube::FormatLocal(*end.not_before, zone);
  }
  return how;
}

std::map<std::string, std::string> LabelsOf(const std::string& json) {
  std::map<std::string, std::string> labels;
  const Result<output::Value> object = output::ParseJson(json);
  if (!object.ok()) return labels;
  const output::Value* metadata = object->Find("metadata");
  const output::Value* found =
      metadata == nullptr ? nullptr : metadata->Find("labels");
  if (found == nullptr) return labels;
  for (const auto& [key, value] : found->members) labels[key] = value.text;
  return labels;
}

}  // namespace

KindTable::KindTable(const query::TypeState& type, const GetOptions& options,
                     const Look& look)
    : printer_({.resource = {type.target.row.group, type.target.row.resource},
                .version = type.target.info.version,
                .server_version = type.server_version,
                .crd = type.crd}),
      look_(look),
      wide_(options.wide()),
      with_cluster_(options.with_cluster),
      with_namespace_(options.all_namespaces && type.target.row.namespaced),
      show_labels_(options.show_labels),
      label_columns_(options.label_columns) {
  if (look.with_kind) prefix_ = KindPrefix(type.target) + "/";
  const auto& columns = printer_.columns();
  name_column_ = columns.size();
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].format == "name" && columns[i].type == "string") {
      name_column_ = i;
      break;
    }
  }
  const std::vector<std::string> header = Header();
  width_ = header.size() - (look_.ended ? 2 : 0);
  colours_ = output::CellColours(header);
}

std::vector<std::string> KindTable::Header() const {
  std::vector<std::string> header;
  if (look_.with_event) header.emplace_back("EVENT");
  if (with_cluster_) header.emplace_back("CLUSTER");
  if (with_namespace_) header.emplace_back("NAMESPACE");
  const auto& columns = printer_.columns();
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (IsShown(i)) header.push_back(UpperCase(columns[i].name));
  }
  for (const std::string& label : label_columns_) {
    header.push_back(UpperCase(label.substr(label.rfind('/') + 1)));
  }
  if (show_labels_) header.emplace_back("LABELS");
  if (look_.ended) header.insert(header.end(), {"DELETED", "HOW"});
  return header;
}

std::vector<std::string> KindTable::Row(const query::Object& object, Micros at,
                                        const std::string& cluster,
                                        const std::string& event) const {
  std::vector<std::string> row;
  if (look_.with_event) row.push_back(EventCell(event));
  if (with_cluster_) row.push_back(cluster);
  if (with_namespace_) row.push_back(object.revision.name_space);
  std::vector<std::string> cells =
      Cells(object, object.end ? object.end->at : at);
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (!IsShown(i)) continue;
    row.push_back(i == name_column_ ? prefix_ + cells[i] : std::move(cells[i]));
  }
  AddLabels(object, row);
  row.resize(width_);
  if (look_.ended && object.end) {
    const std::string zone = kube::LocalZone();
    row.push_back(EndedAt(*object.end, zone));
    row.push_back(EndedHow(*object.end, zone));
  }
  return row;
}

std::vector<std::string> KindTable::Cells(const query::Object& object,
                                          Micros at) const {
  const std::string lost = LostCell(object);
  if (lost.empty()) return printer_.Cells(object.json, at);
  std::vector<std::string> cells(printer_.columns().size(), lost);
  if (name_column_ < cells.size()) {
    cells[name_column_] = object.revision.name;
  }
  return cells;
}

void KindTable::AddLabels(const query::Object& object,
                          std::vector<std::string>& row) const {
  if (label_columns_.empty() && !show_labels_) return;
  if (const std::string lost = LostCell(object); !lost.empty()) {
    row.insert(row.end(), label_columns_.size() + (show_labels_ ? 1 : 0), lost);
    return;
  }
  const std::map<std::string, std::string> labels = LabelsOf(object.json);
  for (const std::string& label : label_columns_) {
    const auto found = labels.find(label);
    row.push_back(found == labels.end() ? "" : found->second);
  }
  if (!show_labels_) return;
  std::string all;
  for (const auto& [key, value] : labels) {
    all += (all.empty() ? "" : ",") + key + "=" + value;
  }
  row.push_back(all.empty() ? "<none>" : all);
}

}  // namespace kubescribe::tool
