#include "query/resolve.h"

#include <algorithm>
#include <optional>
#include <utility>

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

}  // namespace

Result<TypeResolver> TypeResolver::Make(store::Reader& reader,
                                        const store::AsOf& as_of) {
  TypeResolver resolver(reader);
  Result<std::vector<store::ResourceRow>> rows = reader.Resources();
  if (!rows.ok()) return rows.error();
  resolver.rows_ = std::move(*rows);
  const Status loaded = resolver.Load(as_of);
  if (!loaded.ok()) return loaded.error();
  return resolver;
}

Status TypeResolver::Load(const store::AsOf& as_of) {
  Result<std::optional<std::string>> json = reader_->Discovery(as_of);
  if (!json.ok()) return json.error();
  if (!*json || **json == newest_read_) return {};
  newest_read_ = std::move(**json);
  Result<kube::Discovery> discovery = kube::Discovery::FromJson(newest_read_);
  if (!discovery.ok()) return discovery.error().Wrap("recorded discovery");
  discoveries_.push_back(std::move(*discovery));
  return {};
}

Result<const kube::Discovery*> TypeResolver::Discovery(std::size_t index) {
  if (index >= discoveries_.size() && !newest_tried_) {
    newest_tried_ = true;
    store::AsOf newest;
    newest.at = reader_->info().known_until;
    const Status loaded = Load(newest);
    if (!loaded.ok()) return loaded.error();
  }
  if (index >= discoveries_.size() && !rows_tried_) {
    rows_tried_ = true;
    Result<std::vector<store::StreamRow>> streams = reader_->Streams();
    if (!streams.ok()) return streams.error();
    discoveries_.push_back(FromRows(rows_, *streams));
  }
  if (index >= discoveries_.size()) return nullptr;
  return &discoveries_[index];
}

Result<Target> TypeResolver::Type(const std::string& type) {
  std::optional<Error> first;
  for (std::size_t i = 0;; ++i) {
    const Result<const kube::Discovery*> discovery = Discovery(i);
    if (!discovery.ok()) return discovery.error();
    if (*discovery == nullptr) break;
    Result<kube::ResourceInfo> info = kube::ResolveType(**discovery, type);
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
    if (!first || first->code() == Code::kInvalid) {
      first = Error(Code::kNotFound,
                    key.ToString() + " are not recorded in this file");
    }
  }
  return *first;
}

Result<std::vector<Target>> TypeResolver::AllTypes() {
  std::vector<Target> targets;
  for (const store::ResourceRow& row : rows_) {
    Result<Target> target =
        Type(kube::GroupResource{row.group, row.resource}.ToString());
    if (!target.ok()) return target.error();
    if (target->row.id == row.id) targets.push_back(std::move(*target));
  }
  return targets;
}

Result<std::vector<std::string>> TypeResolver::Category(std::string_view name) {
  for (std::size_t i = 0;; ++i) {
    const Result<const kube::Discovery*> discovery = Discovery(i);
    if (!discovery.ok()) return discovery.error();
    if (*discovery == nullptr) return std::vector<std::string>();
    std::vector<std::string> types;
    for (const kube::ResourceInfo& info :
         kube::ResourcesOfCategory(**discovery, name)) {
      types.push_back(info.group_resource().ToString());
    }
    if (!types.empty()) return types;
  }
}

Result<Target> ResolveTarget(store::Reader& reader, const store::AsOf& as_of,
                             const std::string& type) {
  Result<TypeResolver> resolver = TypeResolver::Make(reader, as_of);
  if (!resolver.ok()) return resolver.error();
  return resolver->Type(type);
}

}  // namespace kubescribe::query
