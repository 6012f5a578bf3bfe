#include "cli/man.h"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>

namespace kubescribe::cli {
namespace {

// Text that roff prints as it stands.
std::string Roff(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else if (c == '\'') {
      out += "\\(aq";
    } else if (c == '`') {
      out += "\\(ga";
    } else if (c == '^') {
      out += "\\(ha";
    } else if (c == '~') {
      out += "\\(ti";
    } else if (c == '.' && (i == 0 || text[i - 1] == '\n')) {
      out += "\\&.";
    } else {
      out += c;
    }
  }
  return out;
}

std::string Upper(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 0x20);
  }
  return text;
}

std::string Dashed(std::string name) {
  for (char& c : name) {
    if (c == ' ') c = '-';
  }
  return name;
}

std::string FlagList(const std::string& title, const std::vector<Flag>& flags) {
  std::string text;
  for (const Flag& flag : flags) {
    text += ".TP\n";
    for (std::size_t i = 0; i < flag.names.size(); ++i) {
      text += (i == 0 ? "\\fB" : ", \\fB") + Roff(flag.names[i]) + "\\fR";
    }
    if (!flag.value.empty()) text += " \\fI" + Roff(flag.value) + "\\fR";
    text += "\n" + Roff(flag.description) + "\n";
  }
  return text.empty() ? "" : ".SH " + title + "\n" + text;
}

std::string Verbatim(const std::vector<std::string>& lines) {
  std::string text = ".nf\n";
  for (const std::string& line : lines) text += Roff(line) + "\n";
  return text + ".fi\n";
}

Status Write(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::trunc);
  file << text;
  file.close();
  if (!file) return Error(Code::kIo, path + ": cannot be written");
  return {};
}

}  // namespace

std::string ManPage(const Page& page, int section,
                    const std::vector<std::string>& also) {
  std::string text = ".TH \"" + Upper(Dashed(page.name)) + "\" \"" +
                     std::to_string(section) + "\" \"\" \"kubescribe " +
                     KUBESCRIBE_VERSION + "\" \"kubescribe\"\n";
  text += ".SH NAME\n" + Roff(Dashed(page.name)) + " \\- " +
          Roff(page.summary) + "\n";
  text += ".SH SYNOPSIS\n.B " + Roff(page.Usage()) + "\n";
  text += ".SH DESCRIPTION\n";
  if (page.paragraphs.empty()) text += Roff(page.summary) + ".\n";
  for (std::size_t i = 0; i < page.paragraphs.size(); ++i) {
    text += (i == 0 ? "" : ".PP\n") + Roff(page.paragraphs[i]) + "\n";
  }
  if (!page.commands.empty()) text += ".SH COMMANDS\n";
  for (const auto& [name, description] : page.commands) {
    text += ".TP\n\\fB" + Roff(Dashed(page.name + " " + name)) + "\\fR(" +
            std::to_string(section) + ")\n" + Roff(description) + "\n";
  }
  text += FlagList("ARGUMENTS", page.arguments);
  text += FlagList("OPTIONS", page.flags);
  text += FlagList("OPTIONS OF ALL COMMANDS", page.common);
  for (const Section& part : page.sections) {
    const bool codes = part.title == "Exit codes";
    text += ".SH " + (codes ? "EXIT STATUS" : Upper(part.title)) + "\n";
    if (codes && !part.lines.empty() &&
        part.lines.front().find(", ") != std::string::npos) {
      for (const std::string& line : part.lines) text += Roff(line) + "\n";
    } else {
      text += Verbatim(part.lines);
    }
  }
  text += ".SH SEE ALSO\n";
  for (std::size_t i = 0; i < also.size(); ++i) {
    const std::size_t open = also[i].find('(');
    text += ".BR " + Roff(also[i].substr(0, open)) + " " +
            also[i].substr(open) + (i + 1 < also.size() ? "," : "") + "\n";
  }
  return text;
}

Status WriteManPages(const CLI::App& app, const std::string& name, int section,
                     const std::vector<std::string>& also,
                     const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return Error(Code::kIo, folder + ": " + error.message());
  const std::string end = "." + std::to_string(section);
  Status written = Write(folder + "/" + Dashed(name) + end,
                         ManPage(DescribeApp(app, name), section, also));
  if (!written.ok()) return written;
  for (const CLI::App* command : app.get_subcommands(nullptr)) {
    if (command->get_group().empty()) continue;
    std::vector<std::string> up = {Dashed(name) + "(" +
                                   std::to_string(section) + ")"};
    up.insert(up.end(), also.begin(), also.end());
    written = WriteManPages(*command, name + " " + command->get_name(), section,
                            up, folder);
    if (!written.ok()) return written;
  }
  return {};
}

}  // namespace kubescribe::cli
