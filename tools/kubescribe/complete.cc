#include "kubescribe/complete.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <iostream>
#include <iterator>
#include <map>
#include <unordered_set>

#include "base/paths.h"
#include "cli/page.h"
#include "kube/user_time.h"
#include "kubescribe/choose_cluster.h"
#include "kubescribe/command.h"
#include "kubescribe/recorded_names.h"

namespace kubescribe::tool {
namespace {

enum Directive { kFiles = 0, kNoSpace = 2, kNoFiles = 4, kFolders = 16 };

// The command line up to the cursor, read leniently.
struct Typed {
  const CLI::App* app = nullptr;   // the innermost command
  std::vector<std::string> words;  // its arguments before the cursor
  // Flags with what they were given, by their long names.
  std::multimap<std::string, std::string> values;
  const CLI::Option* open = nullptr;  // the flag whose value is at the cursor
  std::string prefix;                 // "--at=": stands before each candidate
  std::string current;
  bool no_flags = false;  // after "--"

  std::string Value(const std::string& flag) const {
    const auto last = values.upper_bound(flag);
    return last == values.begin() || std::prev(last)->first != flag
               ? ""
               : std::prev(last)->second;
  }
};

bool TakesValue(const CLI::Option& option) {
  return option.get_items_expected_max() != 0;
}

// Of the command or of those above it.
const CLI::Option* FindFlag(const CLI::App& app, const std::string& name) {
  for (const CLI::App* at = &app; at != nullptr; at = at->get_parent()) {
    for (const CLI::Option* option : at->get_options()) {
      if (option->get_positional() || option->get_group().empty()) continue;
      for (const std::string& known : cli::DescribeFlag(*option).names) {
        if (known == name) return option;
      }
    }
  }
  return nullptr;
}

const CLI::App* FindCommand(const CLI::App& app, const std::string& name) {
  for (const CLI::App* command : app.get_subcommands(nullptr)) {
    if (command->get_name() == name) return command;
  }
  return nullptr;
}

void ReadFlag(const std::string& word, Typed& typed) {
  const bool is_long = word.rfind("--", 0) == 0;
  const std::size_t equals = is_long ? word.find('=') : std::string::npos;
  const std::string name = is_long ? word.substr(0, equals) : word.substr(0, 2);
  const CLI::Option* flag = FindFlag(*typed.app, name);
  if (flag == nullptr) return;
  const std::string key = cli::DescribeFlag(*flag).names.back();
  if (!TakesValue(*flag)) {
    typed.values.emplace(key, "true");
  } else if (equals != std::string::npos) {
    typed.values.emplace(key, word.substr(equals + 1));
  } else if (!is_long && word.size() > 2) {
    typed.values.emplace(key, word.substr(2));
  } else {
    typed.open = flag;
  }
}

Typed Read(const CLI::App& app, const std::vector<std::string>& words) {
  Typed typed;
  typed.app = &app;
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    const std::string& word = words[i];
    if (typed.open != nullptr) {
      typed.values.emplace(cli::DescribeFlag(*typed.open).names.back(), word);
      typed.open = nullptr;
    } else if (!typed.no_flags && word == "--") {
      typed.no_flags = true;
    } else if (!typed.no_flags && word.size() > 1 && word[0] == '-') {
      ReadFlag(word, typed);
    } else if (const CLI::App* command = typed.words.empty()
                                             ? FindCommand(*typed.app, word)
                                             : nullptr) {
      typed.app = command;
    } else {
      typed.words.push_back(word);
    }
  }
  typed.current = words.empty() ? "" : words.back();
  const std::size_t equals = typed.current.find('=');
  if (typed.open == nullptr && !typed.no_flags && equals != std::string::npos &&
      typed.current.rfind("--", 0) == 0) {
    typed.open = FindFlag(*typed.app, typed.current.substr(0, equals));
    typed.prefix = typed.current.substr(0, equals + 1);
    typed.current = typed.current.substr(equals + 1);
  }
  return typed;
}

// What is before the last comma is kept, and what follows it completed.
void SplitList(Typed& typed) {
  const std::size_t comma = typed.current.rfind(',');
  if (comma == std::string::npos) return;
  typed.prefix += typed.current.substr(0, comma + 1);
  typed.current = typed.current.substr(comma + 1);
}

std::vector<std::string> Split(const std::string& text, char at) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  while (begin <= text.size()) {
    const std::size_t end = std::min(text.find(at, begin), text.size());
    if (end > begin) parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

void ReadInstant(const Typed& typed, store::AsOf& as_of) {
  std::string at = typed.Value("--at");
  if (at.empty()) at = typed.Value("--from");
  std::string seq = typed.Value("--seq");
  std::string rv = typed.Value("--rv");
  if (at.rfind("seq:", 0) == 0) seq = at.substr(4);
  store::Seq number = 0;
  if (std::from_chars(seq.data(), seq.data() + seq.size(), number).ec ==
      std::errc()) {
    as_of.seq = number;
    return;
  }
  if (!at.empty() && rv.empty()) {
    const auto time =
        kube::ParseUserTime(at, SystemClock().Wall(), kube::LocalZone());
    if (!time.ok()) return;
    if (time->rv.empty() && at != "now") as_of.at = time->at;
    rv = time->rv;
  }
  if (!rv.empty()) as_of.rv = rv;
}

RecordedNames Recorded(const Typed& typed, bool plugin) {
  RecordedNames::Options options;
  query::Place& place = options.place;
  place.file = typed.Value("--file");
  place.data_dir = typed.Value("--data");
  if (place.data_dir.empty()) place.data_dir = DefaultDataDir();
  place.clusters = Split(typed.Value("--cluster"), ',');
  place.all_clusters = typed.values.count("--all-clusters") != 0;
  // Where none is chosen, or one that is not recorded, all clusters' names.
  query::Place chosen = place;
  if (ChooseCluster(chosen, plugin).ok() && query::FindDatabases(chosen).ok()) {
    place = std::move(chosen);
  }
  ReadInstant(typed, options.as_of);
  options.ever = FindFlag(*typed.app, "--at") == nullptr &&
                 FindFlag(*typed.app, "--from") == nullptr;
  options.name_space = typed.Value("--namespace");
  options.all_namespaces = typed.values.count("--all-namespaces") != 0;
  return RecordedNames(std::move(options));
}

class Completion {
 public:
  Completion(Typed typed, bool plugin)
      : typed_(std::move(typed)), plugin_(plugin) {}

  void Find() {
    if (typed_.open != nullptr) {
      FlagValue(*typed_.open);
    } else if (!typed_.no_flags && !typed_.current.empty() &&
               typed_.current[0] == '-') {
      Flags();
    } else {
      Commands();
      Arguments();
    }
  }

  void Print() const {
    bool joined = true;
    std::string text;
    std::unordered_set<std::string_view> seen;
    seen.reserve(found_.size());  // which may be very many
    for (const Candidate& candidate : found_) {
      if (candidate.text.rfind(typed_.current, 0) != 0 || Odd(candidate.text) ||
          !seen.insert(candidate.text).second) {
        continue;
      }
      text += typed_.prefix;
      text += candidate.text;
      if (!candidate.description.empty()) text += "\t" + candidate.description;
      text += '\n';
      const char last = candidate.text.empty() ? ' ' : candidate.text.back();
      joined = joined && (last == '/' || last == '=');
    }
    const int directive = directive_ == kNoFiles && joined && !text.empty()
                              ? kNoFiles + kNoSpace
                              : directive_;
    std::cout << text << ":" << directive << std::endl;
  }

 private:
  // A name that no shell should be given.
  static bool Odd(const std::string& text) {
    return std::any_of(text.begin(), text.end(), [](char c) {
      return static_cast<unsigned char>(c) <= ' ' || c == '\'' || c == '"' ||
             c == '\\' || c == '$' || c == '`' || c == '\x7f';
    });
  }

  void Add(std::string text, std::string description = "") {
    found_.push_back({std::move(text), std::move(description)});
  }
  void Add(std::vector<Candidate> more) {
    found_.insert(found_.end(), std::make_move_iterator(more.begin()),
                  std::make_move_iterator(more.end()));
  }

  void Commands() {
    if (!typed_.words.empty()) return;
    for (const CLI::App* command : typed_.app->get_subcommands(nullptr)) {
      if (command->get_group().empty()) continue;
      Add(command->get_name(), command->get_description());
    }
  }

  void Flags() {
    for (const CLI::App* at = typed_.app; at != nullptr;
         at = at->get_parent()) {
      for (const CLI::Option* option : at->get_options()) {
        if (option->get_positional() || option->get_group().empty()) continue;
        const cli::Flag flag = cli::DescribeFlag(*option);
        if (typed_.values.count(flag.names.back()) != 0 && !flag.many) continue;
        for (const std::string& name : flag.names) {
          if (name.rfind("--", 0) == 0) Add(name, flag.description);
        }
      }
    }
  }

  void FlagValue(const CLI::Option& option) {
    const cli::Flag flag = cli::DescribeFlag(option);
    const std::string& name = flag.names.back();
    if (!flag.choices.empty() || Placed(flag.value)) {
      for (const std::string& choice : flag.choices) Add(choice);
    } else if (name == "--namespace") {
      Add(Recorded(typed_, plugin_).Namespaces(typed_.current));
    } else if (name == "--cluster") {
      SplitList(typed_);
      Add(Recorded(typed_, plugin_).Clusters());
    } else if (name == "--kind") {
      SplitList(typed_);
      Add(Recorded(typed_, plugin_).Types());
    } else if (name == "--output") {
      Formats(flag.description);
    }
  }

  // The formats that the flag's description names.
  void Formats(const std::string& description) {
    for (const char* format :
         {"wide", "name", "json", "jsonl", "yaml",
          "jsonpath=", "jsonpath-as-json=", "jsonpath-file=", "custom-columns=",
          "custom-columns-file="}) {
      const std::string word(format);
      const std::size_t at = description.find(
          word.back() == '=' ? word.substr(0, word.size() - 1) : word);
      if (at != std::string::npos) Add(word);
    }
  }

  // A file or a folder: then the shell knows best.
  bool Placed(const std::string& value) {
    if (value == "FILE") directive_ = kFiles;
    if (value == "DIR") directive_ = kFolders;
    return value == "FILE" || value == "DIR";
  }

  void Arguments() {
    std::size_t before = typed_.words.size();
    for (const CLI::Option* option : typed_.app->get_options()) {
      if (!option->get_positional()) continue;
      const auto most =
          static_cast<std::size_t>(option->get_items_expected_max());
      if (before >= most) {
        before -= most;
        continue;
      }
      const cli::Flag flag = cli::DescribeFlag(*option);
      for (const std::string& choice : flag.choices) Add(choice);
      if (Placed(flag.value) || flag.value.rfind("TYPE", 0) != 0) return;
      if (flag.names.front() == "types") {
        Add(Recorded(typed_, plugin_).Types());
      } else {
        Objects();
      }
      return;
    }
  }

  // "TYPE[,TYPE…] NAME…" or "TYPE/NAME…".
  void Objects() {
    const std::size_t slash = typed_.current.find('/');
    const bool slashed = !typed_.words.empty() &&
                         typed_.words.front().find('/') != std::string::npos;
    if (slash != std::string::npos && (slashed || typed_.words.empty())) {
      const std::string type = typed_.current.substr(0, slash);
      typed_.prefix += type + "/";
      typed_.current = typed_.current.substr(slash + 1);
      Add(Recorded(typed_, plugin_).Names(type, typed_.current));
    } else if (slashed) {
      for (const Candidate& type : Recorded(typed_, plugin_).Types()) {
        Add(type.text + "/", type.description);
      }
    } else if (typed_.words.empty()) {
      SplitList(typed_);
      Add(Recorded(typed_, plugin_).Types());
    } else {
      const RecordedNames recorded = Recorded(typed_, plugin_);
      for (const std::string& type : Split(typed_.words.front(), ',')) {
        for (Candidate& name : recorded.Names(type, typed_.current)) {
          if (std::find(typed_.words.begin() + 1, typed_.words.end(),
                        name.text) == typed_.words.end()) {
            Add(std::move(name.text));
          }
        }
      }
    }
  }

  Typed typed_;
  const bool plugin_;
  int directive_ = kNoFiles;
  std::vector<Candidate> found_;
};

}  // namespace

int Complete(const CLI::App& app, const std::vector<std::string>& words,
             bool plugin) {
  try {
    Completion completion(Read(app, words), plugin);
    completion.Find();
    completion.Print();
  } catch (const std::exception&) {
    std::cout << ":" << kNoFiles << std::endl;
  }
  return kExitFound;
}

}  // namespace kubescribe::tool
