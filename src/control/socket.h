// What both ends of the control socket need of the operating system: a file
// descriptor that closes itself, addresses of any length, lines with a bound.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/result.h"

namespace kubescribe::control {

class Fd {
 public:
  explicit Fd(int fd = -1) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept;
  ~Fd();
  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }

 private:
  int fd_;
};

// The operating system's words for errno.
std::string SystemMessage(int error);

// The address of a socket at `path`. A path longer than an address can hold
// goes through its folder's descriptor, which `folder` keeps open meanwhile.
struct Address {
  sockaddr_un value{};
  Fd folder;
};
Result<Address> MakeAddress(const std::string& path);

// A connected stream socket; ECONNREFUSED and ENOENT are kNotFound.
Result<Fd> ConnectTo(const std::string& path);

// Writes all of `text` and a newline. False: the other side is gone, too slow
// (`timeout`), or `stop` says so.
bool WriteLine(int fd, std::string_view text, Micros timeout,
               const std::function<bool()>& stop);

// Reads lines. One owner, one thread.
class LineReader {
 public:
  LineReader(int fd, std::size_t max) : fd_(fd), max_(max) {}
  // The next line without its newline. kUnavailable: the other side closed, or
  // nothing complete came within `timeout`; kCancelled: `stop` says so;
  // kInvalid: longer than the bound.
  Result<std::string> Next(Micros timeout, const std::function<bool()>& stop);

 private:
  const int fd_;
  const std::size_t max_;
  std::string buffer_;
};

}  // namespace kubescribe::control
