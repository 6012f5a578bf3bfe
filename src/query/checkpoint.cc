#include "query/checkpoint.h"

#include <algorithm>
#include <utility>

#include "store/checkpoint.h"
#include "store/reader.h"

namespace kubescribe::query {
namespace {

Error NothingSigned(const std::string& path) {
  return Error(Code::kNotFound,
               path +
                   ": nothing is signed yet: a recorder does so every few "
                   "minutes, and when it is stopped");
}

}  // namespace

Result<std::string> NewestCheckpoint(const std::string& path) {
  const auto reader = store::Reader::Open(path);
  if (!reader.ok()) return reader.error();
  auto newest = (*reader)->NewestCheckpoint();
  if (!newest.ok()) return newest.error();
  if (!*newest) return NothingSigned(path);
  return std::move((*newest)->note);
}

Result<std::string> LogPublicKey(const std::string& path) {
  const auto reader = store::Reader::Open(path);
  if (!reader.ok()) return reader.error();
  const auto record = (*reader)->NewestRecord("key");
  if (!record.ok()) return record.error();
  if (!*record) return NothingSigned(path);
  const auto bytes = codec::Base64Decode(store::PublicKeyIn((*record)->detail));
  codec::Ed25519Public key{};
  if (!bytes || bytes->size() != key.size()) {
    return Error(Code::kCorruption,
                 path + ": its record " + std::to_string((*record)->seq) +
                     " names no key: run `kubescribe verify`");
  }
  std::copy(bytes->begin(), bytes->end(), key.begin());
  return store::VerifierKey(store::LogOrigin((*reader)->info().file_id), key) +
         "\n";
}

}  // namespace kubescribe::query
