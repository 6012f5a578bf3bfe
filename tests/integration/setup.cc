#include "integration/setup.h"

#include <cstdlib>
#include <iostream>

namespace kubescribe::integration {

std::uint64_t TestSeed(std::uint64_t fallback) {
  const char* text = std::getenv("KUBESCRIBE_SEED");
  const std::uint64_t seed =
      text == nullptr ? fallback : std::strtoull(text, nullptr, 10);
  std::cout << "KUBESCRIBE_SEED=" << seed << std::endl;
  return seed;
}

std::size_t Scaled(std::size_t n) {
  const char* text = std::getenv("KUBESCRIBE_TEST_SCALE");
  if (text == nullptr) return n;
  const double scaled = std::strtod(text, nullptr) * static_cast<double>(n);
  return scaled < 1 ? 1 : static_cast<std::size_t>(scaled);
}

void Die(const std::string& what) {
  std::cerr << "test set-up: " << what << std::endl;
  std::abort();
}

}  // namespace kubescribe::integration
