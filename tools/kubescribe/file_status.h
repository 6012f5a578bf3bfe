// What a cluster's file and a running recorder say of a cluster, for the
// commands that list clusters.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "output/value.h"
#include "query/database.h"
#include "store/reader.h"

namespace kubescribe::tool {

// "1.5 MiB".
std::string HumanSize(std::uintmax_t bytes);

// What one file says, taken in one short look.
struct FileStatus {
  std::string path;
  store::FileInfo info;
  std::vector<std::string> warnings;
  std::vector<store::StreamRow> streams;
  std::map<std::int64_t, store::ResourceStats> stats;  // by resource
  std::int64_t gaps = 0;       // closed ones, without "start"
  std::int64_t open_gaps = 0;  // streams in a gap now
  std::uintmax_t size = 0;     // with its -wal
};
// Errors of opening and reading it.
Result<FileStatus> LookAt(const query::DatabaseFile& file);

// What a stream is doing, where the file says `state`: that is how it was when
// the file was last written, and nothing is done by a recorder that is stopped.
std::string ShownState(const std::string& state, bool stopped);

// The running recorder's own status (control/protocol.h). Null: there is none,
// or `place` is a file.
output::Value AskRecorder(const query::Place& place);
// What it says of one cluster; null: nothing.
const output::Value* LiveCluster(const output::Value& recorder,
                                 const std::string& cluster);

// Whether a cluster is being recorded: "live", "stopped", or "unknown" for a
// file alone that was not stopped cleanly.
std::string_view Liveness(const FileStatus& status, const output::Value* live,
                          const query::Place& place);

}  // namespace kubescribe::tool
