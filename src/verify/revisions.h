// Rows of `revision` as the verifier reads them: by schema/formats/log.md and
// the schema, packed (schema/007-packed.sql) or not. Private to verify.
//
//   Revisions revisions(db, info.schema_version, after, to);
//   for (bool more = revisions.Step(); more; more = revisions.Step()) {
//     use(revisions.row());
//   }
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "store/db.h"
#include "store/types.h"

namespace kubescribe::verify {

// By revision.event: Deleted, Vanished, Left.
inline bool IsGone(std::int64_t event) {
  return event == 3 || event == 6 || event == 7;
}

// The columns, whatever stands in them.
struct RevisionRow {
  store::Seq seq = 0;
  std::int64_t object = 0;
  std::int64_t stream = 0;
  std::int64_t epoch = 0;
  std::int64_t event = 0;
  std::int64_t source = 0;
  std::int64_t evidence = 0;
  std::int64_t late = 0;
  std::int64_t body_kind = 0;
  Micros recorded_at = 0;
  Micros changed_at = 0;
  std::optional<Micros> not_before;
  std::string_view rv;
  std::string_view list_rv;
  std::string_view api_version;
  std::string_view salt;  // "": NULL
};

// In order of seq, those after `after` up to `to`.
class Revisions {
 public:
  // Of a file of this schema.
  Revisions(store::Db& db, int schema_version, store::Seq after, store::Seq to);

  // False: there is no other one.
  bool Step();
  // Its texts are valid until the next Step.
  const RevisionRow& row() const { return row_; }

 private:
  void ReadPacked();
  void ReadPlain();

  const bool packed_;
  store::Query rows_;
  RevisionRow row_;
  std::array<char, 20> digits_{};  // of a rv that is a number
};

}  // namespace kubescribe::verify
