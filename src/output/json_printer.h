// JsonPrinter: objects from their stored bytes to `-o json`, without a document
// in between: many times faster than ParseJson and ToJson.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "kube/json_tree.h"

namespace kubescribe::output {

// One thread.
class JsonPrinter {
 public:
  // `managed_fields`: metadata.managedFields is printed too.
  explicit JsonPrinter(bool managed_fields) : managed_fields_(managed_fields) {}

  // Appends the object as kubectl prints it: 4 spaces a level, keys sorted,
  // numbers as Go writes them (1.0 is 1). `indent`: the spaces that its first
  // line stands behind; they are not written. No newline at the end.
  // kCorruption: not JSON, or too deep; `out` is as it was.
  Status Append(std::string_view object, std::size_t indent, std::string& out);

 private:
  void Print(kube::JsonNode node, std::size_t indent, std::size_t depth,
             bool is_metadata, std::string& out);
  void PrintMembers(kube::JsonNode node, std::size_t indent, std::size_t depth,
                    bool is_metadata, std::string& out);

  const bool managed_fields_;
  kube::JsonTree tree_{kube::JsonTree::Read::kWhole};
  std::vector<kube::JsonNode> members_;  // of all objects that are open
};

}  // namespace kubescribe::output
