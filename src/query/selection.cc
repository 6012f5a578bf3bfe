#include "query/selection.h"

#include "kube/go_text.h"

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
  Selection selection(std::move(*label), std::move(*field));
  selection.label_text_ = Trimmed(labels);
  selection.field_text_ = Trimmed(fields);
  return selection;
}

Status Selection::Supports(const kube::ResourceInfo& info,
                           std::string_view definition) const {
  Status supported =
      fields_.Supports(info.group_resource(), info.version, definition);
  if (supported.ok()) return supported;
  return Error(supported.error().code(),
               "Error from server (BadRequest): Unable to find " +
                   kube::GoQuote(info.group + "/" + info.version +
                                 ", Resource=" + info.resource) +
                   " that match label selector " + kube::GoQuote(label_text_) +
                   ", field selector " + kube::GoQuote(field_text_) + ": " +
                   supported.error().message());
}

bool Selection::Picks(const kube::GroupResource& resource,
                      std::string_view object) const {
  return (labels_.empty() || labels_.MatchesObject(object)) &&
         (fields_.empty() || fields_.MatchesObject(resource, object));
}

}  // namespace kubescribe::query
