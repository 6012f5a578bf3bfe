// Redactor: takes secret values out of an object's bytes before anything else
// sees them (reliability.md section 4, "Secrets policy" and "Hash form").
//
// By default every value in a Secret's data and stringData, and its
// last-applied annotation, becomes
//   base64("kfr1:" keyid ":" HMAC-SHA-256-128(K, fields…))
// with each of version, cluster, namespace, name, path and value
// length-prefixed, so that a changed value shows as changed, equal values
// under one name show as equal, and the value itself cannot be guessed without
// the key. All other bytes stay exactly as they came. Further rules name a
// resource and a JSON path.
//
// A string is hashed as the text it stands for, however it was escaped; any
// other value as its bytes.
//
// Fails closed: of a Secret that cannot be read nothing but a stub is kept,
// and one of another shape (data that is no object) is hashed as a whole.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "kube/observation.h"
#include "kube/resource.h"

namespace kubescribe::record {

// 32 bytes in DATA/keys/redaction.key (0400), made at first start.
class RedactionKey {
 public:
  // Reads the key, or makes it (folder 0700, file 0400) when there is none.
  // kInvalid: wrong length, or others may read it (says the chmod to run).
  static Result<RedactionKey> LoadOrCreate(const std::string& keys_dir,
                                           Random& random);
  static RedactionKey FromBytes(std::array<std::uint8_t, 32> bytes);
  // First 8 hex digits of SHA-256 over the key: tells keys apart, no more.
  const std::string& id() const { return id_; }
  const std::array<std::uint8_t, 32>& bytes() const { return bytes_; }

 private:
  std::array<std::uint8_t, 32> bytes_{};
  std::string id_;
};

struct RedactionRule {
  kube::GroupResource resource;
  // A path of keys, "*" for any key or element: "spec.values.*",
  // "spec.containers.*.env.*.value". A dot within a key is written "\\.".
  // Every scalar or subtree there is hashed.
  std::string path;
};

class Redactor {
 public:
  Redactor(RedactionKey key, std::string cluster,
           const std::vector<RedactionRule>& rules);

  // Does this kind hold anything to redact? If not, Redact must not be called
  // and the bytes are recorded as they came.
  bool Concerns(const kube::GroupResource& resource) const;

  // The object's bytes with the values replaced; everything else unchanged to
  // the byte. kInvalid (without content) when it cannot be read.
  Result<std::string> Redact(const kube::GroupResource& resource,
                             const kube::ObjectHead& head,
                             std::string_view object) const;

  // A digest that may be stored: keyed, because of secrets a plain one would
  // be an oracle.
  std::string KeyedDigest(std::string_view plain_digest) const;

  const std::string& key_id() const { return key_.id(); }

 private:
  // The rules of one kind, split into keys.
  struct Rules {
    std::vector<std::vector<std::string>> paths;
    // A scalar where a rule expects something with keys is hashed as well.
    bool strict = false;
  };
  class Splice;

  RedactionKey key_;
  std::string cluster_;
  std::map<kube::GroupResource, Rules> rules_;
};

}  // namespace kubescribe::record
