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

  // As kube::FieldSelector::Supports.
  Status Supports(const kube::GroupResource& resource, std::string_view version,
                  std::string_view definition) const {
    return fields_.Supports(resource, version, definition);
  }
  bool Picks(const kube::GroupResource& resource,
             std::string_view object) const;
  bool empty() const { return labels_.empty() && fields_.empty(); }

 private:
  Selection(kube::LabelSelector labels, kube::FieldSelector fields)
      : labels_(std::move(labels)), fields_(std::move(fields)) {}

  kube::LabelSelector labels_;
  kube::FieldSelector fields_;
};

}  // namespace kubescribe::query
