#include "kube/printer_custom.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "kube/go_text.h"
#include "kube/user_time.h"
#include "kube/value.h"

namespace kubescribe::kube {
namespace {

const Value* Descend(const Value* value, std::string_view key) {
  return value == nullptr ? nullptr : value->Find(key);
}

std::string StringAt(const Value& object, std::string_view key) {
  const Value* found = object.Find(key);
  return found != nullptr && found->is_string() ? found->text : "";
}

// The array of columns; null if there is none.
const Value* ColumnsOf(const Value& definition, std::string_view version) {
  const Value* spec = definition.Find("spec");
  const Value* versions = Descend(spec, "versions");
  if (versions != nullptr) {
    for (const Value& each : versions->items) {
      const Value* columns = each.Find("additionalPrinterColumns");
      if (StringAt(each, "name") == version && columns != nullptr) {
        return columns;
      }
    }
  }
  // Of v1beta1, where all versions may have the same.
  return Descend(spec, "additionalPrinterColumns");
}

// A server's float on its way through JSON to kubectl, which prints it.
std::string FloatText(std::string_view literal) {
  const std::string json =
      GoJsonNumber(fmt::format("{:.17g}", GoFloat(literal)));
  return GoInteger(json) ? json : FormatGoFloat(GoFloat(json));
}

std::string IntegerText(std::string_view literal) {
  if (const auto integer = GoInteger(literal)) return std::to_string(*integer);
  constexpr double kBeyond = 9223372036854775808.0;
  const double number = std::trunc(GoFloat(literal));
  // What becomes of the others is up to the server's processor.
  return std::to_string(std::abs(number) < kBeyond
                            ? static_cast<std::int64_t>(number)
                            : std::numeric_limits<std::int64_t>::min());
}

std::string DateText(const std::string& text, Micros at) {
  if (text.empty() || text == "null") return "<unknown>";
  const auto time = ParseGoTime(text);
  if (!time) return "<invalid>";
  // Go's zero time stands for none: the first instant of the year 1.
  constexpr Micros kZero = -62'135'596'800 * kSecond;
  return *time == kZero ? "<unknown>" : HumanDuration(at - *time);
}

// "" for what does not fit the column's type.
std::string CellText(const Value& value, const std::string& type, Micros at) {
  if (type == "string") {
    return value.kind == Value::Kind::kNull ? "<no value>"
                                            : PrintPathValue(value);
  }
  switch (value.kind) {
    case Value::Kind::kNumber:
      if (type == "integer") return IntegerText(value.text);
      return type == "number" ? FloatText(value.text) : "";
    case Value::Kind::kBool:
      return type == "boolean" ? value.text : "";
    case Value::Kind::kString:
      return type == "date" ? DateText(value.text, at) : "";
    default:
      return "";
  }
}

}  // namespace

CustomPrinter::CustomPrinter(std::string_view definition,
                             std::string_view version) {
  columns_.push_back({"Name", false, "string", "name"});
  const Result<Value> json = ParseJson(definition);
  const Value* defined = json.ok() ? ColumnsOf(*json, version) : nullptr;
  if (defined == nullptr || defined->items.empty()) {
    Add({"Age", false, "date", ""}, ".metadata.creationTimestamp");
    return;
  }
  for (const Value& each : defined->items) {
    Column column;
    column.name = StringAt(each, "name");
    column.type = StringAt(each, "type");
    column.format = StringAt(each, "format");
    const Value* priority = each.Find("priority");
    column.wide =
        priority != nullptr && GoInteger(priority->text).value_or(0) != 0;
    const std::string path = StringAt(each, "jsonPath");
    const std::size_t before = paths_.size();
    Add(std::move(column), path.empty() ? StringAt(each, "JSONPath") : path);
    // A server stops at a path that it cannot read.
    if (paths_.size() == before) return;
  }
}

void CustomPrinter::Add(Column column, const std::string& path) {
  Result<JsonPath> parsed = JsonPath::Parse("{" + path + "}");
  if (!parsed.ok()) return;
  columns_.push_back(std::move(column));
  paths_.push_back(std::move(*parsed));
}

bool CustomPrinter::AddCells(std::string_view object, Micros at,
                             std::vector<std::string>& cells) const {
  const Result<Value> json = ParseJson(object);
  if (!json.ok() || !json->is_object()) return false;
  const Value* metadata = json->Find("metadata");
  cells.push_back(metadata == nullptr ? "" : StringAt(*metadata, "name"));
  for (std::size_t i = 0; i < paths_.size(); ++i) {
    const Value* value = paths_[i].First(*json);
    cells.push_back(
        value == nullptr ? "" : CellText(*value, columns_[i + 1].type, at));
  }
  return true;
}

}  // namespace kubescribe::kube
