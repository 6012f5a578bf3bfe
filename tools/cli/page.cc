#include "cli/page.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <sstream>

namespace kubescribe::cli {
namespace {

constexpr std::size_t kScreen = 80;
constexpr std::size_t kColumn = 30;  // where descriptions begin

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// In the plugin's help the examples are the plugin's: "kubectl scribe get".
std::string Renamed(const std::string& text, const std::string& name) {
  constexpr char kOwn[] = "kubescribe ";
  constexpr char kPlugin[] = "kubectl scribe";
  if (name.rfind(kPlugin, 0) != 0) return text;
  std::string out;
  std::size_t from = 0;
  for (std::size_t at = text.find(kOwn); at != std::string::npos;
       at = text.find(kOwn, at + 1)) {
    const char before = at == 0 ? ' ' : text[at - 1];
    if (before != ' ' && before != '`' && before != '(' && before != '\n') {
      continue;
    }
    out += text.substr(from, at - from) + kPlugin + " ";
    from = at + sizeof(kOwn) - 1;
  }
  return out + text.substr(from);
}

void ReadFooter(const std::string& footer, Page& page) {
  bool open = false;  // the last section goes on
  bool paragraph = false;
  for (const std::string& line : Lines(footer)) {
    const bool indented = line.rfind("  ", 0) == 0;
    if (open && (indented || line.empty())) {
      page.sections.back().lines.push_back(indented ? line.substr(2) : "");
      continue;
    }
    open = false;
    if (line.empty()) {
      paragraph = false;
    } else if (line.back() == ':' && !paragraph) {
      page.sections.push_back({line.substr(0, line.size() - 1), {}});
      open = true;
    } else if (line.rfind("Exit codes: ", 0) == 0 && !paragraph) {
      page.sections.push_back({"Exit codes", {line.substr(12)}});
      paragraph = true;
    } else if (paragraph && !page.sections.empty() &&
               page.sections.back().title == "Exit codes") {
      page.sections.back().lines.push_back(line);
    } else if (paragraph) {
      page.paragraphs.back() += " " + line;
    } else {
      page.paragraphs.push_back(line);
      paragraph = true;
    }
  }
  for (Section& section : page.sections) {
    while (!section.lines.empty() && section.lines.back().empty()) {
      section.lines.pop_back();
    }
  }
}

std::string Joined(const std::vector<std::string>& words,
                   const std::string& between) {
  std::string text;
  for (const std::string& word : words) {
    text += (text.empty() ? "" : between) + word;
  }
  return text;
}

std::string FlagHead(const Flag& flag) {
  std::string head = "  ";
  if (!flag.names.empty() && flag.names.front().rfind("--", 0) == 0) {
    head += "    ";  // long names stand in one column
  }
  return head + Joined(flag.names, ", ") +
         (flag.value.empty() ? "" : " " + flag.value);
}

std::string Row(const std::string& head, const std::string& text) {
  const std::string described = Wrap(text, kColumn, kScreen - kColumn);
  if (head.size() + 2 > kColumn) {
    return head + "\n" + std::string(kColumn, ' ') + described + "\n";
  }
  return head + std::string(kColumn - head.size(), ' ') + described + "\n";
}

std::string FlagRows(const std::string& title, const std::vector<Flag>& flags) {
  std::string text;
  for (const Flag& flag : flags) text += Row(FlagHead(flag), flag.description);
  return text.empty() ? "" : "\n" + title + ":\n" + text;
}

class Formatter final : public CLI::FormatterBase {
 public:
  std::string make_help(const CLI::App* app, std::string name,
                        CLI::AppFormatMode /*mode*/) const override {
    return HelpText(DescribeApp(*app, name));
  }
};

}  // namespace

std::string Wrap(const std::string& text, std::size_t indent,
                 std::size_t width) {
  std::string out;
  std::size_t used = 0;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    if (used > 0 && used + 1 + word.size() > width) {
      out += "\n" + std::string(indent, ' ');
      used = 0;
    } else if (used > 0) {
      out += ' ';
      ++used;
    }
    out += word;
    used += word.size();
  }
  return out;
}

Flag DescribeFlag(const CLI::Option& option) {
  Flag flag;
  if (option.get_positional()) {
    flag.names.push_back(option.get_name(true, false));
  } else {
    for (const std::string& name : option.get_snames()) {
      flag.names.push_back("-" + name);
    }
    for (const std::string& name : option.get_lnames()) {
      flag.names.push_back("--" + name);
    }
  }
  if (option.get_items_expected_max() != 0) {
    // "FORMAT:{,wide,json}": the name, and what it is checked against.
    const std::string type = option.get_type_name();
    flag.value = type.substr(0, type.find(':'));
    const std::size_t open = type.find('{');
    const std::size_t close = type.find('}');
    if (open != std::string::npos && close != std::string::npos) {
      std::istringstream members(type.substr(open + 1, close - open - 1));
      for (std::string member; std::getline(members, member, ',');) {
        if (!member.empty()) flag.choices.push_back(member);
      }
    }
  }
  flag.description = option.get_description();
  flag.required = option.get_required();
  flag.many = option.get_items_expected_max() > 1;
  return flag;
}

Page DescribeApp(const CLI::App& app, const std::string& name) {
  Page page;
  page.name = name;
  page.summary = app.get_description();
  ReadFooter(Renamed(app.get_footer(), name), page);
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;
    Flag flag = DescribeFlag(*option);
    (option->get_positional() ? page.arguments : page.flags)
        .push_back(std::move(flag));
  }
  for (const CLI::App* above = app.get_parent(); above != nullptr;
       above = above->get_parent()) {
    for (const CLI::Option* option : above->get_options()) {
      const bool once =
          option == above->get_help_ptr() ||
          option->get_name(false, true).find("--version") != std::string::npos;
      if (option->get_group().empty() || once) continue;
      page.common.push_back(DescribeFlag(*option));
    }
  }
  for (const CLI::App* command : app.get_subcommands(nullptr)) {
    if (command->get_group().empty()) continue;
    page.commands.emplace_back(command->get_name(), command->get_description());
  }
  return page;
}

std::string Page::Usage() const {
  std::string usage = name;
  if (!commands.empty()) usage += " COMMAND";
  for (const Flag& argument : arguments) {
    const std::string word =
        argument.value +
        (argument.many && argument.value.find("NAME") == std::string::npos
             ? "..."
             : "");
    usage += " " + (argument.required ? word : "[" + word + "]");
  }
  for (const Flag& flag : flags) {
    if (flag.required) usage += " " + flag.names.back() + " " + flag.value;
  }
  return usage + " [flags]";
}

std::string HelpText(const Page& page) {
  std::string text = page.summary;
  if (!text.empty() && text.back() != '.') text += '.';
  text += "\n\nUsage:\n  " + page.Usage() + "\n";
  for (const Section& section : page.sections) {
    text += "\n" + section.title + ":\n";
    for (const std::string& line : section.lines) {
      text += line.empty() ? "\n" : "  " + line + "\n";
    }
  }
  for (const std::string& paragraph : page.paragraphs) {
    text += "\n" + Wrap(paragraph, 0, kScreen - 1) + "\n";
  }
  if (!page.commands.empty()) text += "\nCommands:\n";
  for (const auto& [name, description] : page.commands) {
    text += Row("  " + name, description);
  }
  text += FlagRows("Arguments", page.arguments);
  text += FlagRows("Flags", page.flags);
  text += FlagRows("Flags of all commands", page.common);
  if (!page.commands.empty()) {
    text += "\nUse \"" + page.name +
            " COMMAND --help\" for more about a command.\n";
  }
  return text;
}

void UseHelp(CLI::App& app) { app.formatter(std::make_shared<Formatter>()); }

}  // namespace kubescribe::cli
