#include "base/random.h"

#include <sys/random.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace kubescribe {
namespace {

class OsRandom final : public Random {
 public:
  void Fill(std::span<std::uint8_t> out) override {
    while (!out.empty()) {
      const ssize_t got = getrandom(out.data(), out.size(), 0);
      if (got < 0) {
        if (errno == EINTR) continue;
        std::abort();
      }
      out = out.subspan(static_cast<std::size_t>(got));
    }
  }
};

}  // namespace

std::uint64_t Random::Below(std::uint64_t bound) {
  // Rejection keeps it uniform; the loop ends after two rounds on average.
  const std::uint64_t limit = ~std::uint64_t{0} - (~std::uint64_t{0} % bound);
  for (;;) {
    std::array<std::uint8_t, 8> bytes{};
    Fill(bytes);
    std::uint64_t value = 0;
    std::memcpy(&value, bytes.data(), bytes.size());
    if (value < limit) return value % bound;
  }
}

double Random::Fraction() {
  constexpr std::uint64_t kSteps = std::uint64_t{1} << 53;
  return static_cast<double>(Below(kSteps)) / static_cast<double>(kSteps);
}

Random& SystemRandom() {
  static OsRandom random;
  return random;
}

std::uint64_t SeededRandom::Next() {
  state_ += 0x9e3779b97f4a7c15ULL;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

void SeededRandom::Fill(std::span<std::uint8_t> out) {
  while (!out.empty()) {
    const std::uint64_t value = Next();
    const std::size_t n = out.size() < 8 ? out.size() : 8;
    std::memcpy(out.data(), &value, n);
    out = out.subspan(n);
  }
}

}  // namespace kubescribe
