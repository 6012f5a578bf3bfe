// Opens a cluster's file to be read, in whichever of the ways it can be found
// (reader.h lists them). For Reader and for src/verify.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/db.h"
#include "store/types.h"

namespace kubescribe::store {

struct OpenedFile {
  std::unique_ptr<Db> db;  // read-only, and within a transaction
  FileInfo info;
  // Not empty: it was found in a way that made a full check of it necessary.
  std::vector<std::string> warnings;
};

// Errors as those of Reader::Open.
Result<OpenedFile> OpenForReading(const std::string& path);

}  // namespace kubescribe::store
