#include "output/describe.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "output/describe_kinds.h"

namespace kubescribe::output {
namespace {

struct KindEntry {
  std::string_view group;
  std::string_view kind;
  Describer describer;
};

constexpr std::array<KindEntry, 0> kKinds = {};

Describer DescriberOf(const DescribeRequest& request) {
  const auto* const entry =
      std::find_if(kKinds.begin(), kKinds.end(), [&](const KindEntry& kind) {
        return kind.group == request.resource.group &&
               kind.kind == request.kind;
      });
  return entry == kKinds.end() ? DescribeGeneric : entry->describer;
}

}  // namespace

Result<std::string> Describe(const DescribeRequest& request, Related& related) {
  const Subject subject(request, related);
  Sheet sheet;
  DescriberOf(request)(subject, sheet);
  if (!subject.status().ok()) return subject.status().error();
  return sheet.Text();
}

}  // namespace kubescribe::output
