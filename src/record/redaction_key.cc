#include "codec/digest.h"
#include "record/key_file.h"
#include "record/redact.h"

namespace kubescribe::record {

Result<RedactionKey> RedactionKey::LoadOrCreate(const std::string& keys_dir,
                                                Random& random) {
  static const KeyFile file{"redaction.key", "redaction key",
                            "values hashed with the old one then show as "
                            "changed"};
  const Result<KeyBytes> bytes = LoadOrCreateKey(keys_dir, file, random);
  if (!bytes.ok()) return bytes.error();
  return FromBytes(*bytes);
}

RedactionKey RedactionKey::FromBytes(std::array<std::uint8_t, 32> bytes) {
  RedactionKey key;
  key.bytes_ = bytes;
  key.id_ = codec::Hex(codec::Sha256Of(codec::AsText(bytes))).substr(0, 8);
  return key;
}

}  // namespace kubescribe::record
