#include "codec/zstd_stream.h"

#include <fmt/format.h>
#include <zstd.h>

#include <new>

namespace kubescribe::codec {
namespace {

struct FreeStream {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

// 32 MiB, which whoever reads it needs too.
constexpr int kWindowLog = 25;

void SetOrThrow(ZSTD_CCtx* context, ZSTD_cParameter parameter, int value) {
  if (ZSTD_isError(ZSTD_CCtx_setParameter(context, parameter, value)) != 0) {
    throw std::bad_alloc();
  }
}

}  // namespace

struct Deflater::State {
  std::unique_ptr<ZSTD_CCtx, FreeStream> context{ZSTD_createCCtx()};
  std::string out;

  std::string_view Run(std::string_view bytes, ZSTD_EndDirective mode) {
    out.clear();
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    while (true) {
      const std::size_t had = out.size();
      out.resize(had + ZSTD_CStreamOutSize());
      ZSTD_outBuffer to{out.data() + had, out.size() - had, 0};
      const std::size_t left =
          ZSTD_compressStream2(context.get(), &to, &in, mode);
      out.resize(had + to.pos);
      if (ZSTD_isError(left) != 0) throw std::bad_alloc();
      const bool done = mode == ZSTD_e_end ? left == 0 : in.pos == in.size;
      if (done) return out;
    }
  }
};

Deflater::Deflater(int level) : state_(std::make_unique<State>()) {
  if (state_->context == nullptr) throw std::bad_alloc();
  SetOrThrow(state_->context.get(), ZSTD_c_compressionLevel, level);
  SetOrThrow(state_->context.get(), ZSTD_c_checksumFlag, 1);
  // What is alike may lie far apart: states of one object among all others'.
  SetOrThrow(state_->context.get(), ZSTD_c_enableLongDistanceMatching, 1);
  SetOrThrow(state_->context.get(), ZSTD_c_windowLog, kWindowLog);
}
Deflater::~Deflater() = default;
Deflater::Deflater(Deflater&&) noexcept = default;
Deflater& Deflater::operator=(Deflater&&) noexcept = default;

std::string_view Deflater::Add(std::string_view bytes) {
  return state_->Run(bytes, ZSTD_e_continue);
}

std::string_view Deflater::End() { return state_->Run({}, ZSTD_e_end); }

struct Inflater::State {
  std::unique_ptr<ZSTD_DCtx, FreeStream> context{ZSTD_createDCtx()};
  bool whole = true;
};

Inflater::Inflater() : state_(std::make_unique<State>()) {
  if (state_->context == nullptr) throw std::bad_alloc();
}
Inflater::~Inflater() = default;
Inflater::Inflater(Inflater&&) noexcept = default;
Inflater& Inflater::operator=(Inflater&&) noexcept = default;

Status Inflater::Read(std::string_view& piece, std::string& out) {
  const std::size_t had = out.size();
  out.resize(had + kInflatedAtOnce);
  ZSTD_inBuffer in{piece.data(), piece.size(), 0};
  ZSTD_outBuffer to{out.data() + had, kInflatedAtOnce, 0};
  const std::size_t left =
      ZSTD_decompressStream(state_->context.get(), &to, &in);
  out.resize(had + to.pos);
  if (ZSTD_isError(left) != 0) {
    return Error(Code::kCorruption, fmt::format("its zstd is damaged: {}",
                                                ZSTD_getErrorName(left)));
  }
  if (in.pos > 0 || to.pos > 0) state_->whole = left == 0;
  piece.remove_prefix(in.pos);
  return {};
}

bool Inflater::whole() const { return state_->whole; }

}  // namespace kubescribe::codec
