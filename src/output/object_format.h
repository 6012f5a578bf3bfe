// -o FORMAT of `get`: which one is meant, and how those with a template print.
//
//   Result<ObjectFormat> format = ObjectFormat::Parse("jsonpath={.kind}", …);
//   if (format->by_template()) {
//     TemplateWriter writer(*format, one);
//     for (Value& object : objects) status = writer.Add(std::move(object));
//     Result<std::string> text = writer.End();
//   }
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "kube/json_path.h"
#include "output/custom_columns.h"
#include "output/value.h"

namespace kubescribe::output {

struct ObjectFormat {
  enum class Kind {
    kTable,
    kWide,
    kName,
    kJson,
    kYaml,
    kJsonPath,
    kJsonPathAsJson,
    kCustomColumns,
  };

  // What follows -o; "" is a table. Reads the file of `jsonpath-file=F` and
  // `custom-columns-file=F`. kInvalid: kubectl's words, or what to use in place
  // of a Go template.
  static Result<ObjectFormat> Parse(std::string_view text, bool no_headers);

  bool table() const { return kind == Kind::kTable || kind == Kind::kWide; }
  // True: a TemplateWriter prints it.
  bool by_template() const { return path.has_value() || columns.has_value(); }

  Kind kind = Kind::kTable;
  bool headers = true;                   // kCustomColumns
  std::optional<kube::JsonPath> path;    // kJsonPath, kJsonPathAsJson
  std::optional<CustomColumns> columns;  // kCustomColumns
};

// Prints what a template makes of objects. Of objects for a JSONPath all are
// held until the end, because it may ask for any of them. One thread.
class TemplateWriter {
 public:
  // REQUIRES: format.by_template(); it has to outlive this. `one`: an object
  // was asked for by its name and is printed itself; else a List of them.
  TemplateWriter(const ObjectFormat& format, bool one);

  // `nothing`: what custom columns say of a field that the object does not
  // have. kInvalid: the template does not fit the object.
  Status Add(Value object, std::string_view nothing = CustomColumns::kNothing);
  // The whole text. kInvalid: the template does not fit.
  Result<std::string> End();

 private:
  const ObjectFormat& format_;
  const bool one_;
  std::string rows_;
  Value items_ = Value::Array();
};

// The value of kind List that kubectl makes around objects.
Value MakeList(Value items);

}  // namespace kubescribe::output
