// Label and field selectors, as `-l` and `--field-selector` take them and as a
// server understands them (P§7, Selectors).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "kube/resource.h"

namespace kubescribe::kube {

class LabelSelector {
 public:
  // "k", "!k", "k=v", "==", "!=", "in (a,b)", "notin (a,b)", "k>n", "k<n", with
  // commas for "and". "" matches everything. kInvalid says what is wrong.
  static Result<LabelSelector> Parse(std::string_view text);

  // `!=` and `notin` match objects without the label too.
  bool Matches(const std::map<std::string, std::string>& labels) const;
  // The same of an object's JSON; false if that cannot be read.
  bool MatchesObject(std::string_view object) const;
  bool empty() const { return requirements_.empty(); }

 private:
  enum class Operator { kExists, kAbsent, kIn, kNotIn, kGreater, kLess };
  struct Requirement {
    std::string key;
    Operator op = Operator::kExists;
    std::vector<std::string> values;
  };
  class Parser;

  static bool Holds(const Requirement& requirement,
                    const std::map<std::string, std::string>& labels);

  std::vector<Requirement> requirements_;
};

class FieldSelector {
 public:
  // "metadata.name=x,status.phase!=Running"; `\` escapes `\`, `,` and `=` in
  // values. "" matches everything.
  static Result<FieldSelector> Parse(std::string_view text);

  // kInvalid, with the words of a server ("field label not supported: x", or
  // as the kind has it). Custom resources have the fields that their definition
  // names for the version that is asked for. `definition`: its JSON; "": there
  // is none, or it is not known, and a kind that is not built in is let through
  // with any path.
  Status Supports(const GroupResource& resource, std::string_view version,
                  std::string_view definition) const;

  // Whether the object's JSON matches; a field that is absent is "". False if
  // the JSON cannot be read.
  bool MatchesObject(const GroupResource& resource,
                     std::string_view object) const;
  bool empty() const { return requirements_.empty(); }

 private:
  struct Requirement {
    std::string path;
    std::string value;
    bool equal = true;
  };
  std::vector<Requirement> requirements_;
};

}  // namespace kubescribe::kube
