#include "output/object_format.h"

#include <array>
#include <utility>

#include "base/read_file.h"
#include "kube/go_text.h"

namespace kubescribe::output {
namespace {

using Format = ObjectFormat;

constexpr std::size_t kMaxTemplate = std::size_t{1} << 20U;

Result<std::string> ReadTemplate(const std::string& path,
                                 const std::string& what) {
  Result<std::string> text = ReadFile(path, kMaxTemplate);
  if (text.ok()) return text;
  return Error(Code::kInvalid, "error reading " + what + " " + path + ", " +
                                   text.error().message());
}

Result<Format> PathFormat(std::string_view name, std::string text) {
  if (text.empty()) {
    return Error(Code::kInvalid,
                 "template format specified but no template given");
  }
  if (name == "jsonpath-file") {
    Result<std::string> read = ReadTemplate(text, "--template");
    if (!read.ok()) return read.error();
    text = *std::move(read);
  }
  Result<kube::JsonPath> path = kube::JsonPath::Parse(text);
  if (!path.ok()) {
    return Error(Code::kInvalid, "error parsing jsonpath " + text + ", " +
                                     path.error().message());
  }
  Format format;
  format.kind = name == "jsonpath-as-json" ? Format::Kind::kJsonPathAsJson
                                           : Format::Kind::kJsonPath;
  format.path = *std::move(path);
  return format;
}

Result<Format> ColumnsFormat(std::string_view name, const std::string& text,
                             bool no_headers) {
  Format format;
  format.kind = Format::Kind::kCustomColumns;
  Result<CustomColumns> columns = CustomColumns::FromSpec(text);
  if (name == "custom-columns-file" && !text.empty()) {
    const Result<std::string> read = ReadTemplate(text, "template");
    if (!read.ok()) return read.error();
    columns = CustomColumns::FromTemplate(*read);
  } else {
    // A file's headers are always printed.
    format.headers = !no_headers;
  }
  if (!columns.ok()) return columns.error();
  format.columns = *std::move(columns);
  return format;
}

}  // namespace

Result<ObjectFormat> ObjectFormat::Parse(std::string_view text,
                                         bool no_headers) {
  static constexpr std::array<std::pair<std::string_view, Kind>, 5> kPlain = {
      {{"", Kind::kTable},
       {"wide", Kind::kWide},
       {"name", Kind::kName},
       {"json", Kind::kJson},
       {"yaml", Kind::kYaml}}};
  ObjectFormat format;
  for (const auto& [name, kind] : kPlain) {
    if (text == name) {
      format.kind = kind;
      return format;
    }
  }
  const std::size_t equals = std::min(text.find('='), text.size());
  const std::string_view name = text.substr(0, equals);
  const std::string argument(text.substr(std::min(equals + 1, text.size())));
  if (name == "jsonpath" || name == "jsonpath-file" ||
      name == "jsonpath-as-json") {
    return PathFormat(name, argument);
  }
  if (name == "custom-columns" || name == "custom-columns-file") {
    return ColumnsFormat(name, argument, no_headers);
  }
  if (name == "template" || name == "templatefile" || name == "go-template" ||
      name == "go-template-file") {
    return Error(Code::kInvalid, "-o " + std::string(name) +
                                     " is not offered: use -o jsonpath=…, -o "
                                     "custom-columns=…, or -o json with jq");
  }
  return Error(Code::kInvalid,
               "unable to match a printer suitable for the output format \"" +
                   std::string(text) +
                   "\", allowed formats are: custom-columns,"
                   "custom-columns-file,json,jsonpath,jsonpath-as-json,"
                   "jsonpath-file,name,wide,yaml");
}

TemplateWriter::TemplateWriter(const ObjectFormat& format, bool one)
    : format_(format), one_(one) {
  if (format.columns && format.headers) rows_ = format.columns->Header();
}

Status TemplateWriter::Add(Value object, std::string_view nothing) {
  // kubectl writes the items of a list as JSON, and reads them again: 1.0 is
  // an integer then.
  if (!one_) kube::RewriteNumbers(object, kube::NumberForm::kJson);
  if (!format_.columns) {
    items_.items.push_back(std::move(object));
    return {};
  }
  const Result<std::string> row = format_.columns->Row(object, nothing);
  if (!row.ok()) return row.error();
  rows_ += *row;
  return {};
}

Result<std::string> TemplateWriter::End() {
  if (format_.columns) return AlignTabs(rows_);
  const Value document = one_ && items_.items.size() == 1
                             ? std::move(items_.items.front())
                             : MakeList(std::move(items_));
  Result<std::string> text = format_.kind == ObjectFormat::Kind::kJsonPath
                                 ? format_.path->Print(document)
                                 : format_.path->PrintAsJson(document);
  if (!text.ok()) {
    return Error(Code::kInvalid,
                 "error executing jsonpath " +
                     kube::GoQuote(format_.path->text()) +
                     ": Error executing template: " + text.error().message());
  }
  return text;
}

Value MakeList(Value items) {
  Value list = Value::Object();
  list["apiVersion"] = Value::String("v1");
  list["kind"] = Value::String("List");
  list["metadata"] = Value::Object();
  list["metadata"]["resourceVersion"] = Value::String("");
  list["items"] = std::move(items);
  return list;
}

}  // namespace kubescribe::output
