#include "kubescribed/checkpoint_sink.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace kubescribe::daemon {
namespace {

Error SinkError(const std::string& sink, int error) {
  return Error(error == ENOSPC || error == EDQUOT ? Code::kNoSpace : Code::kIo,
               (sink == "-" ? "standard output" : sink) + ": " +
                   std::generic_category().message(error) +
                   ": make it writable, or name another checkpoint.sink");
}

// In one piece, so that two recorders may share a file.
int WriteWhole(int fd, const std::string& text) {
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t put = write(fd, text.data() + done, text.size() - done);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return errno;
    done += static_cast<std::size_t>(put);
  }
  return 0;
}

}  // namespace

Status AppendCheckpoint(const std::string& sink, const std::string& note) {
  const std::string text = note + "\n";
  if (sink == "-") {
    const int error = WriteWhole(STDOUT_FILENO, text);
    if (error != 0) return SinkError(sink, error);
    return {};
  }
  // No FIFO without a reader is waited for.
  const int fd =
      open(sink.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK,
           0600);
  if (fd < 0) return SinkError(sink, errno);
  int error = WriteWhole(fd, text);
  // A pipe cannot be synced, and need not.
  if (error == 0 && fsync(fd) != 0 && errno != EINVAL) error = errno;
  close(fd);
  if (error != 0) return SinkError(sink, error);
  return {};
}

}  // namespace kubescribe::daemon
