// The plain answers that most others are made of.
#pragma once

#include <cstddef>
#include <string>

#include "fakes/answer.h"
#include "fakes/status_body.h"

namespace kubescribe::fakes {

// A longer body is begun before its length is known.
inline constexpr std::size_t kKnownLength = 2048;

// Plain text, as where no API object is spoken of.
Answer TextAnswer(int status, std::string body);
Answer JsonAnswer(std::string body, int status = 200);
// A Status with its code, and Retry-After where it says so.
Answer FromStatus(const StatusBody& status);

}  // namespace kubescribe::fakes
