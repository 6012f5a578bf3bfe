#include "query/selection.h"

namespace kubescribe::query {
namespace {

// kubectl takes white space off both ends of a selector.
std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kWhite = " \t\r\n\v\f";
  const auto first = text.find_first_not_of(kWhite);
  if (first == std::string_view::npos) return "";
  return text.substr(first, text.find_last_not_of(kWhite) - first + 1);
}

}  // namespace

Result<Selection> Selection::Parse(const std::string& labels,
                                   const std::string& fields) {
  Result<kube::LabelSelector> label =
      kube::LabelSelector::Parse(Trimmed(labels));
  if (!label.ok()) return label.error().Wrap("--selector");
  Result<kube::FieldSelector> field =
      kube::FieldSelector::Parse(Trimmed(fields));
  if (!field.ok()) return field.error().Wrap("--field-selector");
  return Selection(std::move(*label), std::move(*field));
}

bool Selection::Picks(const kube::GroupResource& resource,
                      std::string_view object) const {
  return (labels_.empty() || labels_.MatchesObject(object)) &&
         (fields_.empty() || fields_.MatchesObject(resource, object));
}

}  // namespace kubescribe::query
