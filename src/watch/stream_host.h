// StreamHost: what a stream needs of the manager of its cluster.
#pragma once

#include <functional>
#include <string>

#include "kube/observation.h"

namespace kubescribe::watch {

// Loop thread.
class StreamHost {
 public:
  virtual ~StreamHost() = default;
  // Calls `fn` once the server is known to be the right cluster; it may do so
  // at once. `fn` may come late or never, and checks itself whether it is
  // still wanted.
  virtual void WhenReady(kube::StreamId stream, std::function<void()> fn) = 0;
  // The server does not know the stream's kind (404). The stream tries again
  // by itself; it must not be destroyed from within the call.
  virtual void OnKindNotFound(kube::StreamId stream) = 0;
  // A request failed, or works again. Said of each failure; the host logs.
  virtual void OnFailing(kube::StreamId stream, const std::string& message,
                         bool network) = 0;
  virtual void OnWorking(kube::StreamId stream) = 0;
};

}  // namespace kubescribe::watch
