#include "base/paths.h"

#include <unistd.h>

#include <cstdlib>

namespace kubescribe {
namespace {

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

}  // namespace

std::string DefaultDataDir() {
  if (std::string data = Environment("KUBESCRIBE_DATA"); !data.empty()) {
    return data;
  }
  if (geteuid() == 0) return "/var/lib/kubescribe";
  std::string state = Environment("XDG_STATE_HOME");
  if (state.empty() || state.front() != '/') {
    const std::string home = Environment("HOME");
    state = (home.empty() ? "." : home) + "/.local/state";
  }
  return state + "/kubescribe";
}

std::string ControlSocketPath(const std::string& data_dir) {
  return data_dir + "/control.sock";
}

std::string KeysDir(const std::string& data_dir) { return data_dir + "/keys"; }

}  // namespace kubescribe
