#include "record/signing_key.h"

#include "record/key_file.h"

namespace kubescribe::record {

Result<SigningKeys> SigningKeys::LoadOrCreate(const std::string& keys_dir,
                                              Random& random) {
  static const KeyFile file{"signing.key", "signing key",
                            "nothing then vouches for it"};
  static const KeyFile old_file{"signing.key.old", "old signing key", ""};
  const auto key = LoadOrCreateKey(keys_dir, file, random);
  if (!key.ok()) return key.error();
  const auto old = LoadKey(keys_dir, old_file);
  if (!old.ok()) return old.error();
  SigningKeys keys;
  keys.key = codec::Ed25519Key::FromSeed(*key);
  if (*old) keys.old = codec::Ed25519Key::FromSeed(**old);
  return keys;
}

}  // namespace kubescribe::record
