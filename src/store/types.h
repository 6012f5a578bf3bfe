// The rows of a cluster's file, as plain values. The schema itself, with what
// each column means, is schema/001-initial.sql; names here and there are the
// same.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace kubescribe::store {

// Place in the one sequence of all records of a file; the first is 1.
using Seq = std::int64_t;

// What happened to an object. The numbers are stored: never change one.
// kAdded/kModified/kDeleted came from a watch; kListed (not known before),
// kRelisted (changed since; what lay between is in the gap) and kVanished
// (known, and missing: its final state is unknown) from a list or an audit;
// kLeft: DELETED where a selector is set (deleted, or no longer selected).
enum class Event {
  kAdded = 1,
  kModified = 2,
  kDeleted = 3,
  kListed = 4,
  kRelisted = 5,
  kVanished = 6,
  kLeft = 7,
};
std::string_view EventName(Event event);  // "Added", "Modified", …
// True for kDeleted, kVanished and kLeft: the object is gone afterwards.
bool IsGone(Event event);

enum class Source { kWatch = 1, kList = 2, kAudit = 3 };
std::string_view SourceName(Source source);  // "watch", …

// What changed_at rests on (DESIGN §6).
enum class Evidence {
  kReceived = 1,
  kManagedFields = 2,
  kCreation = 3,
  kDeletion = 4,
};
std::string_view EvidenceName(Evidence evidence);  // "received", …

// How a body is stored (schema/formats/body.md). The numbers are stored: never
// change one. SQLite has no bytes for a 0, so it is what most bodies are.
enum class Encoding {
  kBareDelta = 0,
  kZstd = 1,
  kDictionary = 2,
  kDelta = 3,
  kBareDictionary = 4,
};

// What the body of a revision is. kStub: it could not be kept; the body is a
// small JSON object that says why (reason, size, digest).
enum class BodyKind { kFull = 1, kMetadata = 2, kStub = 3 };

using Salt = std::array<std::uint8_t, 16>;

// A hash of the log (schema/formats/log.md).
using LogHash = std::array<std::uint8_t, 32>;

struct ResourceRow {
  std::int64_t id = 0;
  std::string group;
  std::string resource;
  std::string kind;
  bool namespaced = false;
};

// What makes a stream that stream within its cluster.
struct StreamKey {
  std::string group;
  std::string resource;
  std::string name_space;      // "": all namespaces
  std::string label_selector;  // "": none
  std::string field_selector;  // "": none
  auto operator<=>(const StreamKey&) const = default;
};

struct StreamRow {
  std::int64_t id = 0;
  StreamKey key;
  std::int64_t resource_id = 0;
  std::string api_version;  // last watched group/version
  std::string state;        // kube::StreamStateName
  std::string message;      // of the state, for a person
  std::string position;     // "": none yet, or lost
  std::int64_t epoch = 1;
  // While `flowing`, everything up to the file's known_until is recorded;
  // otherwise up to flowed_until (none: never flowed).
  bool flowing = false;
  std::optional<Micros> flowed_until;
  // When the last complete list or audit confirmed all objects.
  std::optional<Micros> confirmed_at;
  std::optional<Micros> last_event_at;
  // The gap that is open now: from when a list became necessary until it ends.
  std::string gap_cause;  // "": none
  std::string gap_from_rv;
  std::optional<Micros> gap_from_at;
  std::int64_t gap_changed = 0;
  std::int64_t gap_appeared = 0;
};

struct ObjectRow {
  std::int64_t id = 0;
  std::int64_t resource_id = 0;
  std::int64_t stream_id = 0;  // the stream that holds it now
  std::string name_space;
  std::string name;
  std::string uid;
  bool alive = false;
  // The current state: the newest revision that is not late.
  Seq seq = 0;
  std::string rv;
  std::int64_t epoch = 0;
  Micros changed_at = 0;
  Micros recorded_at = 0;
};

// The header of one stored revision, with its object's names.
struct Revision {
  Seq seq = 0;
  std::int64_t object_id = 0;
  std::int64_t resource_id = 0;
  std::int64_t stream_id = 0;
  std::int64_t epoch = 0;
  std::string name_space;
  std::string name;
  std::string uid;
  Event event = Event::kModified;
  Source source = Source::kWatch;
  std::string rv;           // "" for kVanished
  std::string list_rv;      // of the list or audit that found it; else ""
  std::string api_version;  // "apps/v1"
  Micros recorded_at = 0;
  std::optional<Micros> not_before;
  Micros changed_at = 0;
  Evidence evidence = Evidence::kReceived;
  // Older than what was known when it came: never the current state.
  bool late = false;
  BodyKind body_kind = BodyKind::kFull;
};

struct NewRevision {
  std::int64_t object_id = 0;
  std::int64_t stream_id = 0;
  std::int64_t epoch = 0;
  Event event = Event::kModified;
  Source source = Source::kWatch;
  std::string rv;
  std::string list_rv;
  std::string api_version;
  std::optional<Micros> not_before;
  Micros changed_at = 0;
  Evidence evidence = Evidence::kReceived;
  bool late = false;
  BodyKind body_kind = BodyKind::kFull;
  std::string_view body;  // redacted bytes; empty for kVanished
};

// A record that is not a revision. kind: "gap", "epoch", "discovery", "audit",
// "clock", "start", "stop", "stub", "config", "key", "prune", "pruned",
// "server", "identity", "import". detail: a JSON object; its keys a kind are in
// schema/formats/records.md.
struct Record {
  Seq seq = 0;
  std::string kind;
  std::int64_t stream_id = 0;  // 0: of the whole file
  Micros recorded_at = 0;
  std::string detail;
};

struct GapRow {
  Seq seq = 0;
  std::int64_t stream_id = 0;
  std::string cause;
  std::string from_rv;  // last position; "" if there was none
  std::string to_rv;    // where the record goes on
  std::optional<Micros> from_at;
  Micros to_at = 0;
  std::int64_t changed = 0;
  std::int64_t appeared = 0;
  std::int64_t vanished = 0;
};

struct EpochRow {
  std::int64_t id = 0;
  std::int64_t stream_id = 0;  // 0: the file's first
  std::string cause;
  Micros began_at = 0;
  Seq seq = 0;
};

// A checkpoint of the log (schema/formats/log.md): what the recorder vouched
// for.
struct LogCheckpoint {
  std::int64_t size = 0;  // it covers the records up to this seq
  Micros made_at = 0;
  std::array<std::uint8_t, 32> root{};
  std::string note;  // signed
};

// What a file says of itself.
struct FileInfo {
  std::string path;
  std::string file_id;   // random, hex
  std::string cluster;   // the name in the configuration
  std::string identity;  // what the file is bound to
  bool identity_weak = false;
  int schema_version = 0;
  Micros created_at = 0;
  // All that flowing streams delivered up to here is recorded.
  Micros known_until = 0;
  Seq last_seq = 0;
  bool clean_stop = false;  // stopped cleanly, and not opened since
  std::string server_version;
};

}  // namespace kubescribe::store
