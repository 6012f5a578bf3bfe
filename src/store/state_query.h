// The SQL of Reader::StateAt. Private to store.
#pragma once

#include <string>

#include "store/db.h"
#include "store/reader.h"

namespace kubescribe::store {

// A condition on `object o` for the filter, and its parameters in order: the
// resource first, then those of namespace, name and uid that are set.
std::string FilterSql(const ObjectFilter& filter);
void BindFilter(Query& query, const ObjectFilter& filter);

// A query of kRevisionColumns whose parameters are, in order: the instant
// (`at`, or seq, or for rv its text), the filter's. It looks at every object of
// the filter that there ever was.
std::string StateSql(const ObjectFilter& filter, const AsOf& as_of,
                     bool include_gone);

// What `object o` of the filter is looked for in, in order to find those that
// are alive now by the beginning of their lives.
std::string OpenLives(const ObjectFilter& filter);
// Conditions on a box of `lifetime l` for the filter, each with AND before it;
// parameters as FilterSql.
std::string BoxSql(const ObjectFilter& filter);

// Does LivingSql answer this question, and faster? REQUIRES: the file has
// lifetimes.
bool FindsByLifetime(const ObjectFilter& filter, const AsOf& as_of,
                     bool include_gone);

// The same as StateSql for a time, looking only at objects that lived then or
// within the second around it. `second` is that of the instant
// (LifeSeconds::Nearest).
std::string LivingSql(const ObjectFilter& filter, std::int64_t second);

}  // namespace kubescribe::store
