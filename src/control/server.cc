#include "control/server.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <exception>
#include <list>
#include <thread>
#include <utility>

#include "base/log.h"
#include "control/protocol.h"
#include "control/socket.h"

namespace kubescribe::control {
namespace {

constexpr std::size_t kMaxConnections = 8;
// A client that does not speak, or does not listen, is dropped after this.
constexpr Micros kPatience = 5 * kSecond;

class Connection final : public Call {
 public:
  Connection(Fd fd, const Handlers& handlers, const std::atomic<bool>& stopping)
      : fd_(std::move(fd)), handlers_(handlers), stopping_(stopping) {
    thread_ = std::jthread([this] {
      Serve();
      finished_ = true;
    });
  }

  bool finished() const { return finished_; }

  const std::string& args() const override { return request_.args; }

  bool Send(const std::string& json_object) override {
    if (gone_ || !WriteLine(fd_.get(), json_object, kPatience,
                            [this] { return stopping_.load(); })) {
      gone_ = true;
    }
    return !gone_ && !stopping_;
  }

  bool Wanted() const override {
    if (gone_ || stopping_) return false;
    pollfd entry{fd_.get(), POLLRDHUP, 0};
    return poll(&entry, 1, 0) <= 0 ||
           (entry.revents & (POLLRDHUP | POLLHUP | POLLERR)) == 0;
  }

 private:
  bool PeerAllowed() const {
    ucred peer{};
    socklen_t size = sizeof(peer);
    return getsockopt(fd_.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
           (peer.uid == geteuid() || peer.uid == 0);
  }

  void Serve() {
    if (!PeerAllowed()) {
      Send(EncodeError(
          Error(Code::kForbidden, "the recorder belongs to another user")));
      return;
    }
    LineReader reader(fd_.get(), kMaxRequestLine);
    const Result<std::string> line =
        reader.Next(kPatience, [this] { return stopping_.load(); });
    if (!line.ok()) {
      Send(EncodeError(line.error()));
      return;
    }
    const Result<std::string> answer = Answer(*line);
    Send(answer.ok() ? EncodeDone(*answer) : EncodeError(answer.error()));
  }

  Result<std::string> Answer(const std::string& line) {
    Result<Request> request = DecodeRequest(line);
    if (!request.ok()) return request.error();
    request_ = std::move(*request);
    const auto handler = handlers_.find(request_.command);
    if (handler == handlers_.end()) {
      std::string known;
      for (const auto& [name, unused] : handlers_) {
        known += known.empty() ? name : ", " + name;
      }
      return Error(Code::kUnsupported, "this recorder knows no command \"" +
                                           request_.command + "\" (it knows " +
                                           known + ")");
    }
    // Whatever a handler does, the recording goes on.
    try {
      return handler->second(*this);
    } catch (const std::exception& error) {
      return Error(Code::kIo, request_.command + ": " + error.what());
    }
  }

  const Fd fd_;
  const Handlers& handlers_;
  const std::atomic<bool>& stopping_;
  Request request_;
  bool gone_ = false;  // of this connection's thread
  std::atomic<bool> finished_ = false;
  std::jthread thread_;  // last: it uses all of the above
};

class SocketServer final : public Server {
 public:
  SocketServer(Fd listener, Fd wake, std::string path, ino_t inode,
               Handlers handlers)
      : listener_(std::move(listener)),
        wake_(std::move(wake)),
        path_(std::move(path)),
        inode_(inode),
        handlers_(std::move(handlers)) {
    thread_ = std::jthread([this] { Accept(); });
  }

  ~SocketServer() override {
    stopping_ = true;
    eventfd_write(wake_.get(), 1);
    thread_.join();
    connections_.clear();
    // Only what this server made: another may have taken the place.
    struct stat found {};
    if (stat(path_.c_str(), &found) == 0 && found.st_ino == inode_) {
      unlink(path_.c_str());
    }
  }

 private:
  void Accept() {
    while (!stopping_) {
      pollfd entries[] = {{listener_.get(), POLLIN, 0},
                          {wake_.get(), POLLIN, 0}};
      if (poll(entries, 2, 1000) < 0 && errno != EINTR) {
        Log().error("control socket {}: {}", path_, SystemMessage(errno));
        return;
      }
      connections_.remove_if([](const auto& c) { return c->finished(); });
      if (entries[0].revents == 0) continue;
      Fd fd(accept4(listener_.get(), nullptr, nullptr,
                    SOCK_CLOEXEC | SOCK_NONBLOCK));
      if (!fd.valid()) {
        // The connection that waits would wake the poll again at once.
        if (errno == EMFILE || errno == ENFILE) poll(&entries[1], 1, 100);
        continue;
      }
      if (connections_.size() >= kMaxConnections) {
        WriteLine(fd.get(),
                  EncodeError(Error(Code::kBusy,
                                    "the recorder answers others now: try "
                                    "again in a moment")),
                  0, {});
        continue;
      }
      connections_.push_back(
          std::make_unique<Connection>(std::move(fd), handlers_, stopping_));
    }
  }

  const Fd listener_;
  const Fd wake_;
  const std::string path_;
  const ino_t inode_;
  const Handlers handlers_;
  std::atomic<bool> stopping_ = false;
  std::list<std::unique_ptr<Connection>> connections_;  // of thread_
  std::jthread thread_;
};

Error SystemError(const std::string& path) {
  return Error(Code::kIo,
               "control socket " + path + ": " + SystemMessage(errno));
}

}  // namespace

Result<std::unique_ptr<Server>> Server::Listen(const std::string& path,
                                               Handlers handlers) {
  struct stat found {};
  if (lstat(path.c_str(), &found) == 0) {
    if (!S_ISSOCK(found.st_mode)) {
      return Error(Code::kConflict,
                   path + " is in the way: it is not a socket; move it away");
    }
    if (const Result<Fd> live = ConnectTo(path); live.ok()) {
      return Error(Code::kConflict,
                   "another recorder answers on " + path +
                       ": stop it first, or use another --data directory");
    }
    if (unlink(path.c_str()) != 0 && errno != ENOENT) return SystemError(path);
  }
  const Result<Address> address = MakeAddress(path);
  if (!address.ok()) return address.error().Wrap("control socket");
  Fd listener(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!listener.valid()) return SystemError(path);
  // Before bind, so that there is no moment with a wider mode.
  if (fchmod(listener.get(), S_IRUSR | S_IWUSR) != 0 ||
      bind(listener.get(), reinterpret_cast<const sockaddr*>(&address->value),
           sizeof(address->value)) != 0) {
    return SystemError(path);
  }
  if (chmod(path.c_str(), S_IRUSR | S_IWUSR) != 0 ||
      listen(listener.get(), 16) != 0 || stat(path.c_str(), &found) != 0) {
    return SystemError(path);
  }
  Fd wake(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake.valid()) return SystemError(path);
  return std::unique_ptr<Server>(
      std::make_unique<SocketServer>(std::move(listener), std::move(wake), path,
                                     found.st_ino, std::move(handlers)));
}

}  // namespace kubescribe::control
