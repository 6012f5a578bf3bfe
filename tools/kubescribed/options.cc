#include "kubescribed/options.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <string_view>

#include "cli/man.h"
#include "cli/page.h"

namespace kubescribe::daemon {
namespace {

constexpr char kFooter[] =
    R"(Records every revision of every object of the clusters it is given into one
SQLite file a cluster. Only GET is ever sent to a cluster.

Examples:
  kubescribed --kubeconfig ~/.kube/config
        record the current context: every kind but Leases, all namespaces
  kubescribed --kubeconfig k.yaml --context prod --context staging --data /srv/ks
  kubescribed --config /etc/kubescribe.yaml --check-config
  kubescribed --kubeconfig ~/.kube/config --dry-run
        list what these credentials may read

Signals:
  SIGTERM, SIGINT   stop within 2 s and lose nothing; a second one: at once
  SIGHUP            read the configuration again

Exit codes:
  0  stopped as asked; with --once: everything was caught up
  1  nothing could be recorded, or recording had to stop
  2  wrong flags or a wrong configuration
)";

}  // namespace

ParsedOptions ParseOptions(int argc, const char* const* argv) {
  ParsedOptions parsed;
  Options& o = parsed.options;
  bool once = false;
  bool dry_run = false;
  bool check = false;
  CLI::App app("Records what happens in Kubernetes clusters", "kubescribed");
  cli::UseHelp(app);
  app.set_help_flag("-h,--help", "Print this help");
  app.footer(kFooter);
  app.set_version_flag("--version", "kubescribed " KUBESCRIBE_VERSION);
  auto* config =
      app.add_option("--config", o.config,
                     "Configuration file (YAML; the example kubescribe.yaml "
                     "has every key)")
          ->type_name("FILE");
  app.add_option("--kubeconfig", o.kubeconfig,
                 "Kubeconfig (default: $KUBECONFIG, ~/.kube/config, or the "
                 "Pod's service account)")
      ->type_name("FILE")
      ->excludes(config);
  app.add_option("--context", o.contexts,
                 "Context to record; may be given more than once (default: "
                 "the current one)")
      ->type_name("NAME")
      ->excludes(config)
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_option("--data", o.data,
                 "Where the databases are (default: $KUBESCRIBE_DATA, "
                 "/var/lib/kubescribe for root, else "
                 "$XDG_STATE_HOME/kubescribe)")
      ->type_name("DIR");
  auto* once_flag = app.add_flag("--once", once, "Catch up, stop and report");
  auto* dry_flag = app.add_flag(
      "--dry-run", dry_run, "List what the credentials may read, then stop");
  auto* check_flag = app.add_flag("--check-config", check,
                                  "Say what would be recorded, then stop");
  once_flag->excludes(dry_flag)->excludes(check_flag);
  dry_flag->excludes(check_flag);
  app.add_option("--log-format", o.log_format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->type_name("FORMAT");
  app.add_option("--log-level", o.log_level,
                 "debug, info, warning, error or off")
      ->check(CLI::IsMember({"debug", "info", "warning", "error", "off"}))
      ->type_name("LEVEL");
  if (argc == 3 && std::string_view(argv[1]) == "__man") {
    const Status written =
        cli::WriteManPages(app, "kubescribed", 8, {"kubescribe(1)"}, argv[2]);
    if (!written.ok()) std::cerr << written.error().message() << "\n";
    parsed.exit = true;
    parsed.exit_code = written.ok() ? kExitOk : kExitError;
    return parsed;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    parsed.exit = true;
    const int code = app.exit(error, std::cout, std::cerr);
    parsed.exit_code = code == 0 ? kExitOk : kExitUsage;
    return parsed;
  }
  if (once) o.mode = Mode::kOnce;
  if (dry_run) o.mode = Mode::kDryRun;
  if (check) o.mode = Mode::kCheckConfig;
  return parsed;
}

}  // namespace kubescribe::daemon
