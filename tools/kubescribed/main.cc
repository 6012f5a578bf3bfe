// kubescribed: the recorder. See options.cc for what it takes.
#include <malloc.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <iostream>

#include "base/paths.h"
#include "base/random.h"
#include "kubescribed/app.h"
#include "kubescribed/dry_run.h"
#include "kubescribed/settings.h"

namespace kubescribe::daemon {
namespace {

int Fail(const Error& error, int code) {
  std::cerr << "kubescribed: " << error.message() << "\n";
  return code;
}

// Secrets pass through memory: no core file may hold them (reliability.md,
// section 4).
void ProtectMemory() {
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  prctl(PR_SET_DUMPABLE, 0);
}

// Bodies are made on one thread and let go of on another, and each arena keeps
// what was free in it once: with one for each thread 16 MiB more were resident
// while 100 000 objects were listed. What is large and rare (a training's
// tables, a huge body) is given back at once: else it is cut from the heap's
// end, and what comes after it keeps its place resident, 5 MiB there.
void TameTheHeap() {
#ifdef M_ARENA_MAX
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_MMAP_THRESHOLD, 256 << 10);
#endif
}

void BlockSignals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1}) {
    sigaddset(&set, signal);
  }
  // Before any thread: all of them inherit it, and the main thread waits.
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);
}

int TryOut(const config::Config& config) {
  int code = kExitOk;
  for (const auto& cluster : config.clusters) {
    net::Loop loop;
    const auto readable = DryRun(config, cluster, loop);
    if (!readable.ok()) {
      code = Fail(readable.error(), kExitError);
    } else if (!*readable) {
      code = kExitError;
    }
  }
  return code;
}

int Main(int argc, const char* const* argv) {
  TameTheHeap();
  const ParsedOptions parsed = ParseOptions(argc, argv);
  if (parsed.exit) return parsed.exit_code;
  auto config = LoadSettings(parsed.options);
  if (!config.ok()) return Fail(config.error(), kExitUsage);
  SetUpLog(config->log_format, config->log_level);
  if (parsed.options.mode == Mode::kCheckConfig) {
    const auto text = DescribeSettings(*config);
    if (!text.ok()) return Fail(text.error(), kExitUsage);
    std::cout << *text;
    return kExitOk;
  }
  umask(077);
  ProtectMemory();
  if (parsed.options.mode == Mode::kDryRun) {
    signal(SIGPIPE, SIG_IGN);
    return TryOut(*config);
  }
  if (auto made = PrepareDataDir(config->data_dir); !made.ok()) {
    return Fail(made.error(), kExitError);
  }
  auto key = record::RedactionKey::LoadOrCreate(KeysDir(config->data_dir),
                                                SystemRandom());
  if (!key.ok()) return Fail(key.error(), kExitError);
  auto signing = record::SigningKeys::LoadOrCreate(KeysDir(config->data_dir),
                                                   SystemRandom());
  if (!signing.ok()) return Fail(signing.error(), kExitError);
  BlockSignals();
  App app(parsed.options, std::move(*config), std::move(*key),
          std::move(*signing));
  return app.Run();
}

}  // namespace
}  // namespace kubescribe::daemon

int main(int argc, char** argv) { return kubescribe::daemon::Main(argc, argv); }
