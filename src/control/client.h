// The tool's end of DATA/control.sock (protocol.h).
//
//   auto answer = Ask(data_dir, {.command = "status"}, 2 * kSecond);
//   if (answer) Print(*answer);               // the last line, JSON
//   else if (answer.error().code() == Code::kNotFound) ...  // nobody records
#pragma once

#include <functional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "control/protocol.h"

namespace kubescribe::control {

// Sends one request to the recorder of this data directory and waits for the
// last line of its answer, which it returns; `on_progress` gets each line
// before it. `timeout` is for each line, not for all.
// Errors: kNotFound no recorder is running; kForbidden it is another user's;
// kUnavailable it does not answer in time or hung up; kCorruption the answer
// makes no sense; else what the recorder said. Any thread.
Result<std::string> Ask(
    const std::string& data_dir, const Request& request, Micros timeout,
    const std::function<void(const std::string&)>& on_progress = {});

}  // namespace kubescribe::control
