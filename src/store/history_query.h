// The SQL of Reader::History and Reader::Changes. Private to store.
//
// Headers come from the tables `revision` and `object` through their indexes,
// bodies are in another table; nothing here sorts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "store/reader.h"

namespace kubescribe::store {

// The first seq of an object (?1) within [?2, ?3]; ?4: late ones too.
inline constexpr const char* kNextSeqSql =
    "SELECT seq FROM revision INDEXED BY revision_object WHERE object_id = ?1 "
    "AND seq BETWEEN ?2 AND ?3 AND (?4 OR late = 0) ORDER BY seq LIMIT 1";

// The first and the last seq of an object (?1) that is not late and changed
// within [?2, ?3]; the last seqs recorded before ?2 and by ?3 are ?4 and ?5
// (seq_at.h).
std::string SeqRangeSql();
// The same of a file that has an index of all times (before schema 6), without
// ?4 and ?5.
inline constexpr const char* kSeqRangeSql =
    "SELECT (SELECT seq FROM revision WHERE object_id = ?1 AND late = 0 "
    "AND changed_at >= ?2 ORDER BY changed_at, seq LIMIT 1), "
    "(SELECT seq FROM revision WHERE object_id = ?1 AND late = 0 "
    "AND changed_at <= ?3 ORDER BY changed_at DESC, seq DESC LIMIT 1)";

// kRevisionColumns of an object (?1) with seq in [?2, ?3], by seq, at most ?5;
// ?4: late ones too.
std::string RunSql();

// The ids of the filter's objects, at most `limit`. ?1 is anything.
std::string ObjectsSql(const ObjectFilter& filter, std::size_t limit);

// kRevisionColumns of the filter's objects, all with seq > ?1, by seq: reads
// all revisions of the file.
std::string WalkSql(const ObjectFilter& filter);

// The ids of those of the filter's objects that may have changed between two
// times, ?1 (`until`) and the parameter after the filter's (since), whose
// seconds these are; but none whose newest seq is up to the next parameter.
std::string TouchedSql(const ObjectFilter& filter, std::int64_t since_second,
                       std::int64_t until_second);

// (object id, seq) of late revisions of the filter's objects that changed
// between the two times, with seq above the last parameter.
std::string LateSql(const ObjectFilter& filter);

}  // namespace kubescribe::store
