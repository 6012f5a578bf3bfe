// The objects of a type as they were at an instant.
//
//   Result<State> state = GetState(path, {.words = {"pods"}, .when = {...}});
//   for (const TypeState& type : state->types) …
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "query/doubt.h"
#include "query/resolve.h"
#include "store/reader.h"

namespace kubescribe::query {

// When a question is about; none set: the newest that is known.
struct When {
  std::optional<Micros> at;
  std::optional<store::Seq> seq;
  std::optional<std::string> rv;
};

struct StateRequest {
  std::vector<std::string> words;         // as ResolveArguments
  std::optional<std::string> name_space;  // none: all; of namespaced kinds
  When when;
  std::string label_selector;
  std::string field_selector;
};

struct Object {
  store::Revision revision;
  std::string json;  // complete, or what stands for a damaged one (object.h)
};

struct TypeState {
  Target target;
  Micros at = 0;  // the instant, for ages
  std::vector<Object> objects;
  std::vector<Warning> warnings;     // empty: certain
  std::vector<std::string> missing;  // names asked for that did not exist
  // Records whose bodies are not what was recorded, said for a person. Their
  // objects have only names; selectors do not pick them.
  std::vector<std::string> damaged;
};

struct State {
  store::FileInfo file;
  std::vector<std::string> file_warnings;
  std::vector<TypeState> types;
};

// Errors: of opening and reading the file; kNotFound, kInvalid of the words
// and selectors; kInvalid for --rv with several types.
Result<State> GetState(const std::string& path, const StateRequest& request);

}  // namespace kubescribe::query
