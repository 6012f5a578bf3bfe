#include "watch/watch_call.h"

#include <utility>

namespace kubescribe::watch {

WatchCall::WatchCall(std::size_t max_frame, std::size_t head_bytes,
                     net::HttpClient& http, FrameBudget& frames,
                     const void* cluster, Owner& owner)
    : http_(http),
      frames_(frames),
      cluster_(cluster),
      owner_(owner),
      framer_(max_frame),
      long_(head_bytes) {}

void WatchCall::Open(const net::Request& request) {
  Close();
  framer_.Reset();
  long_.Reset();
  head_.reset();
  error_body_.clear();
  transfer_ = http_.Get(request, this);
}

void WatchCall::Close() {
  if (transfer_) http_.Cancel(*std::exchange(transfer_, std::nullopt));
  frames_.Drop(this);
  accepted_ = ending_ = paused_ = frame_wait_ = false;
}

void WatchCall::OnHead(const net::ResponseHead& head) {
  head_ = head;
  accepted_ = IsJsonAnswer(head);
  if (accepted_) {
    owner_.OnWatchOpen();
  } else if (head.status < 400) {
    // A stream in some other form may not end for long, and says nothing.
    Finish(WatchEnd::kRefused, ClassifyAnswer(head, ""));
  }
}

net::Flow WatchCall::OnBody(std::string_view bytes) {
  if (!accepted_) {
    if (error_body_.size() < kMaxErrorBody) {
      error_body_.append(bytes.substr(0, kMaxErrorBody - error_body_.size()));
    } else {
      Finish(WatchEnd::kRefused, ClassifyAnswer(*head_, error_body_));
    }
    return net::Flow::kContinue;
  }
  owner_.OnWatchBytes(bytes.size());
  const Status fed = framer_.Feed(bytes, *this);
  if (ending_) {
    Finish(WatchEnd::kAsked, {});
    return net::Flow::kContinue;
  }
  if (!fed.ok()) {
    Finish(WatchEnd::kGarbage,
           {FailureKind::kBadAnswer, fed.error().message(), {}, 200});
    return net::Flow::kContinue;
  }
  paused_ = !owner_.AfterBytes();
  frame_wait_ = !frames_.Hold(this, cluster_, framer_.buffered());
  if (frame_wait_ && !paused_) owner_.OnWatchHeld();
  return paused_ || frame_wait_ ? net::Flow::kPause : net::Flow::kContinue;
}

void WatchCall::OnFrame(std::string_view frame) {
  if (!ending_) owner_.OnFrame(frame);
}

void WatchCall::OnLongPiece(std::string_view piece) {
  if (!ending_) long_.Piece(piece);
}

void WatchCall::OnLongEnd(std::uint64_t size) {
  if (!ending_) owner_.OnLongFrame(long_.End(size));
}

void WatchCall::OnDrained() {
  if (accepted_ && !paused_ && !frame_wait_ && framer_.AtBoundary()) {
    owner_.OnWatchDrained();
  }
}

void WatchCall::OnDone(const Status& status) {
  transfer_.reset();
  if (head_ && !accepted_) {
    Finish(WatchEnd::kRefused, ClassifyAnswer(*head_, error_body_));
  } else if (!status.ok()) {
    Finish(WatchEnd::kCut, ClassifyDone(status));
  } else if (!head_ || !framer_.AtBoundary()) {
    Finish(WatchEnd::kCut, {FailureKind::kNetwork,
                            "the watch ended in the middle of an event",
                            {},
                            200});
  } else {
    Finish(WatchEnd::kClean, {});
  }
}

void WatchCall::RoomAgain() {
  if (std::exchange(paused_, false) && !frame_wait_ && transfer_) {
    http_.Resume(*transfer_);
  }
}

void WatchCall::OnFrameRoom() {
  if (std::exchange(frame_wait_, false) && !paused_ && transfer_) {
    http_.Resume(*transfer_);
  }
}

void WatchCall::OnFrameStalled() {
  Finish(WatchEnd::kCut,
         {FailureKind::kNetwork,
          "an event stopped arriving while others waited for memory",
          {},
          200});
}

void WatchCall::Finish(WatchEnd end, const Failure& failure) {
  // It may be a part of what is let go of here.
  // NOLINTNEXTLINE(performance-unnecessary-copy-initialization)
  const Failure copy = failure;
  Close();
  owner_.OnWatchEnd(end, copy);
}

}  // namespace kubescribe::watch
