// Verify: is a file what was recorded? Computes everything anew, from the
// bodies' bytes to the root of the log, and what is derived from the records:
// objects, lifetimes, gaps, epochs, doubts (schema/formats/log.md).
//
//   Result<Report> report = Verify(path, {.checkpoint = kept, .key = key});
//   report->verdict
//
// It shares the way a file is opened and a body is decoded with the rest of the
// program; leaves, tiles, trees, checkpoints and what is derived it reads with
// code of its own, so that a mistake of the writer is no mistake here.
//
// What was pruned keeps its place in the tree by its hash alone. That nothing
// else is missing is told by a hash of what prunes left, which is in a record.
// With a checkpoint of before a prune it is told only where the same key signed
// one after it.
//
// What it cannot know: records after the newest checkpoint that was kept
// elsewhere can have been made up; and the state of the recorder (positions and
// states of streams, known_until, who holds an object now) is no record.
//
// It may run while the file is recorded: no snapshot is held for long. The
// structure of the file is checked by a second thread, which has ended when
// Verify returns.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/types.h"

namespace kubescribe::verify {

struct Options {
  // The text of one or more checkpoints that were kept elsewhere, as
  // `kubescribe checkpoint` prints them or a sink has them; "": there is none.
  std::string checkpoint;
  // The public key that is trusted (note.h); "": the one in the file.
  std::string key;
  // How far it is, now and then; may be empty.
  std::function<void(store::Seq done, store::Seq last)> progress;
};

enum class Verdict {
  kGood,
  kAltered,    // something is not what was recorded
  kUndecided,  // nothing is wrong, and something could not be decided
};

// Something that is not what was recorded.
struct Finding {
  store::Seq seq = 0;  // the record; 0: not one record
  std::string what;
};

struct Report {
  Verdict verdict = Verdict::kGood;
  store::FileInfo file;
  std::vector<std::string> warnings;  // of opening the file
  // By seq, those of no record last; at most 100.
  std::vector<Finding> findings;
  std::uint64_t more_findings = 0;     // that are not in there
  std::vector<std::string> undecided;  // what could not be decided, and why
  std::vector<std::string> notes;      // good to know
  store::Seq records = 0;              // looked at
  std::int64_t pruned = 0;             // of them missing because of that
  std::uint64_t bytes = 0;             // of bodies, decoded
  std::uint64_t checkpoints = 0;       // of the file
  // The last record under a checkpoint that was kept elsewhere; 0: not
  // anchored.
  std::int64_t anchored = 0;
};

// Errors: of opening the file; kInvalid of the key.
Result<Report> Verify(const std::string& path, const Options& options);

}  // namespace kubescribe::verify
