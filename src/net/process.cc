#include "net/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <utility>

namespace kubescribe::net {
namespace {

constexpr std::size_t kMaxErr = 4096;

class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() { Close(); }
  int get() const { return fd_; }
  void Set(int fd) {
    Close();
    fd_ = fd;
  }
  void Close() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }

 private:
  int fd_ = -1;
};

bool MakePipe(Fd* read_end, Fd* write_end) {
  int fds[2];
  if (pipe2(fds, O_CLOEXEC) != 0) return false;
  read_end->Set(fds[0]);
  write_end->Set(fds[1]);
  return true;
}

std::vector<char*> Pointers(std::vector<std::string>& strings) {
  std::vector<char*> out;
  out.reserve(strings.size() + 1);
  for (std::string& s : strings) out.push_back(s.data());
  out.push_back(nullptr);
  return out;
}

// Starts the program with stdin from /dev/null, in a process group and with
// signals as a shell would give it.
Result<pid_t> Spawn(const ChildSpec& spec, int out, int err) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out, 1);
  posix_spawn_file_actions_adddup2(&actions, err, 2);
  posix_spawn_file_actions_addclosefrom_np(&actions, 3);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t signals;
  sigemptyset(&signals);
  posix_spawnattr_setsigmask(&attributes, &signals);
  sigaddset(&signals, SIGPIPE);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGHUP);
  posix_spawnattr_setsigdefault(&attributes, &signals);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP |
                                            POSIX_SPAWN_SETSIGMASK |
                                            POSIX_SPAWN_SETSIGDEF);
  std::vector<std::string> argv_text{spec.command};
  argv_text.insert(argv_text.end(), spec.args.begin(), spec.args.end());
  std::vector<std::string> env_text = spec.env;
  const std::vector<char*> argv = Pointers(argv_text);
  const std::vector<char*> env = Pointers(env_text);
  pid_t pid = -1;
  const int error = posix_spawnp(&pid, spec.command.c_str(), &actions,
                                 &attributes, argv.data(), env.data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    return Error(Code::kNotFound, fmt::format("cannot run {}: {}", spec.command,
                                              std::strerror(error)));
  }
  return pid;
}

enum class End { kExited, kTimeout, kTooMuch, kCancelled };

// Reads until both pipes are closed, or the program itself has ended and its
// pipes are empty (what it left running may hold them open).
class Reader {
 public:
  Reader(const ChildSpec& spec, const Clock& clock, pid_t pid, int cancel)
      : spec_(spec), clock_(clock), pid_(pid), cancel_(cancel) {}

  End Read(Fd* out, Fd* err) {
    const Micros end = clock_.Mono() + spec_.timeout;
    while (true) {
      const Micros left = end - clock_.Mono();
      if (left <= 0) return End::kTimeout;
      std::array<pollfd, 3> fds{};
      fds[0] = {out->get(), POLLIN, 0};
      fds[1] = {err->get(), POLLIN, 0};
      fds[2] = {cancel_, POLLIN, 0};
      // In short steps: the end of the program is not an event of its own.
      const bool closed = out->get() < 0 && err->get() < 0;
      const Micros step =
          std::min<Micros>(left, (closed ? 5 : 50) * kMillisecond);
      const int ready =
          poll(fds.data(), fds.size(), static_cast<int>((step + 999) / 1000));
      if (ready < 0 && errno != EINTR) return End::kTimeout;
      if (fds[2].revents != 0) return End::kCancelled;
      if (fds[0].revents != 0 &&
          !Take(out, &output_.out, spec_.max_output, true)) {
        return End::kTooMuch;
      }
      if (fds[1].revents != 0) Take(err, &output_.err, kMaxErr, false);
      if ((ready == 0 || closed) && Exited()) return End::kExited;
    }
  }

  // Kills the process group and collects the program.
  ChildOutput Finish() {
    kill(-pid_, SIGKILL);
    while (waitpid(pid_, &status_, 0) < 0 && errno == EINTR) {
    }
    output_.exit_code =
        WIFEXITED(status_) ? WEXITSTATUS(status_) : 128 + WTERMSIG(status_);
    return std::move(output_);
  }

 private:
  // False when there is more than `max`.
  static bool Take(Fd* fd, std::string* to, std::size_t max, bool strict) {
    char buffer[16384];
    const ssize_t n = read(fd->get(), buffer, sizeof buffer);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) return true;
    if (n <= 0) {
      fd->Close();
      return true;
    }
    const std::size_t room = max - to->size();
    const std::size_t size = static_cast<std::size_t>(n);
    to->append(buffer, std::min(size, room));
    return !strict || size <= room;
  }

  // Looks without collecting: while the program is not collected its group
  // cannot be another's.
  bool Exited() {
    siginfo_t info{};
    return waitid(P_PID, static_cast<id_t>(pid_), &info,
                  WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == pid_;
  }

  const ChildSpec& spec_;
  const Clock& clock_;
  const pid_t pid_;
  const int cancel_;
  int status_ = 0;
  ChildOutput output_;
};

// A kCancelled error means that nobody is to be told.
Result<ChildOutput> RunChild(const ChildSpec& spec, const Clock& clock,
                             int cancel) {
  Fd out;
  Fd out_write;
  Fd err;
  Fd err_write;
  if (!MakePipe(&out, &out_write) || !MakePipe(&err, &err_write)) {
    return Error(Code::kIo, fmt::format("cannot run {}: {}", spec.command,
                                        std::strerror(errno)));
  }
  const Result<pid_t> pid = Spawn(spec, out_write.get(), err_write.get());
  if (!pid.ok()) return pid.error();
  out_write.Close();
  err_write.Close();
  Reader reader(spec, clock, *pid, cancel);
  const End end = reader.Read(&out, &err);
  ChildOutput output = reader.Finish();
  switch (end) {
    case End::kExited:
      return output;
    case End::kTimeout:
      return Error(Code::kUnavailable,
                   fmt::format("{} did not finish within {} s", spec.command,
                               spec.timeout / kSecond));
    case End::kTooMuch:
      return Error(Code::kInvalid, fmt::format("{} printed more than {} bytes",
                                               spec.command, spec.max_output));
    case End::kCancelled:
      break;
  }
  return Error(Code::kCancelled, "stopped");
}

}  // namespace

ChildRun::ChildRun(ChildSpec spec, const Clock& clock,
                   std::function<void(Result<ChildOutput>)> done)
    : cancel_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  thread_ = std::thread([spec = std::move(spec), &clock, done = std::move(done),
                         cancel = cancel_] {
    Result<ChildOutput> result = RunChild(spec, clock, cancel);
    if (!result.ok() && result.error().code() == Code::kCancelled) return;
    done(std::move(result));
  });
}

ChildRun::~ChildRun() {
  const std::uint64_t one = 1;
  (void)!write(cancel_, &one, sizeof one);
  thread_.join();
  close(cancel_);
}

}  // namespace kubescribe::net
