// The SQL of Reader::StateAt. Private to store.
#pragma once

#include <string>

#include "store/reader.h"

namespace kubescribe::store {

// A condition on `object o` for the filter, and its parameters in order: the
// resource first, then those of namespace, name and uid that are set.
std::string FilterSql(const ObjectFilter& filter);

// A query of kRevisionColumns whose parameters are, in order: the instant
// (`at`, or seq, or for rv its text), the filter's.
std::string StateSql(const ObjectFilter& filter, const AsOf& as_of,
                     bool include_gone);

}  // namespace kubescribe::store
