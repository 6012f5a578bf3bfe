#include "base/test_switches.h"

#ifdef KUBESCRIBE_TEST_SWITCHES

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <string>

namespace kubescribe {
namespace {

struct Switches {
  std::string point;  // "": none
  long nth = 0;
  int log = -1;
  int mutant = 0;

  Switches() {
    if (const char* at = std::getenv("KUBESCRIBE_KILL_AT")) {
      const std::string text = at;
      const std::size_t colon = text.rfind(':');
      point = text.substr(0, colon);
      nth = colon == std::string::npos
                ? 1
                : std::strtol(text.c_str() + colon + 1, nullptr, 10);
    }
    if (const char* file = std::getenv("KUBESCRIBE_KILL_LOG")) {
      log = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    }
    if (const char* number = std::getenv("KUBESCRIBE_MUTANT")) {
      mutant = static_cast<int>(std::strtol(number, nullptr, 10));
    }
  }
};

Switches& TheSwitches() {
  static Switches switches;
  return switches;
}

std::atomic<long> reached{0};

}  // namespace

void ReachKillPoint(const char* name) {
  const Switches& switches = TheSwitches();
  if (switches.log >= 0) {
    const std::string line = std::string(name) + "\n";
    // A lost line only makes the test know one point less.
    if (write(switches.log, line.data(), line.size()) < 0) return;
  }
  if (switches.point != "*" && switches.point != name) return;
  if (reached.fetch_add(1) + 1 == switches.nth) kill(getpid(), SIGKILL);
}

void RereadTestSwitches() {
  TheSwitches() = Switches();
  reached = 0;
}

std::optional<Micros> FixedNow() {
  static const std::optional<Micros> now = []() -> std::optional<Micros> {
    const char* text = std::getenv("KUBESCRIBE_NOW");
    if (text == nullptr) return std::nullopt;
    return std::strtoll(text, nullptr, 10);
  }();
  return now;
}

bool Mutant(int number) { return TheSwitches().mutant == number; }

}  // namespace kubescribe

#endif
