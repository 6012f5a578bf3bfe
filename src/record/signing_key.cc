#include "record/signing_key.h"

#include "record/key_file.h"

namespace kubescribe::record {
namespace {

const KeyFile& SigningKeyFile() {
  static const KeyFile file{"signing.key", "signing key",
                            "nothing then vouches for it"};
  return file;
}

}  // namespace

Result<SigningKeys> SigningKeys::LoadOrCreate(const std::string& keys_dir,
                                              Random& random) {
  const auto key = LoadOrCreateKey(keys_dir, SigningKeyFile(), random);
  if (!key.ok()) return key.error();
  return Load(keys_dir);
}

Result<SigningKeys> SigningKeys::Load(const std::string& keys_dir) {
  static const KeyFile old_file{"signing.key.old", "old signing key", ""};
  const auto key = LoadKey(keys_dir, SigningKeyFile());
  if (!key.ok()) return key.error();
  const auto old = LoadKey(keys_dir, old_file);
  if (!old.ok()) return old.error();
  SigningKeys keys;
  if (*key) keys.key = codec::Ed25519Key::FromSeed(**key);
  if (*old) keys.old = codec::Ed25519Key::FromSeed(**old);
  return keys;
}

}  // namespace kubescribe::record
