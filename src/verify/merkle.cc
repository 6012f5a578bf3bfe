#include "verify/merkle.h"

namespace kubescribe::verify {

Hash Merkle::Parent(const Hash& left, const Hash& right) {
  sha_.Update(std::string_view("\x01", 1));
  sha_.Update(std::span<const std::uint8_t>(left));
  sha_.Update(std::span<const std::uint8_t>(right));
  return sha_.Finish();
}

void Merkle::Add(const Hash& leaf) {
  Hash node = leaf;
  int height = 0;
  if (seen_) seen_(0, size_, node);
  // A subtree is full where the bit below was set: as a number is counted up.
  for (std::int64_t rest = size_; (rest & 1) != 0; rest >>= 1) {
    node = Parent(peaks_.back(), node);
    peaks_.pop_back();
    ++height;
    if (seen_) seen_(height, size_ >> height, node);
  }
  peaks_.push_back(node);
  ++size_;
}

Hash Merkle::Root() {
  if (peaks_.empty()) return codec::Sha256Of("");
  Hash root = peaks_.back();
  for (auto peak = peaks_.rbegin() + 1; peak != peaks_.rend(); ++peak) {
    root = Parent(*peak, root);
  }
  return root;
}

}  // namespace kubescribe::verify
