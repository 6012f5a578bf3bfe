#include "store/names_query.h"

#include <fmt/format.h>

#include "store/state_query.h"

namespace kubescribe::store {
namespace {

std::string GoneEvents() {
  return fmt::format("{}, {}, {}", static_cast<int>(Event::kDeleted),
                     static_cast<int>(Event::kVanished),
                     static_cast<int>(Event::kLeft));
}

// From the R*Tree: `object o` that was alive at the instant, and is not found
// among those that are alive now. `box`: conditions on its box.
std::string EndedSince(const LivingAt& living, const std::string& box) {
  return fmt::format(
      "lifetime l CROSS JOIN object o ON o.id = l.object_id "
      "CROSS JOIN revision v ON v.seq = {} "
      "WHERE l.begin_second <= {} AND l.end_second > {}{} "
      "AND NOT (o.alive = 1 AND o.born_at <= ?1) AND v.event NOT IN ({})",
      InForceSql(living.recorded), living.second, living.second, box,
      GoneEvents());
}

}  // namespace

std::string NamesSql(const ObjectFilter& filter, bool with_prefix,
                     const std::optional<LivingAt>& living) {
  const int bound = AfterFilter(filter);
  const std::string wanted =
      fmt::format("{} AND o.name >= ?{} AND o.name < ?{}", FilterSql(filter),
                  bound, bound + 1);
  // By name where one begins, as the index is ordered by it; else what is alive
  // is fewer than what there ever was.
  const bool by_name = with_prefix || !living;
  const std::string objects =
      fmt::format("{}object o INDEXED BY {}",
                  filter.name_space ? "" : "namespace n CROSS JOIN ",
                  by_name ? "object_name" : "object_open");
  const std::string in_namespace =
      filter.name_space ? "" : " AND o.namespace = n.name";
  std::string sql = fmt::format("SELECT o.name FROM {} WHERE {}{}", objects,
                                wanted, in_namespace);
  if (!living) return sql;
  return fmt::format(
      "{} AND o.alive = 1 AND o.born_at <= ?1 "
      "UNION ALL SELECT o.name FROM {} AND {}",
      sql, EndedSince(*living, BoxSql(filter)), wanted);
}

std::string NamespacesSql(const std::optional<LivingAt>& living) {
  const std::string now = fmt::format(
      "SELECT 1 FROM resource k CROSS JOIN object o INDEXED BY {} "
      "WHERE o.resource_id = k.id AND o.namespace = n.name{}",
      living ? "object_open" : "object_name",
      living ? " AND o.alive = 1 AND o.born_at <= ?1" : "");
  std::string exists = fmt::format("EXISTS ({})", now);
  if (living) {
    exists += fmt::format(" OR EXISTS (SELECT 1 FROM {})",
                          EndedSince(*living,
                                     " AND l.namespace_low <= 2 * n.id "
                                     "AND l.namespace_high >= 2 * n.id"));
  }
  return fmt::format(
      "SELECT n.name FROM namespace n WHERE ?2 = 0 AND n.name <> '' "
      "AND n.name >= ?3 AND n.name < ?4 AND ({})",
      exists);
}

}  // namespace kubescribe::store
