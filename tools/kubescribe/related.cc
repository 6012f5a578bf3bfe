#include "kubescribe/related.h"

#include "kube/selector.h"

namespace kubescribe::tool {

Result<RecordedObjects::Held> RecordedObjects::Read(const Query& query) {
  query::StateRequest request;
  request.words = {query.resource.ToString()};
  if (!query.name.empty()) request.words.push_back(query.name);
  request.name_space = query.name_space;
  request.when = when_;
  request.label_selector = query.label_selector;
  request.field_selector = query.field_selector;
  Held read;
  read.query = query;
  Result<query::State> state = query::GetState(path_, request);
  // A server without such a kind: there are none.
  if (!state.ok() && state.error().code() == Code::kInvalid) return read;
  if (!state.ok()) return state.error();
  for (query::TypeState& type : state->types) {
    for (const query::Warning& warning : type.warnings) {
      if (reasons_.insert(query::Describe(warning, "UTC")).second) {
        warnings_.push_back(warning);
      }
    }
    damaged_.insert(type.damaged.begin(), type.damaged.end());
    for (query::Object& object : type.objects) {
      if (object.damaged) continue;  // `damaged_` says so
      Result<output::Value> value = output::ParseJson(object.json);
      if (!value.ok()) {
        return value.error().Wrap("seq " + std::to_string(object.revision.seq));
      }
      read.objects.emplace_back(std::move(object.json), std::move(*value));
    }
  }
  return read;
}

Result<std::vector<output::Value>> RecordedObjects::FindHeld(
    const Query& query) {
  Query all = query;
  all.label_selector.clear();
  const Held* held = nullptr;
  for (Held& one : held_) {
    if (one.query.resource != query.resource) continue;
    if (one.query.name_space != query.name_space) {
      Result<Held> read = Read(all);
      if (!read.ok()) return read.error();
      one = std::move(*read);
    }
    held = &one;
  }
  if (held == nullptr) {
    Result<Held> read = Read(all);
    if (!read.ok()) return read.error();
    held = &held_.emplace_back(std::move(*read));
  }
  const Result<kube::LabelSelector> labels =
      kube::LabelSelector::Parse(query.label_selector);
  if (!labels.ok()) return labels.error();
  std::vector<output::Value> objects;
  for (const auto& [json, value] : held->objects) {
    if (labels->empty() || labels->MatchesObject(json)) {
      objects.push_back(value);
    }
  }
  return objects;
}

Result<std::vector<output::Value>> RecordedObjects::Find(const Query& query) {
  if (holds_ && query.name.empty() && query.field_selector.empty()) {
    return FindHeld(query);
  }
  Result<Held> read = Read(query);
  if (!read.ok()) return read.error();
  std::vector<output::Value> objects;
  objects.reserve(read->objects.size());
  for (auto& [json, value] : read->objects) {
    objects.push_back(std::move(value));
  }
  return objects;
}

}  // namespace kubescribe::tool
