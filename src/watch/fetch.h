// Fetch: one GET whose whole answer is kept: discovery, identity, version.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "net/http.h"
#include "watch/failure.h"
#include "watch/list_gate.h"

namespace kubescribe::watch {

struct FetchAnswer {
  std::optional<Failure> failure;  // none: a JSON answer with status 200
  std::string content_type;
  std::string body;
};

// Loop thread. May be started again once it has answered or was cancelled, also
// from within its answer; it must not be destroyed from within it.
class Fetch final : net::ResponseHandler {
 public:
  using Done = std::function<void(FetchAnswer)>;

  Fetch(net::HttpClient& http, ListGate& gate, Micros deadline)
      : http_(http), gate_(gate), deadline_(deadline) {}
  ~Fetch() override { Cancel(); }

  void Start(const std::string& target, const std::string& accept, Done done);
  void Cancel();
  bool running() const { return ticket_ || transfer_; }

 private:
  void OnHead(const net::ResponseHead& head) override { head_ = head; }
  net::Flow OnBody(std::string_view bytes) override;
  void OnDone(const Status& status) override;

  net::HttpClient& http_;
  ListGate& gate_;
  const Micros deadline_;
  std::optional<ListGate::Ticket> ticket_;
  std::optional<net::TransferId> transfer_;
  std::optional<net::ResponseHead> head_;
  std::string body_;
  Done done_;
};

}  // namespace kubescribe::watch
