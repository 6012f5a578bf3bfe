// Server: sockets for an Api. HTTP/1.1 on 127.0.0.1, plain or TLS, one thread
// for all connections. The only user of Boost.Asio and the HTTP parser.
// Sick connections are made here, sick handshakes in sick_tls.h.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "fakes/sim_cluster.h"
#include "fakes/tls.h"
#include "fakes/transport.h"

namespace kubescribe::fakes {

class Server final : public Transport {
 public:
  struct Config {
    int port = 0;
    Certificate certificate;  // is its own CA; empty: plain HTTP
    // PEM; not empty: clients are asked for a certificate of this CA.
    std::string client_ca;
    // The fault that a new connection meets. Server's thread.
    std::function<std::optional<Fault>()> new_connection;
  };

  // Listening when it returns; `handler` is called in the server's thread.
  // `tick` is called there too, about every 20 ms. kIo when the port is taken.
  static Result<std::unique_ptr<Transport>> Start(const Config& config,
                                                  const Clock& clock,
                                                  Handler handler,
                                                  std::function<void()> tick);
  ~Server() override;
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  int port() const override;
  void Wake() override;
  void After(Micros delay, std::function<void()> what) override;
  void Run(const std::function<void()>& what) override;
  void Freeze() override;
  void Thaw() override;
  void Close() override;
  void Open() override;
  void CutAll() override;
  void Stop() override;
  void SetCertificate(const Certificate& certificate) override;

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace kubescribe::fakes
