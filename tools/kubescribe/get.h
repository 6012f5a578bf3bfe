// What `kubescribe get` was asked beside which objects: shared by the parts
// that print the answer (tables, documents, a watch).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "kubescribe/cluster_answers.h"
#include "kubescribe/command.h"
#include "output/object_format.h"
#include "query/state.h"

namespace kubescribe::tool {

struct GetOptions {
  output::ObjectFormat format;
  std::string sort_by;  // "": as the server lists them
  std::vector<std::string> label_columns;
  bool no_headers = false;
  bool show_kind = false;
  bool show_labels = false;
  bool managed_fields = false;
  bool ignore_not_found = false;
  bool all_namespaces = false;
  bool with_cluster = false;  // several clusters were asked
  bool watch = false;
  bool watch_only = false;
  bool watch_events = false;
  std::optional<Micros> timeout;  // of a watch

  using Format = output::ObjectFormat::Kind;
  bool wide() const { return format.kind == Format::kWide; }
  bool table() const { return format.table(); }
  bool name() const { return format.kind == Format::kName; }
  bool yaml() const { return format.kind == Format::kYaml; }
  bool watches() const { return watch || watch_only; }
  bool json() const { return format.kind == Format::kJson; }
};

// "pod", "deployment.apps": how kubectl writes a kind before a name.
std::string KindPrefix(const query::Target& target);

// "<damaged>", "<not recorded>": what stands in place of every value of an
// object whose body cannot be shown; "": it can.
std::string LostCell(const query::Object& object);

}  // namespace kubescribe::tool
