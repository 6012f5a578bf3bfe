// What rows have in packed form (schema/007-packed.sql) and the program as
// numbers and texts. Private to store.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <variant>

#include "base/clock.h"
#include "store/types.h"

namespace kubescribe::store {

// revision.traits.
std::int64_t PackTraits(Event event, Source source, Evidence evidence,
                        bool late, BodyKind body_kind);

// revision.rv_packed, object.rv_packed: a number where the text is what that
// number reads as. A text is not copied.
using PackedRv = std::variant<std::int64_t, std::string_view>;
PackedRv PackRv(std::string_view rv);

// object.uid_packed: the bytes of a UUID in the form that Kubernetes gives
// (lower case, 8-4-4-4-12), or another text as it is. It is not copied.
using UidBytes = std::array<std::uint8_t, 16>;
using PackedUid = std::variant<UidBytes, std::string_view>;
PackedUid PackUid(std::string_view uid);

// revision.recorded_packed, object.recorded_packed: since 2029 begins.
inline constexpr Micros kPackedTimeBase = 1'861'920'000 * kSecond;
inline std::int64_t PackTime(Micros at) { return at - kPackedTimeBase; }

}  // namespace kubescribe::store
