#include "query/state.h"

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include "kube/other_version.h"
#include "query/selection.h"

namespace kubescribe::query {
namespace {

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
    // A question about a span is uncertain where any of it is, and of one that
    // begins after all that is known there is nothing certain.
    const Micros since = request_.deleted_since.value_or(
        request_.changed_since.value_or(as_of.at));
    const Micros from = std::min(as_of.at, since);
    Micros newest = 0;
    const Status found = request_.deleted_since
                             ? FindEnded(filter, as_of.at, type)
                             : FindLiving(filter, as_of, type, newest);
    if (!found.ok()) return found.error();
    if (when.rv) {
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
      type.warnings =
          coverage_.At(resource, name_space, from, std::max(as_of.at, since));
    }
    if (request_.deleted_since == kSinceTheRecord) {
      std::erase_if(type.warnings, [&](const Warning& warning) {
        const store::Doubtful& doubt = warning.doubt;
        return doubt.cause == "start" && doubt.to && *doubt.to <= as_of.at;
      });
    }
    const Status pruned =
        AddPruned(type.target.names, filter, as_of, from, type);
    if (!pruned.ok()) return pruned.error();
    return type;
  }

 private:
  Status AddPruned(const std::vector<std::string>& names,
                   const store::ObjectFilter& filter, const store::AsOf& as_of,
                   Micros from, TypeState& type) {
    return EachNamed(names, filter, [&](const store::ObjectFilter& one) {
      return from < as_of.at && !as_of.seq && !as_of.rv
                 ? Coverage::AddPrunedObjects(reader_, one, from, as_of.at,
                                              type.warnings)
                 : Coverage::AddPrunedObjects(reader_, one, as_of,
                                              type.warnings);
    });
  }

  static End EndOf(const store::Revision& row) {
    return {row.seq, row.event, row.changed_at, row.not_before,
            row.recorded_at};
  }

  // Asks for all objects, or for each of the names once.
  Status EachNamed(
      const std::vector<std::string>& names, store::ObjectFilter filter,
      const std::function<Status(const store::ObjectFilter&)>& ask) {
    if (names.empty()) return ask(filter);
    for (const std::string& name : std::set(names.begin(), names.end())) {
      filter.name = name;
      Status asked = ask(filter);
      if (!asked.ok()) return asked;
    }
    return {};
  }

  // `newest`: when the last of them changed, those that were gone included
  // where the question is about a resourceVersion.
  Status FindLiving(const store::ObjectFilter& filter, const store::AsOf& as_of,
                    TypeState& type, Micros& newest) {
    const std::vector<std::string>& names = type.target.names;
    std::vector<std::pair<std::string, TypeState::Row>> named;
    const auto take = [&](store::Revision&& row) {
      newest = std::max(newest, row.changed_at);
      if (IsGone(row.event)) return;
      if (request_.changed_since && row.changed_at < *request_.changed_since) {
        return;
      }
      if (names.empty()) {
        type.rows.push_back({row.seq, {}});
      } else {
        named.emplace_back(std::move(row.name), TypeState::Row{row.seq, {}});
      }
    };
    const auto ask = [&](const store::ObjectFilter& one) {
      return reader_.EachAt(one, as_of, as_of.rv.has_value(), take);
    };
    // A resourceVersion is one of the whole type: its time is that of any
    // object.
    Status asked = as_of.rv ? ask(filter) : EachNamed(names, filter, ask);
    if (!asked.ok()) return asked;
    Arrange(names, named, type);
    return FindEnds(filter, as_of, type);
  }

  // How what had the missing names ended last; of a name that something lives
  // under, nothing.
  Status FindEnds(const store::ObjectFilter& filter, const store::AsOf& as_of,
                  TypeState& type) {
    if (type.missing.empty()) return {};
    std::set<std::string> living;
    const auto take = [&](store::Revision&& row) {
      if (!IsGone(row.event)) {
        living.insert(row.name);
        return;
      }
      End& end = type.ended.try_emplace(row.name, EndOf(row)).first->second;
      if (end.seq < row.seq) end = EndOf(row);
    };
    Status asked = EachNamed(type.missing, filter, [&](const auto& one) {
      return reader_.EachAt(one, as_of, /*include_gone=*/true, take);
    });
    for (const std::string& name : living) type.ended.erase(name);
    return asked;
  }

  Status FindEnded(const store::ObjectFilter& filter, Micros until,
                   TypeState& type) {
    const std::vector<std::string>& names = type.target.names;
    std::vector<store::Revision> ended;
    Status asked = EachNamed(names, filter, [&](const auto& one) {
      return reader_.EachEnded(
          one, *request_.deleted_since, until,
          [&](store::Revision&& row) { ended.push_back(std::move(row)); });
    });
    if (!asked.ok()) return asked;
    std::vector<std::pair<std::string, TypeState::Row>> named;
    for (const store::Revision& end : ended) {
      TypeState::Row row;
      row.seq = end.seq;
      row.end = EndOf(end);
      if (end.event == store::Event::kVanished) {
        Status last = FindLast(end, row.seq);
        if (!last.ok()) return last;
      }
      if (names.empty()) {
        type.rows.push_back(row);
      } else {
        named.emplace_back(end.name, row);
      }
    }
    Arrange(names, named, type);
    return {};
  }

  // The last revision before the one that found it missing, which has no body.
  Status FindLast(const store::Revision& end, store::Seq& seq) {
    store::ObjectFilter filter;
    filter.resource_id = end.resource_id;
    filter.name_space = end.name_space;
    filter.name = end.name;
    filter.uid = end.uid;
    store::AsOf before;
    before.seq = end.seq - 1;
    return reader_.EachAt(filter, before, /*include_gone=*/true,
                          [&](store::Revision&& row) { seq = row.seq; });
  }

  // The rows in the order of the names that were asked for.
  static void Arrange(
      const std::vector<std::string>& names,
      const std::vector<std::pair<std::string, TypeState::Row>>& named,
      TypeState& type) {
    for (const std::string& name : names) {
      bool found = false;
      for (const auto& [its_name, row] : named) {
        if (its_name != name) continue;
        found = true;
        type.rows.push_back(row);
      }
      if (!found) type.missing.push_back(name);
    }
  }

  store::Reader& reader_;
  const StateRequest& request_;
  const Coverage& coverage_;
};

// The CustomResourceDefinition of a kind as it was then; "": it is none of
// those, or its definition is not recorded.
Result<std::string> DefinitionOf(store::Reader& reader, const Target& target,
                                 const store::AsOf& as_of) {
  // The groups of custom resources are domains; those that are built in end
  // with k8s.io, where custom resources may be too.
  const std::string& group = target.row.group;
  if (group.find('.') == std::string::npos) return std::string();
  Result<std::vector<store::ResourceRow>> rows = reader.Resources();
  if (!rows.ok()) return rows.error();
  store::ObjectFilter filter;
  for (const store::ResourceRow& row : *rows) {
    if (row.group == "apiextensions.k8s.io" &&
        row.resource == "customresourcedefinitions") {
      filter.resource_id = row.id;
    }
  }
  if (filter.resource_id == 0) return std::string();
  filter.name_space = "";
  filter.name = target.row.resource + "." + group;
  const Result<std::vector<store::Revision>> found =
      reader.StateAt(filter, as_of);
  if (!found.ok()) return found.error();
  if (found->empty()) return std::string();
  Result<std::string> body = reader.Body(found->front().seq);
  if (!body.ok() && body.error().code() == Code::kCorruption) {
    return std::string();  // its columns are not known
  }
  return body;
}

Warning NotRecorded(const std::string& type) {
  Warning warning;
  warning.stream = type;
  warning.note = "not recorded in this file";
  return warning;
}

}  // namespace

Result<State> AskState(const std::string& path, const StateRequest& request) {
  const Result<Selection> selection =
      Selection::Parse(request.label_selector, request.field_selector);
  if (!selection.ok()) return selection.error();
  State state;
  Result<std::unique_ptr<store::Reader>> reader = store::Reader::Open(path);
  if (!reader.ok()) return reader.error();
  state.file = (*reader)->info();
  const Result<Coverage> coverage = Coverage::Load(**reader);
  if (!coverage.ok()) return coverage.error();
  store::AsOf types;
  types.at = request.when.at.value_or(state.file.known_until);
  types.seq = request.when.seq;
  Result<Arguments> arguments = ParseArguments(**reader, types, request.words);
  if (!arguments.ok()) return arguments.error();
  const Result<std::string> server = (*reader)->ServerVersion(types);
  if (!server.ok()) return server.error();
  state.one_object = arguments->one_object;
  for (const std::string& type : arguments->unrecorded) {
    state.warnings.push_back(NotRecorded(type));
  }
  state.file_warnings = (*reader)->warnings();
  if (request.when.rv && arguments->targets.size() > 1) {
    return Error(Code::kInvalid,
                 "a resourceVersion is one of one type: ask for one type at "
                 "a time with --rv");
  }
  Question question(**reader, request, *coverage);
  for (Target& target : arguments->targets) {
    Result<std::string> crd = DefinitionOf(**reader, target, types);
    if (!crd.ok()) return crd.error();
    const Status supported = selection->Supports(target.info, *crd);
    if (!supported.ok()) {
      state.refused.push_back(supported.error().message());
      continue;
    }
    Result<TypeState> type = question.Ask(std::move(target));
    if (!type.ok()) return type.error();
    type->server_version = *server;
    type->crd = std::move(*crd);
    state.types.push_back(std::move(*type));
  }
  if (!state.refused.empty() && state.types.empty()) {
    std::string all;
    for (const std::string& line : state.refused) {
      all += (all.empty() ? "" : "\n") + line;
    }
    return Error(Code::kInvalid, all);
  }
  return state;
}

Result<State> GetState(const std::string& path, const StateRequest& request) {
  Result<State> state = AskState(path, request);
  if (!state.ok()) return state.error();
  for (TypeState& type : state->types) {
    const Status read = EachObject(path, request, type, [&](Object&& object) {
      type.objects.push_back(std::move(object));
      return true;
    });
    if (!read.ok()) return read.error();
  }
  return state;
}

std::string_view LostBody(const Object& object) {
  if (object.damaged) return "damaged";
  const bool stub = object.revision.body_kind == store::BodyKind::kStub;
  return stub ? "not recorded" : "";
}

void ShowAsAsked(const TypeState& type, Object& object) {
  const std::string& group = type.target.info.group;
  std::string asked =
      (group.empty() ? "" : group + "/") + type.target.info.version;
  if (asked == object.revision.api_version) return;
  object.json = kube::AsVersion(std::move(object.json), asked, type.crd);
}

}  // namespace kubescribe::query
