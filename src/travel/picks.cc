#include "travel/picks.h"

#include <algorithm>
#include <utility>

#include "kube/resource.h"
#include "query/arguments.h"
#include "store/certainty.h"

namespace kubescribe::travel {
namespace {

std::string Joined(const std::string& a, const std::string& b) {
  if (a.empty() || b.empty()) return a + b;
  return a + "," + b;
}

}  // namespace

Result<Picks> Picks::Make(store::Reader& reader, const ExportRequest& request) {
  Picks picks;
  picks.since_ = request.since;
  picks.until_ = request.until;
  if (request.since && request.until && *request.until < *request.since) {
    return Error(Code::kInvalid, "--until lies before --since");
  }
  Result<kube::LabelSelector> labels =
      kube::LabelSelector::Parse(request.label_selector);
  if (!labels.ok()) return labels.error().Wrap("--selector");
  picks.labels_ = *std::move(labels);
  picks.label_text_ = request.label_selector;
  if (Status chosen = picks.ChooseKinds(reader, request); !chosen.ok()) {
    return chosen.error();
  }
  auto streams = reader.Streams();
  if (!streams.ok()) return streams.error();
  picks.ChooseStreams(*streams, reader.info().known_until);
  picks.Describe(request);
  return picks;
}

Status Picks::ChooseKinds(store::Reader& reader, const ExportRequest& request) {
  auto rows = reader.Resources();
  if (!rows.ok()) return rows.error();
  std::sort(rows->begin(), rows->end(),
            [](const auto& a, const auto& b) { return a.id < b.id; });
  std::map<std::int64_t, std::set<std::string>> named;
  if (!request.words.empty()) {
    store::AsOf as_of;
    as_of.at = request.until.value_or(reader.info().known_until);
    auto targets = query::ResolveArguments(reader, as_of, request.words);
    if (!targets.ok()) return targets.error();
    for (const query::Target& target : *targets) {
      named[target.row.id].insert(target.names.begin(), target.names.end());
    }
  }
  for (store::ResourceRow& row : *rows) {
    const auto at = named.find(row.id);
    if (!request.words.empty() && at == named.end()) continue;
    // As `get`: the namespace says nothing of what lies in none, where that
    // was asked for.
    if (request.words.empty() && request.name_space && !row.namespaced) {
      continue;
    }
    Kind& kind = kinds_[row.id];
    if (row.namespaced) kind.name_space = request.name_space;
    if (at != named.end()) kind.names = std::move(at->second);
    resources_.push_back(std::move(row));
  }
  if (kinds_.size() == 1) {
    const Kind& kind = kinds_.begin()->second;
    filter_.resource_id = kinds_.begin()->first;
    filter_.name_space = kind.name_space;
    if (kind.names.size() == 1) filter_.name = *kind.names.begin();
  } else if (request.words.empty()) {
    filter_.name_space = request.name_space;
  }
  return {};
}

void Picks::ChooseStreams(const std::vector<store::StreamRow>& all,
                          Micros known_until) {
  std::set<store::StreamKey> keys;
  for (const store::StreamRow& row : all) {
    const auto kind = kinds_.find(row.resource_id);
    if (kind == kinds_.end()) continue;
    const auto& name_space = kind->second.name_space;
    if (name_space && !row.key.name_space.empty() &&
        row.key.name_space != *name_space) {
      continue;
    }
    store::StreamRow narrow = row;
    Narrow(narrow, kind->second, known_until);
    if (!keys.insert(narrow.key).second) {
      // One of all namespaces, beside one of this namespace alone.
      narrow.key.field_selector = Joined(narrow.key.field_selector,
                                         "metadata.namespace=" + *name_space);
      keys.insert(narrow.key);
    }
    streams_.insert(row.id);
    rows_.push_back(std::move(narrow));
  }
}

void Picks::Narrow(store::StreamRow& row, const Kind& kind,
                   Micros known_until) const {
  if (kind.name_space) row.key.name_space = *kind.name_space;
  row.key.label_selector = Joined(row.key.label_selector, label_text_);
  std::string names;
  for (const std::string& name : kind.names) {
    names += (names.empty() ? "" : "|") + name;
  }
  if (!names.empty()) {
    row.key.field_selector =
        Joined(row.key.field_selector, "metadata.name=" + names);
  }
  if (!until_ || *until_ >= known_until) return;
  // It was known up to its end, or less.
  const std::vector<store::GapRow> no_gaps;
  const std::vector<store::Doubt> no_doubts;
  const std::vector<store::PrunedRow> no_prunes;
  const std::optional<Micros> known =
      store::KnownUntil({row, known_until, no_gaps, no_doubts, no_prunes});
  row.flowing = false;
  if (known) row.flowed_until = std::min(*known, *until_);
  row.state = "ended";
  row.message = "only a part of the record is here";
  row.position.clear();
  for (auto* at : {&row.confirmed_at, &row.last_event_at}) {
    if (*at) *at = std::min(**at, *until_);
  }
  if (row.gap_from_at && *row.gap_from_at > *until_) {
    row.gap_cause.clear();
    row.gap_from_rv.clear();
    row.gap_from_at.reset();
    row.gap_changed = row.gap_appeared = 0;
  }
}

void Picks::Describe(const ExportRequest& request) {
  if (request.since) selection_["since"] = *request.since;
  if (request.until) selection_["until"] = *request.until;
  if (!request.words.empty()) selection_["what"] = request.words;
  if (request.name_space) selection_["namespace"] = *request.name_space;
  if (!request.label_selector.empty()) {
    selection_["label_selector"] = request.label_selector;
  }
}

bool Picks::Has(std::int64_t resource_id, const std::string& name_space,
                const std::string& name, std::int64_t object_id) const {
  const auto at = kinds_.find(resource_id);
  if (at == kinds_.end()) return false;
  const Kind& kind = at->second;
  return (!kind.name_space || *kind.name_space == name_space) &&
         (kind.names.empty() || kind.names.contains(name)) &&
         (!labelled_ || labelled_->contains(object_id));
}

bool Picks::Has(const store::Revision& revision) const {
  return Has(revision.resource_id, revision.name_space, revision.name,
             revision.object_id);
}

bool Picks::Has(const store::ObjectRow& object) const {
  return Has(object.resource_id, object.name_space, object.name, object.id);
}

}  // namespace kubescribe::travel
