// The program's log, over spdlog: text or JSON, one line an event that matters.
//
//   Log().info("stream {} resumed at {}", name, position);
//
// Lines go to stderr. A message never holds a credential or an object's body;
// what fails again and again is logged once and then counted (see LogOnce).
#pragma once

#include <spdlog/spdlog.h>

#include <string>

namespace kubescribe {

enum class LogFormat { kText, kJson };

// Call once at start, before threads. `level` is spdlog's name of it (debug,
// info, warning, error, off); an unknown one counts as info. Colour is used
// only when stderr is a terminal and NO_COLOR is not set.
void SetUpLog(LogFormat format, const std::string& level);

// Any thread. Usable before SetUpLog (then: text, info).
spdlog::logger& Log();

// Says a repeating failure once. One owner, one thread.
//
//   if (failures.Fail(error.message())) Log().warn(...);   // first, or changed
//   if (auto n = failures.Clear()) Log().info("... after {} failures", n);
class LogOnce {
 public:
  // True when this failure is to be logged: it is the first since Clear(), or
  // its message differs from the last one's.
  bool Fail(const std::string& message) {
    ++count_;
    if (count_ > 1 && message == last_) return false;
    last_ = message;
    return true;
  }
  // How many failures there were since the last Clear().
  unsigned long Clear() {
    const unsigned long count = count_;
    count_ = 0;
    last_.clear();
    return count;
  }
  unsigned long count() const { return count_; }

 private:
  unsigned long count_ = 0;
  std::string last_;
};

}  // namespace kubescribe
