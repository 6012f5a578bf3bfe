#include "watch/probe.h"

#include <utility>

namespace kubescribe::watch {
namespace {

// Only the list's metadata is of interest; a longer item passes through.
constexpr std::size_t kMaxHeldItem = 64 * 1024;
constexpr std::uint64_t kMaxBody = std::uint64_t{64} << 20;

}  // namespace

Probe::Probe(const StreamSpec& spec, net::HttpClient& http, ListGate& gate,
             Owner& owner, Micros deadline)
    : spec_(spec),
      http_(http),
      gate_(gate),
      owner_(owner),
      deadline_(deadline) {}

void Probe::Start() {
  Cancel();
  ticket_ = gate_.Pass([this] {
    ticket_.reset();
    head_.reset();
    error_body_.clear();
    parsed_ = {};
    parser_.emplace(kMaxHeldItem);
    owner_.OnProbeSent();
    net::Request request;
    request.target = ListTarget(spec_, 1, "");
    // Metadata is enough; a server that does not know the form sends it all.
    request.accept = ListAccept(Level::kMetadata);
    request.deadline = deadline_;
    request.max_body = kMaxBody;
    transfer_ = http_.Get(request, this);
  });
}

void Probe::Cancel() {
  if (ticket_) gate_.Forget(*std::exchange(ticket_, std::nullopt));
  if (transfer_) http_.Cancel(*std::exchange(transfer_, std::nullopt));
}

void Probe::OnHead(const net::ResponseHead& head) { head_ = head; }

net::Flow Probe::OnBody(std::string_view bytes) {
  if (head_ && IsJsonAnswer(*head_)) {
    if (parsed_.ok()) parsed_ = parser_->Feed(bytes, *this);
  } else if (error_body_.size() < kMaxErrorBody) {
    error_body_.append(bytes.substr(0, kMaxErrorBody - error_body_.size()));
  } else {
    // No answer needs so long an explanation.
    Cancel();
    owner_.OnProbeFailed(ClassifyAnswer(*head_, error_body_));
  }
  return net::Flow::kContinue;
}

void Probe::OnDone(const Status& status) {
  transfer_.reset();
  if (head_ && !IsJsonAnswer(*head_)) {
    owner_.OnProbeFailed(ClassifyAnswer(*head_, error_body_));
    return;
  }
  if (!status.ok() || !head_) {
    owner_.OnProbeFailed(
        status.ok() ? Failure{FailureKind::kNetwork, "no answer", {}, 0}
                    : ClassifyDone(status));
    return;
  }
  if (!parsed_.ok()) {
    owner_.OnProbeFailed(
        {FailureKind::kBadAnswer, parsed_.error().message(), {}, 200});
    return;
  }
  Result<kube::ListMeta> meta = parser_->Finish();
  if (!meta.ok()) {
    owner_.OnProbeFailed(
        {FailureKind::kBadAnswer, meta.error().message(), {}, 200});
    return;
  }
  owner_.OnProbed(meta->resource_version);
}

}  // namespace kubescribe::watch
