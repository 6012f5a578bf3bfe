// Bodies as zstd frames, each a frame of its own (schema/formats/body.md).
//
// Every frame carries its raw size and a checksum, so that decompression can
// bound what it allocates and notices damaged bytes. libzstd stays out of this
// header.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace kubescribe::codec {

// Compresses bodies; reuse one, since its tables are costly to set up. One
// thread.
class Compressor {
 public:
  explicit Compressor(int level = 3);
  ~Compressor();
  Compressor(Compressor&&) noexcept;
  Compressor& operator=(Compressor&&) noexcept;

  // The frame of `raw`. The view holds until the next call. It cannot fail
  // but for memory, and then throws std::bad_alloc.
  std::string_view Compress(std::string_view raw);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// One thread.
class Decompressor {
 public:
  Decompressor();
  ~Decompressor();
  Decompressor(Decompressor&&) noexcept;
  Decompressor& operator=(Decompressor&&) noexcept;

  // What Compress was given. kCorruption: not one whole frame, a wrong
  // checksum, or it says that it is larger than `max_size` (nothing of that
  // size is allocated then).
  Result<std::string> Decompress(std::string_view frame, std::size_t max_size);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace kubescribe::codec
