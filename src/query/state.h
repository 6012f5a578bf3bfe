// The objects of types as they were at an instant.
//
// First which they are, then what they were, page by page, so that an answer
// of any length takes the memory of one page:
//
//   Result<State> state = AskState(path, {.words = {"pods"}, .when = {...}});
//   for (TypeState& type : state->types) {
//     EachObject(path, request, type, [&](Object&& object) { … });
//   }
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "query/arguments.h"
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

inline constexpr Micros kSinceTheRecord = 0;

struct StateRequest {
  std::vector<std::string> words;         // as ParseArguments
  std::optional<std::string> name_space;  // none: all; of namespaced kinds
  When when;
  std::string label_selector;
  std::string field_selector;
  // Only what changed since then.
  std::optional<Micros> changed_since = {};
  // Not what lived at the instant, but what was gone by then and had ended
  // since this; kSinceTheRecord: since each stream's first list, so that what
  // was before it leaves no doubt.
  std::optional<Micros> deleted_since = {};
};

// How an object ended.
struct End {
  store::Seq seq = 0;  // of the record that says so
  store::Event event = store::Event::kDeleted;
  Micros at = 0;                     // the best that is known
  std::optional<Micros> not_before;  // equal to `recorded_at`: exactly then
  Micros recorded_at = 0;
};

struct Object {
  store::Revision revision;
  std::string json;        // complete, or what stands for it (object.h)
  bool damaged = false;    // its body is not what was recorded
  std::optional<End> end;  // with deleted_since
};

// "damaged", or "not recorded" where a body could not be kept: then `json` has
// the names alone, and nothing else may be read from it, not even that it is
// empty. "": it is whole.
std::string_view LostBody(const Object& object);

struct TypeState {
  // What one object is read from.
  struct Row {
    store::Seq seq = 0;
    std::optional<End> end;
  };

  Target target;
  Micros at = 0;               // the instant, for ages
  std::string server_version;  // of then; "": not known
  // Of a custom resource, its definition as it was then; "": there is none.
  std::string crd;
  std::vector<Row> rows;
  std::vector<Warning> warnings;     // empty: certain
  std::vector<std::string> missing;  // names asked for that did not exist
  // Of those, how the ones that had existed before ended; by name.
  std::map<std::string, End> ended;
  std::vector<Object> objects;  // GetState only
  // Records whose bodies are not what was recorded, said for a person. Their
  // objects have only names; selectors do not pick them. Known once the
  // objects were read.
  std::vector<std::string> damaged;
};

struct State {
  store::FileInfo file;
  std::vector<std::string> file_warnings;
  std::vector<TypeState> types;   // as Arguments has them
  bool one_object = false;        // as Arguments
  std::vector<Warning> warnings;  // of no type: kinds that are not recorded
  // What servers say of the types that do not have a field that is selected by,
  // where there are others. They are not among `types`.
  std::vector<std::string> refused;
};

// Errors: of opening and reading the file; kNotFound, kInvalid of the words
// and selectors (also where every type refuses them); kInvalid for --rv with
// several types.
Result<State> AskState(const std::string& path, const StateRequest& request);

// Every object of a type of that state, in the order of its rows, until `each`
// answers false. Empties `rows`. Errors: of the file; kGone: a prune took a
// record meanwhile.
Status EachObject(const std::string& path, const StateRequest& request,
                  TypeState& type, const std::function<bool(Object&&)>& each);

// Both, for few objects. Errors of both.
Result<State> GetState(const std::string& path, const StateRequest& request);

// Puts the object into the version of its kind that was asked for, where that
// is another than the recorded one (kube/other_version.h). Tables do without:
// their columns are those of the recorded version.
void ShowAsAsked(const TypeState& type, Object& object);

}  // namespace kubescribe::query
