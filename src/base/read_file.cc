#include "base/read_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace kubescribe {

namespace {

Result<std::string> ReadAll(int fd, const std::string& name,
                            std::size_t max_bytes) {
  std::string out;
  char buffer[16384];
  ssize_t n = 0;
  while (out.size() <= max_bytes && (n = read(fd, buffer, sizeof buffer)) > 0) {
    out.append(buffer, static_cast<std::size_t>(n));
  }
  if (n < 0) {
    return Error(Code::kIo,
                 fmt::format("cannot read {}: {}", name, std::strerror(errno)));
  }
  if (out.size() > max_bytes) {
    return Error(Code::kInvalid,
                 fmt::format("{} is larger than {} bytes", name, max_bytes));
  }
  return out;
}

}  // namespace

Result<std::string> ReadFile(const std::string& path, std::size_t max_bytes) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    return Error(errno == ENOENT ? Code::kNotFound : Code::kIo,
                 fmt::format("cannot open {}: {}", path, std::strerror(errno)));
  }
  Result<std::string> text = ReadAll(fd, path, max_bytes);
  close(fd);
  return text;
}

Result<std::string> ReadStandardInput(std::size_t max_bytes) {
  return ReadAll(STDIN_FILENO, "standard input", max_bytes);
}

}  // namespace kubescribe
