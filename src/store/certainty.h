// Whether what the record says of a stream at an instant is certain, by the
// rules of DESIGN §6. Pure functions over rows; nothing is read here.
//
//   const std::vector<Doubtful> why = WhyUncertain(
//       {stream, info.known_until, gaps, doubts}, at);
//   if (why.empty()) ...  // certain
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "store/reader.h"
#include "store/types.h"

namespace kubescribe::store {

enum class Reason {
  kGap,      // inside a gap; `cause` says which
  kOpenGap,  // inside the gap that is open now
  kDoubt,    // something was found later that happened at a time unknown
  kBeyond,   // later than the stream's known-until
  kUnknown,  // the stream has not flowed yet: nothing is known
  kPruned,   // what was known of it then was given up (`record` says so)
};
// "gap", "open-gap", "doubt", "beyond", "unknown", "pruned".
std::string_view ReasonName(Reason reason);

// Why an instant, or an interval, is not certain.
struct Doubtful {
  Reason reason = Reason::kGap;
  std::int64_t stream_id = 0;
  std::string cause;           // of a gap: "gone", "start", …
  std::optional<Micros> from;  // none: since ever
  std::optional<Micros> to;    // exclusive; none: it has not ended
  Seq record = 0;              // of a prune by time
  bool operator==(const Doubtful&) const = default;
};

// All that the rules look at. `gaps` and `doubts` may be of other streams too:
// those do not count, those of stream 0 count for every stream.
struct StreamFacts {
  const StreamRow& stream;
  Micros known_until = 0;  // the file's
  std::span<const GapRow> gaps;
  std::span<const Doubt> doubts;
  // Of other kinds too: those do not count. Those that cut each object to a
  // number of revisions are a matter of objects, not of a stream.
  std::span<const PrunedRow> prunes = {};
};

bool Concerns(const PrunedRow& prune, std::int64_t resource_id);

// Up to when (inclusive) everything that the stream showed is recorded: the
// file's known_until while it flows, else when it last flowed; none: never.
std::optional<Micros> KnownUntil(const StreamFacts& facts);

// Every reason why the state at `at` is not certain; empty: it is.
std::vector<Doubtful> WhyUncertain(const StreamFacts& facts, Micros at);

// Every reason that touches [from, to]; empty: all of it is certain.
std::vector<Doubtful> WhyUncertain(const StreamFacts& facts, Micros from,
                                   Micros to);

}  // namespace kubescribe::store
