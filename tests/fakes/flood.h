// Flood: bytes without end, or nearly so, that are made while they are sent and
// never held in memory.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "fakes/answer.h"

namespace kubescribe::fakes {

// What "endless" is when nobody says how much.
inline constexpr std::size_t kEndless = std::size_t{1} << 30;

// `head`, then `unit` again and again for about `size` bytes, then `tail`.
class Flood final : public StepSource {
 public:
  Flood(std::string head, const std::string& unit, std::size_t size,
        std::string tail);
  Step Next(Micros now) override;

 private:
  std::string head_;
  std::string batch_;  // of whole units
  std::size_t left_;
  std::string tail_;
};

// One gzip stream: `head`, spaces, `tail`; about `size` bytes when inflated and
// a thousandth of that as it is sent.
std::unique_ptr<StepSource> GzipBomb(const std::string& head, std::size_t size,
                                     const std::string& tail);

}  // namespace kubescribe::fakes
