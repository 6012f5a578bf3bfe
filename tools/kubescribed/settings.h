// From the command line to the configuration that the recorder runs by.
#pragma once

#include <string>

#include "base/result.h"
#include "config/config.h"
#include "kubescribed/options.h"

namespace kubescribe::daemon {

// Reads --config, or makes the configuration that --kubeconfig and --context
// stand for (one cluster a context, called as the context is), and applies the
// flags that override it. data_dir is never empty afterwards. Errors as
// config::LoadConfig's and config::ListContexts'.
Result<config::Config> LoadSettings(const Options& options);

// For --check-config: what would be recorded, for a person. Reads kubeconfigs
// (so that a wrong path or context shows), sends nothing.
Result<std::string> DescribeSettings(const config::Config& config);

// Makes the data directory (0700) where it is missing. kIo, kForbidden, each
// saying what to do: not a folder, not ours, not writable.
Status PrepareDataDir(const std::string& data_dir);

}  // namespace kubescribe::daemon
