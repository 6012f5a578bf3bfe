#include "net/retry_after.h"

#include <curl/curl.h>

#include <algorithm>
#include <string>

namespace kubescribe::net {

std::optional<std::int64_t> ParseRetryAfter(std::string_view value,
                                            Micros now_wall) {
  while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) {
    value.remove_prefix(1);
  }
  while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) {
    value.remove_suffix(1);
  }
  if (value.empty()) return std::nullopt;
  if (value.find_first_not_of("0123456789") == std::string_view::npos) {
    std::int64_t seconds = 0;
    for (const char c : value) {
      seconds = std::min(seconds * 10 + (c - '0'), kMaxRetryAfter);
    }
    return seconds;
  }
  // "-5" and "1.5" would be read as some kind of date.
  const char first = value.front();
  if (!((first >= 'A' && first <= 'Z') || (first >= 'a' && first <= 'z'))) {
    return std::nullopt;
  }
  const time_t date = curl_getdate(std::string(value).c_str(), nullptr);
  if (date < 0) return std::nullopt;
  const std::int64_t seconds =
      static_cast<std::int64_t>(date) - now_wall / kSecond;
  if (seconds < 0) return std::nullopt;
  return std::min(seconds, kMaxRetryAfter);
}

}  // namespace kubescribe::net
