// Transport: what carries requests to an Api and its answers back: sockets
// (server.h), or a network in virtual time (virtual_net.h).
#pragma once

#include <functional>

#include "base/clock.h"
#include "fakes/answer.h"
#include "fakes/tls.h"

namespace kubescribe::fakes {

class Transport {
 public:
  // Called in the transport's thread.
  using Handler = std::function<Answer(const Request&)>;

  virtual ~Transport() = default;
  virtual int port() const = 0;

  // Open answers may have something to send. Any thread; cheap to repeat.
  virtual void Wake() = 0;
  // Runs `what` in the transport's thread after `delay`.
  virtual void After(Micros delay, std::function<void()> what) = 0;
  // The following are done when they return, from any thread.
  // `what` runs in the transport's thread: nothing is answered meanwhile.
  virtual void Run(const std::function<void()>& what) = 0;
  virtual void Freeze() = 0;
  virtual void Thaw() = 0;
  virtual void Close() = 0;  // connections reset, port closed
  virtual void Open() = 0;   // the same port again
  virtual void CutAll() = 0;
  // For connections from now on. Nothing where there is no TLS.
  virtual void SetCertificate(const Certificate&) {}
  // Ends all. A second call does nothing.
  virtual void Stop() = 0;
};

}  // namespace kubescribe::fakes
