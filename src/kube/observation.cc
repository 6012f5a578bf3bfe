#include "kube/observation.h"

namespace kubescribe::kube {

std::string_view GapCauseName(GapCause cause) {
  switch (cause) {
    case GapCause::kStart:
      return "start";
    case GapCause::kGone:
      return "gone";
    case GapCause::kRewind:
      return "rewind";
    case GapCause::kForbidden:
      return "forbidden";
    case GapCause::kUnavailable:
      return "unavailable";
    case GapCause::kParse:
      return "parse";
    case GapCause::kOversize:
      return "oversize";
    case GapCause::kStorage:
      return "storage";
    case GapCause::kDamaged:
      return "damaged";
    case GapCause::kConfig:
      return "config";
    case GapCause::kLost:
      return "lost";
    case GapCause::kPruned:
      return "pruned";
  }
  return "unknown";
}

std::string_view StreamStateName(StreamState state) {
  switch (state) {
    case StreamState::kStarting:
      return "starting";
    case StreamState::kListing:
      return "listing";
    case StreamState::kWatching:
      return "watching";
    case StreamState::kBackoff:
      return "backoff";
    case StreamState::kForbidden:
      return "forbidden";
    case StreamState::kUnavailable:
      return "unavailable";
    case StreamState::kEnded:
      return "ended";
  }
  return "unknown";
}

}  // namespace kubescribe::kube
