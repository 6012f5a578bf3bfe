// FlowTracker: does a stream flow (DESIGN §6), and what may be said of the time
// of an event that it delivers?
//
// A stream flows from the moment when its connection has passed what a probe
// showed to exist before it, and its socket was found empty. While it flows an
// event is a point in time. Otherwise it happened after the last instant at
// which the stream flowed, or after the probe was sent if its RV is above the
// probe's, whichever is later.
//
// All instants are wall time. One thread.
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "kube/resource_version.h"

namespace kubescribe::watch {

class FlowTracker {
 public:
  explicit FlowTracker(std::optional<Micros> flowed_until)
      : last_flow_(flowed_until) {}

  bool flowing() const { return flowing_; }
  // The last instant at which the stream is known to have flowed; while it
  // flows, of the flow before.
  std::optional<Micros> last_flow() const { return last_flow_; }

  // A connection opens at `position`. The probe showed `probe_rv`, and was
  // sent at `probe_sent`.
  void Connected(const std::string& probe_rv, Micros probe_sent,
                 const std::string& position);
  // A newer probe, while connected: what it showed is to be passed (again)
  // before the stream may flow. REQUIRES: !flowing().
  void Probed(const std::string& probe_rv, Micros probe_sent,
              const std::string& position);
  // More may be under way than an empty socket shows: a newer probe is needed
  // before the stream may flow. REQUIRES: !flowing().
  void Doubt() { doubted_ = true; }
  bool doubted() const { return doubted_; }
  // Everything up to `rv` was delivered.
  void Passed(const std::string& rv);
  // Everything below `rv` was delivered.
  void PassedBelow(const std::string& rv);
  // The socket is empty. True: from now on the stream flows.
  bool Drained();
  // The flow ended, in retrospect at `instant`; also moves back the end of a
  // flow of this connection that had ended later. True: last_flow() is new.
  bool End(Micros instant);

  // For an event that is not flowing: it happened after this.
  std::optional<Micros> NotBefore(const std::string& rv) const;

 private:
  std::optional<Micros> last_flow_;
  bool flowing_ = false;
  bool passed_ = false;
  bool doubted_ = false;
  bool flowed_here_ = false;  // since Connected
  std::string probe_rv_;
  Micros probe_sent_ = 0;
};

}  // namespace kubescribe::watch
