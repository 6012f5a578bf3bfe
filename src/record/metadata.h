// The level `metadata`: who and when of an object, without its content.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace kubescribe::record {

// The object's apiVersion, kind and metadata, in the order and with the bytes
// they came in; an object that has more of them has each. A PartialObjectMeta-
// data comes out as it went in. The annotation that kubectl apply leaves, a
// copy of the whole object, is left out. kInvalid (without content) when the
// object cannot be read. Any thread.
Result<std::string> StripToMetadata(std::string_view object);

}  // namespace kubescribe::record
