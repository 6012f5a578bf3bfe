// A stream gives the same frames whole and cut in two.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "kube/framer.h"

namespace {

using kubescribe::kube::Framer;

struct Recorded final : Framer::Sink {
  std::string text;
  void OnFrame(std::string_view frame) override {
    text.append(frame).append("\n");
  }
  void OnLongPiece(std::string_view piece) override { text.append(piece); }
  void OnLongEnd(std::uint64_t size) override {
    text.append(std::to_string(size)).append("\n");
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2,
                               size - 2);
  const std::size_t cut = data[0] % (bytes.size() + 1);
  const std::size_t max_frame = data[1];
  Framer whole(max_frame);
  Framer halves(max_frame);
  Recorded a;
  Recorded b;
  const bool ok = whole.Feed(bytes, a).ok();
  (void)halves.Feed(bytes.substr(0, cut), b).ok();
  if (halves.Feed(bytes.substr(cut), b).ok() != ok && cut < bytes.size()) {
    std::abort();
  }
  if (a.text != b.text || whole.AtBoundary() != halves.AtBoundary() ||
      whole.offset() != halves.offset() || halves.buffered() > max_frame) {
    std::abort();
  }
  return 0;
}
