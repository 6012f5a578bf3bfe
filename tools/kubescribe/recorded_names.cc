#include "kubescribe/recorded_names.h"

#include <algorithm>
#include <iterator>
#include <map>

#include "kubescribe/command.h"

namespace kubescribe::tool {
namespace {

void Add(Result<std::vector<std::string>> more,
         std::vector<std::string>& names) {
  if (!more.ok()) return;
  names.insert(names.end(), std::make_move_iterator(more->begin()),
               std::make_move_iterator(more->end()));
}

// Those of several files, each once.
std::vector<Candidate> Sorted(std::vector<std::string> names) {
  if (!std::is_sorted(names.begin(), names.end())) {
    std::sort(names.begin(), names.end());
  }
  names.erase(std::unique(names.begin(), names.end()), names.end());
  std::vector<Candidate> candidates;
  candidates.reserve(names.size());
  for (std::string& name : names) candidates.push_back({std::move(name), ""});
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

std::vector<Candidate> RecordedNames::Namespaces(
    const std::string& prefix) const {
  std::vector<std::string> names;
  EachFile([&](store::Reader& reader, const store::AsOf& as_of,
               const std::string& /*cluster*/) {
    const auto resources = reader.Resources();
    if (!resources.ok()) return;
    std::int64_t namespaces = 0;
    for (const store::ResourceRow& row : *resources) {
      if (row.group.empty() && row.resource == "namespaces") {
        namespaces = row.id;
      }
    }
    const store::Reader::NameQuestion question = Question(as_of, prefix);
    Add(namespaces != 0 ? reader.Names(namespaces, std::nullopt, question)
                        : reader.Namespaces(question),
        names);
  });
  return Sorted(std::move(names));
}

std::vector<Candidate> RecordedNames::Names(const std::string& type,
                                            const std::string& prefix) const {
  std::vector<std::string> names;
  EachFile([&](store::Reader& reader, const store::AsOf& as_of,
               const std::string& cluster) {
    const auto target = query::ResolveTarget(reader, as_of, type);
    if (!target.ok()) return;
    std::optional<std::string> name_space;
    if (target->row.namespaced) {
      NamespaceFlags flags;
      flags.name = options_.name_space;
      flags.all = options_.all_namespaces;
      name_space = flags.Resolve(cluster);
    }
    Add(reader.Names(target->row.id, name_space, Question(as_of, prefix)),
        names);
  });
  return Sorted(std::move(names));
}

}  // namespace kubescribe::tool
