// The numbered SQL migrations of schema/, embedded at build time.
#pragma once

#include <string>
#include <vector>

namespace kubescribe::store {

struct Migration {
  int version = 0;  // the NNN of schema/NNN-name.sql
  std::string sql;
};

// In order of version; the last one's version is the schema this program
// writes.
const std::vector<Migration>& Migrations();

}  // namespace kubescribe::store
