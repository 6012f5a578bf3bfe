// What a file is, before anything of it is believed. Private to store.
#pragma once

#include <string>

#include "base/result.h"
#include "store/db.h"

namespace kubescribe::store {

enum class FileKind {
  kEmpty,  // no byte, or a database without a table: ours to fill
  kOurs,   // application id and version say so
};

// Tells by the header and, where that says nothing, by the schema. kCorruption:
// not a kubescribe database; kUnsupported: newer than this program. Throws what
// SQLite throws.
Result<FileKind> IdentifyFile(Db& db, const std::string& path);

// Does the header say WAL mode?
bool HeaderSaysWal(const std::string& header);

// Are all records there: seq 1 … last_seq but for as many as were pruned, and
// every object's current revision among them? Cheap with `deep` false: only the
// ends.
Status CheckSequence(Db& db, const std::string& path, bool deep);

// SQLite's own check of the file's structure; `full` compares indexes too.
Status CheckStructure(Db& db, const std::string& path, bool full);

}  // namespace kubescribe::store
