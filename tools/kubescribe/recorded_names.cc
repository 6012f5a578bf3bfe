#include "kubescribe/recorded_names.h"

#include <algorithm>
#include <map>
#include <set>

#include "kubescribe/command.h"

namespace kubescribe::tool {
namespace {

std::vector<Candidate> Sorted(const std::set<std::string>& texts) {
  std::vector<Candidate> candidates;
  candidates.reserve(texts.size());
  for (const std::string& text : texts) candidates.push_back({text, ""});
  return candidates;
}

}  // namespace

void RecordedNames::EachFile(
    const std::function<void(store::Reader&, const store::AsOf&,
                             const std::string& cluster)>& ask) const {
  const auto files = query::FindDatabases(options_.place);
  if (!files.ok()) return;
  for (const query::DatabaseFile& file : *files) {
    const auto reader = store::Reader::Open(file.path);
    if (!reader.ok()) continue;
    store::AsOf as_of = options_.as_of;
    if (as_of.at == 0) as_of.at = (*reader)->info().known_until;
    ask(**reader, as_of, file.cluster);
  }
}

std::vector<Candidate> RecordedNames::Clusters() const {
  std::vector<Candidate> candidates;
  const auto files = query::ListDatabases(options_.place.data_dir);
  if (!files.ok()) return candidates;
  for (const query::DatabaseFile& file : *files) {
    candidates.push_back({file.cluster, ""});
  }
  return candidates;
}

std::vector<Candidate> RecordedNames::Types() const {
  std::map<std::string, std::string> types;
  EachFile([&](store::Reader& reader, const store::AsOf& as_of,
               const std::string& /*cluster*/) {
    const auto targets = query::ResolveArguments(reader, as_of, {"*"});
    if (!targets.ok()) return;
    std::map<std::string, int> groups;
    for (const query::Target& target : *targets) {
      ++groups[target.info.resource];
    }
    for (const query::Target& target : *targets) {
      std::string name = target.info.resource;
      // As kubectl offers them: those of the core without a group.
      if (!target.info.group.empty() &&
          (groups[name] > 1 ||
           target.info.group.find('.') != std::string::npos)) {
        name += "." + target.info.group;
      }
      std::string short_names;
      for (const std::string& word : target.info.short_names) {
        short_names += (short_names.empty() ? " (" : ", ") + word;
      }
      types.emplace(name, target.info.kind +
                              (short_names.empty() ? "" : short_names + ")"));
    }
  });
  std::vector<Candidate> candidates;
  candidates.reserve(types.size());
  for (const auto& [name, description] : types) {
    candidates.push_back({name, description});
  }
  return candidates;
}

std::vector<Candidate> RecordedNames::Namespaces() const {
  std::set<std::string> names;
  EachFile([&](store::Reader& reader, const store::AsOf& as_of,
               const std::string& /*cluster*/) {
    const auto resources = reader.Resources();
    if (!resources.ok()) return;
    store::ObjectFilter filter;
    for (const store::ResourceRow& row : *resources) {
      if (row.group.empty() && row.resource == "namespaces") {
        filter.resource_id = row.id;
      }
    }
    const auto state = reader.StateAt(filter, as_of, options_.ever);
    if (!state.ok()) return;
    for (const store::Revision& revision : *state) {
      const std::string& name =
          filter.resource_id != 0 ? revision.name : revision.name_space;
      if (!name.empty()) names.insert(name);
    }
  });
  return Sorted(names);
}

std::vector<Candidate> RecordedNames::Names(const std::string& type) const {
  std::set<std::string> names;
  EachFile([&](store::Reader& reader, const store::AsOf& as_of,
               const std::string& cluster) {
    const auto target = query::ResolveTarget(reader, as_of, type);
    if (!target.ok()) return;
    store::ObjectFilter filter;
    filter.resource_id = target->row.id;
    if (target->row.namespaced) {
      NamespaceFlags flags;
      flags.name = options_.name_space;
      flags.all = options_.all_namespaces;
      filter.name_space = flags.Resolve(cluster);
    }
    const auto state = reader.StateAt(filter, as_of, options_.ever);
    if (!state.ok()) return;
    for (const store::Revision& revision : *state) names.insert(revision.name);
  });
  return Sorted(names);
}

}  // namespace kubescribe::tool
