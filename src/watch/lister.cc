#include "watch/lister.h"

#include <functional>
#include <utility>

namespace kubescribe::watch {

void LongCollector::Piece(std::string_view piece) {
  sha_.Update(piece);
  if (prefix_.size() < head_bytes_) {
    prefix_.append(piece.substr(0, head_bytes_ - prefix_.size()));
  }
}

LongObject LongCollector::End(std::uint64_t size) {
  LongObject object;
  object.size = size;
  const codec::Sha256Digest digest = sha_.Finish();
  object.digest = codec::Hex(digest);
  object.prefix = std::exchange(prefix_, {});
  return object;
}

void LongCollector::Reset() {
  static_cast<void>(sha_.Finish());
  prefix_.clear();
}

Lister::Lister(const StreamSpec& spec, const ListerOptions& options,
               net::HttpClient& http, ListGate& gate, FrameBudget& frames,
               const void* cluster, Owner& owner)
    : spec_(spec),
      options_(options),
      http_(http),
      gate_(gate),
      frames_(frames),
      cluster_(cluster),
      owner_(owner),
      long_(options.head_bytes) {}

void Lister::Start(bool unpaged) {
  Cancel();
  running_ = true;
  unpaged_ = unpaged;
  tiny_first_ = false;
  rv_.clear();
  continue_.clear();
  tokens_.clear();
  ticket_ = gate_.Enter([this] {
    ticket_.reset();
    inside_ = true;
    owner_.OnListSent();
    RequestPage();
  });
}

void Lister::Cancel() {
  if (ticket_) gate_.Forget(*std::exchange(ticket_, std::nullopt));
  if (transfer_) http_.Cancel(*std::exchange(transfer_, std::nullopt));
  if (std::exchange(inside_, false)) gate_.Leave();
  frames_.Drop(this);
  held_.clear();
  held_bytes_ = 0;
  running_ = wants_room_ = paused_ = frame_wait_ = false;
}

void Lister::RequestPage() {
  head_.reset();
  error_body_.clear();
  held_.clear();
  held_bytes_ = 0;
  pending_ = 0;
  long_.Reset();
  parser_.emplace(options_.max_object);
  std::size_t limit = options_.page_size;
  if (unpaged_) limit = 0;
  if (tiny_first_ && rv_.empty()) limit = 1;
  net::Request request;
  request.target = ListTarget(spec_, limit, continue_);
  request.accept = ListAccept(spec_.level);
  request.compressed = true;
  request.idle_limit = options_.idle;
  transfer_ = http_.Get(request, this);
}

void Lister::OnHead(const net::ResponseHead& head) { head_ = head; }

net::Flow Lister::OnBody(std::string_view bytes) {
  if (!IsJsonAnswer(*head_)) {
    if (error_body_.size() < kMaxErrorBody) {
      error_body_.append(bytes.substr(0, kMaxErrorBody - error_body_.size()));
    } else {
      http_.Cancel(*std::exchange(transfer_, std::nullopt));
      OnDone({});
    }
    return net::Flow::kContinue;
  }
  saw_item_ = false;
  if (Status fed = parser_->Feed(bytes, *this); !fed.ok()) {
    Fail(Problem::kRequest,
         {FailureKind::kBadAnswer, fed.error().message(), {}, 200});
    return net::Flow::kContinue;
  }
  if (HoldsPage() && !tiny_first_ && held_bytes_ > options_.max_held) {
    http_.Cancel(*std::exchange(transfer_, std::nullopt));
    tiny_first_ = true;
    ticket_ = gate_.Pass([this] {
      ticket_.reset();
      owner_.OnListSent();
      RequestPage();
    });
    return net::Flow::kContinue;
  }
  pending_ = saw_item_ ? 0 : pending_ + bytes.size();
  if (pending_ > options_.max_object) pending_ = 0;  // it passes in pieces
  frame_wait_ = !frames_.Hold(this, cluster_, pending_);
  paused_ = !HoldsPage() && !owner_.HasRoom();
  return paused_ || frame_wait_ ? net::Flow::kPause : net::Flow::kContinue;
}

void Lister::OnItem(std::string_view item) {
  saw_item_ = true;
  if (HoldsPage()) {
    held_bytes_ += item.size() + sizeof(Held);
    held_.push_back({std::string(item), std::nullopt});
  } else {
    owner_.OnListItem(std::string(item), rv_);
  }
}

void Lister::OnLongItemPiece(std::string_view piece) { long_.Piece(piece); }

void Lister::OnLongItemEnd(std::uint64_t size) {
  saw_item_ = true;
  LongObject object = long_.End(size);
  if (HoldsPage()) {
    held_bytes_ += object.prefix.size() + sizeof(Held);
    held_.push_back({"", std::move(object)});
  } else {
    owner_.OnListLongItem(std::move(object), rv_);
  }
}

void Lister::OnDone(const Status& status) {
  transfer_.reset();
  frames_.Drop(this);
  if (head_ && !IsJsonAnswer(*head_)) {
    const Failure failure = ClassifyAnswer(*head_, error_body_);
    const bool gone = failure.kind == FailureKind::kGone;
    const bool bad_token =
        failure.kind == FailureKind::kBadRequest && !continue_.empty();
    if (!continue_.empty() && (gone || bad_token)) {
      Fail(gone ? Problem::kExpired : Problem::kInconsistent, failure);
    } else {
      Fail(Problem::kRequest, failure);
    }
    return;
  }
  if (!status.ok() || !head_) {
    Fail(Problem::kRequest,
         status.ok() ? Failure{FailureKind::kNetwork, "no answer", {}, 0}
                     : ClassifyDone(status));
    return;
  }
  PageDone();
}

void Lister::PageDone() {
  Result<kube::ListMeta> meta = parser_->Finish();
  if (!meta.ok()) {
    Fail(Problem::kRequest,
         {FailureKind::kBadAnswer, meta.error().message(), {}, 200});
    return;
  }
  const std::string& rv = meta->resource_version;
  if (rv.empty() || rv == "0") {
    Fail(Problem::kRequest,
         {FailureKind::kBadAnswer,
          "the list has no resourceVersion that a watch could start from",
          {},
          200});
    return;
  }
  if (rv_.empty()) {
    rv_ = rv;
    std::vector<Held> held = std::exchange(held_, {});
    held_bytes_ = 0;
    owner_.OnListRv(rv_);
    if (!running_ || rv_ != rv) return;  // cancelled or started again
    for (Held& one : held) {
      if (one.long_item) {
        owner_.OnListLongItem(std::move(*one.long_item), rv_);
      } else {
        owner_.OnListItem(std::move(one.item), rv_);
      }
    }
  } else if (rv != rv_) {
    Fail(Problem::kInconsistent,
         {FailureKind::kBadAnswer,
          "a page of the list has another resourceVersion than the first",
          {},
          200});
    return;
  }
  if (meta->continue_token.empty()) {
    const std::string list_rv = rv_;
    Cancel();
    owner_.OnListEnd(list_rv);
    return;
  }
  continue_ = meta->continue_token;
  if (!tokens_.insert(std::hash<std::string>()(continue_)).second) {
    Fail(Problem::kInconsistent,
         {FailureKind::kBadAnswer,
          "the list gives the same continue token again",
          {},
          200});
    return;
  }
  NextPage();
}

void Lister::NextPage() {
  wants_room_ = !owner_.HasRoom();
  if (wants_room_) return;
  ticket_ = gate_.Pass([this] {
    ticket_.reset();
    RequestPage();
  });
}

void Lister::RoomAgain() {
  if (std::exchange(wants_room_, false)) {
    NextPage();
  } else if (std::exchange(paused_, false) && !frame_wait_ && transfer_) {
    http_.Resume(*transfer_);
  }
}

void Lister::OnFrameRoom() {
  if (std::exchange(frame_wait_, false) && !paused_ && transfer_) {
    http_.Resume(*transfer_);
  }
}

void Lister::OnFrameStalled() {
  Fail(Problem::kRequest,
       {FailureKind::kNetwork,
        "an item of the list stopped arriving while others waited for memory",
        {},
        200});
}

void Lister::Fail(Problem problem, const Failure& failure) {
  // It may be a part of what is let go of here.
  // NOLINTNEXTLINE(performance-unnecessary-copy-initialization)
  const Failure copy = failure;
  Cancel();
  owner_.OnListFailed(problem, copy);
}

}  // namespace kubescribe::watch
