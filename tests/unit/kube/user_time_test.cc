#include "kube/user_time.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "base/random.h"

namespace kubescribe::kube {
namespace {

constexpr Micros kDay = 24 * kHour;

Micros At(const std::string& text) {
  const auto time = ParseRfc3339(text);
  EXPECT_TRUE(time) << text;
  return time.value_or(0);
}

TEST(Rfc3339, IsRead) {
  EXPECT_EQ(ParseRfc3339("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(ParseRfc3339("2001-09-09T01:46:40Z"), 1000000000 * kSecond);
  EXPECT_EQ(ParseRfc3339("2001-09-09t01:46:40z"), 1000000000 * kSecond);
  EXPECT_EQ(ParseRfc3339("2001-09-09T03:46:40.5+02:00"),
            1000000000 * kSecond + 500000);
  EXPECT_EQ(ParseRfc3339("2001-09-08T20:16:40.123456789-05:30"),
            1000000000 * kSecond + 123456);
  EXPECT_EQ(ParseRfc3339("1969-12-31T23:59:59.999999Z"), -1);
  EXPECT_EQ(ParseRfc3339("2024-02-29T00:00:00Z"), 1709164800 * kSecond);
  EXPECT_EQ(ParseRfc3339("2016-12-31T23:59:60Z"), 1483228800 * kSecond);
  for (const char* bad :
       {"", "2001-09-09", "2001-09-09T01:46:40", "2001-09-09 01:46:40Z",
        "2001-13-09T01:46:40Z", "2001-02-29T01:46:40Z", "2001-09-09T24:00:00Z",
        "2001-09-09T01:60:40Z", "2001-09-09T01:46:61Z", "2001-09-09T01:46:40.Z",
        "2001-09-09T01:46:40+0200", "2001-09-09T01:46:40Zx",
        "2001-9-9T01:46:40Z", "-001-09-09T01:46:40Z",
        "2001-09-09T01:46:40+24:00"}) {
    EXPECT_FALSE(ParseRfc3339(bad)) << bad;
  }
}

TEST(Rfc3339, WhatIsWrittenIsReadBack) {
  SeededRandom random(1);
  std::string last;
  for (int round = 0; round < 10000; ++round) {
    // 0001 to 9999.
    const auto time = static_cast<Micros>(
                          random.Below(std::uint64_t{315537897600} * 1000000)) -
                      Micros{62135596800} * 1000000;
    const std::string text = FormatRfc3339(time);
    ASSERT_EQ(text.size(), 27U);
    ASSERT_EQ(ParseRfc3339(text), time) << text;
    ASSERT_EQ(FormatZoned(time, "UTC"), text.substr(0, 19) + "Z");
  }
  EXPECT_EQ(FormatRfc3339(0), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(FormatRfc3339(-1), "1969-12-31T23:59:59.999999Z");
}

TEST(Rfc3339, IsReadAsGoReadsIt) {
  constexpr Micros kThen = 1577836800 * kSecond;
  EXPECT_EQ(ParseGoTime("2020-01-01T00:00:00Z"), kThen);
  EXPECT_EQ(ParseGoTime("2020-01-01T00:00:00,5Z"), kThen + kSecond / 2);
  EXPECT_EQ(ParseGoTime("2020-01-01T00:00:00.5Z"), kThen + kSecond / 2);
  EXPECT_EQ(ParseGoTime("2020-01-01T7:00:00Z"), kThen + 7 * kHour);
  EXPECT_EQ(ParseGoTime("2020-01-01T00:00:00+24:00"), kThen - kDay);
  EXPECT_EQ(ParseGoTime("2020-01-01T00:00:00-23:60"), kThen + kDay);
  for (const char* bad :
       {"2020-01-01t00:00:00Z", "2020-01-01T00:00:00z", "2019-12-31T23:59:60Z",
        "2020-01-01T24:00:00Z", "2020-01-01T00:00:00,Z", "2020-01-01T:00:00Z",
        "2020-01-01T00:00:00+25:00", "2020-01-01T00:00:00+00:61",
        "2020-1-01T00:00:00Z", "2020-01-01T00:0:00Z"}) {
    EXPECT_FALSE(ParseGoTime(bad)) << bad;
  }
  for (const char* not_standard :
       {"2020-01-01T00:00:00,5Z", "2020-01-01T7:00:00Z",
        "2020-01-01T00:00:00-23:60"}) {
    EXPECT_FALSE(ParseRfc3339(not_standard)) << not_standard;
  }
}

TEST(HumanDuration, IsKubectls) {
  const std::vector<std::pair<Micros, const char*>> cases = {
      {-2 * kSecond, "<invalid>"},
      {-1999999, "0s"},
      {-kSecond, "0s"},
      {0, "0s"},
      {999999, "0s"},
      {119 * kSecond, "119s"},
      {120 * kSecond, "2m"},
      {121 * kSecond, "2m1s"},
      {10 * kMinute - 1, "9m59s"},
      {10 * kMinute + 59 * kSecond, "10m"},
      {3 * kHour - 1, "179m"},
      {3 * kHour, "3h"},
      {3 * kHour + kMinute, "3h1m"},
      {8 * kHour - 1, "7h59m"},
      {8 * kHour + 59 * kMinute, "8h"},
      {48 * kHour - 1, "47h"},
      {2 * kDay, "2d"},
      {2 * kDay + kHour, "2d1h"},
      {8 * kDay - 1, "7d23h"},
      {8 * kDay + 23 * kHour, "8d"},
      {2 * 365 * kDay - 1, "729d"},
      {2 * 365 * kDay, "2y"},
      {(2 * 365 + 1) * kDay, "2y1d"},
      {8 * 365 * kDay - 1, "7y364d"},
      {(8 * 365 + 100) * kDay, "8y"},
      {2025 * 365 * kDay, "292y"},
  };
  for (const auto& [duration, expected] : cases) {
    EXPECT_EQ(HumanDuration(duration), expected) << duration;
  }
  EXPECT_EQ(Age(std::nullopt, 5), "<unknown>");
  EXPECT_EQ(Age(5 * kSecond, 10 * kSecond), "5s");
}

TEST(FormatLocal, IsOfTheZone) {
  const Micros time = At("2026-11-20T10:00:00.123456Z");
  EXPECT_EQ(FormatLocal(time, "Europe/Berlin"), "2026-11-20 11:00:00.123");
  EXPECT_EQ(FormatZoned(time, "Europe/Berlin"), "2026-11-20T11:00:00+01:00");
  EXPECT_EQ(FormatZoned(time, "America/St_Johns"), "2026-11-20T06:30:00-03:30");
  EXPECT_EQ(FormatZoned(time, "No/Where"), "2026-11-20T10:00:00Z");
}

// It is a Friday, 03:00 in Berlin.
constexpr const char* kNow = "2026-11-20T02:00:00Z";

TEST(UserTime, FormsWithOneMeaning) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"now", "2026-11-20T02:00:00Z"},
      {" NOW ", "2026-11-20T02:00:00Z"},
      {"2026-11-20T01:15:00Z", "2026-11-20T01:15:00Z"},
      {"2026-11-20T01:15:00.5+05:00", "2026-11-19T20:15:00.5Z"},
      {"2026-11-20 01:15", "2026-11-20T00:15:00Z"},
      {"2026-11-20 01:15:30", "2026-11-20T00:15:30Z"},
      {"2026-11-20 1:15:30.25", "2026-11-20T00:15:30.25Z"},
      {"2026-11-20T01:15", "2026-11-20T00:15:00Z"},
      {"2026-07-01 12:00", "2026-07-01T10:00:00Z"},
      {"2026-11-20", "2026-11-19T23:00:00Z"},
      {"02:15", "2026-11-20T01:15:00Z"},
      {"2:15", "2026-11-20T01:15:00Z"},
      {"03:00", "2026-11-20T02:00:00Z"},
      {"00:00", "2026-11-19T23:00:00Z"},
      {"today 01:00", "2026-11-20T00:00:00Z"},
      {"01:15Z", "2026-11-20T01:15:00Z"},
      {"01:15:30z", "2026-11-20T01:15:30Z"},
      {"2026-11-20 01:15Z", "2026-11-20T01:15:00Z"},
      {"yesterday 14:00Z", "2026-11-19T14:00:00Z"},
      {"today", "2026-11-19T23:00:00Z"},
      {"yesterday 14:00", "2026-11-19T13:00:00Z"},
      {"Yesterday  14:00:30", "2026-11-19T13:00:30Z"},
      {"yesterday at 14:00", "2026-11-19T13:00:00Z"},
      {"2h", "2026-11-20T00:00:00Z"},
      {"2h ago", "2026-11-20T00:00:00Z"},
      {"-2h", "2026-11-20T00:00:00Z"},
      {"2 hours ago", "2026-11-20T00:00:00Z"},
      {"1h30m", "2026-11-20T00:30:00Z"},
      {"1h 30m ago", "2026-11-20T00:30:00Z"},
      {"1.5h", "2026-11-20T00:30:00Z"},
      {"90min", "2026-11-20T00:30:00Z"},
      {"90 minutes ago", "2026-11-20T00:30:00Z"},
      {"1d", "2026-11-19T02:00:00Z"},
      {"1 week ago", "2026-11-13T02:00:00Z"},
      {"500ms", "2026-11-20T01:59:59.5Z"},
      {"0s", "2026-11-20T02:00:00Z"},
      {"1795140000", "2026-11-20T02:00:00Z"},
      {"1795140000.25", "2026-11-20T02:00:00.25Z"},
  };
  for (const auto& [text, expected] : cases) {
    const auto time = ParseUserTime(text, At(kNow), "Europe/Berlin");
    ASSERT_TRUE(time.ok()) << text << ": " << time.error().message();
    EXPECT_EQ(FormatRfc3339(time->at), FormatRfc3339(At(expected))) << text;
    EXPECT_EQ(time->note, "") << text;
    EXPECT_EQ(time->rv, "") << text;
  }
}

TEST(UserTime, RevisionIsKeptAsText) {
  const auto time = ParseUserTime("rv:12345678901234567890123", 0, "UTC");
  ASSERT_TRUE(time.ok());
  EXPECT_EQ(time->rv, "12345678901234567890123");
  EXPECT_EQ(ParseUserTime("RV:7", 0, "UTC")->rv, "7");
}

TEST(UserTime, SaysHowItUnderstoodWhatCouldMeanTwoThings) {
  const auto parse = [](const char* text, const char* now = kNow) {
    auto time = ParseUserTime(text, At(now), "Europe/Berlin");
    EXPECT_TRUE(time.ok()) << text;
    return std::move(*time);
  };
  const UserTime evening = parse("23:50");
  EXPECT_EQ(evening.at, At("2026-11-19T22:50:00Z"));
  EXPECT_NE(evening.note.find("yesterday"), std::string::npos);
  EXPECT_NE(evening.note.find("2026-11-19T23:50:00+01:00"), std::string::npos);
  EXPECT_EQ(evening.to_come, At("2026-11-20T22:50:00Z"));
  EXPECT_EQ(parse("23:50Z").to_come, At("2026-11-20T23:50:00Z"));
  EXPECT_EQ(parse("00:50").to_come, std::nullopt);

  const UserTime yesterday = parse("yesterday");
  EXPECT_EQ(yesterday.at, At("2026-11-19T02:00:00Z"));
  EXPECT_NE(yesterday.note, "");

  const UserTime millis = parse("1795140000123");
  EXPECT_EQ(millis.at, At("2026-11-20T02:00:00.123Z"));
  EXPECT_NE(millis.note.find("milliseconds"), std::string::npos);

  const UserTime twice = parse("2026-10-25 02:30");
  EXPECT_EQ(twice.at, At("2026-10-25T00:30:00Z"));
  EXPECT_NE(twice.note.find("2026-10-25T02:30:00+02:00"), std::string::npos);
  EXPECT_NE(twice.note.find("2026-10-25T02:30:00+01:00"), std::string::npos);

  const UserTime never = parse("2026-03-29 02:30");
  EXPECT_EQ(never.at, At("2026-03-29T01:00:00Z"));
  EXPECT_NE(never.note.find("never happened"), std::string::npos);
  EXPECT_NE(never.note.find("2026-03-29T03:00:00+02:00"), std::string::npos);

  // The day before a change of the clocks is not 24 hours before.
  EXPECT_EQ(parse("yesterday 12:00", "2026-10-25T12:00:00Z").at,
            At("2026-10-24T10:00:00Z"));
  EXPECT_EQ(parse("yesterday 12:00", "2026-10-26T12:00:00Z").at,
            At("2026-10-25T11:00:00Z"));
}

TEST(UserTime, WhatIsNoTimeIsInvalid) {
  for (const char* bad : {"",
                          " ",
                          "5",
                          "12",
                          "tomorrow",
                          "2026-13-01",
                          "2026-02-30 10:00",
                          "2026-11-20 25:00",
                          "2026-11-20 10:60",
                          "2026-11-20 10",
                          "24:00",
                          "10:5",
                          "10:00:60",
                          "2x",
                          "h",
                          "2h3",
                          "ago",
                          "2 ago",
                          "rv:",
                          "rv:a b",
                          "now now",
                          "yesterday noon",
                          "yesterdayx",
                          "1.2.3",
                          ".",
                          "1e9",
                          "99999999w",
                          "2026-11-20 10:00 Z",
                          "--2h",
                          "10:00pm",
                          "10:00ZZ",
                          "25:00Z",
                          "rv:1:2Z z",
                          "99999999999999999999",
                          "2026-11-20 10:00:00.",
                          "0"}) {
    const auto time = ParseUserTime(bad, At(kNow), "Europe/Berlin");
    ASSERT_FALSE(time.ok()) << bad << " " << FormatRfc3339(time->at);
    EXPECT_EQ(time.error().code(), Code::kInvalid);
    EXPECT_NE(time.error().message().find(bad), std::string::npos);
  }
  EXPECT_NE(ParseUserTime("5", 0, "UTC").error().message().find("5m"),
            std::string::npos);
  const auto zone = ParseUserTime("now", 0, "No/Where");
  ASSERT_FALSE(zone.ok());
  EXPECT_NE(zone.error().message().find("No/Where"), std::string::npos);
}

TEST(UserTime, RandomTextNeverDoesHarm) {
  SeededRandom random(9);
  static constexpr std::string_view kParts[] = {
      "1",  "2026", "-",    "11",  ":",     "00",   " ", "h",
      "m",  "ago",  ".",    "rv:", "T",     "Z",    "+", "d",
      "ms", "99",   "year", "now", "today", "9999", "0", "yesterday"};
  for (int round = 0; round < 50000; ++round) {
    std::string text;
    for (auto n = random.Below(8); n > 0; --n) {
      text += kParts[random.Below(std::size(kParts))];
    }
    const auto time = ParseUserTime(text, At(kNow), "Europe/Berlin");
    if (time.ok() && time->rv.empty()) {
      EXPECT_GE(time->at, At("0000-01-01T00:00:00Z") - 2 * kDay) << text;
    }
  }
}

}  // namespace
}  // namespace kubescribe::kube
