// What the real server checks of the options of lists and watches before it
// looks at anything else.
#pragma once

#include <optional>
#include <string>

#include "fakes/answer.h"
#include "fakes/status_body.h"

namespace kubescribe::fakes {

// A boolean parameter: absent, "false" and "0" are false, all else is true.
bool IsTrue(const Request& request, const char* name);

// 400 when limit or timeoutSeconds is given and no number.
std::optional<StatusBody> CheckNumbers(const Request& request);

// Whether an Accept header takes JSON as it is.
bool AcceptsJson(const std::string& accept);

// 422 with every violation of the rules, or nothing.
std::optional<StatusBody> CheckListOptions(const Request& request);
std::optional<StatusBody> CheckWatchOptions(const Request& request,
                                            bool watch_list);

}  // namespace kubescribe::fakes
