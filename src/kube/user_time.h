// Times as people and Kubernetes write them: RFC 3339, kubectl's ages, and what
// `--at` takes.
//
// Zones are IANA names ("Europe/Berlin"); LocalZone() is the user's. Nothing
// here reads the clock: `now` is always given.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace kubescribe::kube {

// "2026-11-20T10:00:00Z", with a fraction (digits past the sixth are cut) or
// an offset if there is one. Nothing: it is no such time, or no such day.
std::optional<Micros> ParseRfc3339(std::string_view text);

// The same of text that no server has looked at, as a server's printer then
// reads it: without leap seconds and small letters, but with a comma for the
// point, an hour of one digit and offsets up to 24:60.
std::optional<Micros> ParseGoTime(std::string_view text);

// In UTC with six digits of fraction, so that it sorts as text:
// "2026-11-20T10:00:00.123456Z". For machines.
std::string FormatRfc3339(Micros time);

// In `zone` with its offset, to the second: "2026-11-20T11:00:00+01:00". An
// unknown zone counts as UTC.
std::string FormatZoned(Micros time, const std::string& zone);

// In `zone` as kubectl describe writes a time:
// "Fri, 20 Nov 2026 11:00:00 +0100".
std::string FormatRfc1123(Micros time, const std::string& zone);

// In `zone` with its offset and its name, to the second:
// "2026-11-20 11:00:00 +0100 CET".
std::string FormatNamedZone(Micros time, const std::string& zone);

// In `zone`, to the millisecond, without the offset, for a person's columns:
// "2026-11-20 11:00:00.123".
std::string FormatLocal(Micros time, const std::string& zone);

// kubectl's age of something: "5s", "3m10s", "4h", "2d3h", "<invalid>" for the
// future by more than a second. None is longer than Go's longest, "292y".
std::string HumanDuration(Micros duration);

// HumanDuration(at - since); "<unknown>" without `since`.
std::string Age(std::optional<Micros> since, Micros at);

// The zone of $TZ, else of the machine, else "UTC".
std::string LocalZone();

// What a person meant by a time.
struct UserTime {
  Micros at = 0;  // not if `rv` is set
  std::string rv;
  // How the words were understood where they could mean something else; ""
  // where they could not. To be shown to the person, as it stands.
  std::string note;
  // "10:00" that is still to come today: when that is. `at` is yesterday's.
  std::optional<Micros> to_come = std::nullopt;
};

// Reads RFC 3339; "2026-11-20 10:00[:30]" and "2026-11-20" (midnight) in
// `zone`; "10:00" (today, or yesterday when today's is still to come); "today
// 10:00", "yesterday 14:00", "yesterday" (a day ago); "2h", "1h30m", "2h ago",
// "3 days ago"; "now"; unix seconds; "rv:123". A Z behind a time of day, as in
// "10:00Z", means UTC, whatever `zone` is.
//
// A local time that a change of the clocks makes happen twice is the earlier
// one, one that never happens is the instant of the change; `note` says so.
// kInvalid: none of these, a day that does not exist, or an unknown zone.
Result<UserTime> ParseUserTime(std::string_view text, Micros now,
                               const std::string& zone);

}  // namespace kubescribe::kube
