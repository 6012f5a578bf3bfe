// kubescribe: asks what was recorded.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "base/edit_distance.h"
#include "base/paths.h"
#include "cli/man.h"
#include "cli/page.h"
#include "kubescribe/choose_cluster.h"
#include "kubescribe/command.h"
#include "kubescribe/complete.h"
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

void Suggest(const std::vector<std::string>& near) {
  if (!near.empty()) std::cerr << "\nDid you mean this?\n";
  for (const std::string& name : near) std::cerr << "\t" << name << "\n";
}

// Says that the word is no command, with what may have been meant.
void SayUnknownCommand(const CLI::App& app, const std::string& word) {
  std::vector<std::string> near;
  for (const CLI::App* command : app.get_subcommands(nullptr)) {
    const std::string& name = command->get_name();
    if (EditDistance(word, name) <= 2 || name.rfind(word, 0) == 0) {
      near.push_back(name);
    }
  }
  std::cerr << "error: unknown command \"" << output::EscapeControls(word)
            << "\" for \"" << app.get_name() << "\"\n";
  Suggest(near);
}

void SayUnknownFlag(const CLI::App& app, const std::string& flag,
                    const std::string& command) {
  std::vector<std::string> near;
  if (flag == "--context") near.emplace_back("--cluster");  // kubectl's
  for (const CLI::App* at = &app; at != nullptr; at = at->get_parent()) {
    for (const CLI::Option* option : at->get_options()) {
      for (const std::string& name : cli::DescribeFlag(*option).names) {
        if (name.rfind("--", 0) == 0 && flag.size() > 2 &&
            (EditDistance(flag, name) <= 2 || name.rfind(flag, 0) == 0) &&
            std::find(near.begin(), near.end(), name) == near.end()) {
          near.push_back(name);
        }
      }
    }
  }
  std::cerr << "error: unknown flag " << output::EscapeControls(flag)
            << " for \"" << command << "\"\n";
  Suggest(near);
}

// Of words that a command cannot do without: which, and what they can be. "":
// all are there.
std::string MissingWords(const CLI::App& command) {
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_positional() && option->get_required() &&
        option->count() == 0) {
      return option->get_type_name() +
             " is required: " + option->get_description();
    }
  }
  return "";
}

// The name in "--at", "--at=1h", "-n", "-nprod".
std::string FlagName(const std::string& word) {
  return word[1] == '-' ? word.substr(0, word.find('=')) : word.substr(0, 2);
}

// How many words a flag takes, whichever command has it: itself, and its value
// behind it. 0: there is none of that name.
std::size_t WordsOf(const CLI::App& app, const std::string& word) {
  const std::string name = FlagName(word);
  const CLI::Option* option = app.get_option_no_throw(name);
  for (const CLI::App* command : app.get_subcommands(nullptr)) {
    if (option == nullptr) option = command->get_option_no_throw(name);
  }
  if (option == nullptr) return 0;
  return word.size() == name.size() && option->get_items_expected_max() > 0 ? 2
                                                                            : 1;
}

// Where the first word is that is no flag and no flag's value. Behind the last
// one: there is none, or a flag is not known.
std::size_t CommandAt(const CLI::App& app,
                      const std::vector<std::string>& words) {
  std::size_t at = 0;
  while (at < words.size() && words[at].size() > 1 && words[at][0] == '-') {
    const std::size_t count = WordsOf(app, words[at]);
    if (count == 0) return words.size();
    at += count;
  }
  return std::min(at, words.size());
}

bool TakesWords(const CLI::App& command) {
  const auto& options = command.get_options();
  return std::any_of(
      options.begin(), options.end(),
      [](const CLI::Option* option) { return option->get_positional(); });
}

// What is wrong with the command line.
void Explain(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App* at = &app;
  std::string command = app.get_name();
  while (!at->get_subcommands().empty()) {
    at = at->get_subcommands().front();
    command += " " + at->get_name();
  }
  const std::vector<std::string> rest = app.remaining(true);
  const auto flag =
      std::find_if(rest.begin(), rest.end(), [](const std::string& word) {
        return word.size() > 1 && word[0] == '-';
      });
  if (flag != rest.end() && at == &app && WordsOf(app, *flag) > 0) {
    std::cerr << "error: " << output::EscapeControls(*flag)
              << " is a flag of a command, and none is given\n";
  } else if (flag != rest.end()) {
    SayUnknownFlag(*at, flag->substr(0, flag->find('=')), command);
  } else if (at == &app && !rest.empty()) {
    SayUnknownCommand(app, rest.front());
  } else if (std::error_code ignored;
             !rest.empty() && !TakesWords(*at) &&
             std::filesystem::is_regular_file(rest.front(), ignored)) {
    std::cerr << "error: \"" << output::EscapeControls(rest.front())
              << "\" is no argument of \"" << command
              << "\": a database is named with --file\n";
  } else if (const std::string missing = MissingWords(*at); !missing.empty()) {
    std::cerr << "error: " << missing << "\n";
  } else {
    std::cerr << "error: " << output::EscapeControls(error.what()) << "\n";
  }
  std::cerr << "\nSee '" << command << " --help' for usage." << std::endl;
}

// Says so where what stands for the command is none.
bool Mistyped(const CLI::App& app, const std::vector<std::string>& words) {
  const std::size_t at = CommandAt(app, words);
  if (at == words.size() || words[at].empty() || words[at][0] == '-') {
    return false;
  }
  for (const CLI::App* command : app.get_subcommands(nullptr)) {
    if (command->get_name() == words[at]) return false;
  }
  SayUnknownCommand(app, words[at]);
  std::cerr << "\nSee '" << app.get_name() << " --help' for usage."
            << std::endl;
  return true;
}

// The long name of a flag of one letter; "": there is none.
std::string LongName(const CLI::App& app, const std::string& letter) {
  for (const CLI::App* command : app.get_subcommands(nullptr)) {
    for (const CLI::Option* option : command->get_options()) {
      if (option->check_sname(letter) && !option->get_lnames().empty()) {
        return option->get_lnames().front();
      }
    }
  }
  return "";
}

// kubectl takes "-n=prod" for "--namespace=prod", and "--selector=" for one
// that is empty. CLI11 knows "=" behind long names only, and looks for the
// value of the other in the next word.
std::vector<std::string> AsCli11Reads(const CLI::App& app,
                                      const std::vector<std::string>& words) {
  std::vector<std::string> read;
  bool flags = true;
  for (std::string word : words) {
    flags = flags && word != "--";
    if (flags && word.size() > 3 && word[0] == '-' && word[2] == '=') {
      const std::string name = LongName(app, word.substr(1, 1));
      if (!name.empty()) word.replace(0, 2, "--" + name);
    }
    const bool empty =
        flags && word.rfind("--", 0) == 0 && word.find('=') == word.size() - 1;
    if (empty) word.pop_back();
    read.push_back(std::move(word));
    if (empty) read.emplace_back();
  }
  return read;
}

// kubectl takes a command's flags in front of it, too ("-n prod get pods");
// CLI11 only behind it.
std::vector<std::string> BehindTheCommand(
    const CLI::App& app, const std::vector<std::string>& words) {
  const std::size_t command = CommandAt(app, words);
  if (command == words.size()) return words;
  std::vector<std::string> front;
  std::vector<std::string> behind;
  for (std::size_t at = 0; at < command;) {
    const bool own = app.get_option_no_throw(FlagName(words[at])) != nullptr;
    for (std::size_t left = WordsOf(app, words[at]); left > 0; --left) {
      (own ? front : behind).push_back(words[at++]);
    }
  }
  front.push_back(words[command]);
  front.insert(front.end(), behind.begin(), behind.end());
  front.insert(front.end(),
               words.begin() + static_cast<std::ptrdiff_t>(command) + 1,
               words.end());
  return front;
}

int WriteManual(const CLI::App& app, const std::string& folder) {
  const Status written =
      cli::WriteManPages(app, "kubescribe", 1, {"kubescribed(8)"}, folder);
  return written.ok() ? kExitFound : Fail(written.error());
}

// Whether the command is about clusters that the environment may choose.
bool AsksACluster(const CLI::App& command) {
  for (const char* other : {"clusters", "completion", "import"}) {
    if (command.get_name() == other) return false;
  }
  return true;
}

int Main(int argc, char** argv) {
  const std::string called = std::filesystem::path(argv[0]).filename();
  const bool completes = called == "kubectl_complete-scribe";
  const bool plugin = completes || called == "kubectl-scribe";
  std::vector<std::string> words(argv + 1, argv + argc);
  CLI::App app("Asks the recorded past of Kubernetes clusters",
               plugin ? "kubectl scribe" : "kubescribe");
  cli::UseHelp(app);
  app.set_help_flag("-h,--help", "Print this help");
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
                     "Which cluster, where several are recorded (default: "
                     "$KUBESCRIBE_CLUSTER); several, with commas or by giving "
                     "it again, for what can be asked of several")
          ->delimiter(',')
          ->allow_extra_args(false)
          ->excludes(file)
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
  if (completes) return Complete(app, words, plugin);
  if (!words.empty() && words[0] == "__complete") {
    words.erase(words.begin());
    return Complete(app, words, plugin);
  }
  if (words.size() == 2 && words[0] == "__man") {
    return WriteManual(app, words[1]);
  }
  if (!words.empty() && words[0] == "help") {
    words.erase(words.begin());
    words.emplace_back("--help");
  }
  if (words.empty()) {
    std::cout << app.help();
    return kExitFound;
  }
  words = AsCli11Reads(app, words);
  if (Mistyped(app, words)) return kExitUsage;
  words = BehindTheCommand(app, words);
  try {
    std::reverse(words.begin(), words.end());  // as CLI11 takes them
    app.parse(words);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error, std::cout);
    Explain(app, error);
    return kExitUsage;
  }
  if (colour != "auto") {
    output::ChooseColour(colour == "always" ? output::ColourChoice::kAlways
                                            : output::ColourChoice::kNever);
  }
  if (no_pager) Pager::Forbid();
  if (common.place.data_dir.empty()) common.place.data_dir = DefaultDataDir();
  for (const auto& command : commands) {
    if (!command->app()->parsed()) continue;
    if (AsksACluster(*command->app())) {
      const Status chosen = ChooseCluster(common.place, plugin);
      if (!chosen.ok()) return Fail(chosen.error());
    }
    return command->Run();
  }
  return kExitUsage;
}

}  // namespace
}  // namespace kubescribe::tool

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  return kubescribe::tool::Main(argc, argv);
}
