// Replaying recorded watch lines into a State.
#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "fakes/state.h"

namespace kubescribe::fakes {

// Lines of {"type","object"}; `rate` of them a second, 0: without a pause. The
// state gives RVs and uids of its own; the rest of an object that a server
// wrote stays as it is, and what else is given is completed as Apply does.
// Lines that cannot be applied are counted and passed over; the first bad one
// is named on stderr when it is met. kIo when the file cannot be read. `wait`
// waits so long, and is asked before each line; it says whether to go on.
Result<Replayed> ReplayFile(const std::string& path, double rate, State& state,
                            const Clock& clock,
                            const std::function<bool(Micros)>& wait);

}  // namespace kubescribe::fakes
