// What the integration tests take from their surroundings.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace kubescribe::integration {

// A seed of the test run: KUBESCRIBE_SEED, else `fallback`; printed once.
std::uint64_t TestSeed(std::uint64_t fallback);
// `n` scaled by KUBESCRIBE_TEST_SCALE (default 1), at least 1.
std::size_t Scaled(std::size_t n);
// Ends the test program: what a test needs cannot be had.
[[noreturn]] void Die(const std::string& what);

}  // namespace kubescribe::integration
