// IdSet: a set of row ids, a bit each where ids lie close together. What a
// list of 100 000 objects has shown fits into some 13 KB.
#pragma once

#include <array>
#include <cstdint>
#include <unordered_map>

namespace kubescribe::record {

class IdSet {
 public:
  // REQUIRES: id >= 0.
  void Insert(std::int64_t id) {
    std::uint64_t& word = blocks_[id >> kBlockBits][Word(id)];
    const std::uint64_t bit = std::uint64_t{1} << (id & 63);
    if ((word & bit) == 0) ++size_;
    word |= bit;
  }
  bool Contains(std::int64_t id) const {
    const auto block = blocks_.find(id >> kBlockBits);
    return block != blocks_.end() &&
           ((block->second[Word(id)] >> (id & 63)) & 1) != 0;
  }
  std::int64_t size() const { return size_; }

 private:
  static constexpr int kBlockBits = 12;
  using Block = std::array<std::uint64_t, (1 << kBlockBits) / 64>;

  static std::size_t Word(std::int64_t id) {
    return static_cast<std::size_t>((id >> 6) & ((1 << (kBlockBits - 6)) - 1));
  }

  std::unordered_map<std::int64_t, Block> blocks_;
  std::int64_t size_ = 0;
};

}  // namespace kubescribe::record
