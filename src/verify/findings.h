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
  // What was found beside, in a report of its own.
  void Take(Report&& other) {
    for (Finding& finding : other.findings) {
      Altered(finding.seq, std::move(finding.what));
    }
    report_.more_findings += other.more_findings;
    for (std::string& why : other.undecided) Undecided(std::move(why));
    for (std::string& note : other.notes) Note(std::move(note));
  }
  void Note(std::string note) { report_.notes.push_back(std::move(note)); }

 private:
  Report& report_;
};

}  // namespace kubescribe::verify
