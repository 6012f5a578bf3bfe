#include "kube/framer.h"

#include <fmt/format.h>

#include <utility>

#include "kube/scan_text.h"

namespace kubescribe::kube {
namespace {

// A buffer that one big frame made larger than this is given back.
constexpr std::size_t kKeepFrame = 64 * 1024;

}  // namespace

Status Framer::Feed(std::string_view bytes, Sink& sink) {
  while (!bytes.empty()) {
    if (failed_) {
      return Error(Code::kInvalid,
                   fmt::format("the stream holds something that is no JSON "
                               "object at byte {}",
                               offset_));
    }
    if (frame_size_ == 0) {
      std::size_t blank = 0;
      while (blank < bytes.size() && IsSpace(bytes[blank])) ++blank;
      offset_ += blank;
      bytes.remove_prefix(blank);
      if (bytes.empty()) break;
      if (bytes[0] != '{' && bytes[0] != '[') {
        failed_ = true;
        continue;
      }
    }

    const std::size_t taken = scan_.Take(bytes.data(), bytes.size());
    const std::string_view piece = bytes.substr(0, taken);
    bytes.remove_prefix(taken);
    offset_ += taken;
    frame_size_ += taken;
    const bool complete = scan_.done();
    const std::uint64_t size = frame_size_;

    if (!long_ && size > max_frame_) {
      long_ = true;
      if (const std::string held = std::exchange(buffer_, {}); !held.empty()) {
        sink.OnLongPiece(held);
      }
    }
    if (long_) {
      sink.OnLongPiece(piece);
    } else if (!complete) {
      buffer_.append(piece);
    }
    if (!complete) continue;

    // The state is that of a boundary before the sink is called, so that the
    // sink may reset.
    frame_size_ = 0;
    if (std::exchange(long_, false)) {
      sink.OnLongEnd(size);
    } else if (buffer_.empty()) {
      sink.OnFrame(piece);
    } else {
      std::string frame = std::exchange(buffer_, {});
      frame.append(piece);
      sink.OnFrame(frame);
      if (buffer_.empty() && frame.capacity() <= kKeepFrame) {
        frame.clear();
        buffer_ = std::move(frame);
      }
    }
  }
  return {};
}

void Framer::Reset() {
  scan_.Reset();
  buffer_.clear();
  offset_ = 0;
  frame_size_ = 0;
  long_ = false;
  failed_ = false;
}

}  // namespace kubescribe::kube
