#include "verify/revisions.h"

#include <charconv>

namespace kubescribe::verify {
namespace {

constexpr int kFirstPacked = 7;  // schema/007-packed.sql
// recorded_packed counts from here: 2029 begins.
constexpr Micros kPackedTimeBase = 1'861'920'000 * kSecond;

// The columns that are computed from these cost a tenth of a verification where
// SQLite does it.
constexpr const char* kPacked =
    "SELECT seq, object_id, stream_id, epoch, list_rv, api_version, salt, "
    "traits, rv_packed, recorded_packed, changed_lag, not_before_lag "
    "FROM revision WHERE seq > ? AND seq <= ? ORDER BY seq";
constexpr const char* kPlain =
    "SELECT seq, object_id, stream_id, epoch, list_rv, api_version, salt, "
    "event, source, evidence, late, body_kind, rv, recorded_at, changed_at, "
    "not_before FROM revision WHERE seq > ? AND seq <= ? ORDER BY seq";

// Whatever stands in the file.
Micros Minus(Micros at, std::int64_t lag) {
  return static_cast<Micros>(static_cast<std::uint64_t>(at) -
                             static_cast<std::uint64_t>(lag));
}

}  // namespace

Revisions::Revisions(store::Db& db, int schema_version, store::Seq after,
                     store::Seq to)
    : packed_(schema_version >= kFirstPacked),
      rows_(db, packed_ ? kPacked : kPlain) {
  rows_.Bind(after, to);
}

bool Revisions::Step() {
  if (!rows_.Step()) return false;
  row_.seq = rows_.Int(0);
  row_.object = rows_.Int(1);
  row_.stream = rows_.Int(2);
  row_.epoch = rows_.Int(3);
  row_.list_rv = rows_.Blob(4);
  row_.api_version = rows_.Blob(5);
  row_.salt = rows_.Blob(6);
  if (packed_) {
    ReadPacked();
  } else {
    ReadPlain();
  }
  return true;
}

void Revisions::ReadPacked() {
  const std::int64_t traits = rows_.Int(7);
  row_.event = (traits & 7) + 1;
  row_.source = (traits >> 3 & 3) + 1;
  row_.evidence = (traits >> 5 & 3) + 1;
  row_.late = traits >> 7 & 1;
  row_.body_kind = (traits >> 8) + 1;
  if (rows_.IsInt(8)) {
    const auto end =
        std::to_chars(digits_.data(), digits_.data() + digits_.size(),
                      rows_.Int(8))
            .ptr;
    row_.rv = {digits_.data(), end};
  } else {
    row_.rv = rows_.Blob(8);
  }
  row_.recorded_at = Minus(rows_.Int(9), -kPackedTimeBase);
  row_.changed_at = Minus(row_.recorded_at, rows_.Int(10));
  row_.not_before.reset();
  if (!rows_.IsNull(11))
    row_.not_before = Minus(row_.recorded_at, rows_.Int(11));
}

void Revisions::ReadPlain() {
  row_.event = rows_.Int(7);
  row_.source = rows_.Int(8);
  row_.evidence = rows_.Int(9);
  row_.late = rows_.Int(10);
  row_.body_kind = rows_.Int(11);
  row_.rv = rows_.Blob(12);
  row_.recorded_at = rows_.Int(13);
  row_.changed_at = rows_.Int(14);
  row_.not_before = rows_.OptionalInt(15);
}

}  // namespace kubescribe::verify
