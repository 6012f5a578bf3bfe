// The recorder's command line.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace kubescribe::daemon {

enum class Mode {
  kRecord,       // until told to stop
  kOnce,         // --once: catch up, stop, report
  kDryRun,       // --dry-run: list what the credentials may read
  kCheckConfig,  // --check-config: say what would be recorded
};

struct Options {
  Mode mode = Mode::kRecord;
  std::string config;                 // --config FILE
  std::string kubeconfig;             // --kubeconfig FILE
  std::vector<std::string> contexts;  // --context, repeatable
  std::string data;                   // --data DIR; "" where not given
  std::string log_format;             // "" where not given
  std::string log_level;
};

// What main() returns. 0 is success; CLI11's own codes become kUsage.
enum ExitCode : int {
  kExitOk = 0,
  kExitError = 1,  // nothing could be recorded, or it had to stop
  kExitUsage = 2,  // flags or configuration are wrong
};

// Parses the command line. Prints --help and --version itself. When the
// program is to end now, `exit_code` is set and the options mean nothing.
struct ParsedOptions {
  Options options;
  bool exit = false;
  int exit_code = kExitOk;
};
ParsedOptions ParseOptions(int argc, const char* const* argv);

}  // namespace kubescribe::daemon
