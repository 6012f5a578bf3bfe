// Streams of zstd: what is larger than memory, piece by piece. One frame with a
// checksum and a window of 32 MiB; libzstd stays out of this header. One
// thread.
//
//   Deflater deflater;
//   file.Write(deflater.Add(bytes)); ... file.Write(deflater.End());
//
//   Inflater inflater;
//   while (!piece.empty()) inflater.Read(piece, out);   // see there
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace kubescribe::codec {

// What a zstd frame begins with.
inline constexpr std::string_view kZstdMagic = "\x28\xb5\x2f\xfd";

class Deflater {
 public:
  explicit Deflater(int level = 3);
  ~Deflater();
  Deflater(Deflater&&) noexcept;
  Deflater& operator=(Deflater&&) noexcept;

  // What is to be written so far; holds until the next call. Throw
  // std::bad_alloc only.
  std::string_view Add(std::string_view bytes);
  // The rest; nothing may follow.
  std::string_view End();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

class Inflater {
 public:
  Inflater();
  ~Inflater();
  Inflater(Inflater&&) noexcept;
  Inflater& operator=(Inflater&&) noexcept;

  // Decodes a piece, however cut; several frames may follow each other. Appends
  // at most kInflatedAtOnce bytes to `out` and takes what it used from the
  // front of `piece`: call again while anything is left of it or `out` grew by
  // that much. kCorruption: it is no zstd, damaged, or wants more than 128 MiB
  // of memory.
  Status Read(std::string_view& piece, std::string& out);
  // Nothing is missing: a frame has just ended.
  bool whole() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

inline constexpr std::size_t kInflatedAtOnce = std::size_t{128} << 10;

}  // namespace kubescribe::codec
