// The verifier's decoder of leaves: from a row, by schema/formats/log.md alone,
// to its hash. It shares no code with the writer's.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "store/db.h"
#include "verify/merkle.h"

namespace kubescribe::verify {

// Group, resource, namespace, label selector, field selector.
using StreamTexts = std::array<std::string, 5>;

// Which columns LeafOfRevision reads, in this order, from
// `revision v … object o … resource k`.
inline constexpr const char* kRevisionLeafColumns =
    "v.seq, v.epoch, v.event, v.source, v.evidence, v.late, v.body_kind, "
    "v.recorded_at, v.changed_at, v.not_before, v.rv, v.list_rv, "
    "v.api_version, k.api_group, k.resource, o.namespace, o.name, o.uid, "
    "v.salt, v.stream_id";
// The same of `record`.
inline constexpr const char* kRecordLeafColumns =
    "seq, recorded_at, kind, detail, salt, stream_id";

// By revision.event: Deleted, Vanished, Left.
inline bool IsGone(std::int64_t event) {
  return event == 3 || event == 6 || event == 7;
}

class Leaves {
 public:
  Hash OfRevision(const store::Query& row, const StreamTexts& stream,
                  std::string_view body);
  // `stream` null: of the whole file.
  Hash OfRecord(const store::Query& row, const StreamTexts* stream,
                std::string_view payload);

 private:
  void Begin(char kind);
  void Int(std::int64_t value);
  void Bytes(std::string_view bytes);
  Hash End(std::string_view salt, std::string_view body);

  std::string text_;
  codec::Sha256 sha_;
};

}  // namespace kubescribe::verify
