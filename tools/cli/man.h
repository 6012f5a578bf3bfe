// Manual pages from the same source as --help (page.h).
#pragma once

#include <string>

#include "base/result.h"
#include "cli/page.h"

namespace CLI {
class App;
}

namespace kubescribe::cli {

// The page as roff (man macros). `also`: other pages, as "kubescribe(1)".
std::string ManPage(const Page& page, int section,
                    const std::vector<std::string>& also);

// Writes NAME.SECTION and NAME-COMMAND.SECTION of the tree to the folder,
// which is made where it is missing. Errors: kIo.
Status WriteManPages(const CLI::App& app, const std::string& name, int section,
                     const std::vector<std::string>& also,
                     const std::string& folder);

}  // namespace kubescribe::cli
