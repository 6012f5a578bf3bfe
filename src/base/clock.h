// Clock: the only way to the time. Nothing outside base/ calls now().
//
// Tests and the simulation pass a clock of their own. All times in the program
// are microseconds: wall time since 1970-01-01T00:00:00Z, monotonic time since
// an arbitrary instant.
#pragma once

#include <cstdint>

namespace kubescribe {

using Micros = std::int64_t;

inline constexpr Micros kMillisecond = 1000;
inline constexpr Micros kSecond = 1000 * kMillisecond;
inline constexpr Micros kMinute = 60 * kSecond;
inline constexpr Micros kHour = 60 * kMinute;

class Clock {
 public:
  virtual ~Clock() = default;
  // Wall time. May jump either way. Any thread.
  virtual Micros Wall() const = 0;
  // Never goes back. Any thread.
  virtual Micros Mono() const = 0;
};

// The machine's clocks. Never destroyed; any thread.
const Clock& SystemClock();

}  // namespace kubescribe
