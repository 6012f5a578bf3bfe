// Bodies as zstd frames (schema/formats/body.md), of three kinds:
//   - alone: nothing else is needed to read it;
//   - with a dictionary (dictionary.h), for bodies that stand alone but look
//     like many others;
//   - a delta: the bytes of an earlier body (the base) come before the frame's
//     own window as a prefix, so that only what differs is stored.
//
// Every frame carries its raw size and a checksum, so that decompression can
// bound what it allocates (the raw size and nothing else: no window is kept)
// and notices damaged bytes, and a wrong base. The two latter kinds also come
// bare: only the blocks, for whoever knows the raw size and has a better hash
// of the body. Of a small delta that is a twelfth. libzstd stays out of this
// header.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "codec/dictionary.h"

namespace kubescribe::codec {

// Base and body of a delta together. Larger ones gain little and would make
// the tables of the compressor large.
inline constexpr std::size_t kLargestDelta = std::size_t{64} << 20;

// Compresses bodies; reuse one, since its tables are costly to set up. One
// thread. The views hold until the next call. None of these can fail but for
// memory, and then they throw std::bad_alloc.
class Compressor {
 public:
  // The levels of frames alone, and of deltas. A dictionary brings its own.
  explicit Compressor(int level = 3, int delta_level = 3);
  ~Compressor();
  Compressor(Compressor&&) noexcept;
  Compressor& operator=(Compressor&&) noexcept;

  std::string_view Compress(std::string_view raw);
  std::string_view Compress(std::string_view raw, const Dictionary& dictionary);
  // REQUIRES: base.size() + raw.size() <= kLargestDelta.
  std::string_view Delta(std::string_view raw, std::string_view base);

  // The same bare. None: it does not go without a header (a body that is larger
  // than the window, of some megabytes).
  std::optional<std::string_view> CompressBare(std::string_view raw,
                                               const Dictionary& dictionary);
  std::optional<std::string_view> DeltaBare(std::string_view raw,
                                            std::string_view base);

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

  // What the function of the same kind was given. kCorruption: not one whole
  // frame, a wrong checksum, dictionary or base, or it says that it is larger
  // than `max_size` (nothing of that size is allocated then).
  Result<std::string> Decompress(std::string_view frame, std::size_t max_size);
  Result<std::string> Decompress(std::string_view frame, std::size_t max_size,
                                 const Dictionary& dictionary);
  // `room`: a string that is not needed any more, whose memory the result may
  // take.
  Result<std::string> ApplyDelta(std::string_view frame, std::size_t max_size,
                                 std::string_view base, std::string room = {});

  // What CompressBare and DeltaBare made of `size` bytes. Damaged blocks, and a
  // wrong dictionary or base, may pass as other bytes of that size.
  Result<std::string> DecompressBare(std::string_view blocks, std::size_t size,
                                     const Dictionary& dictionary);
  Result<std::string> ApplyDeltaBare(std::string_view blocks, std::size_t size,
                                     std::string_view base,
                                     std::string room = {});

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace kubescribe::codec
