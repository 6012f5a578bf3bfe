// Where checkpoints of the logs go besides the databases, so that nobody who
// can write these can rewrite them unnoticed.
#pragma once

#include <string>

#include "base/result.h"

namespace kubescribe::daemon {

// Appends the note and an empty line to the file `sink`, which is made (0600)
// where it is missing, and syncs it; "-" is standard output. kIo, kNoSpace. Any
// thread.
Status AppendCheckpoint(const std::string& sink, const std::string& note);

}  // namespace kubescribe::daemon
