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
// The same without that index (schema/006-compact.sql).
std::string ByTime(const std::optional<RecordedBy>& recorded) {
  if (!recorded) return kByTime;
  return ByTimeSql("o.id", "?1", std::to_string(recorded->last), recorded->all);
}
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

// A server lists by the key "NAMESPACE/NAME": "web-2/a" before "web/a".
std::string InListOrder(const ObjectFilter& filter) {
  return filter.name_space
             ? "ORDER BY resource_id, name, seq"
             : "ORDER BY resource_id, namespace || '/', name, seq";
}

}  // namespace

std::string ByTimeSql(const std::string& object, const std::string& instant,
                      const std::string& recorded, bool all) {
  // Whatever there is among those recorded by then.
  std::string plain = fmt::format(
      "(SELECT seq FROM revision INDEXED BY revision_object "
      "WHERE object_id = {0} AND seq <= {2} AND late = 0 AND changed_at <= {1} "
      "ORDER BY seq DESC LIMIT 1)",
      object, instant, recorded);
  if (all) {
    // Of most objects each of them had happened by then too, and the index
    // alone has the answer.
    plain = fmt::format(
        "CASE WHEN EXISTS (SELECT 1 FROM revision INDEXED BY revision_odd "
        "WHERE object_id = {0} AND (late = 1 OR changed_lag < 0)) THEN {2} "
        "ELSE (SELECT seq FROM revision INDEXED BY revision_object "
        "WHERE object_id = {0} AND seq <= {1} ORDER BY seq DESC LIMIT 1) END",
        object, recorded, plain);
  }
  return fmt::format(
      "max(coalesce({2}, 0), "
      "coalesce((SELECT seq FROM revision INDEXED BY revision_lagging "
      "WHERE object_id = {0} AND late = 0 AND changed_lag <> 0 "
      "AND changed_at <= {1} ORDER BY changed_at DESC, seq DESC LIMIT 1), 0))",
      object, instant, plain);
}

std::string FilterSql(const ObjectFilter& filter) {
  // The parameter is there in any case, so that the others keep their numbers.
  std::string sql = filter.resource_id == 0 ? "?2 = 0" : "o.resource_id = ?2";
  int next = 3;
  if (filter.name_space) sql += fmt::format(" AND o.namespace = ?{}", next++);
  if (filter.name) sql += fmt::format(" AND o.name = ?{}", next++);
  if (filter.uid) sql += fmt::format(" AND o.uid = ?{}", next++);
  return sql;
}

void BindFilter(Query& query, const ObjectFilter& filter) {
  query.Bind(filter.resource_id);
  if (filter.name_space) query.Bind(*filter.name_space);
  if (filter.name) query.Bind(*filter.name);
  if (filter.uid) query.Bind(*filter.uid);
}

int AfterFilter(const ObjectFilter& filter) {
  return 3 + (filter.name_space ? 1 : 0) + (filter.name ? 1 : 0) +
         (filter.uid ? 1 : 0);
}

std::string StateSql(const ObjectFilter& filter, const AsOf& as_of,
                     bool include_gone,
                     const std::optional<RecordedBy>& recorded) {
  const bool by_rv = as_of.rv.has_value();
  const bool by_seq = !by_rv && as_of.seq.has_value();
  const std::string in_force = by_rv    ? kByRv
                               : by_seq ? kBySeq
                                        : ByTime(recorded);
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
  return filter.name_space
             ? sql + " ORDER BY o.resource_id, o.name, v.seq"
             : fmt::format("SELECT * FROM ({}) {}", sql, InListOrder(filter));
}

bool FindsByLifetime(const ObjectFilter& filter, const AsOf& as_of,
                     bool include_gone) {
  const bool named = filter.uid || (filter.name && filter.name_space &&
                                    filter.resource_id != 0);
  return !as_of.rv && !as_of.seq && !include_gone && !named;
}

std::string OpenLives(const ObjectFilter& filter) {
  // object_open is ordered by the beginning only below a resource and a
  // namespace: all of those are gone through, or for the whole cluster all that
  // is alive now.
  std::string open = "object o INDEXED BY object_open";
  if (filter.resource_id != 0 && !filter.name_space) {
    return "namespace n CROSS JOIN " + open + " ON o.namespace = n.name";
  }
  if (filter.resource_id == 0 && filter.name_space) {
    return "resource k CROSS JOIN " + open + " ON o.resource_id = k.id";
  }
  return open;
}

std::string BoxSql(const ObjectFilter& filter) {
  std::string sql;
  if (filter.resource_id != 0) {
    sql += " AND l.resource_low <= 2 * ?2 AND l.resource_high >= 2 * ?2";
  }
  if (filter.name_space) {
    sql +=
        " AND l.namespace_low <= "
        "(SELECT 2 * id FROM namespace WHERE name = ?3) "
        "AND l.namespace_high >= "
        "(SELECT 2 * id FROM namespace WHERE name = ?3)";
  }
  return sql;
}

std::string InForceSql(const std::optional<RecordedBy>& recorded) {
  return fmt::format("CASE WHEN o.changed_at <= ?1 THEN o.seq ELSE ({}) END",
                     ByTime(recorded));
}

std::string LivingSql(const ObjectFilter& filter, std::int64_t second,
                      const std::optional<RecordedBy>& recorded) {
  const std::string in_force =
      "CROSS JOIN revision v ON v.seq = " + InForceSql(recorded);
  // An object that came back stands in both halves; where its present life
  // had begun the first one has it.
  return fmt::format(
      "SELECT * FROM (SELECT {0} FROM {1} {2} "
      "WHERE o.alive = 1 AND o.born_at <= ?1 AND {3} "
      "UNION ALL "
      "SELECT {0} FROM lifetime l CROSS JOIN object o ON o.id = l.object_id "
      "{2} WHERE l.begin_second <= {8} AND l.end_second > {8}{4} "
      "AND NOT (o.alive = 1 AND o.born_at <= ?1) AND {3} "
      "AND v.event NOT IN ({5}, {6}, {7})) {9}",
      kRevisionColumns, OpenLives(filter), in_force, FilterSql(filter),
      BoxSql(filter), static_cast<int>(Event::kDeleted),
      static_cast<int>(Event::kVanished), static_cast<int>(Event::kLeft),
      second, InListOrder(filter));
}

std::string EndedSql(const ObjectFilter& filter, std::int64_t since_second,
                     std::int64_t until_second,
                     const std::optional<RecordedBy>& recorded) {
  return fmt::format(
      "SELECT * FROM (SELECT {0} FROM lifetime l CROSS JOIN object o "
      "ON o.id = l.object_id CROSS JOIN revision v ON v.seq = {1} "
      "WHERE l.begin_second <= {2} AND l.end_second >= {3}{4} AND {5} "
      "AND v.event IN ({6}, {7}, {8}) AND v.changed_at >= ?{9}) {10}",
      kRevisionColumns, InForceSql(recorded), until_second, since_second,
      BoxSql(filter), FilterSql(filter), static_cast<int>(Event::kDeleted),
      static_cast<int>(Event::kVanished), static_cast<int>(Event::kLeft),
      AfterFilter(filter), InListOrder(filter));
}

}  // namespace kubescribe::store
