#include "query/doubt.h"

#include <algorithm>
#include <map>
#include <utility>

#include "kube/resource_version.h"
#include "kube/user_time.h"

namespace kubescribe::query {
namespace {

using kube::RvOrder;
using store::Doubtful;
using store::Reason;

// Whether the state at `rv` is known on the near side of it: rv <= bound.
bool AtMost(const std::string& rv, const std::string& bound) {
  const RvOrder order = kube::CompareRv(rv, bound);
  return order == RvOrder::kLess || order == RvOrder::kEqual;
}

// from < rv < to, or it cannot be told. No from: since ever.
bool Between(const std::string& rv, const std::string& from,
             const std::string& to) {
  if (!from.empty() && AtMost(rv, from)) return false;
  const RvOrder order = kube::CompareRv(rv, to);
  return order == RvOrder::kLess || order == RvOrder::kUnknown;
}

std::string CauseText(const std::string& cause) {
  if (cause == "start") return "before the recording began";
  if (cause == "gone") return "the server no longer had the history";
  if (cause == "rewind") return "the cluster was set back to an older state";
  if (cause == "forbidden") return "the credentials were not allowed to look";
  if (cause == "unavailable") return "the kind was not served";
  if (cause == "parse") return "something could not be read";
  if (cause == "oversize") return "something was too large to keep";
  if (cause == "storage") return "the disk refused";
  if (cause == "damaged") return "the file was damaged";
  if (cause == "config") return "the configuration left it out";
  if (cause == "lost") return "the server had not delivered a change";
  if (cause == "pruned") return "the history was pruned";
  return cause;
}

std::string Time(std::optional<Micros> at, const std::string* zone,
                 const char* absent) {
  if (!at) return absent;
  return zone == nullptr ? kube::FormatRfc3339(*at)
                         : kube::FormatZoned(*at, *zone);
}

// Of prunes by time for the same kinds the one that reaches furthest, which
// says all that the others do.
std::vector<store::PrunedRow> FurthestOf(std::vector<store::PrunedRow> all) {
  std::map<std::vector<std::int64_t>, store::PrunedRow> furthest;
  for (store::PrunedRow& prune : all) {
    if (!prune.before_at) continue;
    const auto [at, first] = furthest.try_emplace(prune.resources, prune);
    store::PrunedRow& kept = at->second;
    if (first) continue;
    if (*kept.before_at < *prune.before_at) {
      kept.before_at = prune.before_at;
      kept.seq = prune.seq;
    }
    kept.before_seq =
        std::max(kept.before_seq.value_or(0), prune.before_seq.value_or(0));
  }
  std::vector<store::PrunedRow> prunes;
  prunes.reserve(furthest.size());
  for (auto& [kinds, prune] : furthest) prunes.push_back(std::move(prune));
  return prunes;
}

void AddObjects(const store::PrunedObjects& pruned,
                std::vector<Warning>& warnings) {
  if (pruned.objects == 0) return;
  Warning warning;
  warning.doubt.reason = Reason::kPruned;
  warning.doubt.to = pruned.before_at;
  warning.note = std::to_string(pruned.objects) +
                 (pruned.objects == 1 ? " object" : " objects");
  warnings.push_back(std::move(warning));
}

}  // namespace

Status Coverage::AddPrunedObjects(store::Reader& reader,
                                  const store::ObjectFilter& filter,
                                  Micros from, Micros to,
                                  std::vector<Warning>& warnings) {
  const auto pruned = reader.ObjectsPruned(filter, from, to);
  if (!pruned.ok()) return pruned.error();
  AddObjects(*pruned, warnings);
  return {};
}

Status Coverage::AddPrunedObjects(store::Reader& reader,
                                  const store::ObjectFilter& filter,
                                  const store::AsOf& as_of,
                                  std::vector<Warning>& warnings) {
  const auto pruned = reader.ObjectsPruned(filter, as_of);
  if (!pruned.ok()) return pruned.error();
  AddObjects(*pruned, warnings);
  return {};
}

const store::PrunedRow* Coverage::Pruned(std::int64_t resource_id) const {
  const store::PrunedRow* found = nullptr;
  for (const store::PrunedRow& prune : prunes_) {
    if (resource_id != 0 && !store::Concerns(prune, resource_id)) continue;
    if (found == nullptr || *found->before_at < *prune.before_at) {
      found = &prune;
    }
  }
  return found;
}

Result<Coverage> Coverage::Load(store::Reader& reader) {
  Coverage coverage;
  auto streams = reader.Streams();
  if (!streams.ok()) return streams.error();
  auto epochs = reader.Epochs();
  if (!epochs.ok()) return epochs.error();
  auto gaps = reader.Gaps(0);
  if (!gaps.ok()) return gaps.error();
  auto doubts = reader.Doubts(0);
  if (!doubts.ok()) return doubts.error();
  coverage.streams_ = std::move(*streams);
  coverage.epochs_ = std::move(*epochs);
  coverage.gaps_ = std::move(*gaps);
  coverage.doubts_ = std::move(*doubts);
  auto prunes = reader.Prunes();
  if (!prunes.ok()) return prunes.error();
  auto pruned_rvs = reader.PrunedRvs();
  if (!pruned_rvs.ok()) return pruned_rvs.error();
  coverage.prunes_ = FurthestOf(std::move(*prunes));
  coverage.pruned_rvs_ = std::move(*pruned_rvs);
  coverage.known_until_ = reader.info().known_until;
  return coverage;
}

std::vector<const store::StreamRow*> Coverage::Streams(
    std::int64_t resource_id,
    const std::optional<std::string>& name_space) const {
  std::vector<const store::StreamRow*> found;
  for (const store::StreamRow& stream : streams_) {
    if (stream.resource_id == resource_id &&
        (!name_space || stream.key.name_space.empty() ||
         stream.key.name_space == *name_space)) {
      found.push_back(&stream);
    }
  }
  return found;
}

std::optional<Micros> Coverage::Began(const store::StreamRow& stream) const {
  for (const store::GapRow& gap : gaps_) {
    if (gap.stream_id == stream.id && gap.cause == "start") return gap.to_at;
  }
  return std::nullopt;
}

std::vector<const store::StreamRow*> Coverage::Streams(
    std::int64_t resource_id, const std::optional<std::string>& name_space,
    Micros from, Micros to) const {
  std::vector<const store::StreamRow*> all = Streams(resource_id, name_space);
  const auto began = [&](const store::StreamRow* stream) {
    const std::optional<Micros> at = Began(*stream);
    return at && *at <= from;
  };
  const auto over = [&](const store::StreamRow* stream) {
    if (stream->state != "ended") return false;
    const std::optional<Micros> known = store::KnownUntil(Facts(*stream));
    return !known || *known < to;
  };
  const auto whole =
      std::find_if(all.begin(), all.end(), [&](const store::StreamRow* stream) {
        const store::StreamKey& key = stream->key;
        return key.label_selector.empty() && key.field_selector.empty() &&
               (key.name_space.empty() ||
                (name_space && key.name_space == *name_space)) &&
               began(stream) && !over(stream);
      });
  if (whole == all.end()) return all;
  const store::StreamRow* kept = *whole;
  std::erase_if(all, [&](const store::StreamRow* stream) {
    return stream != kept && (over(stream) || !began(stream));
  });
  return all;
}

Micros Coverage::Newest(std::int64_t resource_id,
                        const std::optional<std::string>& name_space) const {
  Micros newest = known_until_;
  if (std::any_of(streams_.begin(), streams_.end(),
                  [](const auto& stream) { return stream.flowing; })) {
    return newest;
  }
  for (const store::StreamRow* stream :
       Streams(resource_id, name_space, known_until_, known_until_)) {
    const std::optional<Micros> until = store::KnownUntil(Facts(*stream));
    if (!until || *until < known_until_ - kMinute) return known_until_;
    newest = std::min(newest, *until);
  }
  return newest;
}

void Coverage::AddUncovered(std::int64_t resource_id,
                            const std::optional<std::string>& name_space,
                            std::vector<Warning>& warnings) const {
  std::string namespaces;
  bool whole = false;
  for (const store::StreamRow* stream : Streams(resource_id, name_space)) {
    const store::StreamKey& key = stream->key;
    if (key.name_space.empty() || (name_space && !name_space->empty())) {
      whole = true;
    }
    if (!key.name_space.empty()) {
      namespaces += (namespaces.empty() ? "" : ", ") + key.name_space;
    }
    if (!key.label_selector.empty() || !key.field_selector.empty()) {
      warnings.push_back(
          {{}, StreamName(key), "only what this selector picks is recorded"});
    }
  }
  if (whole) return;
  warnings.push_back(
      {{},
       "",
       namespaces.empty()
           ? "nothing is recorded of this type" +
                 (name_space ? " in namespace " + *name_space : std::string())
           : "only these namespaces are recorded: " + namespaces});
}

std::vector<Warning> Coverage::At(std::int64_t resource_id,
                                  const std::optional<std::string>& name_space,
                                  Micros from, Micros to) const {
  std::vector<Warning> warnings;
  for (const store::StreamRow* stream :
       Streams(resource_id, name_space, from, to)) {
    for (Doubtful& doubt : store::WhyUncertain(Facts(*stream), from, to)) {
      warnings.push_back({std::move(doubt), StreamName(stream->key), ""});
    }
  }
  AddUncovered(resource_id, name_space, warnings);
  return warnings;
}

Coverage::Beginning Coverage::BeginningOf(
    const store::StreamRow& stream) const {
  Beginning beginning;
  for (const store::EpochRow& epoch : epochs_) {
    if (epoch.id == stream.epoch && epoch.stream_id == stream.id) {
      beginning.epoch = &epoch;
    }
  }
  if (beginning.epoch == nullptr) return beginning;
  for (const store::GapRow& gap : gaps_) {
    const bool list = gap.cause != "parse" && gap.cause != "oversize" &&
                      gap.cause != "lost" && gap.cause != "config";
    if (gap.stream_id == stream.id && list && gap.seq > beginning.epoch->seq) {
      beginning.list = &gap;
      break;
    }
  }
  return beginning;
}

std::vector<Warning> Coverage::AtRv(
    std::int64_t resource_id, const std::optional<std::string>& name_space,
    const std::string& rv) const {
  std::vector<Warning> warnings;
  for (const store::StreamRow* stream :
       Streams(resource_id, name_space, known_until_, known_until_)) {
    const std::string name = StreamName(stream->key);
    const Beginning beginning = BeginningOf(*stream);
    if (beginning.epoch != nullptr && beginning.list == nullptr) {
      warnings.push_back({{Reason::kOpenGap, stream->id, stream->gap_cause,
                           stream->gap_from_at, std::nullopt},
                          name,
                          ""});
    }
    for (const store::PrunedRv& pruned : pruned_rvs_) {
      if (pruned.resource_id == resource_id && pruned.epoch == stream->epoch &&
          !AtMost(pruned.rv, rv)) {
        const store::PrunedRow* prune = Pruned(resource_id);
        warnings.push_back({{Reason::kPruned,
                             stream->id,
                             "",
                             {},
                             prune == nullptr ? std::nullopt : prune->before_at,
                             prune == nullptr ? 0 : prune->seq},
                            name,
                            ""});
      }
    }
    for (const store::GapRow& gap : gaps_) {
      if (gap.stream_id != stream->id || gap.to_rv.empty()) continue;
      if (beginning.epoch != nullptr && gap.seq < beginning.epoch->seq) {
        continue;
      }
      // The gap of the list that began the epoch starts at a position of the
      // old one: in the new one nothing is known below its end.
      const std::string from = &gap == beginning.list ? "" : gap.from_rv;
      if (Between(rv, from, gap.to_rv)) {
        warnings.push_back(
            {{Reason::kGap, stream->id, gap.cause, gap.from_at, gap.to_at},
             name,
             ""});
      }
    }
    const std::string& position =
        stream->position.empty() ? stream->gap_from_rv : stream->position;
    if (position.empty()) {
      warnings.push_back(
          {{Reason::kUnknown, stream->id, "", {}, {}}, name, ""});
    } else if (!AtMost(rv, position)) {
      warnings.push_back({{Reason::kBeyond,
                           stream->id,
                           "",
                           store::KnownUntil(Facts(*stream)),
                           {}},
                          name,
                          "position " + position});
    }
  }
  AddUncovered(resource_id, name_space, warnings);
  return warnings;
}

std::vector<Warning> Coverage::AtSeq(
    std::int64_t resource_id, const std::optional<std::string>& name_space,
    store::Seq seq, Micros at) const {
  std::vector<Warning> warnings;
  for (const store::StreamRow* stream :
       Streams(resource_id, name_space, at, at)) {
    const std::string name = StreamName(stream->key);
    for (const store::PrunedRow& prune : prunes_) {
      if (prune.before_seq > seq && store::Concerns(prune, resource_id)) {
        warnings.push_back(
            {{Reason::kPruned, stream->id, "", {}, prune.before_at, prune.seq},
             name,
             ""});
      }
    }
    for (const store::GapRow& gap : gaps_) {
      if (gap.stream_id == stream->id && gap.seq > seq &&
          (!gap.from_at || *gap.from_at <= at)) {
        warnings.push_back(
            {{Reason::kGap, stream->id, gap.cause, gap.from_at, gap.to_at},
             name,
             ""});
      }
    }
    if (!stream->gap_cause.empty() &&
        (!stream->gap_from_at || *stream->gap_from_at <= at)) {
      warnings.push_back({{Reason::kOpenGap, stream->id, stream->gap_cause,
                           stream->gap_from_at, std::nullopt},
                          name,
                          ""});
    }
  }
  AddUncovered(resource_id, name_space, warnings);
  return warnings;
}

std::string StreamName(const store::StreamKey& key) {
  std::string name = kube::GroupResource{key.group, key.resource}.ToString();
  if (!key.name_space.empty()) name += " in " + key.name_space;
  std::string selectors = key.label_selector;
  if (!key.field_selector.empty()) {
    selectors += (selectors.empty() ? "" : "; ") + key.field_selector;
  }
  if (!selectors.empty()) name += " (" + selectors + ")";
  return name;
}

std::string Describe(const Warning& warning, const std::string& zone) {
  const Doubtful& doubt = warning.doubt;
  std::string from = Time(doubt.from, &zone, "the beginning");
  std::string to = Time(doubt.to, &zone, "now");
  if (from == to) {  // within one second
    from = kube::FormatLocal(*doubt.from, zone);
    to = kube::FormatLocal(*doubt.to, zone);
  }
  if (doubt.reason == Reason::kPruned) {
    const std::string what = "what was before " + to + " is not kept any more";
    if (warning.stream.empty()) return "of " + warning.note + " " + what;
    return warning.stream + ": " + what + " (record " +
           std::to_string(doubt.record) + ")";
  }
  if (warning.stream.empty()) return warning.note;
  std::string name = warning.stream + ": ";
  if (doubt.stream_id == 0) return name + warning.note;
  switch (doubt.reason) {
    case Reason::kGap:
      return name + "gap from " + from + " to " + to + ": " +
             CauseText(doubt.cause);
    case Reason::kOpenGap:
      return name + "gap since " + from +
             ", still open: " + CauseText(doubt.cause);
    case Reason::kDoubt:
      return name + "what happened between " + from + " and " + to +
             " is recorded, but not when exactly";
    case Reason::kBeyond:
      return name + (warning.note.empty() ? "known only up to " + from
                                          : "known only up to " + warning.note);
    case Reason::kUnknown:
      return name + "nothing is certain yet: it has not been watched";
    case Reason::kPruned:
      break;  // above
  }
  return name;
}

std::string Describe(const Warning& warning) {
  const Doubtful& doubt = warning.doubt;
  if (doubt.reason == Reason::kPruned && warning.stream.empty()) {
    return warning.note + ": pruned to " + Time(doubt.to, nullptr, "");
  }
  if (warning.stream.empty()) return warning.note;
  if (doubt.stream_id == 0) return warning.stream + ": " + warning.note;
  std::string text = warning.stream + ": ";
  text += store::ReasonName(doubt.reason);
  if (!doubt.cause.empty()) text += " " + doubt.cause;
  if (doubt.from) text += " from " + Time(doubt.from, nullptr, "");
  if (doubt.to) text += " to " + Time(doubt.to, nullptr, "");
  return text;
}

}  // namespace kubescribe::query
