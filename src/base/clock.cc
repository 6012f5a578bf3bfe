#include "base/clock.h"

#include <chrono>

#include "base/test_switches.h"

namespace kubescribe {
namespace {

class RealClock final : public Clock {
 public:
  Micros Wall() const override {
    if (const auto fixed = FixedNow()) return *fixed;
    return std::chrono::duration_cast<std::chrono::microseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
  }
  Micros Mono() const override {
    return std::chrono::duration_cast<std::chrono::microseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
  }
};

}  // namespace

const Clock& SystemClock() {
  static const RealClock clock;
  return clock;
}

}  // namespace kubescribe
