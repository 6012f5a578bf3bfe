// A clock that stands still: what a simulator makes then is its seed's alone.
#pragma once

#include "base/clock.h"

namespace kubescribe::fakes {

class StoppedClock final : public Clock {
 public:
  Micros Wall() const override { return 1700000000 * kSecond; }
  Micros Mono() const override { return kSecond; }
};

}  // namespace kubescribe::fakes
