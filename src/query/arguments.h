// kubectl's arguments: which types and names are asked for.
//
//   TYPE[,TYPE…] [NAME…]     po,svc   deploy web   v1/pods web
//   TYPE/NAME…               deploy/web svc/api
//
// A TYPE may also be a category ("all"), where no names follow, and be written
// VERSION/TYPE or GROUP/VERSION/TYPE, alone or with a NAME behind a further
// slash; "*" is every recorded type.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "query/resolve.h"
#include "store/reader.h"

namespace kubescribe::query {

struct Arguments {
  // In the order asked for; names of one type that follow each other are one.
  std::vector<Target> targets;
  // Exactly one object is named: a document is that object, not a list.
  bool one_object = false;
  // Types of a category that are not recorded ("replicationcontrollers").
  std::vector<std::string> unrecorded;
};

// Errors as kubectl words them. kInvalid: no such type, mixed forms, or
// nothing; kNotFound: a type that is not recorded.
Result<Arguments> ParseArguments(store::Reader& reader,
                                 const store::AsOf& as_of,
                                 const std::vector<std::string>& words);

// The targets alone, one a type.
Result<std::vector<Target>> ResolveArguments(
    store::Reader& reader, const store::AsOf& as_of,
    const std::vector<std::string>& words);

}  // namespace kubescribe::query
