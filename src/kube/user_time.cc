#include "kube/user_time.h"

#include <date/date.h>
#include <date/tz.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <exception>
#include <utility>

#include "kube/scan_text.h"

namespace kubescribe::kube {
namespace {

using SysMicros = date::sys_time<std::chrono::microseconds>;
using LocalMicros = date::local_time<std::chrono::microseconds>;

constexpr Micros kDay = 24 * kHour;
// A bare number below this (March 1973) is hardly meant as unix seconds.
constexpr Micros kLeastUnix = 100'000'000;
// A number above this (the year 5138) is meant as milliseconds.
constexpr Micros kMostUnix = 100'000'000'000;

SysMicros ToSys(Micros time) {
  return SysMicros(std::chrono::microseconds(time));
}

// Null where there is no such zone, or no zones are installed.
const date::time_zone* FindZone(const std::string& name) {
  try {
    return date::locate_zone(name);
  } catch (const std::exception&) {
    return nullptr;
  }
}

// The zone's distance from UTC at that instant.
Micros OffsetAt(const date::time_zone* zone, Micros time) {
  if (zone == nullptr) return 0;
  const auto info =
      zone->get_info(date::floor<std::chrono::seconds>(ToSys(time)));
  return info.offset.count() * kSecond;
}

std::string Trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\n");
  if (first == std::string_view::npos) return "";
  return std::string(
      text.substr(first, text.find_last_not_of(" \t\n") - first + 1));
}

std::string Lowered(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// At most `most` digits off the front.
std::optional<Micros> TakeDigits(std::string_view& text, std::size_t least,
                                 std::size_t most) {
  std::size_t count = 0;
  Micros number = 0;
  while (count < text.size() && count < most && IsDigit(text[count])) {
    number = number * 10 + (text[count++] - '0');
  }
  if (count < least) return std::nullopt;
  text.remove_prefix(count);
  return number;
}

bool TakeWord(std::string_view& text, std::string_view word) {
  if (text.substr(0, word.size()) != word) return false;
  text.remove_prefix(word.size());
  return true;
}

void SkipSpace(std::string_view& text) {
  while (TakeChar(text, ' ')) {
  }
}

// "10:00", "10:00:30", "10:00:30.25": since midnight, all of `text`.
std::optional<Micros> TakeClock(std::string_view text) {
  const auto hour = TakeDigits(text, 1, 2);
  if (!hour || !TakeChar(text, ':')) return std::nullopt;
  const auto minute = TakeDigits(text, 2, 2);
  if (!minute || *hour > 23 || *minute > 59) return std::nullopt;
  Micros time = *hour * kHour + *minute * kMinute;
  if (TakeChar(text, ':')) {
    const auto second = TakeDigits(text, 2, 2);
    if (!second || *second > 59) return std::nullopt;
    time += *second * kSecond;
    if (TakeChar(text, '.')) {
      const std::size_t before = text.size();
      auto fraction = TakeDigits(text, 1, 6);
      if (!fraction) return std::nullopt;
      for (auto n = before - text.size(); n < 6; ++n) *fraction *= 10;
      time += *fraction;
    }
  }
  if (!text.empty()) return std::nullopt;
  return time;
}

// "2026-11-20", off the front. An outer nothing: there is no date.
std::optional<date::year_month_day> TakeDate(std::string_view& text) {
  std::string_view rest = text;
  const auto year = TakeDigits(rest, 4, 4);
  if (!year || !TakeChar(rest, '-')) return std::nullopt;
  const auto month = TakeDigits(rest, 1, 2);
  if (!month || !TakeChar(rest, '-')) return std::nullopt;
  const auto day = TakeDigits(rest, 1, 2);
  if (!day) return std::nullopt;
  text = rest;
  return date::year_month_day(date::year(static_cast<int>(*year)),
                              date::month(static_cast<unsigned>(*month)),
                              date::day(static_cast<unsigned>(*day)));
}

struct Unit {
  std::string_view name;
  Micros length;
};
// Longer names stand before their own beginnings.
constexpr std::array<Unit, 20> kUnits = {{{"weeks", 7 * kDay},
                                          {"week", 7 * kDay},
                                          {"w", 7 * kDay},
                                          {"days", kDay},
                                          {"day", kDay},
                                          {"d", kDay},
                                          {"hours", kHour},
                                          {"hour", kHour},
                                          {"hrs", kHour},
                                          {"h", kHour},
                                          {"milliseconds", kMillisecond},
                                          {"ms", kMillisecond},
                                          {"minutes", kMinute},
                                          {"minute", kMinute},
                                          {"min", kMinute},
                                          {"m", kMinute},
                                          {"seconds", kSecond},
                                          {"second", kSecond},
                                          {"sec", kSecond},
                                          {"s", kSecond}}};

// "1h30m", "2 hours", "3d 4h", "1.5h": all of `text`.
std::optional<Micros> TakeDuration(std::string_view text) {
  Micros total = 0;
  bool any = false;
  while (true) {
    SkipSpace(text);
    if (text.empty()) break;
    const auto number = TakeDigits(text, 1, 8);
    if (!number) return std::nullopt;
    Micros tenths = 0;
    if (TakeChar(text, '.')) {
      const auto digit = TakeDigits(text, 1, 1);
      if (!digit) return std::nullopt;
      tenths = *digit;
    }
    SkipSpace(text);
    const auto unit =
        std::find_if(kUnits.begin(), kUnits.end(),
                     [&](const Unit& u) { return TakeWord(text, u.name); });
    if (unit == kUnits.end()) return std::nullopt;
    // Eight digits of weeks are 6e19 microseconds: too long a time is capped.
    constexpr Micros kMost = std::int64_t{1} << 60;
    total += *number > kMost / unit->length
                 ? kMost
                 : *number * unit->length + tenths * unit->length / 10;
    if (total >= kMost) return kMost;
    any = true;
  }
  return any ? std::optional(total) : std::nullopt;
}

Error NotATime(const std::string& text) {
  return Error(
      Code::kInvalid,
      fmt::format("\"{}\" is no time: it can be 2026-11-20T10:00:00Z, "
                  "\"2026-11-20 10:00\", 10:00, \"yesterday 14:00\", 2h, "
                  "\"2h ago\", now, unix seconds, or rv:123",
                  text));
}

// Reads one text; kept together because all forms need the same three things.
class Reader {
 public:
  Reader(std::string text, Micros now, const std::string& zone_name,
         const date::time_zone* zone)
      : text_(std::move(text)),
        lower_(Lowered(text_)),
        now_(now),
        zone_name_(zone_name),
        zone_(zone) {}

  Result<UserTime> Read() const {
    if (lower_.substr(0, 3) == "rv:") return Revision();
    if (lower_ == "now") return UserTime{now_, "", ""};
    if (const auto time = ParseRfc3339(text_)) return UserTime{*time, "", ""};
    if (const auto utc = WithoutZ()) return *utc;
    if (!text_.empty() && std::all_of(text_.begin(), text_.end(), [](char c) {
          return IsDigit(c) || c == '.';
        })) {
      return Unix();
    }
    std::string_view rest = lower_;
    if (const auto day = TakeDate(rest)) return OnDate(*day, rest);
    if (const auto clock = TakeClock(lower_)) return LastClock(*clock);
    if (TakeWord(rest, "yesterday")) return OnDay(-1, rest);
    if (TakeWord(rest, "today")) return OnDay(0, rest);
    return Before();
  }

 private:
  date::local_days Today() const {
    const LocalMicros local{
        std::chrono::microseconds(now_ + OffsetAt(zone_, now_))};
    return date::floor<date::days>(local);
  }

  // "10:00Z", "yesterday 10:00Z": a time of day with a Z behind it is UTC's,
  // and so is its day. None: there is no Z.
  std::optional<Result<UserTime>> WithoutZ() const {
    if (lower_.size() < 2 || lower_.back() != 'z' ||
        !IsDigit(lower_[lower_.size() - 2]) ||
        lower_.find(':') == std::string::npos) {
      return std::nullopt;
    }
    static const std::string kUtc = "UTC";
    Result<UserTime> time =
        Reader(text_.substr(0, text_.size() - 1), now_, kUtc, nullptr).Read();
    if (!time.ok()) return NotATime(text_);
    return time;
  }

  Result<UserTime> Revision() const {
    UserTime time;
    time.rv = text_.substr(3);
    const bool odd = std::any_of(time.rv.begin(), time.rv.end(),
                                 [](char c) { return c <= ' '; });
    if (time.rv.empty() || odd) return NotATime(text_);
    return time;
  }

  Result<UserTime> Unix() const {
    std::string_view rest = text_;
    const auto whole = TakeDigits(rest, 1, 15);
    if (!whole) return NotATime(text_);
    Micros fraction = 0;
    if (TakeChar(rest, '.')) {
      const std::size_t before = rest.size();
      const auto digits = TakeDigits(rest, 1, 6);
      if (!digits) return NotATime(text_);
      fraction = *digits;
      for (auto n = before - rest.size(); n < 6; ++n) fraction *= 10;
      while (!rest.empty() && IsDigit(rest[0])) rest.remove_prefix(1);
    }
    if (!rest.empty()) return NotATime(text_);
    if (*whole < kLeastUnix) {
      return Error(
          Code::kInvalid,
          fmt::format("\"{}\" is no time: a bare number counts seconds "
                      "since 1970; for a time ago add its unit, as in "
                      "{}m, and for a revision write rv:{}",
                      text_, text_, text_));
    }
    if (*whole <= kMostUnix) {
      return UserTime{*whole * kSecond + fraction, "", ""};
    }
    const Micros at = *whole * kMillisecond;
    return UserTime{at, "",
                    fmt::format("{} was understood as milliseconds since 1970: "
                                "{}",
                                text_, FormatZoned(at, zone_name_))};
  }

  Result<UserTime> OnDate(date::year_month_day day,
                          std::string_view rest) const {
    if (!day.ok()) {
      return Error(
          Code::kInvalid,
          fmt::format("\"{}\" is no time: there is no such day", text_));
    }
    const date::local_days days(day);
    if (rest.empty()) return AtLocal(days, 0, "");
    if (rest[0] != ' ' && rest[0] != 't') return NotATime(text_);
    rest.remove_prefix(1);
    SkipSpace(rest);
    const auto clock = TakeClock(rest);
    if (!clock) return NotATime(text_);
    return AtLocal(days, *clock, "");
  }

  // "10:00": the last one there was.
  Result<UserTime> LastClock(Micros clock) const {
    Result<UserTime> today = AtLocal(Today(), clock, "");
    if (!today.ok() || today->at <= now_) return today;
    Result<UserTime> time = AtLocal(Today() - date::days(1), clock, "");
    if (time.ok()) time->to_come = today->at;
    if (time.ok() && time->note.empty()) {
      time->note = fmt::format(
          "{} is still to come today: it was understood as yesterday's, {}",
          text_, FormatZoned(time->at, zone_name_));
    }
    return time;
  }

  Result<UserTime> OnDay(int days, std::string_view rest) const {
    const date::local_days day = Today() + date::days(days);
    SkipSpace(rest);
    if (TakeWord(rest, "at ")) SkipSpace(rest);
    if (rest.empty()) {
      if (days == 0) return AtLocal(day, 0, "");
      const Micros of_day = (now_ + OffsetAt(zone_, now_)) % kDay;
      return AtLocal(day, (of_day + kDay) % kDay,
                     "yesterday without a time was understood as this time of "
                     "day yesterday");
    }
    const auto clock = TakeClock(rest);
    if (!clock) return NotATime(text_);
    return AtLocal(day, *clock, "");
  }

  // "2h", "2h ago", "-2h".
  Result<UserTime> Before() const {
    std::string_view rest = lower_;
    TakeChar(rest, '-');
    constexpr std::string_view kAgo = "ago";
    if (rest.size() > kAgo.size() &&
        rest.substr(rest.size() - kAgo.size()) == kAgo) {
      rest.remove_suffix(kAgo.size());
    }
    const auto duration = TakeDuration(rest);
    if (!duration) return NotATime(text_);
    if (*duration > now_) {
      return Error(Code::kInvalid, fmt::format("\"{}\" is before 1970", text_));
    }
    return UserTime{now_ - *duration, "", ""};
  }

  Result<UserTime> AtLocal(date::local_days day, Micros clock,
                           std::string note) const {
    const LocalMicros local = day + std::chrono::microseconds(clock);
    UserTime time;
    time.note = std::move(note);
    time.at = local.time_since_epoch().count();
    if (zone_ == nullptr) return time;
    const date::local_info info =
        zone_->get_info(date::floor<std::chrono::seconds>(local));
    time.at -= info.first.offset.count() * kSecond;
    if (info.result == date::local_info::ambiguous) {
      const Micros later =
          time.at + (info.first.offset - info.second.offset).count() * kSecond;
      time.note = fmt::format(
          "\"{}\" happened twice in {} because the clocks were set back: it "
          "was "
          "understood as {}, not {}",
          text_, zone_name_, FormatZoned(time.at, zone_name_),
          FormatZoned(later, zone_name_));
    } else if (info.result == date::local_info::nonexistent) {
      time.at = std::chrono::duration_cast<std::chrono::microseconds>(
                    info.first.end.time_since_epoch())
                    .count();
      time.note = fmt::format(
          "\"{}\" never happened in {} because the clocks were set forward: it "
          "was understood as that instant, {}",
          text_, zone_name_, FormatZoned(time.at, zone_name_));
    }
    return time;
  }

  const std::string text_;
  const std::string lower_;
  const Micros now_;
  const std::string& zone_name_;
  const date::time_zone* const zone_;  // null: UTC
};

}  // namespace

std::string FormatZoned(Micros time, const std::string& zone) {
  const Micros offset = OffsetAt(FindZone(zone), time);
  std::string text = FormatRfc3339(time + offset).substr(0, 19);
  if (offset == 0) return text + "Z";
  const Micros minutes = std::abs(offset) / kMinute;
  return fmt::format("{}{}{:02}:{:02}", text, offset < 0 ? '-' : '+',
                     minutes / 60, minutes % 60);
}

std::string FormatRfc1123(Micros time, const std::string& zone) {
  constexpr std::array kDays = {"Sun", "Mon", "Tue", "Wed",
                                "Thu", "Fri", "Sat"};
  constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const Micros offset = OffsetAt(FindZone(zone), time);
  const date::sys_time<std::chrono::microseconds> local{
      std::chrono::microseconds(time + offset)};
  const auto day = date::floor<date::days>(local);
  const date::year_month_day ymd(day);
  const Micros minutes = std::abs(offset) / kMinute;
  return fmt::format(
      "{}, {:02} {} {:04} {} {}{:02}{:02}",
      kDays[date::weekday(day).c_encoding()], static_cast<unsigned>(ymd.day()),
      kMonths[static_cast<unsigned>(ymd.month()) - 1],
      static_cast<int>(ymd.year()), FormatRfc3339(time + offset).substr(11, 8),
      offset < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

std::string FormatNamedZone(Micros time, const std::string& zone) {
  const date::time_zone* const found = FindZone(zone);
  const Micros offset = OffsetAt(found, time);
  const Micros minutes = std::abs(offset) / kMinute;
  const std::string local = FormatRfc3339(time + offset);
  return fmt::format(
      "{} {} {}{:02}{:02} {}", local.substr(0, 10), local.substr(11, 8),
      offset < 0 ? '-' : '+', minutes / 60, minutes % 60,
      found == nullptr
          ? "UTC"
          : found->get_info(date::floor<std::chrono::seconds>(ToSys(time)))
                .abbrev);
}

std::string FormatLocal(Micros time, const std::string& zone) {
  std::string text =
      FormatRfc3339(time + OffsetAt(FindZone(zone), time)).substr(0, 23);
  text[10] = ' ';
  return text;
}

std::string LocalZone() {
  // Read once at start by the tool, before it has threads.
  if (const char* tz = std::getenv("TZ"); tz != nullptr) {  // NOLINT
    const std::string name = *tz == ':' ? tz + 1 : tz;
    return FindZone(name) != nullptr ? name : "UTC";
  }
  try {
    return date::current_zone()->name();
  } catch (const std::exception&) {
    return "UTC";
  }
}

Result<UserTime> ParseUserTime(std::string_view text, Micros now,
                               const std::string& zone) {
  const std::string trimmed = Trimmed(text);
  const date::time_zone* found = nullptr;
  if (zone != "UTC") {
    found = FindZone(zone);
    if (found == nullptr) {
      return Error(Code::kInvalid,
                   fmt::format("there is no time zone \"{}\"", zone));
    }
  }
  return Reader(trimmed, now, zone, found).Read();
}

}  // namespace kubescribe::kube
