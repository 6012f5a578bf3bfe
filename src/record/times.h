// When a change happened, as far as can be told (DESIGN §6).
//
// An event of a flowing stream is a point: the moment of its record. Any other
// change lies in an interval, in which the object's own evidence chooses a
// moment for it.
#pragma once

#include <optional>
#include <string_view>

#include "base/clock.h"
#include "store/types.h"

namespace kubescribe::record {

// An event that waited longer for its record is an interval as well.
inline constexpr Micros kPointTolerance = kSecond;

struct Sighting {
  Micros recorded_at = 0;
  Micros waited = 0;  // from its arrival to its record
  bool flowing = false;
  std::optional<Micros> not_before;  // where not flowing
  store::Event event = store::Event::kModified;
  std::string_view object;  // its bytes; "" if there are none
  // changed_at of the object's current state.
  std::optional<Micros> previous;
};

struct Happening {
  std::optional<Micros> not_before;
  Micros changed_at = 0;
  store::Evidence evidence = store::Evidence::kReceived;
};

// not_before <= changed_at <= recorded_at, but that changed_at is never lower
// than `previous`, which a step of the clock may have left in the future. Any
// thread.
Happening WhenHappened(const Sighting& sighting);

}  // namespace kubescribe::record
