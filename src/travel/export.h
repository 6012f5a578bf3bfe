// What travels: a recorded file, or a part of it, as one text that `Import`
// makes a file of again (schema/formats/export.md).
//
//   auto done = Export("prod.db", "prod.zst", request);
//
// Of a whole file all goes along that its log covers, so that the new one has
// the same root; of what was pruned, the hashes. Keys never do, and what was
// redacted is redacted.
//
// A part is of some kinds, namespaces, names and labels, or of a time: what
// changed within it, and for each object that lived at its beginning the state
// that it was in. Streams go along as if they had had these selectors, and end
// where the part ends, so that answers about anything else say that it is not
// there.
//
// The file may be recorded meanwhile: what counts is what it had at the start.
// Memory is bounded by the largest body, and of a part by the objects that it
// picks. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "store/types.h"

namespace kubescribe::travel {

struct ExportRequest {
  std::vector<std::string> words;         // as query::ResolveArguments
  std::optional<std::string> name_space;  // none: all
  std::string label_selector;
  std::optional<Micros> since;
  std::optional<Micros> until;
  // Called now and then; may be empty.
  std::function<void(store::Seq done, store::Seq of)> progress = {};

  bool whole() const {
    return words.empty() && !name_space && label_selector.empty() && !since &&
           !until;
  }
};

struct Exported {
  std::int64_t revisions = 0;
  std::int64_t records = 0;  // others
  store::Seq last_seq = 0;   // of the file
  bool whole = false;
  // What could not travel, as it was damaged, said for a person.
  std::vector<std::string> damaged;
  std::vector<std::string> file_warnings;
};

// Makes `to`, compressed with zstd where its name ends in ".zst". Errors: of
// the file; kInvalid, kNotFound of the request; kConflict: `to` is there;
// kBusy: the file was pruned meanwhile; kIo, kNoSpace of `to`. Then there is
// none.
Result<Exported> Export(const std::string& path, const std::string& to,
                        const ExportRequest& request);

}  // namespace kubescribe::travel
