#include "codec/zstd.h"

#include <fmt/format.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <cstdint>
#include <new>
#include <utility>

namespace kubescribe::codec {
namespace {

struct Free {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

// The fast levels' tables hold about so much of a prefix; beyond, the matcher
// for long distances finds what is equal.
constexpr std::size_t kLongBase = std::size_t{256} << 10;

// What begins so zstd takes for a dictionary, not for bytes that come before,
// unless it is told; being told costs a third of a small delta.
bool LooksLikeDictionary(std::string_view bytes) {
  constexpr std::string_view kMagic("\x37\xa4\x30\xec", 4);
  static_assert(ZSTD_MAGIC_DICTIONARY == 0xEC30A437);
  return bytes.substr(0, kMagic.size()) == kMagic;
}

// Memory that is kept for the next body.
constexpr std::size_t kKeep = std::size_t{1} << 20;

// The smallest power of two that is not less, as a logarithm.
int CeilLog(std::size_t size) {
  int log = 0;
  while ((std::size_t{1} << log) < size) ++log;
  return log;
}

// The header of a frame that has its content in one piece, and neither a
// checksum nor the id of a dictionary (RFC 8878, section 3.1.1.1).
std::string PlainHeader(std::size_t size) {
  constexpr std::uint64_t kTwoBytes = 256;
  constexpr std::uint64_t kFourBytes = 65536 + kTwoBytes;
  constexpr std::uint64_t kEightBytes = std::uint64_t{1} << 32;
  constexpr unsigned kSinglePiece = 1U << 5;
  std::uint64_t rest = size;
  unsigned flag = 0;
  if (rest >= kEightBytes) {
    flag = 3;
  } else if (rest >= kFourBytes) {
    flag = 2;
  } else if (rest >= kTwoBytes) {
    flag = 1;
    rest -= kTwoBytes;
  }
  std::string header("\x28\xb5\x2f\xfd", 4);
  static_assert(ZSTD_MAGICNUMBER == 0xFD2FB528);
  header += static_cast<char>(flag << 6 | kSinglePiece);
  for (unsigned byte = 0; byte < 1U << flag; ++byte, rest >>= 8) {
    header += static_cast<char>(rest & 0xff);
  }
  return header;
}

}  // namespace

struct Compressor::State {
  std::unique_ptr<ZSTD_CCtx, Free> context{ZSTD_createCCtx()};
  int level;
  int delta_level;
  std::string out;

  void Set(ZSTD_cParameter parameter, int value) const {
    if (ZSTD_isError(ZSTD_CCtx_setParameter(context.get(), parameter, value)) !=
        0) {
      throw std::bad_alloc();
    }
  }

  void SetBare(bool bare) const {
    Set(ZSTD_c_checksumFlag, bare ? 0 : 1);
    Set(ZSTD_c_dictIDFlag, bare ? 0 : 1);
  }

  // The blocks of the frame that `make` makes.
  template <typename Make>
  std::optional<std::string_view> Bare(std::size_t raw_size, Make make) const {
    SetBare(true);
    const struct Back {
      ~Back() {
        for (const auto flag : {ZSTD_c_checksumFlag, ZSTD_c_dictIDFlag}) {
          ZSTD_CCtx_setParameter(context, flag, 1);
        }
      }
      ZSTD_CCtx* context;
    } back{context.get()};
    const std::string_view frame = make();
    const std::string header = PlainHeader(raw_size);
    if (!frame.starts_with(header)) return std::nullopt;
    return frame.substr(header.size());
  }

  std::string_view Run(std::string_view raw) {
    const std::size_t bound = ZSTD_compressBound(raw.size());
    // One large body must not be paid for in memory ever after.
    if (out.size() < bound || out.size() > kKeep) {
      out = std::string(bound, '\0');
    }
    const std::size_t size = ZSTD_compress2(context.get(), out.data(),
                                            out.size(), raw.data(), raw.size());
    if (ZSTD_isError(size) != 0) throw std::bad_alloc();
    return {out.data(), size};
  }
};

Compressor::Compressor(int level, int delta_level)
    : state_(std::make_unique<State>()) {
  if (state_->context == nullptr) throw std::bad_alloc();
  state_->level = level;
  state_->delta_level = delta_level;
  state_->Set(ZSTD_c_contentSizeFlag, 1);
  state_->SetBare(false);
}
Compressor::~Compressor() = default;
Compressor::Compressor(Compressor&&) noexcept = default;
Compressor& Compressor::operator=(Compressor&&) noexcept = default;

std::string_view Compressor::Compress(std::string_view raw) {
  state_->Set(ZSTD_c_compressionLevel, state_->level);
  ZSTD_CCtx_refCDict(state_->context.get(), nullptr);
  return state_->Run(raw);
}

std::string_view Compressor::Compress(std::string_view raw,
                                      const Dictionary& dictionary) {
  // The level is the dictionary's.
  if (ZSTD_isError(ZSTD_CCtx_refCDict(state_->context.get(),
                                      dictionary.ForCompression())) != 0) {
    throw std::bad_alloc();
  }
  return state_->Run(raw);
}

std::string_view Compressor::Delta(std::string_view raw,
                                   std::string_view base) {
  state_->Set(ZSTD_c_compressionLevel, state_->delta_level);
  // Used for one frame; it takes the place of a dictionary.
  if (ZSTD_isError(ZSTD_CCtx_refPrefix(state_->context.get(), base.data(),
                                       base.size())) != 0) {
    throw std::bad_alloc();
  }
  if (base.size() < kLongBase) return state_->Run(raw);
  state_->Set(ZSTD_c_windowLog, CeilLog(base.size() + raw.size()));
  state_->Set(ZSTD_c_enableLongDistanceMatching, 1);
  const std::string_view frame = state_->Run(raw);
  state_->Set(ZSTD_c_windowLog, 0);
  state_->Set(ZSTD_c_enableLongDistanceMatching, 0);
  return frame;
}

std::optional<std::string_view> Compressor::CompressBare(
    std::string_view raw, const Dictionary& dictionary) {
  return state_->Bare(raw.size(), [&] { return Compress(raw, dictionary); });
}

std::optional<std::string_view> Compressor::DeltaBare(std::string_view raw,
                                                      std::string_view base) {
  return state_->Bare(raw.size(), [&] { return Delta(raw, base); });
}

struct Decompressor::State {
  std::unique_ptr<ZSTD_DCtx, Free> context{ZSTD_createDCtx()};
  std::string frame;  // of bare blocks

  std::string_view Whole(std::string_view blocks, std::size_t size) {
    // One large body must not be paid for in memory ever after.
    if (frame.size() > kKeep) frame = {};
    frame.clear();
    frame += PlainHeader(size);
    frame += blocks;
    return frame;
  }

  // `decode` reads the frame into the room that it is given, and answers as
  // zstd does.
  template <typename Decode>
  Result<std::string> Run(std::string_view frame, std::size_t max_size,
                          std::string raw, Decode decode) {
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
      return Error(Code::kCorruption,
                   "a zstd frame is cut short or has a tail");
    }
    raw.resize(static_cast<std::size_t>(size));
    const std::size_t got = decode(raw);
    if (ZSTD_getErrorCode(got) == ZSTD_error_dstSize_tooSmall) {
      return Error(Code::kCorruption, "a zstd frame is longer than it states");
    }
    if (ZSTD_isError(got) != 0) {
      return Error(Code::kCorruption, fmt::format("a zstd frame is damaged: {}",
                                                  ZSTD_getErrorName(got)));
    }
    if (got != raw.size()) {
      return Error(Code::kCorruption, "a zstd frame is shorter than it states");
    }
    return raw;
  }

  // With a dictionary; null: without.
  Result<std::string> Run(std::string_view frame, std::size_t max_size,
                          const ZSTD_DDict* dictionary) {
    return Run(frame, max_size, {}, [&](std::string& raw) {
      return ZSTD_decompress_usingDDict(context.get(), raw.data(), raw.size(),
                                        frame.data(), frame.size(), dictionary);
    });
  }
};

Decompressor::Decompressor() : state_(std::make_unique<State>()) {
  if (state_->context == nullptr) throw std::bad_alloc();
}
Decompressor::~Decompressor() = default;
Decompressor::Decompressor(Decompressor&&) noexcept = default;
Decompressor& Decompressor::operator=(Decompressor&&) noexcept = default;

Result<std::string> Decompressor::Decompress(std::string_view frame,
                                             std::size_t max_size) {
  return state_->Run(frame, max_size, nullptr);
}

Result<std::string> Decompressor::Decompress(std::string_view frame,
                                             std::size_t max_size,
                                             const Dictionary& dictionary) {
  return state_->Run(frame, max_size, dictionary.ForDecompression());
}

Result<std::string> Decompressor::ApplyDelta(std::string_view frame,
                                             std::size_t max_size,
                                             std::string_view base,
                                             std::string room) {
  return state_->Run(frame, max_size, std::move(room), [&](std::string& raw) {
    ZSTD_DCtx* context = state_->context.get();
    if (!LooksLikeDictionary(base)) {
      return ZSTD_decompress_usingDict(context, raw.data(), raw.size(),
                                       frame.data(), frame.size(), base.data(),
                                       base.size());
    }
    const std::size_t referred =
        ZSTD_DCtx_refPrefix(context, base.data(), base.size());
    if (ZSTD_isError(referred) != 0) return referred;
    return ZSTD_decompressDCtx(context, raw.data(), raw.size(), frame.data(),
                               frame.size());
  });
}

Result<std::string> Decompressor::DecompressBare(std::string_view blocks,
                                                 std::size_t size,
                                                 const Dictionary& dictionary) {
  return Decompress(state_->Whole(blocks, size), size, dictionary);
}

Result<std::string> Decompressor::ApplyDeltaBare(std::string_view blocks,
                                                 std::size_t size,
                                                 std::string_view base,
                                                 std::string room) {
  return ApplyDelta(state_->Whole(blocks, size), size, base, std::move(room));
}

}  // namespace kubescribe::codec
