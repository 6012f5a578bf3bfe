// Reading what the recorder needs out of watch frames, objects and Status
// answers (simdjson), without rebuilding anything: one walk for the head, one
// check that the rest is JSON.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "kube/observation.h"

namespace kubescribe::kube {

// A Status object, as an HTTP error body or inside an ERROR event (P§2).
struct ServerStatus {
  int code = 0;
  std::string reason;   // "Expired", "Gone", "Timeout", …
  std::string message;  // the server's words; may name objects, never values
  std::optional<std::int64_t> retry_after;  // details.retryAfterSeconds
  bool rv_too_large = false;                // cause ResourceVersionTooLarge

  // 410, or a reason that means it, however it came.
  bool gone() const {
    return code == 410 || reason == "Expired" || reason == "Gone";
  }
};

enum class FrameType { kAdded, kModified, kDeleted, kBookmark, kError };

struct Frame {
  FrameType type = FrameType::kAdded;
  ObjectHead head;          // not for kError
  std::string_view object;  // the exact bytes; valid while the input is
  ServerStatus status;      // for kError; code 0 if it was no Status
};

// Keeps the parser's memory between calls, some twenty times what it read: one
// for all streams of a thread. One thread.
class EventReader {
 public:
  EventReader();
  ~EventReader();
  EventReader(EventReader&&) noexcept;
  EventReader& operator=(EventReader&&) noexcept;

  // One watch frame. kInvalid, with what is wrong but no content: not JSON, no
  // type, an unknown type, an object without metadata. An event whose object
  // has no resourceVersion or no uid is returned with these empty; a DELETED
  // with a null object (k/k#76624) is kInvalid. `object` in the result views
  // into `frame`.
  Result<Frame> ReadFrame(std::string_view frame);

  // The head of a bare object (a list item). apiVersion and kind stay empty
  // where the item has none (P§1, shape). kInvalid as above.
  Result<ObjectHead> ReadHead(std::string_view object);

  // A Status body. Anything else, plain text and HTML included, gives
  // code 0 and no message.
  static ServerStatus ReadStatus(std::string_view body);

  // What can be told of an object from the first bytes of it, cut off anywhere
  // (an event that is too large): the fields found before the cut; never fails.
  // `prefix` may be a whole frame's or a bare object's beginning.
  static ObjectHead ReadTruncated(std::string_view prefix);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// What an object itself tells of the time of its last change (P§6, DESIGN §6).
struct ObjectTimes {
  std::optional<Micros> created;           // creationTimestamp
  std::optional<Micros> delete_requested;  // deletionTimestamp − grace
  std::optional<Micros> managed;           // newest managedFields[].time
};
ObjectTimes ReadObjectTimes(std::string_view object);

}  // namespace kubescribe::kube
