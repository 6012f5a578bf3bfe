// kubescribe: asks what was recorded.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <iostream>
#include <string>
#include <vector>

#include "base/edit_distance.h"
#include "base/paths.h"
#include "kubescribe/command.h"
#include "kubescribe/pager.h"

namespace kubescribe::tool {
namespace {

constexpr char kFooter[] =
    R"(Times are RFC 3339, "2026-11-20 10:00", 10:00, "yesterday 14:00", 2h, "2h ago",
now, unix seconds, or a revision (rv:123, seq:45).

Exit codes: 0 found, 1 error, 2 usage, 3 nothing matched, 4 with --strict when
the answer is uncertain, crosses a gap or was pruned; diff: 0 equal, 1
different, 2 error; verify: 0 good, 5 altered, 6 cannot decide.
)";

// The first word, if it is no command: says so, with what may have been meant.
bool Mistyped(const CLI::App& app, int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-' || argv[1][0] == '\0') return false;
  const std::string word = argv[1];
  std::vector<std::string> near;
  for (const CLI::App* command : app.get_subcommands(nullptr)) {
    const std::string& name = command->get_name();
    if (name == word) return false;
    if (EditDistance(word, name) <= 2 || name.rfind(word, 0) == 0) {
      near.push_back(name);
    }
  }
  std::cerr << "error: unknown command \"" << output::EscapeControls(word)
            << "\" for \"kubescribe\"\n";
  if (!near.empty()) std::cerr << "\nDid you mean this?\n";
  for (const std::string& name : near) std::cerr << "\t" << name << "\n";
  std::cerr << "\nRun 'kubescribe --help' for usage.\n";
  return true;
}

int Main(int argc, char** argv) {
  CLI::App app("kubescribe asks the recorded past of Kubernetes clusters",
               "kubescribe");
  app.set_version_flag("--version", "kubescribe " KUBESCRIBE_VERSION);
  app.footer(kFooter);
  app.require_subcommand(1);
  Common common;
  auto* file =
      app.add_option("--file", common.place.file, "One database, anywhere")
          ->type_name("FILE");
  app.add_option("--data", common.place.data_dir,
                 "Where the databases are (default: $KUBESCRIBE_DATA, "
                 "/var/lib/kubescribe for root, else "
                 "$XDG_STATE_HOME/kubescribe)")
      ->type_name("DIR")
      ->excludes(file);
  auto* cluster =
      app.add_option("--cluster", common.place.clusters,
                     "Which cluster, where several are recorded; several, "
                     "with commas or by giving it again, for what can be asked "
                     "of several")
          ->delimiter(',')
          ->allow_extra_args(false)
          ->type_name("NAME");
  app.add_flag("--all-clusters", common.place.all_clusters,
               "All clusters of the data directory")
      ->excludes(cluster)
      ->excludes(file);
  std::string colour = "auto";
  app.add_option("--color", colour,
                 "Colour: auto (on a terminal, unless NO_COLOR is set), "
                 "always or never")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->type_name("WHEN");
  bool no_pager = false;
  app.add_flag("--no-pager", no_pager,
               "Print long text on a terminal as it is, not through "
               "$KUBESCRIBE_PAGER, $PAGER or less");
  const auto commands = AllCommands(common);
  for (const auto& command : commands) command->Declare(app);
  for (CLI::App* command : app.get_subcommands(nullptr)) {
    command->fallthrough();  // the flags above may also follow the command
  }
  if (Mistyped(app, argc, argv)) return kExitUsage;
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error, std::cout, std::cerr) == 0 ? kExitFound : kExitUsage;
  }
  if (colour != "auto") {
    output::ChooseColour(colour == "always" ? output::ColourChoice::kAlways
                                            : output::ColourChoice::kNever);
  }
  if (no_pager) Pager::Forbid();
  if (common.place.data_dir.empty()) common.place.data_dir = DefaultDataDir();
  for (const auto& command : commands) {
    if (command->app()->parsed()) return command->Run();
  }
  return kExitUsage;
}

}  // namespace
}  // namespace kubescribe::tool

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  return kubescribe::tool::Main(argc, argv);
}
