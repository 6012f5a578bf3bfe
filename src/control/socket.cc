#include "control/socket.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace kubescribe::control {
namespace {

// How long a wait lasts before `stop` is asked again.
constexpr Micros kSlice = 100 * kMillisecond;

enum class Wait { kReady, kTimeout, kStopped };

Wait WaitFor(int fd, short events, Micros deadline,
             const std::function<bool()>& stop) {
  for (;;) {
    if (stop && stop()) return Wait::kStopped;
    const Micros left = deadline - SystemClock().Mono();
    if (left <= 0) return Wait::kTimeout;
    pollfd entry{fd, events, 0};
    const Micros slice = std::min(left, kSlice);
    const int ready =
        poll(&entry, 1, static_cast<int>(slice / kMillisecond) + 1);
    if (ready > 0) return Wait::kReady;
    if (ready < 0 && errno != EINTR) return Wait::kReady;  // read will tell
  }
}

}  // namespace

Fd& Fd::operator=(Fd&& other) noexcept {
  if (this != &other) {
    if (fd_ >= 0) close(fd_);
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

Fd::~Fd() {
  if (fd_ >= 0) close(fd_);
}

std::string SystemMessage(int error) {
  return std::generic_category().message(error);
}

Result<Address> MakeAddress(const std::string& path) {
  Address address;
  address.value.sun_family = AF_UNIX;
  std::string name = path;
  if (name.size() >= sizeof(address.value.sun_path)) {
    const std::size_t slash = path.rfind('/');
    const std::string folder =
        slash == std::string::npos ? "." : path.substr(0, slash + 1);
    address.folder = Fd(open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!address.folder.valid()) {
      return Error(errno == ENOENT ? Code::kNotFound : Code::kIo,
                   folder + ": " + SystemMessage(errno));
    }
    name = "/proc/self/fd/" + std::to_string(address.folder.get()) + "/" +
           path.substr(slash + 1);
    if (name.size() >= sizeof(address.value.sun_path)) {
      return Error(Code::kInvalid, path + ": the name is too long");
    }
  }
  std::memcpy(address.value.sun_path, name.data(), name.size());
  return address;
}

Result<Fd> ConnectTo(const std::string& path) {
  Result<Address> address = MakeAddress(path);
  if (!address.ok()) return address.error();
  Fd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid()) return Error(Code::kIo, SystemMessage(errno));
  if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&address->value),
              sizeof(address->value)) != 0) {
    const int error = errno;
    const Code code = error == ENOENT || error == ECONNREFUSED ||
                              error == ENOTDIR || error == ENOTSOCK
                          ? Code::kNotFound
                      : error == EACCES || error == EPERM ? Code::kForbidden
                                                          : Code::kUnavailable;
    return Error(code, path + ": " + SystemMessage(error));
  }
  return fd;
}

bool WriteLine(int fd, std::string_view text, Micros timeout,
               const std::function<bool()>& stop) {
  std::string line(text);
  line += '\n';
  const Micros deadline = SystemClock().Mono() + timeout;
  std::size_t done = 0;
  while (done < line.size()) {
    const ssize_t sent =
        send(fd, line.data() + done, line.size() - done, MSG_NOSIGNAL);
    if (sent > 0) {
      done += static_cast<std::size_t>(sent);
    } else if (sent < 0 && errno == EINTR) {
      continue;
    } else if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      if (WaitFor(fd, POLLOUT, deadline, stop) != Wait::kReady) return false;
    } else {
      return false;
    }
  }
  return true;
}

Result<std::string> LineReader::Next(Micros timeout,
                                     const std::function<bool()>& stop) {
  const Micros deadline = SystemClock().Mono() + timeout;
  std::size_t searched = 0;
  for (;;) {
    const std::size_t end = buffer_.find('\n', searched);
    if (end != std::string::npos) {
      std::string line = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      if (line.size() > max_) break;
      return line;
    }
    searched = buffer_.size();
    if (buffer_.size() > max_) break;
    char chunk[16384];
    const ssize_t got = recv(fd_, chunk, sizeof(chunk), 0);
    if (got > 0) {
      buffer_.append(chunk, static_cast<std::size_t>(got));
    } else if (got == 0) {
      return Error(Code::kUnavailable, "the connection was closed");
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      const Wait wait = WaitFor(fd_, POLLIN, deadline, stop);
      if (wait == Wait::kStopped) return Error(Code::kCancelled, "stopped");
      if (wait == Wait::kTimeout) {
        return Error(Code::kUnavailable, "no answer in time");
      }
    } else if (errno != EINTR) {
      return Error(Code::kUnavailable, SystemMessage(errno));
    }
  }
  return Error(Code::kInvalid,
               "the line is longer than " + std::to_string(max_) + " bytes");
}

}  // namespace kubescribe::control
