// Server: the recorder's end of DATA/control.sock (protocol.h).
//
//   Handlers handlers;
//   handlers["status"] = [&](Call& call) { return StatusJson(); };
//   handlers["audit"] = [&](Call& call) -> Result<std::string> {
//     while (...) { if (!call.Send(progress)) break; }
//     return std::string("{\"findings\":0}");
//   };
//   auto server = Server::Listen(ControlSocketPath(data), std::move(handlers));
//
// A handler gets its arguments and answers the fields of the last line as JSON
// text, so that nobody needs a JSON library to see this header.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/result.h"

namespace kubescribe::control {

// One request under way, as its handler sees it.
class Call {
 public:
  virtual ~Call() = default;
  // The request's "args": a JSON object.
  virtual const std::string& args() const = 0;
  // Sends one line of progress: a JSON object on one line. False when nobody
  // listens any more or the server stops: the handler should return soon.
  virtual bool Send(const std::string& json_object) = 0;
  // The same question without sending.
  virtual bool Wanted() const = 0;
};

// Answers a JSON object, or "" for an empty one. Runs on a thread of the
// server; several handlers may run at the same time. The server's end waits
// for it, so a long one looks at Wanted() at least every 200 ms.
using Handler = std::function<Result<std::string>(Call& call)>;
using Handlers = std::map<std::string, Handler>;

class Server {
 public:
  // Binds `path` with mode 0600 and serves on threads of its own (one, and one
  // more a connection, at most 8). A socket that a killed recorder left is
  // replaced. Errors: kConflict when a live recorder answers on it; kIo with
  // what the operating system said.
  static Result<std::unique_ptr<Server>> Listen(const std::string& path,
                                                Handlers handlers);
  // Stops, waits for running handlers, removes the socket.
  virtual ~Server() = default;
};

}  // namespace kubescribe::control
