#include "codec/zstd.h"

#include <fmt/format.h>
#include <zstd.h>

#include <new>

namespace kubescribe::codec {
namespace {

struct Free {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

}  // namespace

struct Compressor::State {
  std::unique_ptr<ZSTD_CCtx, Free> context{ZSTD_createCCtx()};
  std::string out;
};

Compressor::Compressor(int level) : state_(std::make_unique<State>()) {
  ZSTD_CCtx* context = state_->context.get();
  if (context == nullptr) throw std::bad_alloc();
  ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level);
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 1);
}
Compressor::~Compressor() = default;
Compressor::Compressor(Compressor&&) noexcept = default;
Compressor& Compressor::operator=(Compressor&&) noexcept = default;

std::string_view Compressor::Compress(std::string_view raw) {
  std::string& out = state_->out;
  const std::size_t bound = ZSTD_compressBound(raw.size());
  // One large body must not be paid for in memory ever after.
  constexpr std::size_t kKeep = std::size_t{1} << 20;
  if (out.size() < bound || out.size() > kKeep) {
    out = std::string(bound, '\0');
  }
  const std::size_t size = ZSTD_compress2(state_->context.get(), out.data(),
                                          out.size(), raw.data(), raw.size());
  if (ZSTD_isError(size) != 0) throw std::bad_alloc();
  return {out.data(), size};
}

struct Decompressor::State {
  std::unique_ptr<ZSTD_DCtx, Free> context{ZSTD_createDCtx()};
};

Decompressor::Decompressor() : state_(std::make_unique<State>()) {
  if (state_->context == nullptr) throw std::bad_alloc();
}
Decompressor::~Decompressor() = default;
Decompressor::Decompressor(Decompressor&&) noexcept = default;
Decompressor& Decompressor::operator=(Decompressor&&) noexcept = default;

Result<std::string> Decompressor::Decompress(std::string_view frame,
                                             std::size_t max_size) {
  const unsigned long long size =
      ZSTD_getFrameContentSize(frame.data(), frame.size());
  if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN) {
    return Error(Code::kCorruption, "not a zstd frame that states its size");
  }
  if (size > max_size) {
    return Error(Code::kCorruption,
                 fmt::format("a zstd frame of {} bytes where at most {} "
                             "are expected",
                             size, max_size));
  }
  const std::size_t whole =
      ZSTD_findFrameCompressedSize(frame.data(), frame.size());
  if (ZSTD_isError(whole) != 0 || whole != frame.size()) {
    return Error(Code::kCorruption, "a zstd frame is cut short or has a tail");
  }
  std::string raw(static_cast<std::size_t>(size), '\0');
  const std::size_t got =
      ZSTD_decompressDCtx(state_->context.get(), raw.data(), raw.size(),
                          frame.data(), frame.size());
  if (ZSTD_isError(got) != 0) {
    return Error(Code::kCorruption, fmt::format("a zstd frame is damaged: {}",
                                                ZSTD_getErrorName(got)));
  }
  if (got != raw.size()) {
    return Error(Code::kCorruption, "a zstd frame is shorter than it states");
  }
  return raw;
}

}  // namespace kubescribe::codec
