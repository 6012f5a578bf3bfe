// The key that the logs' checkpoints are signed with: DATA/keys/signing.key
// (0400), made at first start.
//
// To replace it, stop the recorder, rename the file to signing.key.old and
// start: a new one is made, and the old one vouches for it with a record in
// each file that is recorded from then on. Without the old one the new key is
// recorded all the same, and `kubescribe verify` says that nothing vouches for
// it.
#pragma once

#include <memory>
#include <string>

#include "base/random.h"
#include "base/result.h"
#include "codec/ed25519.h"

namespace kubescribe::record {

struct SigningKeys {
  std::shared_ptr<const codec::Ed25519Key> key;  // null: nothing is signed
  std::shared_ptr<const codec::Ed25519Key> old;  // null: there is none

  // Errors as those of key_file.h.
  static Result<SigningKeys> LoadOrCreate(const std::string& keys_dir,
                                          Random& random);
  // The same without making anything: `key` is null where there is none.
  static Result<SigningKeys> Load(const std::string& keys_dir);
};

}  // namespace kubescribe::record
