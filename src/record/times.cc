#include "record/times.h"

#include <algorithm>

#include "kube/event.h"

namespace kubescribe::record {
namespace {

using store::Event;
using store::Evidence;

struct Witness {
  Micros at = 0;
  Evidence evidence = Evidence::kReceived;
};

std::optional<Witness> AskObject(Event event, std::string_view object) {
  if (object.empty()) return std::nullopt;
  const kube::ObjectTimes times = kube::ReadObjectTimes(object);
  switch (event) {
    case Event::kAdded:
      if (times.created) return Witness{*times.created, Evidence::kCreation};
      break;
    case Event::kDeleted:
      if (times.delete_requested) {
        return Witness{*times.delete_requested, Evidence::kDeletion};
      }
      break;
    case Event::kModified:
    case Event::kListed:
    case Event::kRelisted:
      if (times.managed) {
        return Witness{*times.managed, Evidence::kManagedFields};
      }
      if (times.created && event == Event::kListed) {
        return Witness{*times.created, Evidence::kCreation};
      }
      break;
    case Event::kVanished:
    case Event::kLeft:
      break;
  }
  return std::nullopt;
}

}  // namespace

Happening WhenHappened(const Sighting& sighting) {
  Happening happening;
  happening.changed_at = sighting.recorded_at;
  if (sighting.flowing) {
    happening.not_before = sighting.waited > kPointTolerance
                               ? sighting.recorded_at - sighting.waited
                               : sighting.recorded_at;
  } else if (sighting.not_before) {
    const Micros earliest =
        std::min(*sighting.not_before, sighting.recorded_at);
    happening.not_before = earliest;
    if (const auto witness = AskObject(sighting.event, sighting.object)) {
      happening.changed_at =
          std::clamp(witness->at, earliest, sighting.recorded_at);
      happening.evidence = witness->evidence;
    }
  }
  if (sighting.previous) {
    happening.changed_at = std::max(happening.changed_at, *sighting.previous);
  }
  return happening;
}

}  // namespace kubescribe::record
