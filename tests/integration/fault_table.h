// The table of faults: what the recorder makes of each fault that a simulated
// cluster has. It is the promise; fault_test.cc and fault_time_test.cc hold the
// recorder to it, and no fault may be without a row.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "fakes/sim_cluster.h"

namespace kubescribe::integration {

// How a fault is met.
enum class Meeting {
  kStream,     // by the next events of an open watch
  kRequest,    // by the next requests: the connections are cut
  kStart,      // by the first requests for a cluster
  kElsewhere,  // in the test that is named
};

enum class Expect { kNoGap, kPerhaps, kGap };

struct FaultRow {
  std::string name;  // of the row
  fakes::Fault fault;
  Meeting meeting = Meeting::kStream;
  // Of the gaps of the stream that is hit, beside its start.
  Expect gap = Expect::kNoGap;
  std::string cause;  // where there may be one
  bool tls = false;   // of the cluster; with a token
  std::string says;   // what the log is to say of it
  std::string test;   // kElsewhere: "Suite.Name"
};

void PrintTo(const FaultRow& row, std::ostream* out);

// What every row is to hold: no violation of the journal (truth.h), no other
// gap than the row's; then also, for all rows that run together: memory in
// bounds, no request to another host, no secret in the log, and a witness
// cluster that is recorded in time.
const std::vector<FaultRow>& FaultTable();

}  // namespace kubescribe::integration
