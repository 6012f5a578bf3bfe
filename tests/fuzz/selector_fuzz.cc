// No text makes a selector do harm; what parses can be matched.
#include <cstdint>
#include <string_view>

#include "kube/selector.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  namespace kube = kubescribe::kube;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto labels = kube::LabelSelector::Parse(text);
  if (labels.ok()) (void)labels->Matches({{"a", "b"}, {"c", "1"}, {"d", ""}});
  const auto fields = kube::FieldSelector::Parse(text);
  if (fields.ok()) {
    (void)fields->Supports({"", "pods"}, "v1", "").ok();
    (void)fields->MatchesObject({"", "pods"},
                                R"({"metadata":{"name":"a"},"a":[1]})");
  }
  return 0;
}
