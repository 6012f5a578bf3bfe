// Random: the only way to randomness, so that a whole recorder can run from a
// seed. Salts and keys come from it too: production passes SystemRandom().
#pragma once

#include <cstdint>
#include <span>

namespace kubescribe {

class Random {
 public:
  virtual ~Random() = default;
  // Fills `out`. Any thread. Cannot fail: the process ends when the operating
  // system has no randomness to give.
  virtual void Fill(std::span<std::uint8_t> out) = 0;

  // Uniform in [0, bound). REQUIRES: bound > 0.
  std::uint64_t Below(std::uint64_t bound);
  // Uniform in [0, 1).
  double Fraction();
};

// The operating system's generator. Never destroyed; any thread.
Random& SystemRandom();

// Repeatable from its seed (splitmix64): tests, the simulated cluster. One
// thread.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  void Fill(std::span<std::uint8_t> out) override;
  std::uint64_t Next();

 private:
  std::uint64_t state_;
};

}  // namespace kubescribe
