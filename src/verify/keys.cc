#include "verify/keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "codec/digest.h"

namespace kubescribe::verify {
namespace {

std::string TextOf(const nlohmann::json& detail, const char* key) {
  return detail.is_object() && detail.contains(key) && detail[key].is_string()
             ? detail[key].get<std::string>()
             : "";
}

std::optional<codec::Ed25519Public> KeyOf(const std::string& base64) {
  const auto key = ParsePublicKey(base64);
  return key.ok() ? std::optional(*key) : std::nullopt;
}

}  // namespace

void Keys::Add(store::Seq seq, std::string_view detail, Findings& findings) {
  const auto json =
      nlohmann::json::parse(detail.begin(), detail.end(), nullptr, false);
  const std::string text = TextOf(json, "public");
  const auto key = KeyOf(text);
  if (!key) {
    findings.Altered(seq, "the record names no key");
    return;
  }
  Key next{*key, trusted_ && *trusted_ == *key};
  if (!keys_.empty()) {
    ++line_;
    const std::string before = codec::Base64(keys_.back().key);
    const auto signature =
        codec::Base64Decode(TextOf(json, "signature")).value_or("");
    if (TextOf(json, "before") != before) {
      findings.Altered(seq, "the key before it is another than it says");
    } else if (signature.empty()) {
      findings.Note(fmt::format(
          "the key was replaced with record {}, and the one before it did not "
          "sign that: compare the public keys",
          seq));
    } else if (!codec::Ed25519Verify(
                   keys_.back().key,
                   fmt::format("{}\nkey\n{}\n{}\n", origin_, before, text),
                   codec::AsBytes(signature))) {
      findings.Altered(seq, "the new key is not signed by the one before it");
    } else {
      next.trusted = next.trusted || keys_.back().trusted;
      --line_;
    }
  }
  keys_.push_back(next);
}

Keys::Judged Keys::Judge(const Note& note) const {
  Judged judged;
  if (trusted_ && SignedBy(note, *trusted_)) return {true, true};
  for (const Key& key : keys_) {
    if (!SignedBy(note, key.key)) continue;
    judged.signed_by_known = true;
    judged.signed_by_trusted |= key.trusted;
  }
  return judged;
}

}  // namespace kubescribe::verify
