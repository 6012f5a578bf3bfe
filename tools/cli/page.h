// Page: what a command says of itself, taken from its CLI11 tree once, so that
// --help, the manual page and the completion cannot differ.
//
// A footer is blocks with an empty line between them. "Examples:" with indented
// lines under it is the examples; "Exit codes:" what it says; any other
// "Title:" with indented lines a section; the rest is description.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace kubescribe::cli {

struct Flag {
  std::vector<std::string> names;  // "-n", "--namespace"; of an argument "what"
  std::string value;               // "NAME"; "": takes none
  std::vector<std::string> choices;  // the only values that it takes; or none
  std::string description;
  bool required = false;
  bool many = false;  // more than one value
};

struct Section {
  std::string title;               // "Examples"
  std::vector<std::string> lines;  // indented as they were, without the first 2
};

struct Page {
  std::string name;     // "kubescribe get"
  std::string summary;  // one sentence
  std::vector<std::string> paragraphs;
  std::vector<Section> sections;
  std::vector<Flag> arguments;
  std::vector<Flag> flags;
  std::vector<Flag> common;  // the flags of the programs above it
  std::vector<std::pair<std::string, std::string>> commands;

  // "kubescribe get TYPE... [flags]"
  std::string Usage() const;
};

Flag DescribeFlag(const CLI::Option& option);

// Hidden commands and options are left out. `name`: as it is called.
Page DescribeApp(const CLI::App& app, const std::string& name);

// "get" of "kubescribe get --help" is shown under this name (kubectl's way):
// summary, usage, what the footer says, flags.
std::string HelpText(const Page& page);

// For every command of the tree that is made afterwards. REQUIRES: called
// before the first add_subcommand.
void UseHelp(CLI::App& app);

// `text` in lines of at most `width`, broken at spaces; each begins with
// `indent` spaces, but the first.
std::string Wrap(const std::string& text, std::size_t indent,
                 std::size_t width);

}  // namespace kubescribe::cli
