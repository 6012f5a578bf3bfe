// JSONPath in kubectl's dialect: `-o jsonpath=…`, custom columns, --sort-by and
// the printer columns of CRDs.
//
//   Result<JsonPath> path = JsonPath::ParseRelaxed(".spec.replicas");
//   const Value* replicas = path->First(object);
//
// A template is text with actions in braces: fields ('.a.b', "['a']",
// '.a\.b'), arrays ('[0]', '[-1]', '[1:5:2]', '[*]', '[0,2]'), '.*', '..name',
// filters ('[?(@.x == "y")]'), quoted text, and '{range …}…{end}'.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "kube/value.h"

namespace kubescribe::kube {

struct JsonPathNode;

// Immutable once parsed; may be shared between threads.
class JsonPath {
 public:
  // What one action found. A null pointer is Go's "no value": a null that was
  // ranged over. Pointers are into the document or the path itself.
  using Found = std::vector<const Value*>;

  // kInvalid: kubectl's words for what is wrong with it.
  static Result<JsonPath> Parse(std::string_view text);
  // "a.b", ".a.b", "{a.b}" and "{.a.b}" mean the same; anything else with
  // braces is kInvalid.
  static Result<JsonPath> ParseRelaxed(std::string_view text);
  // Only whether it has one of these four forms.
  static Status CheckRelaxed(std::string_view text);

  // One entry an action or piece of text, in order. Missing keys find nothing.
  // The keys of an object come sorted (Go shuffles them). kInvalid: the
  // template does not fit the document, in kubectl's words.
  Result<std::vector<Found>> Find(const Value& document) const;
  // The first value of the first action; null if there is none or it failed.
  const Value* First(const Value& document) const;

  // The whole template filled in, as `-o jsonpath` prints it: strings bare,
  // objects and arrays as JSON. Errors as Find.
  Result<std::string> Print(const Value& document) const;
  // `-o jsonpath-as-json`: an array for each action, with its newline.
  Result<std::string> PrintAsJson(const Value& document) const;

  // "{.a.b}": the form in which errors quote a relaxed path.
  const std::string& text() const { return text_; }

 private:
  JsonPath() = default;

  std::string text_;
  std::shared_ptr<const JsonPathNode> root_;
};

// One value as Print shows it: a string bare, null as "null".
std::string PrintPathValue(const Value& value);

}  // namespace kubescribe::kube
