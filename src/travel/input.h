// Input: an export being read, compressed or not, line by line, with a digest
// of all that was read. Private to travel. One thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "codec/digest.h"
#include "codec/zstd_stream.h"

namespace kubescribe::travel {

class Input {
 public:
  // kNotFound, kIo.
  static Result<std::unique_ptr<Input>> Open(const std::string& path);
  ~Input();
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  // The next line without its line break; none: that was all. kCorruption: it
  // is cut off, damaged, or no text.
  Result<std::optional<std::string>> Line();
  // So many bytes and the line break behind them.
  Result<std::string> Body(std::size_t size);

  // Hex, over all that came before the last line. No other may follow.
  std::string DigestBeforeLastLine() { return codec::Hex(sha_.Finish()); }
  // Is the last line really the last?
  Status ExpectEnd();

  // Bytes of the file read so far, of all that there are (0: unknown).
  std::uint64_t done() const { return done_; }
  std::uint64_t size() const { return size_; }

 private:
  Input(std::string path, int fd, std::uint64_t size);
  // More bytes into buffer_; false: there are none.
  Result<bool> Fill();
  Error CutOff() const;

  const std::string path_;
  const int fd_;
  const std::uint64_t size_;
  std::uint64_t done_ = 0;
  bool looked_ = false;  // at whether it is compressed
  bool ended_ = false;
  std::unique_ptr<codec::Inflater> inflater_;
  std::string raw_;  // read, and not decoded yet
  std::size_t raw_used_ = 0;
  std::string buffer_;
  std::size_t used_ = 0;
  std::string last_line_;  // not in the digest yet
  codec::Sha256 sha_;
};

}  // namespace kubescribe::travel
