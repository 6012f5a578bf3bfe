// Selection: which objects -l and --field-selector pick.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "kube/resource.h"
#include "kube/selector.h"

namespace kubescribe::query {

class Selection {
 public:
  // "": all. kInvalid names the flag.
  static Result<Selection> Parse(const std::string& labels,
                                 const std::string& fields);

  // As kube::FieldSelector::Supports, with all that kubectl says.
  Status Supports(const kube::ResourceInfo& info,
                  std::string_view definition) const;
  bool Picks(const kube::GroupResource& resource,
             std::string_view object) const;
  bool empty() const { return labels_.empty() && fields_.empty(); }

 private:
  Selection(kube::LabelSelector labels, kube::FieldSelector fields)
      : labels_(std::move(labels)), fields_(std::move(fields)) {}

  // As they were typed.
  std::string label_text_;
  std::string field_text_;

  kube::LabelSelector labels_;
  kube::FieldSelector fields_;
};

}  // namespace kubescribe::query
