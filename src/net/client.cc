#include "net/client.h"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>

#include "net/credentials.h"
#include "net/transfer.h"

namespace kubescribe::net {
namespace {

class CurlClient final : public HttpClient {
 public:
  CurlClient(Loop& loop, const config::Connection& connection,
             const ClientOptions& options)
      : loop_(loop.impl()),
        // Shared: a transfer that ends in the loop may outlive us by a turn.
        endpoint_(std::make_shared<Endpoint>()),
        alive_(std::make_shared<int>(0)) {
    Result<Endpoint> endpoint = MakeEndpoint(connection, options.proxies);
    if (endpoint.ok()) {
      *endpoint_ = std::move(*endpoint);
    } else {
      unusable_ = endpoint.error();
      endpoint_->connection = connection;
    }
    endpoint_->user_agent = options.user_agent;
    endpoint_->connect_timeout = options.connect_timeout;
    credentials_ = std::make_unique<Credentials>(loop, endpoint_->connection,
                                                 options.exec_timeout);
  }

  ~CurlClient() override {
    credentials_.reset();
    for (auto& [id, transfer] : transfers_) {
      transfer->Cancel();
      LetGo(std::move(transfer));
    }
  }

  TransferId Get(const Request& request, ResponseHandler* handler) override {
    const TransferId id = next_++;
    const auto transfer =
        std::make_shared<Transfer>(loop_, *endpoint_, request, handler, id,
                                   [this](TransferId ended) { Ended(ended); });
    transfers_.emplace(id, transfer);
    // Not from within: a callback of curl may be on the stack, and the handler
    // must not be called before we return.
    loop_.Defer([this, id, alive = Alive()] {
      if (!alive.expired()) Begin(id);
    });
    return id;
  }

  void Cancel(TransferId id) override {
    const auto it = transfers_.find(id);
    if (it == transfers_.end()) return;
    it->second->Cancel();
    LetGo(std::move(it->second));
    transfers_.erase(it);
  }

  void Resume(TransferId id) override {
    loop_.Defer([this, id, alive = Alive()] {
      if (alive.expired()) return;
      const auto it = transfers_.find(id);
      if (it == transfers_.end()) return;
      const std::shared_ptr<Transfer> transfer = it->second;
      transfer->Resume();
    });
  }

  void CredentialRejected() override {
    // The 401 that the caller speaks of is one that was seen here.
    for (const auto& [id, transfer] : transfers_) {
      if (transfer->status() == 401) {
        rejected_ = std::max(rejected_, transfer->generation());
      }
    }
    credentials_->Rejected(rejected_);
  }

 private:
  std::weak_ptr<int> Alive() const { return alive_; }

  void Begin(TransferId id) {
    const auto it = transfers_.find(id);
    if (it == transfers_.end()) return;
    if (unusable_) {
      const std::shared_ptr<Transfer> transfer = it->second;
      return transfer->Fail(*unusable_);
    }
    credentials_->Get([this, id](Result<Credential> credential) {
      const auto found = transfers_.find(id);
      if (found == transfers_.end()) return;
      const std::shared_ptr<Transfer> transfer = found->second;
      if (credential.ok()) {
        transfer->Start(*credential);
      } else {
        transfer->Fail(credential.error());
      }
    });
  }

  void Ended(TransferId id) {
    const auto it = transfers_.find(id);
    if (it == transfers_.end()) return;
    if (it->second->status() == 401) {
      rejected_ = std::max(rejected_, it->second->generation());
    }
    LetGo(std::move(it->second));
    transfers_.erase(it);
  }

  // The transfer may be the one whose callback is on the stack: it goes in the
  // next turn.
  void LetGo(std::shared_ptr<Transfer> transfer) {
    loop_.Defer([transfer = std::move(transfer),
                 endpoint = endpoint_]() mutable { transfer.reset(); });
  }

  Loop::Impl& loop_;
  const std::shared_ptr<Endpoint> endpoint_;
  std::optional<Error> unusable_;
  std::unique_ptr<Credentials> credentials_;
  // Shared with the loop's deferred calls, which alone end them.
  std::unordered_map<TransferId, std::shared_ptr<Transfer>> transfers_;
  TransferId next_ = 1;
  std::uint64_t rejected_ = 0;  // the newest generation that got a 401
  std::shared_ptr<int> alive_;
};

}  // namespace

std::unique_ptr<HttpClient> MakeClient(Loop& loop,
                                       const config::Connection& connection,
                                       const ClientOptions& options) {
  return std::make_unique<CurlClient>(loop, connection, options);
}

}  // namespace kubescribe::net
