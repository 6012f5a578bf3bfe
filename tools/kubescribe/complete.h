// What can stand at the cursor: the answers of the hidden words that the
// shells' completion scripts (completion.cc) call back.
//
//   kubescribe __complete get pods -n pr      as typed up to the cursor
//   kubectl_complete-scribe get pods -n pr    the same, called by kubectl
//
// Prints a candidate a line, with a tab and a description where there is one,
// and last ":N", cobra's directive: 2 (no space behind it) + 4 (no file names)
// or 16 (folders only) or 0 (file names). Types, names, namespaces and clusters
// are those of the record, at the --at (--rv, --seq) on the line.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace kubescribe::tool {

// `words`: what follows the program's name, the last one up to the cursor.
// `plugin`: called as `kubectl scribe`. Says nothing of errors: then there are
// no candidates. Answers 0.
int Complete(const CLI::App& app, const std::vector<std::string>& words,
             bool plugin);

}  // namespace kubescribe::tool
