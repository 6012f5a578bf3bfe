// The verifier's way to the salts of revisions (schema/formats/log.md), which
// shares no code with the writer's. Private to verify.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "verify/snapshot.h"

namespace kubescribe::verify {

class Salts {
 public:
  static constexpr std::size_t kSize = 16;

  explicit Salts(Snapshot& snapshot) : snapshot_(snapshot) {}

  // `stored`: as in the row. Valid until the next call; not of kSize: it has
  // none, and nothing to make one of.
  std::string_view Of(store::Seq seq, std::string_view stored);
  // The snapshot is another one.
  void Forget() { place_ = -1; }

 private:
  Snapshot& snapshot_;
  std::int64_t place_ = -1;  // of the seed; -1: none was read
  // The seed, and the number behind it; empty where there is none of 32 bytes.
  std::string seed_;
  std::array<std::uint8_t, 32> digest_{};
};

}  // namespace kubescribe::verify
