// What a verification collects. Private to verify.
#pragma once

#include <string>
#include <utility>

#include "verify/verify.h"

namespace kubescribe::verify {

class Findings {
 public:
  explicit Findings(Report& report) : report_(report) {}

  // `seq` 0: not one record.
  void Altered(store::Seq seq, std::string what) {
    constexpr std::size_t kMost = 100;
    report_.verdict = Verdict::kAltered;
    if (report_.findings.size() < kMost) {
      report_.findings.push_back({seq, std::move(what)});
    } else {
      ++report_.more_findings;
    }
  }
  void Undecided(std::string why) {
    if (report_.verdict == Verdict::kGood) {
      report_.verdict = Verdict::kUndecided;
    }
    report_.undecided.push_back(std::move(why));
  }
  void Note(std::string note) { report_.notes.push_back(std::move(note)); }

 private:
  Report& report_;
};

}  // namespace kubescribe::verify
