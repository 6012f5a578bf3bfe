#include "watch/fetch.h"

#include <utility>

namespace kubescribe::watch {
namespace {

// Discovery of a cluster with thousands of kinds has a few MB.
constexpr std::uint64_t kMaxAnswer = std::uint64_t{64} << 20;

}  // namespace

void Fetch::Start(const std::string& target, const std::string& accept,
                  Done done) {
  Cancel();
  done_ = std::move(done);
  ticket_ = gate_.Pass([this, target, accept] {
    ticket_.reset();
    head_.reset();
    body_.clear();
    net::Request request;
    request.target = target;
    request.accept = accept;
    request.compressed = true;
    request.deadline = deadline_;
    request.max_body = kMaxAnswer;
    transfer_ = http_.Get(request, this);
  });
}

void Fetch::Cancel() {
  if (ticket_) gate_.Forget(*std::exchange(ticket_, std::nullopt));
  if (transfer_) http_.Cancel(*std::exchange(transfer_, std::nullopt));
}

net::Flow Fetch::OnBody(std::string_view bytes) {
  const bool error = head_ && !IsJsonAnswer(*head_);
  if (!error || body_.size() < kMaxErrorBody) body_.append(bytes);
  return net::Flow::kContinue;
}

void Fetch::OnDone(const Status& status) {
  transfer_.reset();
  FetchAnswer answer;
  if (head_ && !IsJsonAnswer(*head_)) {
    answer.failure = ClassifyAnswer(
        *head_, std::string_view(body_).substr(0, kMaxErrorBody));
  } else if (!status.ok()) {
    answer.failure = ClassifyDone(status);
  } else if (!head_) {
    answer.failure = Failure{FailureKind::kNetwork, "no answer", {}, 0};
  } else {
    answer.content_type = head_->content_type;
    answer.body = std::exchange(body_, {});
  }
  const Done done = std::exchange(done_, nullptr);
  done(std::move(answer));
}

}  // namespace kubescribe::watch
