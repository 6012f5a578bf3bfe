// What a file may lack because it was pruned: cuts and totals as the records
// `prune` and `pruned` have them (schema/formats/records.md), which the log
// covers as any other. Private to verify.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "store/db.h"
#include "verify/findings.h"

namespace kubescribe::verify {

class Prunes {
 public:
  // Forgets what was loaded before.
  void Load(store::Db& db);

  // A record that is missing can have been pruned.
  bool MayLack(store::Seq seq) const;
  // A discovery that has no payload can have been pruned of it.
  bool MayLackPayload(store::Seq seq) const;

  // `missing`: records that are, and MayLack. Neither more nor fewer than the
  // prunes say that they took.
  void CheckTotal(std::int64_t missing, Findings& findings) const;
  // The tables that answers come from say what the records say.
  void CheckTables(store::Db& db, Findings& findings) const;

 private:
  struct Prune {
    std::optional<Micros> before;
    store::Seq cut = 0;  // records up to it
    std::optional<std::int64_t> keep;
    bool all_kinds = false;
    std::optional<std::int64_t> took;  // none: it was not carried to its end
  };
  std::map<store::Seq, Prune> prunes_;  // by the record's seq
};

}  // namespace kubescribe::verify
