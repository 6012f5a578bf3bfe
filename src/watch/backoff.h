// Backoff: how long to wait before the next try of what failed (P§3).
#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "base/random.h"

namespace kubescribe::watch {

struct BackoffOptions {
  Micros first = 800 * kMillisecond;
  Micros max = 30 * kSecond;
  // After so long without a failure the next one counts as the first.
  Micros quiet = 2 * kMinute;
  // Longest Retry-After that is believed.
  Micros retry_after_max = 60 * kSecond;
};

// One thread.
class Backoff {
 public:
  Backoff(const BackoffOptions& options, const Clock& clock, Random& random)
      : options_(options), clock_(clock), random_(random) {}

  // The delay after one more failure: between d and 2d, d doubling from
  // `first`, never above `max`; where the server named a time (seconds, of
  // Retry-After), no shorter than that time.
  Micros Next(std::optional<std::int64_t> retry_after = std::nullopt);
  // What was tried worked.
  void Reset() { failures_ = 0; }

 private:
  const BackoffOptions options_;
  const Clock& clock_;
  Random& random_;
  int failures_ = 0;
  Micros over_ = 0;  // mono: when the last delay ends
};

}  // namespace kubescribe::watch
