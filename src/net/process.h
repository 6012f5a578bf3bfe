// ChildRun: runs a program once, without a terminal and within limits, on a
// thread of its own that is joined when the run is destroyed.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace kubescribe::net {

struct ChildSpec {
  std::string command;  // a bare name is looked up in PATH
  std::vector<std::string> args;
  std::vector<std::string> env;  // "NAME=value", all of it
  Micros timeout = 30 * kSecond;
  std::size_t max_output = 1 << 20;  // bytes of stdout
};

struct ChildOutput {
  int exit_code = 0;  // 128 + signal when a signal ended it
  std::string out;
  std::string err;  // its first 4 KiB
};

class ChildRun {
 public:
  // `done` is called once, on the run's thread, unless the run is destroyed
  // before. kNotFound: no such program (or it may not be run). kUnavailable:
  // it took too long. kInvalid: it printed too much. Whatever ends the run,
  // the program and what it started (its process group) are killed then.
  ChildRun(ChildSpec spec, const Clock& clock,
           std::function<void(Result<ChildOutput>)> done);
  // Kills and joins.
  ~ChildRun();
  ChildRun(const ChildRun&) = delete;
  ChildRun& operator=(const ChildRun&) = delete;

 private:
  int cancel_ = -1;  // eventfd
  std::thread thread_;
};

}  // namespace kubescribe::net
