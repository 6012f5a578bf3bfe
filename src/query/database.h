// Which files a question goes to: one database by name, or those of clusters in
// the data directory.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace kubescribe::query {

struct Place {
  std::string data_dir;  // searched when `file` is ""
  std::string file;      // one database, anywhere
  // `--cluster`, which may be given several times and with commas: in the order
  // asked for. None: all that are there, for who can answer of several.
  std::vector<std::string> clusters;
  // `--all-clusters`: all of them are meant, also by who answers of one where
  // nothing else is said.
  bool all_clusters = false;

  // Is this cluster one of those?
  bool Means(const std::string& cluster) const;
};

struct DatabaseFile {
  std::string path;
  std::string cluster;  // as its file name says
};

// The databases of a data directory, by cluster. kNotFound: no such directory;
// kForbidden, kIo: it cannot be read. An empty answer is none.
Result<std::vector<DatabaseFile>> ListDatabases(const std::string& data_dir);

// The databases that `place` means: those of the clusters named, in that order
// and each once, else all of the directory by name. kIo says what is there
// instead; kInvalid: clusters are named and a file too.
Result<std::vector<DatabaseFile>> FindDatabases(const Place& place);

// The one database that `place` means. kInvalid: it means several, or there are
// several and no cluster is named; the message names them.
Result<DatabaseFile> FindDatabase(const Place& place);

// The one cluster that is named, for what asks a recorder; "": none is.
// kInvalid where several are.
Result<std::string> OneCluster(const Place& place);

}  // namespace kubescribe::query
