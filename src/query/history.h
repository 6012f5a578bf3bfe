// All revisions of one object, and what lies between them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "query/doubt.h"
#include "query/resolve.h"
#include "query/state.h"
#include "store/reader.h"

namespace kubescribe::query {

struct HistoryRequest {
  std::vector<std::string> words;         // TYPE/NAME or TYPE NAME
  std::optional<std::string> name_space;  // of namespaced kinds
  std::optional<Micros> since;
  std::optional<Micros> until;
  bool fields = true;  // compute `manager` and `changed` (reads all bodies)
};

struct HistoryEntry {
  store::Revision revision;
  std::string manager;
  std::vector<std::string> changed;  // against the one before it, same uid
  // Its body is not what was recorded: said for a person; else "".
  std::string damage;
  // The one before it is damaged: what changed cannot be told.
  bool changed_unknown = false;
};

struct History {
  store::FileInfo file;
  std::vector<std::string> file_warnings;
  Target target;
  // By seq; objects that had this name one after the other are all there.
  std::vector<HistoryEntry> entries;
  // Of the time from the first entry to the newest that is known.
  std::vector<Warning> warnings;
};

// kNotFound: no such object was ever recorded. kInvalid: not one object.
Result<History> GetHistory(const std::string& path,
                           const HistoryRequest& request);

struct LastChanges {
  std::vector<HistoryEntry> entries;  // by seq, at most as many as asked for
  bool more = false;                  // there are earlier ones
};

// The newest revisions, up to and with `revision`, of whatever had its name; to
// be shown beside the state that it is. Costs in proportion to what is shown,
// however long the history is. Errors: of the file.
Result<LastChanges> GetLastChanges(const std::string& path,
                                   const store::Revision& revision,
                                   const std::string& kind, std::size_t most);

// One object at one instant, for diff; no `json`: nothing of it is recorded for
// then, and where that is `certain`, it did not exist.
struct Side {
  Micros at = 0;
  bool certain = true;
  std::optional<store::Revision> revision;
  std::string json;
};

struct Comparison {
  store::FileInfo file;
  std::vector<std::string> file_warnings;
  Target target;
  Side from;
  Side to;
  std::vector<Warning> warnings;  // of both instants
};

// kNotFound: it existed at neither instant. kCorruption: a body is not what was
// recorded; the message names the record.
Result<Comparison> Compare(const std::string& path,
                           const std::vector<std::string>& words,
                           const std::optional<std::string>& name_space,
                           const When& from, const When& to);

}  // namespace kubescribe::query
