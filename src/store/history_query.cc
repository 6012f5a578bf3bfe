#include "store/history_query.h"

#include <fmt/format.h>

#include "store/rows.h"
#include "store/state_query.h"

namespace kubescribe::store {
std::string RunSql() {
  return fmt::format(
      "SELECT {} FROM object o CROSS JOIN revision v INDEXED BY "
      "revision_object ON v.object_id = o.id WHERE o.id = ?1 "
      "AND v.seq BETWEEN ?2 AND ?3 AND (?4 OR v.late = 0) "
      "ORDER BY v.seq LIMIT ?5",
      kRevisionColumns);
}

std::string SeqRangeSql() {
  return fmt::format(
      "SELECT (SELECT seq FROM revision INDEXED BY revision_object "
      "WHERE object_id = ?1 AND late = 0 AND seq > {} ORDER BY seq LIMIT 1), "
      "nullif({}, 0)",
      ByTimeSql("?1", "?2 - 1", "?4", false),
      ByTimeSql("?1", "?3", "?5", false));
}

std::string ObjectsSql(const ObjectFilter& filter, std::size_t limit) {
  return fmt::format("SELECT o.id FROM object o WHERE ?1 AND {} LIMIT {}",
                     FilterSql(filter), limit);
}

std::string WalkSql(const ObjectFilter& filter) {
  return fmt::format(
      "SELECT {} FROM revision v CROSS JOIN object o ON o.id = v.object_id "
      "WHERE v.seq > ?1 AND {} ORDER BY v.seq",
      kRevisionColumns, FilterSql(filter));
}

std::string TouchedSql(const ObjectFilter& filter, std::int64_t since_second,
                       std::int64_t until_second) {
  const std::string rest = fmt::format(
      "o.changed_at >= ?{} AND o.seq > ?{} AND {}", AfterFilter(filter),
      AfterFilter(filter) + 1, FilterSql(filter));
  return fmt::format(
      "SELECT o.id FROM {} WHERE o.alive = 1 AND o.born_at <= ?1 AND {} "
      "UNION ALL SELECT o.id FROM lifetime l CROSS JOIN object o "
      "ON o.id = l.object_id WHERE l.begin_second <= {} "
      "AND l.end_second >= {}{} AND NOT (o.alive = 1 AND o.born_at <= ?1) "
      "AND {}",
      OpenLives(filter), rest, until_second, since_second, BoxSql(filter),
      rest);
}

std::string LateSql(const ObjectFilter& filter) {
  return fmt::format(
      "SELECT o.id, v.seq FROM revision v INDEXED BY revision_late "
      "CROSS JOIN object o ON o.id = v.object_id WHERE v.late = 1 "
      "AND v.changed_at <= ?1 AND v.changed_at >= ?{} AND v.seq > ?{} AND {}",
      AfterFilter(filter), AfterFilter(filter) + 1, FilterSql(filter));
}

}  // namespace kubescribe::store
