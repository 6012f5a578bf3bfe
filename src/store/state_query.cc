#include "store/state_query.h"

#include <fmt/format.h>

#include "store/rows.h"

namespace kubescribe::store {
namespace {

// How the revision in force of one object `o` is found, by an index and from
// its end. ?1 is the instant.
//
// changed_at never decreases with seq among the revisions that are not late,
// so the last one by (changed_at, seq) is the highest seq.
constexpr const char* kByTime =
    "SELECT seq FROM revision WHERE object_id = o.id AND late = 0 "
    "AND changed_at <= ?1 ORDER BY changed_at DESC, seq DESC LIMIT 1";
constexpr const char* kBySeq =
    "SELECT seq FROM revision WHERE object_id = o.id AND late = 0 "
    "AND seq <= ?1 ORDER BY seq DESC LIMIT 1";
// A revision without an rv of its own (Vanished) stands at its list's. Shorter
// numbers are less; equal length compares as text.
constexpr const char* kByRv =
    "SELECT seq FROM (SELECT seq, coalesce(nullif(rv, ''), list_rv) AS at "
    "FROM revision WHERE object_id = o.id AND epoch = "
    "(SELECT epoch FROM stream WHERE id = o.stream_id)) "
    "WHERE at <> '' AND at NOT GLOB '*[^0-9]*' AND (length(at) < length(?1) "
    "OR (length(at) = length(?1) AND at <= ?1)) "
    "ORDER BY length(at) DESC, at DESC, seq DESC LIMIT 1";

}  // namespace

std::string FilterSql(const ObjectFilter& filter) {
  std::string sql = "o.resource_id = ?2";
  int next = 3;
  if (filter.name_space) sql += fmt::format(" AND o.namespace = ?{}", next++);
  if (filter.name) sql += fmt::format(" AND o.name = ?{}", next++);
  if (filter.uid) sql += fmt::format(" AND o.uid = ?{}", next++);
  return sql;
}

std::string StateSql(const ObjectFilter& filter, const AsOf& as_of,
                     bool include_gone) {
  const bool by_rv = as_of.rv.has_value();
  const bool by_seq = !by_rv && as_of.seq.has_value();
  const char* in_force = by_rv ? kByRv : by_seq ? kBySeq : kByTime;
  std::string current;
  if (!by_rv) {
    // Where the object's newest revision was in force already, no search is
    // needed; and of the dead ones most are dropped here.
    current = by_seq ? "o.seq <= ?1" : "o.changed_at <= ?1";
  }
  const std::string seq =
      by_rv ? fmt::format("({})", in_force)
            : fmt::format("CASE WHEN {} THEN o.seq ELSE ({}) END", current,
                          in_force);
  std::string sql = fmt::format(
      "SELECT {} FROM object o CROSS JOIN revision v ON v.seq = {} WHERE {}",
      kRevisionColumns, seq, FilterSql(filter));
  if (!include_gone) {
    if (!by_rv) sql += fmt::format(" AND NOT (o.alive = 0 AND {})", current);
    sql += fmt::format(
        " AND v.event NOT IN ({}, {}, {})", static_cast<int>(Event::kDeleted),
        static_cast<int>(Event::kVanished), static_cast<int>(Event::kLeft));
  }
  return sql + " ORDER BY o.namespace, o.name, v.seq";
}

}  // namespace kubescribe::store
