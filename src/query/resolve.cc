#include "query/resolve.h"

#include <algorithm>
#include <set>

#include "kube/discovery.h"

namespace kubescribe::query {
namespace {

// A discovery made of what is recorded, for files that hold none.
kube::Discovery FromRows(const std::vector<store::ResourceRow>& rows,
                         const std::vector<store::StreamRow>& streams) {
  kube::Discovery discovery;
  for (const store::ResourceRow& row : rows) {
    kube::ResourceInfo info;
    info.group = row.group;
    info.version = "v1";
    info.resource = row.resource;
    info.kind = row.kind;
    info.namespaced = row.namespaced;
    info.verbs = {"get", "list", "watch"};
    info.singular = row.kind;
    std::transform(info.singular.begin(), info.singular.end(),
                   info.singular.begin(), [](char c) {
                     return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20)
                                                 : c;
                   });
    for (const store::StreamRow& stream : streams) {
      if (stream.resource_id != row.id || stream.api_version.empty()) continue;
      info.version =
          stream.api_version.substr(stream.api_version.rfind('/') + 1);
    }
    discovery.preferred.emplace(info.group, info.version);
    discovery.resources.push_back(std::move(info));
  }
  return discovery;
}

class Resolver {
 public:
  static Result<Resolver> Make(store::Reader& reader,
                               const store::AsOf& as_of) {
    Resolver resolver;
    Result<std::vector<store::ResourceRow>> rows = reader.Resources();
    if (!rows.ok()) return rows.error();
    Result<std::vector<store::StreamRow>> streams = reader.Streams();
    if (!streams.ok()) return streams.error();
    resolver.rows_ = std::move(*rows);
    store::AsOf newest;
    newest.at = reader.info().known_until;
    std::optional<std::string> before;
    for (const store::AsOf& instant : {as_of, newest}) {
      Result<std::optional<std::string>> json = reader.Discovery(instant);
      if (!json.ok()) return json.error();
      if (!*json || before == *json) continue;
      before = **json;
      Result<kube::Discovery> discovery = kube::Discovery::FromJson(**json);
      if (!discovery.ok()) return discovery.error().Wrap("recorded discovery");
      resolver.discoveries_.push_back(std::move(*discovery));
    }
    resolver.discoveries_.push_back(FromRows(resolver.rows_, *streams));
    return resolver;
  }

  Result<Target> Type(const std::string& type) const {
    std::optional<Error> first;
    for (const kube::Discovery& discovery : discoveries_) {
      Result<kube::ResourceInfo> info = kube::ResolveType(discovery, type);
      if (!info.ok()) {
        if (!first) first = Error(Code::kInvalid, info.error().message());
        continue;
      }
      const kube::GroupResource key = kube::Canonical(info->group_resource());
      for (const store::ResourceRow& row : rows_) {
        if (row.group == key.group && row.resource == key.resource) {
          return Target{std::move(*info), row, {}};
        }
      }
      if (!first) {
        first = Error(Code::kNotFound,
                      key.ToString() + " are not recorded in this file");
      }
    }
    return *first;
  }

  Result<std::vector<Target>> AllTypes() const {
    std::vector<Target> targets;
    for (const store::ResourceRow& row : rows_) {
      Result<Target> target = Type(
          row.group.empty() ? row.resource : row.resource + "." + row.group);
      if (!target.ok()) return target.error();
      if (target->row.id == row.id) targets.push_back(std::move(*target));
    }
    return targets;
  }

 private:
  std::vector<store::ResourceRow> rows_;
  std::vector<kube::Discovery> discoveries_;  // never empty
};

Result<std::vector<Target>> Slashed(const Resolver& resolver,
                                    const std::vector<std::string>& words) {
  std::vector<Target> targets;
  for (const std::string& word : words) {
    const std::size_t slash = word.rfind('/');
    if (slash == std::string::npos || slash == 0 || slash + 1 == word.size()) {
      return Error(
          Code::kInvalid,
          "\"" + word + "\": where one word is TYPE/NAME, all have to be");
    }
    Result<Target> target = resolver.Type(word.substr(0, slash));
    if (!target.ok()) return target.error();
    const std::string name = word.substr(slash + 1);
    const auto same = std::find_if(
        targets.begin(), targets.end(),
        [&](const Target& t) { return t.row.id == target->row.id; });
    if (same != targets.end()) {
      same->names.push_back(name);
    } else {
      target->names.push_back(name);
      targets.push_back(std::move(*target));
    }
  }
  return targets;
}

}  // namespace

Result<Target> ResolveTarget(store::Reader& reader, const store::AsOf& as_of,
                             const std::string& type) {
  const Result<Resolver> resolver = Resolver::Make(reader, as_of);
  if (!resolver.ok()) return resolver.error();
  return resolver->Type(type);
}

Result<std::vector<Target>> ResolveArguments(
    store::Reader& reader, const store::AsOf& as_of,
    const std::vector<std::string>& words) {
  if (words.empty()) {
    return Error(Code::kInvalid,
                 "say which TYPE of objects: pods, deploy/web, v1/pods, …");
  }
  const Result<Resolver> resolver = Resolver::Make(reader, as_of);
  if (!resolver.ok()) return resolver.error();
  if (words.size() == 1 && words.front() == "*") return resolver->AllTypes();
  std::vector<Target> targets;
  std::size_t begin = 0;
  const std::string& types = words.front();
  while (begin <= types.size()) {
    const std::size_t comma = std::min(types.find(',', begin), types.size());
    const std::string type = types.substr(begin, comma - begin);
    Result<Target> target = resolver->Type(type);
    if (!target.ok()) {
      if (type.find('/') != std::string::npos && comma == types.size() &&
          begin == 0) {
        return Slashed(*resolver, words);
      }
      return target.error();
    }
    target->names.assign(words.begin() + 1, words.end());
    targets.push_back(std::move(*target));
    begin = comma + 1;
  }
  return targets;
}

}  // namespace kubescribe::query
