// HttpClient and Scheduler: what `watch` needs of a network and of time, as
// interfaces, so that a test or a simulation can stand in for both.
//
// Everything here runs on one thread, the loop's: calls come from it, and
// handlers are called on it. Nothing blocks.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace kubescribe::net {

using TransferId = std::uint64_t;
using TimerId = std::uint64_t;

// Timers, on the loop's thread.
class Scheduler {
 public:
  virtual ~Scheduler() = default;
  virtual const Clock& clock() const = 0;
  // Calls `fn` once, not before `delay` has passed.
  virtual TimerId After(Micros delay, std::function<void()> fn) = 0;
  // The timer's function is not called any more. Unknown ids are ignored.
  virtual void Cancel(TimerId id) = 0;
};

// A GET to one cluster. Only GET exists (DESIGN §4).
struct Request {
  std::string target;  // path and query, below the server's path prefix
  std::string accept = "application/json";
  // Once it is answered bytes come when something happens, and nobody waits for
  // the next ones.
  bool watch = false;
  // Ask for gzip. Never for a watch (P§2, the gzip trap).
  bool compressed = false;
  // The whole transfer must end within this; 0: no limit.
  Micros deadline = 0;
  // No byte for this long ends the transfer; 0: no limit.
  Micros idle_limit = 0;
  // Decoded body bytes beyond this end the transfer (kInvalid); 0: no limit.
  std::uint64_t max_body = 0;
};

struct ResponseHead {
  int status = 0;
  std::string content_type;
  // Seconds of Retry-After (a date is turned into seconds from now, negative
  // values and nonsense into nullopt).
  std::optional<std::int64_t> retry_after;
};

enum class Flow { kContinue, kPause };

// Called on the loop's thread. A handler outlives its transfer: until OnDone
// was called or Cancel returned. A handler may call Cancel, Get and Resume from
// within a call, for its own transfer too; after Cancel no more calls come.
class ResponseHandler {
 public:
  virtual ~ResponseHandler() = default;
  virtual void OnHead(const ResponseHead& head) = 0;
  // Some decoded bytes of the body. kPause: these were taken, no more come
  // until Resume.
  virtual Flow OnBody(std::string_view bytes) = 0;
  // The socket was found empty after bytes (or the head) had come: what the
  // peer had sent has been handed over. Called once per such moment.
  virtual void OnDrained() {}
  // The end. ok: the peer ended the body properly (for a watch: a clean EOF).
  // Otherwise kUnavailable (refused, reset, timeout, cut off in the middle),
  // kForbidden (no credential could be had), kInvalid (TLS or peer nonsense),
  // with the cause in words and never a secret.
  virtual void OnDone(const Status& status) = 0;
};

// One cluster's API server.
class HttpClient {
 public:
  virtual ~HttpClient() = default;
  // Starts a GET; credentials are added here. Never calls the handler before
  // it returns.
  virtual TransferId Get(const Request& request, ResponseHandler* handler) = 0;
  // Unknown ids are ignored.
  virtual void Cancel(TransferId id) = 0;
  virtual void Resume(TransferId id) = 0;
  // The server answered 401: the next Get is to use a fresh credential (exec
  // plugins run again, once for any number of calls; token files are re-read).
  virtual void CredentialRejected() = 0;
};

}  // namespace kubescribe::net
