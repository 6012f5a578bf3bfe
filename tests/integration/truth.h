// The journal of truth against the record. It shares nothing with the recorder
// but the store's reader.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "fakes/sim_cluster.h"
#include "store/reader.h"

namespace kubescribe::integration {

// What the record says against what the cluster served; empty: nothing.
// Checks: every revision up to each stream's position is recorded once or lies
// in a gap; nothing is recorded that was not served; bodies are equal (Secrets:
// but for their values); RVs rise with seq within a resource and epoch, late
// revisions aside; seq has no holes; what is alive agrees. A fault that sent
// what was not so, or kept an event to itself, excuses just that: the revision
// that it sent, the event that it hid (JournalEntry).
std::vector<std::string> Violations(store::Reader& reader,
                                    const fakes::SimCluster& sim);

// Gaps other than `start`, as "resource:cause".
std::vector<std::string> Gaps(store::Reader& reader);

// An RV as a number; the greatest when it is too large for one, 0 for none.
std::uint64_t RvNumber(const std::string& rv);

// "pods", "deployments.apps".
std::string Kind(const std::string& group, const std::string& resource);

// The RV that each kind's record must come to to hold all that the cluster has.
// Of Events it is the last but one: there may be more of the last (P§2, expired
// leases share one).
std::map<std::string, std::uint64_t> RvsToReach(const fakes::SimCluster& sim);

// When lists of a kind were answered, as a list or
// with 410: first pages, no probes. Monotonic time of the cluster's clock.
std::vector<Micros> ListTimes(const fakes::SimCluster& sim,
                              const std::string& resource);
// Between one and the next; of lists never less than kListSpacing.
constexpr Micros kListSpacing = 10 * kSecond;
std::vector<Micros> Delays(const std::vector<Micros>& times);

// What `kubescribe verify` finds in an honest file: nothing.
std::vector<std::string> Altered(const std::string& path);

}  // namespace kubescribe::integration
