#include "store/packed.h"

#include <charconv>
#include <cstddef>

namespace kubescribe::store {
namespace {

// A number of more digits need not fit.
constexpr std::size_t kMostDigits = 18;

// 16: it is none.
unsigned HexDigit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  return 16;
}

}  // namespace

std::int64_t PackTraits(Event event, Source source, Evidence evidence,
                        bool late, BodyKind body_kind) {
  const auto from_0 = [](auto value) {
    return static_cast<std::int64_t>(value) - 1;
  };
  return from_0(event) + 8 * from_0(source) + 32 * from_0(evidence) +
         (late ? 128 : 0) + 256 * from_0(body_kind);
}

PackedRv PackRv(std::string_view rv) {
  if (rv.empty() || rv.size() > kMostDigits ||
      (rv.front() == '0' && rv.size() > 1) ||
      rv.find_first_not_of("0123456789") != std::string_view::npos) {
    return rv;
  }
  std::int64_t number = 0;
  std::from_chars(rv.data(), rv.data() + rv.size(), number);
  return number;
}

PackedUid PackUid(std::string_view uid) {
  constexpr std::string_view kForm = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  if (uid.size() != kForm.size()) return uid;
  UidBytes packed{};
  std::size_t digits = 0;
  for (std::size_t at = 0; at < uid.size(); ++at) {
    if (kForm[at] == '-') {
      if (uid[at] != '-') return uid;
      continue;
    }
    const unsigned digit = HexDigit(uid[at]);
    if (digit > 15) return uid;
    std::uint8_t& byte = packed[digits / 2];
    byte = static_cast<std::uint8_t>(unsigned{byte} << 4 | digit);
    ++digits;
  }
  return packed;
}

}  // namespace kubescribe::store
