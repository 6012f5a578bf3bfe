// The verifier's Merkle tree (RFC 6962): fed leaf by leaf, it knows its root at
// any moment and shows each node as it becomes final. It shares no code with
// the writer's.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "codec/digest.h"

namespace kubescribe::verify {

using Hash = codec::Sha256Digest;

class Merkle {
 public:
  // Gets each full subtree: `index` counts those of 2^height leaves.
  using Seen =
      std::function<void(int height, std::int64_t index, const Hash& hash)>;

  explicit Merkle(Seen seen = {}) : seen_(std::move(seen)) {}

  // The next leaf, by its hash.
  void Add(const Hash& leaf);
  std::int64_t size() const { return size_; }
  Hash Root();

 private:
  Hash Parent(const Hash& left, const Hash& right);

  Seen seen_;
  codec::Sha256 sha_;
  std::int64_t size_ = 0;
  // One for each bit of size_, the largest subtree first.
  std::vector<Hash> peaks_;
};

}  // namespace kubescribe::verify
