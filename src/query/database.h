// Which file a question goes to: one database by name, or a cluster's in the
// data directory.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace kubescribe::query {

struct Place {
  std::string data_dir;  // searched when `file` is ""
  std::string file;      // one database, anywhere
  std::string cluster;   // "": the only one there
};

struct DatabaseFile {
  std::string path;
  std::string cluster;  // as its file name says
};

// The databases of a data directory, by cluster. kNotFound: no such directory;
// kForbidden, kIo: it cannot be read. An empty answer is none.
Result<std::vector<DatabaseFile>> ListDatabases(const std::string& data_dir);

// The databases that `place` means: all of the directory where no cluster is
// named. kNotFound says what is there instead.
Result<std::vector<DatabaseFile>> FindDatabases(const Place& place);

// The one database that `place` means. kInvalid: there are several and no
// cluster is named; the message names them.
Result<DatabaseFile> FindDatabase(const Place& place);

}  // namespace kubescribe::query
