#include "kubescribe/related.h"

namespace kubescribe::tool {

Result<std::vector<output::Value>> RecordedObjects::Find(const Query& query) {
  query::StateRequest request;
  request.words = {query.resource.ToString()};
  if (!query.name.empty()) request.words.push_back(query.name);
  request.name_space = query.name_space;
  request.when = when_;
  request.label_selector = query.label_selector;
  request.field_selector = query.field_selector;
  const Result<query::State> state = query::GetState(path_, request);
  if (!state.ok()) return state.error();
  std::vector<output::Value> objects;
  for (const query::TypeState& type : state->types) {
    for (const query::Warning& warning : type.warnings) {
      if (reasons_.insert(query::Describe(warning, "UTC")).second) {
        warnings_.push_back(warning);
      }
    }
    damaged_.insert(type.damaged.begin(), type.damaged.end());
    for (const query::Object& object : type.objects) {
      Result<output::Value> value = output::ParseJson(object.json);
      if (!value.ok()) {
        return value.error().Wrap("seq " + std::to_string(object.revision.seq));
      }
      objects.push_back(std::move(*value));
    }
  }
  return objects;
}

}  // namespace kubescribe::tool
