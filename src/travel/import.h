// Import: makes a file again of what `Export` wrote (schema/formats/export.md).
//
//   auto done = Import("prod.zst", "copy.db", {});
//
// Of a whole file every answer is as the original's was, the log has the same
// root, and its checkpoints go along: `verify` says of the one what it says of
// the other. Of a part there is a file of its own, with a log and a name of its
// own, whose record `import` says what it is of; what lies outside is answered
// as what was pruned, or was never recorded, is.
//
// Nothing is taken on trust but what the digest and the root at its end cover,
// and the file gets its name only once both are right. Memory is bounded by the
// largest body. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/random.h"
#include "base/result.h"
#include "store/types.h"

namespace kubescribe::travel {

struct ImportOptions {
  // Of a part's file: its name, and the salts of records that are made here.
  Random* random = &SystemRandom();
  // Called now and then, with bytes read (`of` 0: it is not known how many
  // there are); may be empty.
  std::function<void(std::uint64_t done, std::uint64_t of)> progress = {};
};

struct Imported {
  std::string cluster;
  store::Seq records = 0;
  bool whole = false;
};

// Makes `to`. Errors: kNotFound, kIo of `from`; kCorruption: it is no export,
// cut off or altered; kUnsupported: a newer program's; kConflict: `to` is
// there, or a -wal of another database beside it; kBusy, kIo, kNoSpace of `to`.
// Then there is none.
Result<Imported> Import(const std::string& from, const std::string& to,
                        const ImportOptions& options);

}  // namespace kubescribe::travel
