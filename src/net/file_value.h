// FileValue: the contents of a small file that is replaced now and then while
// we run (a token, a certificate).
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/result.h"

namespace kubescribe::net {

class FileValue {
 public:
  // Looks again when the last look is `max_age` old.
  FileValue(std::string path, Micros max_age)
      : path_(std::move(path)), max_age_(max_age) {}

  // Reads when it is time to. Keeps the value it has when the file cannot be
  // read or is empty. An error only when there never was one.
  Result<std::string> Get(const Clock& clock);
  // The next Get reads.
  void Expire() { read_at_.reset(); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  Micros max_age_;
  std::optional<Micros> read_at_;  // mono
  std::string value_;
};

}  // namespace kubescribe::net
