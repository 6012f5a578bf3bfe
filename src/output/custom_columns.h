// -o custom-columns=NAME:.metadata.name,… and custom-columns-file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "kube/json_path.h"
#include "output/value.h"

namespace kubescribe::output {

// One thread.
class CustomColumns {
 public:
  // "HEADER:path,HEADER:path". kInvalid: kubectl's words.
  static Result<CustomColumns> FromSpec(std::string_view spec);
  // The text of a custom-columns-file: a line of headers, a line of paths.
  static Result<CustomColumns> FromTemplate(std::string_view text);

  // The line of headers, with tabs and a newline.
  std::string Header() const;
  // The line of one object: `nothing` where nothing is found, several values
  // joined by commas. kInvalid: a path does not fit the object.
  Result<std::string> Row(const Value& object,
                          std::string_view nothing = kNothing) const;
  static constexpr std::string_view kNothing = "<none>";

 private:
  struct Column {
    std::string header;
    kube::JsonPath path;
  };

  static Status CheckForm(std::string_view spec);
  Status AddColumn(std::string_view header, std::string_view path);

  std::vector<Column> columns_;
};

// Lines whose cells end with tabs, laid out as kubectl's tab writer does it:
// cells under each other in lines that follow each other share a width, three
// spaces wider than the widest and six at least.
std::string AlignTabs(std::string_view text);

}  // namespace kubescribe::output
