// What a TYPE means in a recorded file: by the discovery that was recorded,
// without a server.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "kube/discovery.h"
#include "kube/resource.h"
#include "store/reader.h"

namespace kubescribe::query {

struct Target {
  kube::ResourceInfo info;         // as the discovery of that time says
  store::ResourceRow row;          // what is recorded of it
  std::vector<std::string> names;  // none: all objects
};

// Looks types up in the discovery in force at an instant; else in the newest
// one; else among the recorded resources. Asks the reader as it goes: it may
// not outlive it. One thread.
class TypeResolver {
 public:
  static Result<TypeResolver> Make(store::Reader& reader,
                                   const store::AsOf& as_of);

  // kInvalid: no such type; kNotFound: it is not recorded.
  Result<Target> Type(const std::string& type);
  // Every recorded type.
  Result<std::vector<Target>> AllTypes();
  // "deployments.apps" of each type of a category ("all"), in the server's
  // order; none: it is no category.
  Result<std::vector<std::string>> Category(std::string_view name);

 private:
  explicit TypeResolver(store::Reader& reader) : reader_(&reader) {}
  // The next of them; null: there is no more.
  Result<const kube::Discovery*> Discovery(std::size_t index);
  Status Load(const store::AsOf& as_of);

  store::Reader* reader_;
  std::vector<store::ResourceRow> rows_;
  std::vector<kube::Discovery> discoveries_;
  std::string newest_read_;
  bool newest_tried_ = false;
  bool rows_tried_ = false;
};

// `type` alone.
Result<Target> ResolveTarget(store::Reader& reader, const store::AsOf& as_of,
                             const std::string& type);

}  // namespace kubescribe::query
