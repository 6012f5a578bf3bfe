#include <date/date.h>
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "kube/scan_text.h"
#include "kube/user_time.h"

namespace kubescribe::kube {
namespace {

// Takes exactly `digits` digits off the front.
std::optional<int> TakeNumber(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int number = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    number = number * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return number;
}

// Whose idea of RFC 3339: its own, or that of Go, which servers are written in.
enum class Rules { kStandard, kGo };

// Of the day. Go takes one digit, too.
std::optional<int> TakeHour(std::string_view& text, Rules rules) {
  const auto hour = TakeNumber(text, 2);
  return hour || rules == Rules::kStandard ? hour : TakeNumber(text, 1);
}

// ".123456789" as microseconds; none if there are no digits after the point.
std::optional<Micros> TakeFraction(std::string_view& text, Rules rules) {
  const bool comma = rules == Rules::kGo && TakeChar(text, ',');
  if (!comma && !TakeChar(text, '.')) return 0;
  Micros fraction = 0;
  Micros unit = kSecond / 10;
  std::size_t digits = 0;
  while (!text.empty() && text[0] >= '0' && text[0] <= '9') {
    fraction += (text[0] - '0') * unit;
    unit /= 10;
    ++digits;
    text.remove_prefix(1);
  }
  if (digits == 0) return std::nullopt;
  return fraction;
}

// "Z" or "+01:00", to be subtracted.
std::optional<Micros> TakeOffset(std::string_view& text, Rules rules) {
  const bool standard = rules == Rules::kStandard;
  if (TakeChar(text, 'Z') || (standard && TakeChar(text, 'z'))) return 0;
  const bool minus = !text.empty() && text[0] == '-';
  if (!minus && (text.empty() || text[0] != '+')) return std::nullopt;
  text.remove_prefix(1);
  const auto hours = TakeNumber(text, 2);
  if (!hours || !TakeChar(text, ':')) return std::nullopt;
  const auto minutes = TakeNumber(text, 2);
  if (!minutes || *hours > (standard ? 23 : 24) ||
      *minutes > (standard ? 59 : 60)) {
    return std::nullopt;
  }
  const Micros offset = *hours * kHour + *minutes * kMinute;
  return minus ? -offset : offset;
}

std::optional<Micros> Read(std::string_view text, Rules rules) {
  const bool standard = rules == Rules::kStandard;
  const auto year = TakeNumber(text, 4);
  if (!year || !TakeChar(text, '-')) return std::nullopt;
  const auto month = TakeNumber(text, 2);
  if (!month || !TakeChar(text, '-')) return std::nullopt;
  const auto day = TakeNumber(text, 2);
  if (!day || (!TakeChar(text, 'T') && !(standard && TakeChar(text, 't')))) {
    return std::nullopt;
  }
  const auto hour = TakeHour(text, rules);
  if (!hour || !TakeChar(text, ':')) return std::nullopt;
  const auto minute = TakeNumber(text, 2);
  if (!minute || !TakeChar(text, ':')) return std::nullopt;
  const auto second = TakeNumber(text, 2);
  if (!second) return std::nullopt;
  const auto fraction = TakeFraction(text, rules);
  if (!fraction) return std::nullopt;
  const auto offset = TakeOffset(text, rules);
  if (!offset || !text.empty()) return std::nullopt;

  const date::year_month_day ymd(date::year(*year),
                                 date::month(static_cast<unsigned>(*month)),
                                 date::day(static_cast<unsigned>(*day)));
  // 60 is a leap second: it is the next minute's first for us.
  if (!ymd.ok() || *hour > 23 || *minute > 59 ||
      *second > (standard ? 60 : 59)) {
    return std::nullopt;
  }
  const Micros days = date::sys_days(ymd).time_since_epoch().count();
  return days * 24 * kHour + *hour * kHour + *minute * kMinute +
         *second * kSecond + *fraction - *offset;
}

}  // namespace

std::optional<Micros> ParseRfc3339(std::string_view text) {
  return Read(text, Rules::kStandard);
}

std::optional<Micros> ParseGoTime(std::string_view text) {
  return Read(text, Rules::kGo);
}

std::string FormatRfc3339(Micros time) {
  const date::sys_time<std::chrono::microseconds> point{
      std::chrono::microseconds(time)};
  const auto days = date::floor<date::days>(point);
  const date::year_month_day ymd(days);
  const Micros in_day = (point - days).count();
  return fmt::format(
      "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z",
      static_cast<int>(ymd.year()), static_cast<unsigned>(ymd.month()),
      static_cast<unsigned>(ymd.day()), in_day / kHour, in_day / kMinute % 60,
      in_day / kSecond % 60, in_day % kSecond);
}

std::string HumanDuration(Micros duration) {
  // Go counts nanoseconds in 64 bits, and stays at the largest.
  constexpr Micros kLongest = std::numeric_limits<std::int64_t>::max() / 1000;
  const Micros seconds = std::min(duration, kLongest) / kSecond;
  if (seconds < -1) return "<invalid>";
  if (seconds < 0) return "0s";
  if (seconds < 60 * 2) return fmt::format("{}s", seconds);
  const auto pair = [](Micros big, const char* unit, Micros small,
                       const char* small_unit) {
    return small == 0 ? fmt::format("{}{}", big, unit)
                      : fmt::format("{}{}{}{}", big, unit, small, small_unit);
  };
  const Micros minutes = seconds / 60;
  if (minutes < 10) return pair(minutes, "m", seconds % 60, "s");
  if (minutes < 60 * 3) return fmt::format("{}m", minutes);
  const Micros hours = minutes / 60;
  if (hours < 8) return pair(hours, "h", minutes % 60, "m");
  if (hours < 48) return fmt::format("{}h", hours);
  const Micros days = hours / 24;
  if (days < 8) return pair(days, "d", hours % 24, "h");
  if (days < 365 * 2) return fmt::format("{}d", days);
  if (days < 365 * 8) return pair(days / 365, "y", days % 365, "d");
  return fmt::format("{}y", days / 365);
}

std::string Age(std::optional<Micros> since, Micros at) {
  return since ? HumanDuration(at - *since) : "<unknown>";
}

}  // namespace kubescribe::kube
