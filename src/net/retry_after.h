// Retry-After, the header: seconds or an HTTP date (RFC 9110 10.2.3).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.h"

namespace kubescribe::net {

// No server can send us away for longer.
inline constexpr std::int64_t kMaxRetryAfter = 24 * 3600;

// Seconds from now, kMaxRetryAfter at most. nullopt: negative, in the past, or
// nonsense.
std::optional<std::int64_t> ParseRetryAfter(std::string_view value,
                                            Micros now_wall);

}  // namespace kubescribe::net
