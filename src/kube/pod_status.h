// What kubectl says of a Pod in one line: ready, status, restarts. The rules
// are the server's printer's, corner by corner. Private to src/kube.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "kube/printer_json.h"

namespace kubescribe::kube {

struct PodSummary {
  int ready = 0;
  int containers = 0;  // with the init containers that go on running
  std::string status;
  std::string restarts;         // "3", "3 (5m ago)"
  std::string readiness_gates;  // "1/2", "<none>"
};

PodSummary SummarizePod(const Json& pod, Micros at);

}  // namespace kubescribe::kube
