// A script that is run in a child and killed there at named points
// (base/test_switches.h), for tests that look at what is left.
//
//   KilledChild child([&] { return Write(path); });
//   const std::vector<std::string> points = child.Points(folder / "log", 40);
//   ASSERT_NO_FATAL_FAILURE(child.KillAt(points[0]));
//
// Only builds with the test switches have the points.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "base/test_switches.h"

namespace kubescribe::store {

class KilledChild {
 public:
  // The script answers false where something failed that should not.
  explicit KilledChild(std::function<bool()> script)
      : script_(std::move(script)) {}

  // Fails, fatally, where the script ends before it comes there.
  void KillAt(const std::string& point) const {
    const int status = Run("KUBESCRIBE_KILL_AT", point);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
        << point << " was not reached";
  }

  // Runs the script to its end, which must be a good one, and answers where to
  // kill it: each point's first and last time, and so many seeded instants.
  // `names`: must be among the points. `log`: a file to be made.
  std::vector<std::string> Points(const std::string& log, int instants,
                                  const std::vector<std::string>& names) const {
    EXPECT_EQ(Run("KUBESCRIBE_KILL_LOG", log), 0);
    std::map<std::string, int> reached;
    int total = 0;
    std::ifstream lines(log);
    for (std::string name; std::getline(lines, name); ++total) ++reached[name];
    for (const std::string& name : names) {
      EXPECT_TRUE(reached.count(name)) << name << " is not reached";
    }
    std::vector<std::string> points;
    for (const auto& [name, times] : reached) {
      points.push_back(name + ":1");
      if (times > 1) points.push_back(name + ":" + std::to_string(times));
    }
    SeededRandom random(11);
    for (int i = 0; i < instants && total > 0; ++i) {
      const std::uint64_t nth = 1 + random.Below(static_cast<unsigned>(total));
      points.push_back("*:" + std::to_string(nth));
    }
    return points;
  }

 private:
  // With this in the environment; answers the wait status.
  int Run(const std::string& variable, const std::string& value) const {
    const pid_t child = fork();
    if (child == 0) {
      setenv(variable.c_str(), value.c_str(), 1);
      RereadTestSwitches();
      _exit(script_() ? 0 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return status;
  }

  std::function<bool()> script_;
};

}  // namespace kubescribe::store
