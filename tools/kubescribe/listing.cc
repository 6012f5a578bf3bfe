#include "kubescribe/listing.h"

#include <CLI/CLI.hpp>
#include <set>
#include <string_view>

#include "output/table.h"

namespace kubescribe::tool {

void Listing::Declare(CLI::App& app) {
  app.add_option("-o,--output", output_, "wide, name, json or yaml")
      ->check(CLI::IsMember({"wide", "name", "json", "yaml"}))
      ->type_name("FORMAT");
  app.add_flag("--no-headers", no_headers_, "No line of column names");
}

void Listing::WriteTable(const std::vector<std::string>& header,
                         const std::vector<std::vector<std::string>>& rows,
                         Out& out) const {
  if (rows.empty()) return;
  out.Write(
      output::RenderTable(header, rows, {!no_headers_, out.look().colour}));
}

void Listing::WriteNames(const std::vector<std::string>& names, Out& out) {
  std::set<std::string_view> seen;
  for (const std::string& name : names) {
    if (seen.insert(name).second) {
      out.Write(output::EscapeControls(name) + "\n");
    }
  }
}

void SayUnread(const std::string& cluster, const Error& error) {
  Say("error", "cluster " + cluster + ": " + error.message());
}

}  // namespace kubescribe::tool
