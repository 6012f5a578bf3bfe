#include "kubescribe/pager.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string>

extern char** environ;

namespace kubescribe::tool {
namespace {

bool forbidden = false;

// A shell command.
std::string PagerCommand() {
  for (const char* name : {"KUBESCRIBE_PAGER", "PAGER"}) {
    const char* value = std::getenv(name);
    if (value != nullptr) return value;
  }
  return "if command -v less >/dev/null; then exec less; else exec cat; fi";
}

}  // namespace

void Pager::Forbid() { forbidden = true; }

bool Pager::Wanted() {
  const char* term = std::getenv("TERM");
  if (forbidden || term == nullptr || std::string_view(term) == "dumb") {
    return false;
  }
  const std::string command = PagerCommand();
  return !command.empty() && command != "cat";
}

bool Pager::IsLong(std::string_view text) {
  winsize size{};
  const bool known = ioctl(1, TIOCGWINSZ, &size) == 0 && size.ws_row > 0;
  const std::size_t rows = known ? size.ws_row : 24;
  const std::size_t columns = known && size.ws_col > 0 ? size.ws_col : 80;
  std::size_t lines = 0;
  std::size_t width = 0;
  for (const char c : text) {
    if (c == '\n') {
      ++lines;
      width = 0;
    } else if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U &&
               ++width > columns) {
      ++lines;
      width = 1;
    }
    if (lines >= rows) return true;
  }
  return false;
}

std::unique_ptr<Pager> Pager::Start() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return nullptr;
  setenv("LESS", "FRX", 0);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[0], 0);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  std::string command = PagerCommand();
  std::string shell = "sh";
  std::string flag = "-c";
  char* const words[] = {shell.data(), flag.data(), command.data(), nullptr};
  pid_t pid = -1;
  const int error =
      posix_spawnp(&pid, "sh", &actions, &attributes, words, environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[0]);
  if (error != 0) {
    close(ends[1]);
    return nullptr;
  }
  // Else Ctrl-C would give the terminal back to the shell under the pager.
  std::signal(SIGINT, SIG_IGN);
  return std::unique_ptr<Pager>(new Pager(pid, ends[1]));
}

Pager::~Pager() {
  close(input_);
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace kubescribe::tool
