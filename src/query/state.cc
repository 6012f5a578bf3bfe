#include "query/state.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <set>
#include <utility>

#include "kube/selector.h"
#include "query/body_source.h"
#include "query/object.h"

namespace kubescribe::query {
namespace {

struct Selectors {
  kube::LabelSelector labels;
  kube::FieldSelector fields;
};

Result<Selectors> ParseSelectors(const StateRequest& request) {
  Result<kube::LabelSelector> labels =
      kube::LabelSelector::Parse(request.label_selector);
  if (!labels.ok()) return labels.error().Wrap("--selector");
  Result<kube::FieldSelector> fields =
      kube::FieldSelector::Parse(request.field_selector);
  if (!fields.ok()) return fields.error().Wrap("--field-selector");
  return Selectors{std::move(*labels), std::move(*fields)};
}

// When the record of that seq was made; for ages only.
Result<Micros> TimeOfSeq(store::Reader& reader, store::Seq seq) {
  // Of the next one, where this one was pruned.
  const Result<store::Reader::Batch> batch =
      reader.Records(seq - 1, reader.info().last_seq, 1);
  if (!batch.ok()) return batch.error();
  if (!batch->revisions.empty()) return batch->revisions[0].recorded_at;
  if (!batch->records.empty()) return batch->records[0].recorded_at;
  return reader.info().known_until;
}

class Question {
 public:
  Question(store::Reader& reader, const StateRequest& request,
           const Coverage& coverage)
      : reader_(reader), request_(request), coverage_(coverage) {}

  // The rows of one type; bodies come later, without the snapshot.
  Result<TypeState> Ask(Target target) {
    TypeState type;
    type.target = std::move(target);
    const std::optional<std::string> name_space =
        type.target.row.namespaced ? request_.name_space : std::nullopt;
    const std::int64_t resource = type.target.row.id;
    const When& when = request_.when;
    store::AsOf as_of;
    as_of.seq = when.seq;
    as_of.rv = when.rv;
    as_of.at = when.at ? *when.at : coverage_.Newest(resource, name_space);
    type.at = as_of.at;
    if (when.seq) {
      const Result<Micros> at = TimeOfSeq(reader_, *when.seq);
      if (!at.ok()) return at.error();
      type.at = *at;
    }
    store::ObjectFilter filter;
    filter.resource_id = resource;
    filter.name_space = name_space;
    Result<std::vector<store::Revision>> rows =
        Rows(type.target.names, filter, as_of);
    if (!rows.ok()) return rows.error();
    if (when.rv) {
      Micros newest = 0;
      for (const auto& row : *rows) newest = std::max(newest, row.changed_at);
      if (newest != 0) type.at = newest;
      type.warnings = coverage_.AtRv(resource, name_space, *when.rv);
    } else if (when.seq) {
      type.warnings = coverage_.AtSeq(resource, name_space, *when.seq, type.at);
      if (*when.seq > reader_.info().last_seq) {
        type.warnings.push_back({{},
                                 "",
                                 "the record ends at seq " +
                                     std::to_string(reader_.info().last_seq)});
      }
    } else {
      type.warnings = coverage_.At(resource, name_space, as_of.at, as_of.at);
    }
    const Status pruned = AddPruned(type.target.names, filter, as_of, type);
    if (!pruned.ok()) return pruned.error();
    Pick(std::move(*rows), type);
    return type;
  }

 private:
  Status AddPruned(const std::vector<std::string>& names,
                   store::ObjectFilter filter, const store::AsOf& as_of,
                   TypeState& type) {
    if (names.empty()) {
      return Coverage::AddPrunedObjects(reader_, filter, as_of, type.warnings);
    }
    for (const std::string& name : std::set(names.begin(), names.end())) {
      filter.name = name;
      Status added =
          Coverage::AddPrunedObjects(reader_, filter, as_of, type.warnings);
      if (!added.ok()) return added;
    }
    return {};
  }
  Result<std::vector<store::Revision>> Rows(
      const std::vector<std::string>& names, store::ObjectFilter filter,
      const store::AsOf& as_of) {
    if (as_of.rv || names.empty()) {
      return reader_.StateAt(filter, as_of, as_of.rv.has_value());
    }
    std::vector<store::Revision> rows;
    for (const std::string& name : std::set(names.begin(), names.end())) {
      filter.name = name;
      auto named = reader_.StateAt(filter, as_of);
      if (!named.ok()) return named.error();
      std::move(named->begin(), named->end(), std::back_inserter(rows));
    }
    return rows;
  }

  // Keeps the living ones, of the names that were asked for, in their order.
  static void Pick(std::vector<store::Revision> rows, TypeState& type) {
    std::erase_if(rows, [](const auto& row) { return IsGone(row.event); });
    const std::vector<std::string>& names = type.target.names;
    if (names.empty()) {
      for (store::Revision& row : rows) {
        type.objects.push_back({std::move(row), ""});
      }
      return;
    }
    for (const std::string& name : names) {
      bool found = false;
      for (const store::Revision& row : rows) {
        if (row.name != name) continue;
        found = true;
        type.objects.push_back({row, ""});
      }
      if (!found) type.missing.push_back(name);
    }
  }

  store::Reader& reader_;
  const StateRequest& request_;
  const Coverage& coverage_;
};

// Reads the bodies and drops what the selectors do not pick.
Status Fill(const std::string& path, const Selectors& selectors,
            TypeState& type) {
  const kube::GroupResource resource = type.target.info.group_resource();
  const Status supported = selectors.fields.Supports(resource);
  if (!supported.ok()) return supported.error();
  // In order of seq the file is gone through once from front to back: bodies
  // that were written together lie on the same pages.
  std::vector<Object*> by_seq;
  by_seq.reserve(type.objects.size());
  for (Object& object : type.objects) by_seq.push_back(&object);
  std::sort(by_seq.begin(), by_seq.end(), [](const Object* a, const Object* b) {
    return a->revision.seq < b->revision.seq;
  });
  BodySource bodies(path);
  for (Object* object : by_seq) {
    Result<std::string> json =
        bodies.Object(object->revision, type.target.row.kind);
    if (!json.ok() && json.error().code() != Code::kCorruption) {
      return json.error();
    }
    if (!json.ok()) type.damaged.push_back(json.error().message());
    object->json = json.ok()
                       ? std::move(*json)
                       : DamagedObject(object->revision, type.target.row.kind);
  }
  std::erase_if(type.objects, [&](const Object& object) {
    return (!selectors.labels.empty() &&
            !selectors.labels.MatchesObject(object.json)) ||
           (!selectors.fields.empty() &&
            !selectors.fields.MatchesObject(resource, object.json));
  });
  return {};
}

}  // namespace

Result<State> GetState(const std::string& path, const StateRequest& request) {
  Result<Selectors> selectors = ParseSelectors(request);
  if (!selectors.ok()) return selectors.error();
  State state;
  {
    Result<std::unique_ptr<store::Reader>> reader = store::Reader::Open(path);
    if (!reader.ok()) return reader.error();
    state.file = (*reader)->info();
    const Result<Coverage> coverage = Coverage::Load(**reader);
    if (!coverage.ok()) return coverage.error();
    store::AsOf types;
    types.at = request.when.at.value_or(state.file.known_until);
    types.seq = request.when.seq;
    Result<std::vector<Target>> targets =
        ResolveArguments(**reader, types, request.words);
    if (!targets.ok()) return targets.error();
    state.file_warnings = (*reader)->warnings();
    if (request.when.rv && targets->size() > 1) {
      return Error(Code::kInvalid,
                   "a resourceVersion is one of one type: ask for one type at "
                   "a time with --rv");
    }
    Question question(**reader, request, *coverage);
    for (Target& target : *targets) {
      Result<TypeState> type = question.Ask(std::move(target));
      if (!type.ok()) return type.error();
      state.types.push_back(std::move(*type));
    }
  }
  for (TypeState& type : state.types) {
    const Status filled = Fill(path, *selectors, type);
    if (!filled.ok()) return filled.error();
  }
  return state;
}

}  // namespace kubescribe::query
