// Dictionaries: what many bodies have in common, so that a frame which stands
// alone takes a seventh (schema/formats/dictionary.md).
//
//   auto dictionary = Dictionary::Load(bytes);      // as stored or shipped
//   compressor.Compress(raw, **dictionary);
//
//   auto bytes = TrainDictionary(samples, 64 << 10, id);   // 0.3 to 0.5 s
//
// libzstd stays out of this header.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

// zstd's digested forms.
struct ZSTD_CDict_s;
struct ZSTD_DDict_s;

namespace kubescribe::codec {

// Immutable; any thread.
class Dictionary {
 public:
  // Of the compressor. First states of Pods take 230 bytes and 7 us at level 3,
  // 202 bytes and 19 us at 5, 194 bytes and 27 us at 6.
  static constexpr int kLevel = 6;

  // kCorruption: the bytes are no zstd dictionary that has an id.
  static Result<std::shared_ptr<const Dictionary>> Load(std::string bytes);
  // Of Load.
  Dictionary(std::string bytes, std::uint32_t id);
  ~Dictionary();
  Dictionary(const Dictionary&) = delete;
  Dictionary& operator=(const Dictionary&) = delete;

  // The id that the bytes and each frame state; not 0.
  std::uint32_t id() const { return id_; }
  const std::string& bytes() const { return bytes_; }

  // Made at first use and kept: about 850 KB, and 30 KB and the bytes. Throw
  // std::bad_alloc.
  const ZSTD_CDict_s* ForCompression() const;
  const ZSTD_DDict_s* ForDecompression() const;

 private:
  const std::string bytes_;
  const std::uint32_t id_;
  mutable std::once_flag compression_once_;
  mutable std::once_flag decompression_once_;
  mutable ZSTD_CDict_s* compression_ = nullptr;
  mutable ZSTD_DDict_s* decompression_ = nullptr;
};

// The bytes of a dictionary of at most `size` bytes with this id, for what
// looks like the samples. kInvalid: they are too few or too much alike. Takes
// a third of a second for 6 MB of samples, and several times their memory.
Result<std::string> TrainDictionary(std::vector<std::string> samples,
                                    std::size_t size, std::uint32_t id);

}  // namespace kubescribe::codec
