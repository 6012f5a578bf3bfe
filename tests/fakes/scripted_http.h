// ScriptedHttp: a network that a test turns by hand, to step a state machine
// without threads and without waiting.
//
//   ManualScheduler time;
//   ScriptedHttp http(time);
//   ... code under test calls http.Get ...
//   http.Open("limit=1").Json(R"({"metadata":{"resourceVersion":"7"},
//                                 "items":[]})");
//   time.Advance(2 * kSecond);
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "fakes/manual_scheduler.h"
#include "net/http.h"

namespace kubescribe::fakes {

// One transfer that the code under test started.
class ScriptedTransfer {
 public:
  ScriptedTransfer(net::TransferId transfer_id, net::Request asked,
                   net::ResponseHandler* handler)
      : id(transfer_id), request(std::move(asked)), handler_(handler) {}

  const net::TransferId id;
  const net::Request request;

  bool open() const { return handler_ != nullptr; }
  bool paused() const { return paused_; }
  void Cancelled() { handler_ = nullptr; }
  void Resumed() { paused_ = false; }

  // The head of an answer with this status.
  void Head(int status = 200,
            const std::string& content_type = "application/json",
            std::optional<std::int64_t> retry_after = std::nullopt) {
    if (open()) handler_->OnHead({status, content_type, retry_after});
  }
  void Body(std::string_view bytes) {
    if (open() && handler_->OnBody(bytes) == net::Flow::kPause && open()) {
      paused_ = true;
    }
  }
  void Drained() {
    if (open()) handler_->OnDrained();
  }
  void Done(const Status& status = {}) {
    if (net::ResponseHandler* handler = std::exchange(handler_, nullptr)) {
      handler->OnDone(status);
    }
  }
  void Cut() { Done(Error(Code::kUnavailable, "connection reset by peer")); }
  // A whole answer.
  void Json(std::string_view body, int status = 200) {
    Head(status);
    Body(body);
    Done();
  }

 private:
  net::ResponseHandler* handler_;
  bool paused_ = false;
};

class ScriptedHttp final : public net::HttpClient {
 public:
  explicit ScriptedHttp(ManualScheduler& scheduler) : scheduler_(scheduler) {}

  net::TransferId Get(const net::Request& request,
                      net::ResponseHandler* handler) override {
    transfers_.push_back(std::make_unique<ScriptedTransfer>(
        transfers_.size() + 1, request, handler));
    return transfers_.back()->id;
  }
  void Cancel(net::TransferId id) override { transfers_[id - 1]->Cancelled(); }
  void Resume(net::TransferId id) override { transfers_[id - 1]->Resumed(); }
  void CredentialRejected() override { ++rejected; }

  int rejected = 0;

  // The newest transfer that is open and whose target has `part`; a failure of
  // the test, and a closed one, where there is none. Timers that are due run
  // first.
  ScriptedTransfer& Open(std::string_view part) {
    if (ScriptedTransfer* found = Find(part)) return *found;
    ADD_FAILURE() << "no open request with \"" << part
                  << "\"; open are:" << OpenTargets();
    return none_;
  }
  ScriptedTransfer* Find(std::string_view part) {
    scheduler_.Run();
    for (auto it = transfers_.rbegin(); it != transfers_.rend(); ++it) {
      if ((*it)->open() &&
          (*it)->request.target.find(part) != std::string::npos) {
        return it->get();
      }
    }
    return nullptr;
  }
  bool Has(std::string_view part) { return Find(part) != nullptr; }
  // Requests ever made whose target has `part`.
  std::size_t Count(std::string_view part) {
    scheduler_.Run();
    std::size_t count = 0;
    for (const auto& transfer : transfers_) {
      if (transfer->request.target.find(part) != std::string::npos) ++count;
    }
    return count;
  }
  const std::vector<std::unique_ptr<ScriptedTransfer>>& transfers() const {
    return transfers_;
  }

 private:
  std::string OpenTargets() const {
    std::string out;
    for (const auto& transfer : transfers_) {
      if (transfer->open()) out += "\n  " + transfer->request.target;
    }
    return out;
  }

  ManualScheduler& scheduler_;
  std::vector<std::unique_ptr<ScriptedTransfer>> transfers_;
  ScriptedTransfer none_{0, {}, nullptr};
};

}  // namespace kubescribe::fakes
