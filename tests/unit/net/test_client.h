// A loop with one client, and a handler that keeps what it was told.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "net/client.h"

namespace kubescribe::net {

class Recording : public ResponseHandler {
 public:
  void OnHead(const ResponseHead& h) override { head = h; }
  Flow OnBody(std::string_view bytes) override {
    body.append(bytes);
    ++bodies;
    return on_body ? on_body(bytes) : Flow::kContinue;
  }
  void OnDrained() override {
    ++drains;
    drained_at = body.size();
  }
  void OnDone(const Status& status) override {
    EXPECT_FALSE(done) << "told twice";
    done = true;
    if (!status.ok()) error = status.error();
  }
  std::string message() const { return error ? error->message() : ""; }

  ResponseHead head;
  std::string body;
  int bodies = 0;
  int drains = 0;
  std::size_t drained_at = 0;
  bool done = false;
  std::optional<Error> error;
  std::function<Flow(std::string_view)> on_body;
};

class ClientTest : public testing::Test {
 protected:
  // Without proxies, whatever the environment says.
  static ClientOptions Options() {
    ClientOptions options;
    options.proxies = {};
    return options;
  }
  static config::Connection To(const std::string& server) {
    config::Connection connection;
    connection.name = "test";
    connection.server = server;
    return connection;
  }
  void Connect(const config::Connection& connection) {
    client_ = MakeClient(loop_, connection, Options());
  }
  // Turns the loop until `until`; false when it does not come about.
  bool RunUntil(const std::function<bool()>& until,
                Micros limit = 20 * kSecond) {
    const Micros end = loop_.clock().Mono() + limit;
    while (!until()) {
      if (loop_.clock().Mono() > end) return false;
      loop_.Turn(20 * kMillisecond);
    }
    return true;
  }
  // One GET to its end.
  void Get(Recording* handler, const Request& request = {.target = "/"}) {
    client_->Get(request, handler);
    ASSERT_TRUE(RunUntil([&] { return handler->done; }));
  }

  Loop loop_;
  std::unique_ptr<HttpClient> client_;
};

}  // namespace kubescribe::net
