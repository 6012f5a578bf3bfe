// WatchCall: one watch request, from its sending to its end, cut into frames.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "kube/framer.h"
#include "net/http.h"
#include "watch/failure.h"
#include "watch/frame_budget.h"
#include "watch/lister.h"

namespace kubescribe::watch {

// How a watch ended.
enum class WatchEnd {
  kClean,    // the server closed it between frames
  kCut,      // anything else on the way: reset, time-out, in mid-frame
  kGarbage,  // bytes that are no frame
  kRefused,  // an answer that is no watch; the failure says which
  kAsked,    // End() was called
};

// Loop thread. May be opened again once it has ended or was closed.
class WatchCall final : net::ResponseHandler,
                        kube::Framer::Sink,
                        FrameBudget::Holder {
 public:
  // Frames must be taken without closing or opening the call; End() is for
  // that. OnWatchEnd is the last thing that the call does.
  class Owner {
   public:
    virtual ~Owner() = default;
    // The server accepted the watch.
    virtual void OnWatchOpen() = 0;
    // Bytes arrived; their frames follow.
    virtual void OnWatchBytes(std::size_t size) = 0;
    virtual void OnFrame(std::string_view frame) = 0;
    virtual void OnLongFrame(LongObject frame) = 0;
    // After the frames of some bytes. False: stop reading until RoomAgain().
    virtual bool AfterBytes() = 0;
    // The transfer stopped reading because of half-received frames.
    virtual void OnWatchHeld() = 0;
    // The socket is empty and no frame is half received.
    virtual void OnWatchDrained() = 0;
    virtual void OnWatchEnd(WatchEnd end, const Failure& failure) = 0;
  };

  WatchCall(std::size_t max_frame, std::size_t head_bytes,
            net::HttpClient& http, FrameBudget& frames, const void* cluster,
            Owner& owner);
  ~WatchCall() override { Close(); }

  void Open(const net::Request& request);
  // Ends it without a word.
  void Close();
  // From within OnFrame: takes no more frames, closes, then calls
  // OnWatchEnd(kAsked).
  void End() { ending_ = true; }
  void RoomAgain();

  bool open() const { return transfer_.has_value(); }
  bool accepted() const { return accepted_; }
  bool AtBoundary() const { return framer_.AtBoundary(); }
  std::uint64_t offset() const { return framer_.offset(); }

 private:
  void OnHead(const net::ResponseHead& head) override;
  net::Flow OnBody(std::string_view bytes) override;
  void OnDrained() override;
  void OnDone(const Status& status) override;
  void OnFrame(std::string_view frame) override;
  void OnLongPiece(std::string_view piece) override;
  void OnLongEnd(std::uint64_t size) override;
  void OnFrameRoom() override;
  void OnFrameStalled() override;
  void Finish(WatchEnd end, const Failure& failure);

  net::HttpClient& http_;
  FrameBudget& frames_;
  const void* const cluster_;
  Owner& owner_;
  kube::Framer framer_;
  LongCollector long_;
  std::optional<net::TransferId> transfer_;
  std::optional<net::ResponseHead> head_;
  std::string error_body_;
  bool accepted_ = false;
  bool ending_ = false;
  bool paused_ = false;
  bool frame_wait_ = false;
};

}  // namespace kubescribe::watch
