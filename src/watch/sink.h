// ObservationSink: where a cluster's streams put what they saw.
#pragma once

#include "base/bounded_queue.h"
#include "kube/observation.h"

namespace kubescribe::watch {

class ObservationSink {
 public:
  virtual ~ObservationSink() = default;
  // Takes the observation, always. kFull: stop reading (pause the transfers)
  // until the owner of both calls Cluster::RoomAgain(). Loop thread.
  virtual Room Offer(kube::Observation observation) = 0;
};

}  // namespace kubescribe::watch
