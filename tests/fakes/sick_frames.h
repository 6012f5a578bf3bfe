// Sick frames: what a watch sends in place of an event that a fault hit. One
// function a fault, in the .cc.
#pragma once

#include <deque>
#include <memory>
#include <string>

#include "fakes/answer.h"
#include "fakes/faults.h"
#include "fakes/state.h"

namespace kubescribe::fakes {

// One line of a watch; `object` is JSON.
std::string Frame(const char* type, const std::string& object);
// The frame with the digits of its RV changed.
std::string WithRv(std::string frame, std::uint64_t rv,
                   const std::string& digits);

struct HealthyFrame {
  std::string text;      // as Frame made it
  std::string bookmark;  // one with the event's RV
  const Event& event;
};

struct SickFrame {
  std::deque<Step> steps;
  std::unique_ptr<StepSource> flood;  // sent after the steps
  std::string held;                   // to be sent after the next event
  bool ends = false;                  // the watch ends behind it, in order
  // As in JournalEntry.
  std::string sent_uid;
  std::string sent_rv;
  std::shared_ptr<const std::string> sent;
  bool hidden = false;
};

SickFrame MakeSickFrame(const Fault& fault, const HealthyFrame& healthy);

}  // namespace kubescribe::fakes
