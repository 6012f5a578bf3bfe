// What `kubescribe get` was asked, and what the files answered: shared by the
// parts that print it (tables, documents, a watch).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "kubescribe/command.h"
#include "output/object_format.h"
#include "query/database.h"
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
  bool json() const { return format.kind == Format::kJson; }
};

// What one cluster's file said.
struct ClusterAnswer {
  query::DatabaseFile file;
  query::StateRequest request;
  query::State state;
  std::optional<Error> error;  // then there is no state
};

// "pod", "deployment.apps": how kubectl writes a kind before a name.
std::string KindPrefix(const query::Target& target);

// kubectl's line for a name that is not there.
std::string NotFoundLine(const query::TypeState& type, const std::string& name);
// A line as it is, to stderr, with control characters made visible.
void SayLine(const std::string& line);

// `text` as it may be written to `out`.
std::string Shown(const std::string& text, const Out& out);

}  // namespace kubescribe::tool
