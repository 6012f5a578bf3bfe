// A list gives the same items and end whole and cut in two.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "kube/list_parser.h"

namespace {

using kubescribe::kube::ListParser;

struct Recorded final : ListParser::Sink {
  std::string text;
  void OnItem(std::string_view item) override {
    text.append(item).append("\n");
  }
  void OnLongItemPiece(std::string_view piece) override { text.append(piece); }
  void OnLongItemEnd(std::uint64_t size) override {
    text.append(std::to_string(size)).append("\n");
  }
};

std::string Read(std::string_view bytes, std::size_t cut, std::size_t max) {
  ListParser parser(max);
  Recorded sink;
  if (!parser.Feed(bytes.substr(0, cut), sink).ok() ||
      !parser.Feed(bytes.substr(cut), sink).ok()) {
    return sink.text + "refused";
  }
  const auto meta = parser.Finish();
  return sink.text + (meta.ok() ? meta->resource_version + "/" +
                                      meta->continue_token + "/" + meta->kind
                                : "unfinished");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2,
                               size - 2);
  const std::size_t cut = data[0] % (bytes.size() + 1);
  if (Read(bytes, cut, data[1]) != Read(bytes, 0, data[1])) std::abort();
  return 0;
}
