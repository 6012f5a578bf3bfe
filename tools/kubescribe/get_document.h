// The answer of `get` as documents: json, yaml, names.
#pragma once

#include <string>
#include <vector>

#include "kubescribe/get.h"
#include "output/value.h"
#include "query/state.h"

namespace kubescribe::tool {

// One object as kubectl prints it, with what only the past has as annotations:
// kubescribe.dev/cluster, and of one that ended kubescribe.dev/deleted,
// …/deleted-not-before and …/deleted-how. kCorruption: it is no JSON.
Result<output::Value> DocumentOf(const GetOptions& options,
                                 const query::Object& object,
                                 const std::string& cluster);

// What custom columns say of a field that the object does not have.
std::string NothingOf(const query::Object& object);

// Prints all objects in their order, or in that of --sort-by. Of json, yaml and
// names never more than a page of them is held, where they are not sorted.
// `one`: only one is asked for, and it is printed as it is, if it is there.
// `warnings` become the list's annotation kubescribe.dev/uncertain. Answers
// whether there was an object. Empties the answers' rows; adds to their types'
// `damaged`, and sets the `error` of what could not be read to its end. Errors:
// a template, or the field to sort by, does not fit the objects.
Result<bool> PrintDocument(const GetOptions& options, bool one,
                           const std::vector<std::string>& warnings,
                           std::vector<ClusterAnswer>& answers, Out& out);

}  // namespace kubescribe::tool
