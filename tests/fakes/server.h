// Server: sockets for an Api. HTTP/1.1 on 127.0.0.1, plain or TLS, one thread
// for all connections. The only user of Boost.Asio and the HTTP parser.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "fakes/answer.h"

namespace kubescribe::fakes {

class Server {
 public:
  struct Config {
    int port = 0;
    std::string certificate_pem;  // empty: plain HTTP
    std::string key_pem;
  };
  using Handler = std::function<Answer(const Request&)>;

  // Listening when it returns; `handler` is called in the server's thread.
  // `tick` is called there too, about every 20 ms. kIo when the port is taken.
  static Result<std::unique_ptr<Server>> Start(const Config& config,
                                               const Clock& clock,
                                               Handler handler,
                                               std::function<void()> tick);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  int port() const;

  // Open answers may have something to send. Any thread; cheap to repeat.
  void Wake();
  // Runs `what` in the server's thread after `delay`.
  void After(Micros delay, std::function<void()> what);
  // The following are done when they return, from any thread.
  // `what` runs in the server's thread: nothing is answered meanwhile.
  void Run(const std::function<void()>& what);
  void Freeze();
  void Thaw();
  void Close();  // connections reset, port closed
  void Open();   // the same port again
  void CutAll();
  // Ends all, joins the thread. A second call does nothing.
  void Stop();

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace kubescribe::fakes
