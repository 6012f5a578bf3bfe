// Sick answers: what is sent in place of a whole answer by the faults that are
// none of the API's own errors (those are in api.cc).
#pragma once

#include <cstdint>
#include <optional>

#include "fakes/answer.h"
#include "fakes/faults.h"

namespace kubescribe::fakes {

// Nothing for a fault that is not made here. `rv` is the counter.
std::optional<Answer> MakeSickAnswer(const Fault& fault, const Request& request,
                                     std::uint64_t rv);

// Whether the right answer is made, and the fault then changes it.
bool ChangesAnswer(const Fault& fault);
void ChangeRequest(const Fault& fault, Request& request);
void ChangeAnswer(const Fault& fault, Answer& answer);

}  // namespace kubescribe::fakes
