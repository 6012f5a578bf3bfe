#include "output/sort_by.h"

#include <string>
#include <utility>

#include "kube/go_text.h"
#include "kube/quantity.h"
#include "output/go_sort.h"

namespace kubescribe::output {
namespace {

// Sets `problem` when they cannot be compared.
bool FieldLess(const Value& a, const Value& b, std::string& problem) {
  if (a.kind == Value::Kind::kNull) return b.kind != Value::Kind::kNull;
  if (b.kind == Value::Kind::kNull) return false;
  if (a.is_string() && b.is_string()) {
    const Result<kube::Quantity> left = kube::Quantity::Parse(a.text);
    if (!left.ok()) return a.text < b.text;
    const Result<kube::Quantity> right = kube::Quantity::Parse(b.text);
    if (!right.ok()) return a.text < b.text;
    return left->Compare(*right) < 0;
  }
  if (a.kind == Value::Kind::kNumber && b.kind == Value::Kind::kNumber) {
    const auto left = kube::GoInteger(a.text);
    const auto right = kube::GoInteger(b.text);
    if (left && right) return *left < *right;
    if (!left && !right) return kube::GoFloat(a.text) < kube::GoFloat(b.text);
  }
  if (!problem.empty()) return false;  // the first one counts
  problem = a.is_string() || a.kind == Value::Kind::kNumber
                ? "unsortable interface: interface"
                : "unsortable type: " + std::string(kube::GoTypeName(a));
  return false;
}

}  // namespace

Result<SortBy> SortBy::Parse(std::string_view path, Of of) {
  Result<kube::JsonPath> parsed = kube::JsonPath::ParseRelaxed(path);
  if (!parsed.ok() && of == Of::kRows) {
    parsed = kube::JsonPath::Parse(path);
    if (!parsed.ok()) {
      return Error(Code::kInvalid,
                   "sorting error: " + parsed.error().message());
    }
  }
  if (!parsed.ok()) return parsed.error();
  return SortBy(*std::move(parsed), of);
}

Status SortBy::Add(const Value& object) {
  std::optional<Value>& field = fields_.emplace_back();
  const auto found = path_.Find(object);
  if (!found.ok()) {
    if (of_ == Of::kItems) return found.error();
    if (!failed_) failed_ = Error(Code::kInvalid, found.error().message());
    return {};
  }
  if (!found->empty() && !found->front().empty() &&
      found->front().front() != nullptr) {
    field = *found->front().front();
    // kubectl writes the items of a list as JSON, and reads them again.
    if (of_ == Of::kItems) {
      kube::RewriteNumbers(*field, kube::NumberForm::kJson);
    }
  }
  return {};
}

Result<std::vector<std::size_t>> SortBy::Order() const {
  if (failed_ && fields_.size() > 1) return *failed_;
  bool any = false;
  for (const auto& field : fields_) any = any || field;
  const std::size_t least = of_ == Of::kRows ? 2 : 1;
  if (!any && fields_.size() >= least) {
    return Error(Code::kInvalid, "couldn't find any field with path " +
                                     kube::GoQuote(path_.text()) +
                                     " in the list of objects");
  }
  std::string problem;
  std::vector<std::size_t> order =
      GoSortOrder(fields_.size(), [&](std::size_t i, std::size_t j) {
        // Also of two that both lack it.
        if (!fields_[i]) return true;
        if (!fields_[j]) return false;
        return FieldLess(*fields_[i], *fields_[j], problem);
      });
  if (!problem.empty()) {
    return Error(Code::kInvalid, "Field " + path_.text() +
                                     " is an unsortable type: " + problem);
  }
  return order;
}

}  // namespace kubescribe::output
