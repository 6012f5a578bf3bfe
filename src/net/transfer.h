// Transfer: one GET as libcurl runs it, from its options to the handler's
// calls. client.h makes and owns them. Loop thread only.
#pragma once

#include <curl/curl.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "config/connection.h"
#include "net/credentials.h"
#include "net/http.h"
#include "net/loop_impl.h"
#include "net/proxy.h"

namespace kubescribe::net {

// What all transfers of a client have in common.
struct Endpoint {
  config::Connection connection;
  bool https = false;
  std::string url_base;     // with the prefix, without a trailing slash
  std::string host_header;  // "": what the URL says
  std::string connect_to;   // CURLOPT_CONNECT_TO, "": where the URL says
  std::string proxy;        // "": none
  std::string user_agent;
  Micros connect_timeout = 0;
};

// kInvalid: the server's URL cannot be used.
Result<Endpoint> MakeEndpoint(const config::Connection& connection,
                              const ProxyEnvironment& proxies);

class Transfer final : public LoopTransfer {
 public:
  using Ended = std::function<void(TransferId)>;

  // `loop` and `endpoint` must outlive it. `ended` is called just before the
  // handler's OnDone: the owner forgets the transfer (but lets it live until
  // the next turn).
  Transfer(Loop::Impl& loop, const Endpoint& endpoint, const Request& request,
           ResponseHandler* handler, TransferId id, Ended ended);
  ~Transfer() override;
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  // Sends the request. REQUIRES: not within a callback of curl.
  void Start(const Credential& credential);
  // Ends it with an OnDone.
  void Fail(const Error& error);
  // No more calls to the handler.
  void Cancel();
  void Resume();

  bool ended() const { return handler_ == nullptr; }
  std::uint64_t generation() const { return generation_; }
  int status() const { return head_.status; }

  void OnComplete(CURLcode code) override;
  void OnEmpty() override;

 private:
  static std::size_t HeaderCallback(char* data, std::size_t size,
                                    std::size_t count, void* self);
  static std::size_t WriteCallback(char* data, std::size_t size,
                                   std::size_t count, void* self);
  static int SocketOptions(void* self, curl_socket_t fd, curlsocktype);
  void SetOptions(const Credential& credential);
  void SetTls(const Credential& credential);
  void SetHeaders(const Credential& credential);
  void AddHeader(const std::string& name, const std::string& value);
  bool TakeHeader(std::string_view line);
  bool TakeBody(std::string_view bytes);
  bool Deliver(std::string_view bytes);
  bool Expands();
  void CheckIdle();
  void Finish(const Status& status);
  Error CurlError(CURLcode code) const;

  Loop::Impl& loop_;
  const Endpoint& endpoint_;
  const Request request_;
  ResponseHandler* handler_;  // null once it has ended
  const TransferId id_;
  Ended ended_;

  CURL* easy_ = nullptr;
  curl_slist* headers_ = nullptr;
  curl_slist* connect_to_ = nullptr;
  char error_text_[CURL_ERROR_SIZE] = {};
  std::uint64_t generation_ = 0;

  ResponseHead head_;
  bool head_done_ = false;
  std::size_t header_bytes_ = 0;
  std::uint64_t body_bytes_ = 0;
  std::optional<Error> failure_;  // why a callback made curl give up

  bool paused_ = false;
  std::string held_;      // what curl still gave us while paused
  Micros last_byte_ = 0;  // mono
  TimerId deadline_timer_ = 0;
  TimerId idle_timer_ = 0;
};

}  // namespace kubescribe::net
