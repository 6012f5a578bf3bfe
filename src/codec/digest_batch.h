// Sha256Batch: SHA-256 of many texts at once.
//
//   Sha256Batch batch;
//   batch.Add(one);
//   batch.Add(another);
//   for (const Sha256Digest& digest : batch.Finish()) use(digest);
//
// Each round of a digest waits for the one before, so a processor with
// instructions for SHA works on two texts in hardly more time than on one.
// libipsec_mb does that, where there is such a processor and the build found
// the library; elsewhere OpenSSL takes one after the other. The digests are the
// same.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "codec/digest.h"

namespace kubescribe::codec {

// One thread.
class Sha256Batch {
 public:
  Sha256Batch();
  ~Sha256Batch();
  Sha256Batch(const Sha256Batch&) = delete;
  Sha256Batch& operator=(const Sha256Batch&) = delete;

  // REQUIRES: `text` lives until Finish.
  void Add(std::string_view text) { texts_.push_back(text); }
  // Of all that were added since the last time, in that order. Valid until the
  // next call.
  std::span<const Sha256Digest> Finish();

 private:
  struct Pairs;

  std::unique_ptr<Pairs> pairs_;  // null: one after the other
  std::vector<std::string_view> texts_;
  std::vector<Sha256Digest> digests_;
};

}  // namespace kubescribe::codec
