// Framer: cuts a byte stream of concatenated JSON values into frames.
//
// A watch sends {"type",…}{"type",…}…, customarily a line each, but a frame
// ends where its JSON value ends (P§2, framing). Bytes may come cut at any
// place, also inside an escape or a UTF-8 sequence. Only the nesting is looked
// at; whether a frame is good JSON is its parser's question.
//
// What a Framer holds is bounded: a value longer than `max_frame` is counted
// and handed through in pieces, never kept. Bytes between frames that cannot
// start an object or array (an HTML page, a stray brace) are an error: the
// stream is lost and must be opened again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "kube/json_scan.h"

namespace kubescribe::kube {

class Framer {
 public:
  class Sink {
   public:
    virtual ~Sink() = default;
    // A whole value. The view lives until the call returns.
    virtual void OnFrame(std::string_view frame) = 0;
    // A value turned out longer than max_frame: all its bytes come through
    // here, in order, from its first on; then OnLongEnd with their number.
    virtual void OnLongPiece(std::string_view piece) = 0;
    virtual void OnLongEnd(std::uint64_t size) = 0;
  };

  explicit Framer(std::size_t max_frame) : max_frame_(max_frame) {}

  // Takes the next bytes; calls the sink for what became complete. kInvalid:
  // bytes that are no frame (message says at what offset, never the bytes); so
  // is every later call until Reset. The sink may call Reset, but not Feed.
  Status Feed(std::string_view bytes, Sink& sink);

  // No frame has begun: an end of stream here is clean.
  bool AtBoundary() const { return frame_size_ == 0; }
  // Bytes held now.
  std::size_t buffered() const { return buffer_.size(); }
  // Bytes taken since construction or Reset.
  std::uint64_t offset() const { return offset_; }
  void Reset();

 private:
  const std::size_t max_frame_;
  JsonScan scan_;
  std::string buffer_;  // the frame's bytes so far, unless it is a long one
  std::uint64_t offset_ = 0;
  std::uint64_t frame_size_ = 0;  // bytes of the unfinished frame so far
  bool long_ = false;
  bool failed_ = false;
};

}  // namespace kubescribe::kube
