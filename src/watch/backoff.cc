#include "watch/backoff.h"

#include <algorithm>

namespace kubescribe::watch {

Micros Backoff::Next(std::optional<std::int64_t> retry_after) {
  const Micros now = clock_.Mono();
  if (failures_ > 0 && now - over_ > options_.quiet) failures_ = 0;
  // Half of the maximum, so that there is jitter at the cap too.
  const Micros cap = std::max<Micros>(options_.max / 2, 1);
  Micros base = std::min(options_.first, cap);
  for (int i = 0; i < failures_ && base < cap; ++i) base *= 2;
  base = std::min(base, cap);
  ++failures_;
  Micros delay = base + static_cast<Micros>(random_.Fraction() *
                                            static_cast<double>(base));
  if (retry_after && *retry_after > 0) {
    const Micros seconds = options_.retry_after_max / kSecond;
    const Micros asked = std::min(*retry_after, seconds) * kSecond;
    // A little more than asked for, so that all streams do not come at once.
    delay = std::max(delay,
                     asked + static_cast<Micros>(random_.Fraction() *
                                                 static_cast<double>(kSecond)));
    delay = std::min(delay, std::max(options_.retry_after_max, options_.max));
  }
  over_ = now + delay;
  return delay;
}

}  // namespace kubescribe::watch
