// Observation: one thing that watching a stream showed, on its way from the
// watch state machine to the record.
//
// `watch` makes them, `record` consumes them, and neither knows the other.
// Observations of one stream arrive in the order in which they were made; the
// record may lag behind. What the fields mean, a kind at a time:
//
//   kEvent        a watch event. type, head, body; `received_at`; `flowing`,
//                 or else `not_before`.
//   kBookmark     everything of the stream up to rv was delivered before.
//   kListBegin    a list starts; until its kListEnd nothing is declared gone.
//                 cause: why it is needed (a GapCause); rv: the position that
//                 was lost ("" if none); `not_before`: when the stream last
//                 flowed; new_epoch: the list's server counts anew.
//                 Another kListBegin before the kListEnd starts it over.
//   kListItem     head, body, rv = the list's own RV.
//   kListEnd      all items were delivered; the position is rv now.
//   kAuditBegin / kAuditItem / kAuditEnd(rv)
//                 the same of an audit list; it moves no position.
//   kAuditReached the stream's position has passed the audit's rv: compare.
//   kAuditAbort   forget the audit (cut short, or overtaken by a list).
//   kFlowing      from here on the stream flows (DESIGN §6).
//   kNotFlowing   it does not; `not_before` is the last instant that it did.
//   kStub         an event or an item that cannot be kept: cause kParse or
//                 kOversize, size, digest, head as far as it could be read,
//                 type, message. Its RV moves the position as an event's does.
//   kState        what the stream is doing, for status: state, message.
//   kStreamEnd    the stream is over. cause kUnavailable: its kind was removed
//                 (crd_deleted: its objects are gone with it); kConfig: it was
//                 taken out of the configuration.
//   kDiscovery    what the server serves has changed: body is JSON (see
//                 kube/discovery.h). stream is kNoStream.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace kubescribe::kube {

// The row id of a stream in its cluster's file.
using StreamId = std::int64_t;
inline constexpr StreamId kNoStream = 0;

// The closed list of DESIGN §4. The numbers are stored: never change one.
enum class GapCause {
  kStart = 1,
  kGone = 2,
  kRewind = 3,
  kForbidden = 4,
  kUnavailable = 5,
  kParse = 6,
  kOversize = 7,
  kStorage = 8,
  kDamaged = 9,
  kConfig = 10,
  kLost = 11,
  kPruned = 12,
};
// "start", "gone", …
std::string_view GapCauseName(GapCause cause);

enum class WatchType { kAdded, kModified, kDeleted };

// What a stream is doing. The numbers are stored: never change one.
enum class StreamState {
  kStarting = 0,
  kListing = 1,
  kWatching = 2,
  kBackoff = 3,
  kForbidden = 4,
  kUnavailable = 5,
  kEnded = 6,
};
// "starting", "listing", …
std::string_view StreamStateName(StreamState state);

// What is read out of every object; views are not used because an observation
// outlives the network buffer.
struct ObjectHead {
  std::string uid;
  std::string name_space;  // "" for cluster-scoped objects
  std::string name;
  std::string resource_version;
  std::string api_version;  // from the object, or of the stream for list items
  std::string kind;
};

struct Observation {
  enum class Kind {
    kEvent,
    kBookmark,
    kListBegin,
    kListItem,
    kListEnd,
    kAuditBegin,
    kAuditItem,
    kAuditEnd,
    kAuditReached,
    kAuditAbort,
    kFlowing,
    kNotFlowing,
    kStub,
    kState,
    kStreamEnd,
    kDiscovery,
  };

  Kind kind = Kind::kEvent;
  StreamId stream = kNoStream;
  WatchType type = WatchType::kModified;
  ObjectHead head;
  std::string body;  // the object's exact bytes, not yet redacted
  std::string rv;
  Micros received_at = 0;  // wall
  // The event is a point in time: it arrived while the stream flowed.
  bool flowing = false;
  // Otherwise it happened after this instant (wall); none: nothing is known.
  std::optional<Micros> not_before;
  GapCause cause = GapCause::kStart;
  bool new_epoch = false;
  bool crd_deleted = false;
  StreamState state = StreamState::kStarting;
  std::string message;
  std::uint64_t size = 0;  // kStub: bytes of the original
  std::string digest;      // kStub: hex SHA-256 of it; record keys it (HMAC)
                           // before it is stored where secrets are concerned

  // What this counts for in a bounded queue.
  std::size_t Bytes() const {
    return sizeof(Observation) + body.size() + head.name.size() + 128;
  }
};

}  // namespace kubescribe::kube
