// ReadFile: a small file, or standard input, as a whole.
#pragma once

#include <cstddef>
#include <string>

#include "base/result.h"

namespace kubescribe {

// Does not wait for a FIFO's writer. kNotFound: there is none; kIo: it cannot
// be read; kInvalid: it is larger than `max_bytes`.
Result<std::string> ReadFile(const std::string& path, std::size_t max_bytes);

// Standard input to its end, which it waits for. Errors as above, but for
// kNotFound.
Result<std::string> ReadStandardInput(std::size_t max_bytes);

}  // namespace kubescribe
