// The lines of a file that travels (schema/formats/export.md), from rows and
// back. What goes out is text without its line break; what comes in is a parsed
// line, of which each function takes the value of its one member.
//
// The readers throw std::runtime_error, which says what is wrong, where a line
// is not as the page has it. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "store/prune.h"
#include "store/reader.h"
#include "store/types.h"

namespace kubescribe::travel {

using Json = nlohmann::ordered_json;

// The layout that this program writes, and the newest that it reads.
inline constexpr std::int64_t kFormat = 1;

// The first line.
struct Head {
  // file_id, cluster, identity, identity_weak, created_at, known_until,
  // last_seq, server_version
  store::FileInfo info;
  bool whole = false;
  // Of a part: what was asked for, as it is said in the line.
  Json selection = Json::object();
  std::optional<Micros> since;
  std::optional<Micros> until;
};

// What a revision's and a record's line say beside the row.
struct Leaf {
  store::Salt salt{};
  // Its body was not what was recorded and does not travel: its hash in the
  // log.
  std::optional<store::LogHash> damaged;
  std::size_t bytes = 0;  // that follow the line
};

// The last line.
struct End {
  std::int64_t lines = 0;  // before it
  // Of a whole file, where its log is whole.
  std::optional<store::LogHash> root;
  std::string sha256;  // hex, of all before this line
};

std::string Line(const Head& head);
std::string Line(const store::ResourceRow& row);
std::string Line(const store::StreamRow& row);
std::string Line(const store::ObjectRow& row);
std::string Line(const store::Revision& revision, const Leaf& leaf);
std::string Line(const store::Record& record, const Leaf& leaf);
// Records from `seq` on that are missing, by their hashes.
std::string Line(store::Seq seq, const std::vector<store::LogHash>& hashes);
std::string Line(const store::Doubt& row);
std::string Line(const store::PrunedRow& row);
std::string Line(const store::PrunedRv& row);
std::string Line(const store::PrunedObjectRow& row);
std::string Line(const store::LogCheckpoint& row);
std::string Line(const End& end);

// Of the whole first line; kUnsupported, kCorruption: it is none.
Result<Head> ReadHead(const std::string& line);

store::ResourceRow ReadResource(const Json& value);
store::StreamRow ReadStream(const Json& value);
store::ObjectRow ReadObject(const Json& value);
store::Revision ReadRevision(const Json& value);
store::Record ReadRecord(const Json& value);
// Of the same value.
Leaf ReadLeaf(const Json& value);
struct Missing {
  store::Seq seq = 0;
  std::vector<store::LogHash> hashes;
};
Missing ReadMissing(const Json& value);
store::Doubt ReadDoubt(const Json& value);
store::PrunedRow ReadPruned(const Json& value);
store::PrunedRv ReadPrunedRv(const Json& value);
store::PrunedObjectRow ReadPrunedObject(const Json& value);
store::LogCheckpoint ReadCheckpoint(const Json& value);
End ReadEnd(const Json& value);

}  // namespace kubescribe::travel
