// Probe: asks where the server's counter stands now, by a list of one item
// with no resourceVersion (P§2, the silent rewind).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "kube/list_parser.h"
#include "net/http.h"
#include "watch/failure.h"
#include "watch/list_gate.h"
#include "watch/target.h"

namespace kubescribe::watch {

// Loop thread. May be started again once it has answered or was cancelled.
class Probe final : net::ResponseHandler, kube::ListParser::Sink {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    // The request leaves now.
    virtual void OnProbeSent() = 0;
    // The list's RV. The last thing that a probe calls.
    virtual void OnProbed(const std::string& rv) = 0;
    virtual void OnProbeFailed(const Failure& failure) = 0;
  };

  Probe(const StreamSpec& spec, net::HttpClient& http, ListGate& gate,
        Owner& owner, Micros deadline);
  ~Probe() override { Cancel(); }

  void Start();
  void Cancel();
  bool running() const { return ticket_ || transfer_; }

 private:
  void OnHead(const net::ResponseHead& head) override;
  net::Flow OnBody(std::string_view bytes) override;
  void OnDone(const Status& status) override;
  void OnItem(std::string_view) override {}
  void OnLongItemPiece(std::string_view) override {}
  void OnLongItemEnd(std::uint64_t) override {}

  const StreamSpec& spec_;
  net::HttpClient& http_;
  ListGate& gate_;
  Owner& owner_;
  const Micros deadline_;
  std::optional<ListGate::Ticket> ticket_;
  std::optional<net::TransferId> transfer_;
  std::optional<net::ResponseHead> head_;
  std::optional<kube::ListParser> parser_;
  Status parsed_;
  std::string error_body_;
};

}  // namespace kubescribe::watch
