// What the commands that list what is recorded have alike (`clusters`,
// `resources`): their flags, and how one line an item is written.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "kubescribe/command.h"

namespace CLI {
class App;
}

namespace kubescribe::tool {

class Listing {
 public:
  // -o and --no-headers.
  void Declare(CLI::App& app);

  bool wide() const { return output_ == "wide"; }
  bool names() const { return output_ == "name"; }
  const std::string& output() const { return output_; }

  // Nothing without rows.
  void WriteTable(const std::vector<std::string>& header,
                  const std::vector<std::vector<std::string>>& rows,
                  Out& out) const;
  // Each once, in their order.
  static void WriteNames(const std::vector<std::string>& names, Out& out);

 private:
  std::string output_;
  bool no_headers_ = false;
};

// That a cluster's file could not be read, to stderr: the others are shown.
void SayUnread(const std::string& cluster, const Error& error);

}  // namespace kubescribe::tool
