#include "store/certainty.h"

#include <algorithm>

namespace kubescribe::store {
namespace {

// Whether [from, to) and [first, last] have an instant in common.
bool Touches(std::optional<Micros> from, std::optional<Micros> to, Micros first,
             Micros last) {
  return (!from || *from <= last) && (!to || *to > first);
}

}  // namespace

std::string_view ReasonName(Reason reason) {
  switch (reason) {
    case Reason::kGap:
      return "gap";
    case Reason::kOpenGap:
      return "open-gap";
    case Reason::kDoubt:
      return "doubt";
    case Reason::kBeyond:
      return "beyond";
    case Reason::kUnknown:
      return "unknown";
    case Reason::kPruned:
      return "pruned";
  }
  return "unknown";
}

bool Concerns(const PrunedRow& prune, std::int64_t resource_id) {
  return prune.resources.empty() ||
         std::find(prune.resources.begin(), prune.resources.end(),
                   resource_id) != prune.resources.end();
}

std::optional<Micros> KnownUntil(const StreamFacts& facts) {
  if (facts.stream.flowing) return facts.known_until;
  if (!facts.stream.flowed_until) return std::nullopt;
  // A clock that was set back may have left a flow's end in the future.
  return std::min(*facts.stream.flowed_until, facts.known_until);
}

std::vector<Doubtful> WhyUncertain(const StreamFacts& facts, Micros at) {
  return WhyUncertain(facts, at, at);
}

std::vector<Doubtful> WhyUncertain(const StreamFacts& facts, Micros from,
                                   Micros to) {
  std::vector<Doubtful> why;
  const StreamRow& stream = facts.stream;
  const PrunedRow* pruned = nullptr;  // the latest that concerns it
  for (const PrunedRow& prune : facts.prunes) {
    if (!prune.before_at || *prune.before_at <= from ||
        !Concerns(prune, stream.resource_id)) {
      continue;
    }
    if (pruned == nullptr || *pruned->before_at < *prune.before_at) {
      pruned = &prune;
    }
  }
  if (pruned != nullptr) {
    why.push_back({Reason::kPruned, stream.id, "", std::nullopt,
                   pruned->before_at, pruned->seq});
  }
  const auto mine = [&](std::int64_t id) { return id == 0 || id == stream.id; };
  for (const GapRow& gap : facts.gaps) {
    if (mine(gap.stream_id) && Touches(gap.from_at, gap.to_at, from, to)) {
      why.push_back(
          {Reason::kGap, stream.id, gap.cause, gap.from_at, gap.to_at});
    }
  }
  if (!stream.gap_cause.empty() &&
      Touches(stream.gap_from_at, std::nullopt, from, to)) {
    why.push_back({Reason::kOpenGap, stream.id, stream.gap_cause,
                   stream.gap_from_at, std::nullopt});
  }
  for (const Doubt& doubt : facts.doubts) {
    if (mine(doubt.stream_id) && Touches(doubt.from, doubt.to, from, to)) {
      why.push_back({Reason::kDoubt, stream.id, "", doubt.from, doubt.to});
    }
  }
  const std::optional<Micros> known = KnownUntil(facts);
  if (!known) {
    why.push_back(
        {Reason::kUnknown, stream.id, "", std::nullopt, std::nullopt});
  } else if (to > *known) {
    why.push_back({Reason::kBeyond, stream.id, "", known, std::nullopt});
  }
  return why;
}

}  // namespace kubescribe::store
