// The keys that a file's log was signed with, one after the other, and which of
// them are trusted. Private to verify.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "verify/findings.h"
#include "verify/note.h"

namespace kubescribe::verify {

class Keys {
 public:
  // `trusted`: none is to be trusted more than the file's.
  Keys(std::string origin, std::optional<codec::Ed25519Public> trusted)
      : origin_(std::move(origin)), trusted_(trusted) {}

  // The records `key`, in order of seq.
  void Add(store::Seq seq, std::string_view detail, Findings& findings);

  // The key in force; none yet.
  const codec::Ed25519Public* current() const {
    return keys_.empty() ? nullptr : &keys_.back().key;
  }
  // Is the key in force the trusted one, or vouched for by it?
  bool current_is_trusted() const {
    return !trusted_ || (!keys_.empty() && keys_.back().trusted);
  }
  // Counts the keys that followed one that did not vouch for them: what one key
  // of a line signed is worth what another did.
  int line() const { return line_; }
  // Has any key that is trusted signed the note? `known`: any of the file's or
  // the trusted one's did, or could have.
  struct Judged {
    bool signed_by_trusted = false;
    bool signed_by_known = false;
  };
  Judged Judge(const Note& note) const;

 private:
  struct Key {
    codec::Ed25519Public key{};
    bool trusted = false;
  };
  const std::string origin_;
  const std::optional<codec::Ed25519Public> trusted_;
  std::vector<Key> keys_;
  int line_ = 0;
};

}  // namespace kubescribe::verify
