// Replaying recorded watch lines into a State.
#pragma once

#include <string>

#include "base/result.h"
#include "fakes/state.h"

namespace kubescribe::fakes {

// Lines of {"type","object"}; `rate` of them a second, 0: without a pause. The
// state gives RVs and uids of its own. kIo when the file cannot be read,
// kInvalid (after the whole file) when lines could not be applied.
Status ReplayFile(const std::string& path, double rate, State& state,
                  const Clock& clock);

}  // namespace kubescribe::fakes
