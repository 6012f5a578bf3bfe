// What the recorder vouches for: the newest checkpoint of a file's log, and the
// key that it is signed with (schema/formats/log.md).
#pragma once

#include <string>

#include "base/result.h"

namespace kubescribe::query {

// The signed note, as it is. kNotFound: there is none yet.
Result<std::string> NewestCheckpoint(const std::string& path);

// The newest public key, as C2SP writes it (NAME+ID+BASE64), and a line break.
// kNotFound: nothing was signed yet.
Result<std::string> LogPublicKey(const std::string& path);

}  // namespace kubescribe::query
