#include "kube/json_scan.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace kubescribe::kube {
namespace {

constexpr std::size_t kBlock = 64;

// Bit i speaks of byte i of a block.
struct Masks {
  std::uint64_t quote = 0;
  std::uint64_t backslash = 0;
  std::uint64_t open = 0;
  std::uint64_t close = 0;
};

// '[' and '{', and ']' and '}', differ in this bit only.
constexpr char kBracketBit = 0x20;

#if defined(__SSE2__)

std::uint64_t Equal(__m128i bytes, char c) {
  return static_cast<std::uint16_t>(
      _mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(c))));
}

Masks Load(const char* block) {
  Masks masks;
  for (unsigned i = 0; i < kBlock; i += 16) {
    const __m128i bytes =
        _mm_loadu_si128(reinterpret_cast<const __m128i*>(block + i));
    const __m128i folded = _mm_or_si128(bytes, _mm_set1_epi8(kBracketBit));
    masks.quote |= Equal(bytes, '"') << i;
    masks.backslash |= Equal(bytes, '\\') << i;
    masks.open |= Equal(folded, '{') << i;
    masks.close |= Equal(folded, '}') << i;
  }
  return masks;
}

#else

Masks Load(const char* block) {
  Masks masks;
  for (unsigned i = 0; i < kBlock; ++i) {
    const char c = block[i];
    const char folded = static_cast<char>(c | kBracketBit);
    masks.quote |= std::uint64_t{c == '"'} << i;
    masks.backslash |= std::uint64_t{c == '\\'} << i;
    masks.open |= std::uint64_t{folded == '{'} << i;
    masks.close |= std::uint64_t{folded == '}'} << i;
  }
  return masks;
}

#endif

// Bit i becomes the parity of the bits up to i.
std::uint64_t PrefixXor(std::uint64_t bits) {
  for (unsigned shift = 1; shift < kBlock; shift *= 2) bits ^= bits << shift;
  return bits;
}

}  // namespace

std::size_t JsonScan::Take(const char* bytes, std::size_t size) {
  std::size_t taken = 0;
  while (taken < size) {
    const std::size_t count = std::min(kBlock, size - taken);
    Masks masks;
    if (count == kBlock) {
      masks = Load(bytes + taken);
    } else {
      std::array<char, kBlock> tail;
      tail.fill(' ');
      std::memcpy(tail.data(), bytes + taken, count);
      masks = Load(tail.data());
    }

    std::uint64_t escaped = escaped_ ? 1 : 0;
    escaped_ = false;
    for (std::uint64_t rest = masks.backslash; rest != 0; rest &= rest - 1) {
      const int at = std::countr_zero(rest);
      if ((escaped >> at & 1) != 0) continue;
      if (static_cast<std::size_t>(at) + 1 == count) {
        escaped_ = true;
      } else {
        escaped |= std::uint64_t{2} << at;
      }
    }

    const std::uint64_t inside = PrefixXor(masks.quote & ~escaped) ^
                                 (in_string_ ? ~std::uint64_t{0} : 0);
    in_string_ = inside >> (kBlock - 1) != 0;
    const std::uint64_t open = masks.open & ~inside;
    const std::uint64_t close = masks.close & ~inside;
    const auto closing = static_cast<std::uint64_t>(std::popcount(close));
    if (depth_ > closing) {
      depth_ += static_cast<std::uint64_t>(std::popcount(open)) - closing;
    } else {
      for (std::uint64_t rest = open | close; rest != 0; rest &= rest - 1) {
        if ((open & rest & (~rest + 1)) != 0) {
          ++depth_;
        } else if (--depth_ == 0) {
          in_string_ = false;
          escaped_ = false;
          return taken + static_cast<std::size_t>(std::countr_zero(rest)) + 1;
        }
      }
    }
    taken += count;
  }
  return size;
}

}  // namespace kubescribe::kube
