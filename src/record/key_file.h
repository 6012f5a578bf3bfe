// The files of DATA/keys: 32 secret bytes each, read if they are there and
// private, made if they are not.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "base/random.h"
#include "base/result.h"

namespace kubescribe::record {

using KeyBytes = std::array<std::uint8_t, 32>;

struct KeyFile {
  std::string name;       // of the file
  std::string title;      // in messages: "redaction key"
  std::string when_lost;  // what a new one in its place means
};

// Makes the folder (0700) and the file (0400) where they are missing. kInvalid:
// wrong length, or others may read it (says the chmod to run).
Result<KeyBytes> LoadOrCreateKey(const std::string& keys_dir,
                                 const KeyFile& file, Random& random);
// The same without making anything; none: there is no such file.
Result<std::optional<KeyBytes>> LoadKey(const std::string& keys_dir,
                                        const KeyFile& file);

}  // namespace kubescribe::record
