// What a file may lack because it was pruned: cuts and ends as the records
// `prune` and `pruned` have them (schema/formats/records.md), which the log
// covers as any other. Private to verify.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "store/db.h"
#include "verify/findings.h"

namespace kubescribe::verify {

class Prunes {
 public:
  // Forgets what was loaded before.
  void Load(store::Db& db);
  // Another one than before: something was pruned in between.
  const std::string& state() const { return state_; }

  // A record that is missing can have been pruned.
  bool MayLack(store::Seq seq) const;
  // Up to where the newest end of a prune says what is left.
  store::Seq kept_up_to() const { return kept_up_to_; }

  // `kept`: the hash of the seqs of the revisions up to kept_up_to. `missing`:
  // how many records are, which can all have been pruned.
  void CheckKept(const std::string& kept, std::int64_t missing,
                 Findings& findings) const;
  // The table that answers come from says what the records say.
  void CheckTable(store::Db& db, Findings& findings) const;
  // Of what is not known any more, the tables say what the newest end of a
  // prune does; not while another one is under way. REQUIRES: a schema that has
  // them.
  void CheckCuts(store::Db& db, Findings& findings) const;
  // Is what was pruned under the newest checkpoint that was kept elsewhere, or
  // under one of the file that is as good, `vouched`?
  void CheckAnchored(std::int64_t anchored, std::int64_t vouched,
                     Findings& findings) const;

 private:
  struct Prune {
    std::optional<Micros> before;
    store::Seq cut = 0;  // records up to it
    std::optional<std::int64_t> keep;
    std::string reason;
    bool all_kinds = false;
    std::optional<std::int64_t> took;  // none: it was not carried to its end
    store::Seq end = 0;                // the record that says so
  };
  // All were carried to their ends.
  bool ended() const;

  std::map<store::Seq, Prune> prunes_;  // by the record's seq
  store::Seq kept_up_to_ = 0;
  std::string kept_;
  std::string cuts_;  // empty: written before ends said so
  std::string state_;
};

}  // namespace kubescribe::verify
