#include "net/file_value.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace kubescribe::net {

Result<std::string> ReadSmallFile(const std::string& path) {
  constexpr std::size_t kMax = 1 << 20;
  // Not to hang on a FIFO.
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    return Error(errno == ENOENT ? Code::kNotFound : Code::kIo,
                 fmt::format("cannot open {}: {}", path, std::strerror(errno)));
  }
  std::string out;
  char buffer[8192];
  ssize_t n = 0;
  while ((n = read(fd, buffer, sizeof buffer)) > 0 && out.size() <= kMax) {
    out.append(buffer, static_cast<std::size_t>(n));
  }
  const int error = errno;
  close(fd);
  if (n < 0) {
    return Error(Code::kIo,
                 fmt::format("cannot read {}: {}", path, std::strerror(error)));
  }
  if (out.size() > kMax) {
    return Error(Code::kInvalid, fmt::format("{} is larger than 1 MiB", path));
  }
  return out;
}

Result<std::string> FileValue::Get(const Clock& clock) {
  const Micros now = clock.Mono();
  if (read_at_ && now - *read_at_ < max_age_) {
    if (!value_.empty()) return value_;
  }
  Result<std::string> read = ReadSmallFile(path_);
  std::string trimmed;
  if (read.ok()) {
    const std::size_t first = read->find_first_not_of(" \t\r\n");
    if (first != std::string::npos) {
      const std::size_t last = read->find_last_not_of(" \t\r\n");
      trimmed = read->substr(first, last - first + 1);
    }
  }
  read_at_ = now;
  if (!trimmed.empty()) value_ = std::move(trimmed);
  if (!value_.empty()) return value_;
  if (!read.ok()) return read.error();
  return Error(Code::kInvalid, fmt::format("{} is empty", path_));
}

}  // namespace kubescribe::net
