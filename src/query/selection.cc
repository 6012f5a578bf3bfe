#include "query/selection.h"

namespace kubescribe::query {

Result<Selection> Selection::Parse(const std::string& labels,
                                   const std::string& fields) {
  Result<kube::LabelSelector> label = kube::LabelSelector::Parse(labels);
  if (!label.ok()) return label.error().Wrap("--selector");
  Result<kube::FieldSelector> field = kube::FieldSelector::Parse(fields);
  if (!field.ok()) return field.error().Wrap("--field-selector");
  return Selection(std::move(*label), std::move(*field));
}

bool Selection::Picks(const kube::GroupResource& resource,
                      std::string_view object) const {
  return (labels_.empty() || labels_.MatchesObject(object)) &&
         (fields_.empty() || fields_.MatchesObject(resource, object));
}

}  // namespace kubescribe::query
