// Every record of a file, in order, as JSON lines. The names in them are an
// interface: other programs read them.
//
//   every line    seq, cluster, record, recordedAt
//   "revision"    epoch, event, group, version, resource, namespace, name, uid,
//                 resourceVersion, notBefore (null: unknown), changedAt,
//                 evidence, source, object; where they apply late,
//                 listResourceVersion, body ("metadata", "stub", "none",
//                 "damaged": it is not what was recorded, and object is null)
//   "gap"         group, resource, namespace, cause, from, to (positions),
//                 fromTime (null: unknown), toTime, changed, appeared, vanished
//   others        group, resource, namespace where it is a stream's, and the
//                 members of the record's own detail; "discovery" has its
//                 payload as `discovery`
//
// Times are RFC 3339 in UTC with microseconds.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/types.h"

namespace kubescribe::query {

struct ExportRequest {
  store::Seq after = 0;
  std::optional<store::Seq> last;  // none: the newest at the start
  // Gets what is to be said of each record whose body or payload is not what
  // was recorded; may be empty.
  std::function<void(const std::string& what)> damaged = {};
  // Which records are meant; empty: all. `object`: by the bytes of a revision's
  // body, "" where it has none or it is damaged.
  std::function<bool(const store::Revision&)> revision = {};
  std::function<bool(const store::Record&)> record = {};
  std::function<bool(std::string_view body)> object = {};
};

// Gets one line without its newline; false: stop, without an error.
using LineSink = std::function<bool(const std::string& line)>;

// Why records in (after, last] are missing: one a prune. Nothing: none are.
Result<std::vector<std::string>> PrunedOfExport(const std::string& path,
                                                const ExportRequest& request);

// Writes the records in (after, last] to `sink`, opening the file anew for
// each range, and answers the last seq written. Errors: of the file.
Result<store::Seq> Export(const std::string& path, const ExportRequest& request,
                          const LineSink& sink);

}  // namespace kubescribe::query
