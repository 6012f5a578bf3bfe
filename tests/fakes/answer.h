// What lies between the API's logic and its transport: a request, and an
// answer as a script of steps. Nothing here knows of sockets, so that the same
// logic can answer over a simulated network.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace kubescribe::fakes {

struct Request {
  std::string method;
  std::string target;                          // as sent
  std::string path;                            // decoded
  std::map<std::string, std::string> query;    // decoded
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
  // What the client showed when it was asked for a certificate.
  enum class Client { kNone, kTrusted, kForeign };
  Client client = Client::kNone;
  std::string connection;  // the fault that its connection met; "": none

  // Empty when absent.
  std::string Query(const std::string& name) const;
  std::string Header(const std::string& name) const;
};
// Path and query out of the target.
void SplitTarget(Request& request);

// One thing for the transport to do with the answer's body.
struct Step {
  enum class Kind {
    kSend,   // these bytes (in a chunked answer: as one chunk)
    kWait,   // nothing now; ask again when woken or at `until`
    kEnd,    // the body is complete
    kCut,    // close the connection
    kReset,  // close it with a TCP reset
    kHold,   // send nothing more, keep the connection
  };
  Kind kind = Kind::kSend;
  std::string bytes;
  // In a chunked answer: the chunk's announced size when it is larger than
  // what is sent of it.
  std::size_t announced = 0;
  bool raw = false;       // kSend: in a chunked answer, but not as a chunk
  Micros until = 0;       // kWait: monotonic time
  Micros byte_delay = 0;  // kSend: above 0, byte by byte with this pause
};

// The body of an answer that is made while it is sent.
class StepSource {
 public:
  virtual ~StepSource() = default;
  // Server's thread. `now` is monotonic.
  virtual Step Next(Micros now) = 0;
};

struct Answer {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string content_type = "application/json";
  std::string body;
  // In place of `body`: chunked, until kEnd.
  std::unique_ptr<StepSource> source;
  // In place of an orderly delivery of `body`, with Content-Length of the
  // whole: what really happens to it. The bytes are the body's. Comes before
  // what `source` has.
  std::deque<Step> script;
  bool chunked = false;  // `body` as one chunk, as streams are sent
  bool hold = false;     // never answer
  // The head comes with the body's first bytes, not before (sockets only).
  bool late_head = false;
  bool close = false;  // say Connection: close, and close
  // `script`, then `source`, are all that is sent: no head, no chunks; the
  // connection ends with them.
  bool raw = false;
};

}  // namespace kubescribe::fakes
