// No text makes a time do harm; what parses can be printed.
#include <cstdint>
#include <string_view>

#include "kube/user_time.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  namespace kube = kubescribe::kube;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  constexpr kubescribe::Micros kNow = 1795140000 * kubescribe::kSecond;
  const auto time = kube::ParseUserTime(text, kNow, "Europe/Berlin");
  if (time.ok()) {
    (void)kube::FormatZoned(time->at, "Europe/Berlin");
    (void)kube::FormatRfc3339(time->at);
  }
  return 0;
}
