// Doubts: does the table `doubt` say of which times it is not certain what was,
// no less and no more than the records do? Private to verify.
//
//   doubts.Add(stream, from, to);   // of each record, in order of seq
//   doubts.AddPruned(...);          // what it says of records that are gone
//   doubts.Check(snapshot, findings);
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "verify/findings.h"
#include "verify/snapshot.h"

namespace kubescribe::verify {

// Times of one stream; those that touch are one.
class Times {
 public:
  void Add(Micros from, Micros to);
  // Adds those of [from, to) that are not among these to `rest`.
  void Without(Micros from, Micros to, Times& rest) const;
  // Begins with their ends.
  const std::map<Micros, Micros>& all() const { return times_; }

 private:
  std::map<Micros, Micros> times_;
};

class Doubts {
 public:
  // `stream` 0: all of them.
  void Add(std::int64_t stream, Micros from, Micros to) {
    needed_[stream].Add(from, to);
  }
  // The records `prune`, `pruned` and `import`: their `detail`, and
  // what it says is in the payload. What cannot be read there is a finding.
  void AddPrune() { ++prunes_; }
  void AddPruned(const nlohmann::json& detail, std::string_view payload,
                 store::Seq seq, Findings& findings);
  void AddImport(const nlohmann::json& detail, std::string_view payload,
                 store::Seq seq, Findings& findings);

  // After the last record. That there is none too much is not looked at while
  // somebody records, where a prune is under way, and behind one whose end
  // tells of no doubts (of earlier programs).
  void Check(Snapshot& snapshot, Findings& findings) const;

 private:
  // Group, resource, namespace, label selector, field selector.
  using Names = std::array<std::string, 5>;
  // The rows that a record has in its payload.
  void Tell(std::string_view payload, store::Seq seq, Findings& findings);
  // What was told too, by the ids of streams.
  std::map<std::int64_t, Times> Needed(store::Db& db, Findings& findings) const;

  std::map<std::int64_t, Times> needed_;
  std::map<Names, Times> told_;
  Times told_of_all_;
  std::int64_t prunes_ = 0;  // that are under way
  // Nothing that a doubt rests on is gone untold.
  bool complete_ = true;
};

}  // namespace kubescribe::verify
