#include "output/json_printer.h"

#include <algorithm>

#include "kube/go_text.h"
#include "kube/value.h"

namespace kubescribe::output {
namespace {

constexpr std::size_t kStep = 4;

void StartLine(std::string& out, std::size_t spaces) {
  out += '\n';
  out.append(spaces, ' ');
}

}  // namespace

Status JsonPrinter::Append(std::string_view object, std::size_t indent,
                           std::string& out) {
  if (!tree_.Parse(object)) return Error(Code::kCorruption, "not valid JSON");
  Print(tree_.root(), indent, 0, false, out);
  return {};
}

void JsonPrinter::Print(kube::JsonNode node, std::size_t indent,
                        std::size_t depth, bool is_metadata, std::string& out) {
  if (node.is_null()) {
    out += "null";
  } else if (node.is_object()) {
    PrintMembers(node, indent, depth, is_metadata, out);
  } else if (node.is_array()) {
    out += '[';
    const char* separator = "";
    for (const kube::JsonNode item : node.items()) {
      out += separator;
      separator = ",";
      StartLine(out, indent + kStep);
      Print(item, indent + kStep, depth + 1, false, out);
    }
    if (!node.empty()) StartLine(out, indent);
    out += ']';
  } else if (node.is_string()) {
    kube::AppendQuotedJson(out, node.text());
  } else if (const std::string_view literal = node.scalar();
             literal == "true" || literal == "false") {
    out += literal;
  } else {
    out += kube::GoJsonNumber(literal);
  }
}

void JsonPrinter::PrintMembers(kube::JsonNode node, std::size_t indent,
                               std::size_t depth, bool is_metadata,
                               std::string& out) {
  const std::size_t first = members_.size();
  bool sorted = true;
  for (const kube::JsonNode member : node.members()) {
    if (is_metadata && !managed_fields_ && member.key() == "managedFields") {
      continue;
    }
    sorted = sorted &&
             (members_.size() == first || members_.back().key() < member.key());
    members_.push_back(member);
  }
  const std::size_t last = members_.size();
  if (!sorted) {
    std::stable_sort(
        members_.begin() + static_cast<std::ptrdiff_t>(first), members_.end(),
        [](const auto& a, const auto& b) { return a.key() < b.key(); });
  }
  out += '{';
  bool any = false;
  for (std::size_t i = first; i < last; ++i) {
    const kube::JsonNode member = members_[i];
    // Of a key that comes twice the last value counts.
    if (i + 1 < last && members_[i + 1].key() == member.key()) continue;
    if (any) out += ',';
    any = true;
    StartLine(out, indent + kStep);
    kube::AppendQuotedJson(out, member.key());
    out += ": ";
    Print(member, indent + kStep, depth + 1,
          depth == 0 && member.key() == "metadata", out);
  }
  if (any) StartLine(out, indent);
  out += '}';
  members_.resize(first);
}

}  // namespace kubescribe::output
