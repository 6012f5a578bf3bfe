// The SQL of Reader::StateAt. Private to store.
#pragma once

#include <optional>
#include <string>

#include "store/db.h"
#include "store/reader.h"
#include "store/seq_at.h"

namespace kubescribe::store {

// A condition on `object o` for the filter, and its parameters in order: the
// resource first, then those of namespace, name and uid that are set.
std::string FilterSql(const ObjectFilter& filter);
void BindFilter(Query& query, const ObjectFilter& filter);
// The number of the first parameter behind the filter's.
int AfterFilter(const ObjectFilter& filter);

// An expression: the seq of an object's revision in force at an instant, 0
// where there is none. `recorded` and `all` are of the instant (RecordedBy);
// `all` may be false in any case, and costs more then.
std::string ByTimeSql(const std::string& object, const std::string& instant,
                      const std::string& recorded, bool all);

// The same of `object o` at ?1; `recorded` as for StateSql.
std::string InForceSql(const std::optional<RecordedBy>& recorded);

// A query of kRevisionColumns whose parameters are, in order: the instant
// (`at`, or seq, or for rv its text), the filter's. It looks at every object of
// the filter that there ever was. `recorded`, of a question about a time: what
// was recorded by then; none: the file has an index of all
// times (before schema 6).
std::string StateSql(const ObjectFilter& filter, const AsOf& as_of,
                     bool include_gone,
                     const std::optional<RecordedBy>& recorded);

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
std::string LivingSql(const ObjectFilter& filter, std::int64_t second,
                      const std::optional<RecordedBy>& recorded);

// kRevisionColumns of the revision in force at an instant of each object that
// had ended by then, since the parameter behind the filter's; both seconds are
// rounded outwards. REQUIRES: the file has lifetimes.
std::string EndedSql(const ObjectFilter& filter, std::int64_t since_second,
                     std::int64_t until_second,
                     const std::optional<RecordedBy>& recorded);

}  // namespace kubescribe::store
