// What a Reader says of prunes (schema/005-prune.sql).

#include <fmt/format.h>

#include <limits>

#include "store/reader_impl.h"
#include "store/state_query.h"

namespace kubescribe::store {

// A file that no recorder of this version has opened yet has none.
bool ReaderImpl::HasPrunes() {
  if (!has_prunes_) {
    has_prunes_ =
        db_->Int("SELECT count(*) FROM sqlite_schema WHERE name = 'pruned'") >
        0;
  }
  return *has_prunes_;
}

Result<std::vector<PrunedRow>> ReaderImpl::Prunes() {
  return Guard<std::vector<PrunedRow>>([&] {
    std::vector<PrunedRow> prunes;
    if (!HasPrunes()) return prunes;
    Query rows(*db_,
               "SELECT seq, before_at, before_seq, keep, reason, revisions, "
               "objects, bytes, done, at_object FROM pruned ORDER BY seq");
    while (rows.Step()) {
      PrunedRow row;
      row.seq = rows.Int(0);
      row.before_at = rows.OptionalInt(1);
      row.before_seq = rows.OptionalInt(2);
      row.keep = rows.OptionalInt(3);
      row.reason = rows.Text(4);
      row.revisions = rows.Int(5);
      row.objects = rows.Int(6);
      row.bytes = rows.Int(7);
      row.done = rows.Bool(8);
      row.at_object = rows.Int(9);
      prunes.push_back(std::move(row));
    }
    Query kinds(*db_,
                "SELECT seq, resource_id FROM pruned_resource "
                "ORDER BY seq, resource_id");
    std::size_t at = 0;
    while (kinds.Step()) {
      while (at < prunes.size() && prunes[at].seq < kinds.Int(0)) ++at;
      if (at < prunes.size() && prunes[at].seq == kinds.Int(0)) {
        prunes[at].resources.push_back(kinds.Int(1));
      }
    }
    return prunes;
  });
}

Result<std::vector<PrunedRv>> ReaderImpl::PrunedRvs() {
  return Guard<std::vector<PrunedRv>>([&] {
    std::vector<PrunedRv> rvs;
    if (!HasPrunes()) return rvs;
    Query rows(*db_, "SELECT resource_id, epoch, rv FROM pruned_rv");
    while (rows.Step()) {
      rvs.push_back({rows.Int(0), rows.Int(1), rows.Text(2)});
    }
    return rvs;
  });
}

Result<PrunedObjects> ReaderImpl::ObjectsPruned(const ObjectFilter& filter,
                                                Micros from, Micros to) {
  return Guard<PrunedObjects>([&] {
    PrunedObjects found;
    if (!HasPrunes()) return found;
    // The numbers of the filter's parameters begin with 2.
    const int next = 3 + (filter.name_space ? 1 : 0) + (filter.name ? 1 : 0) +
                     (filter.uid ? 1 : 0);
    Query query(*db_,
                OneTime{fmt::format(
                    "SELECT count(*), max(p.before_at) FROM pruned_object p "
                    "INDEXED BY pruned_object_at "
                    "CROSS JOIN object o ON o.id = p.object_id "
                    "WHERE p.before_at > ?1 AND {} AND p.from_at <= ?{}",
                    FilterSql(filter), next)});
    query.Bind(from);
    BindFilter(query, filter);
    query.Bind(to);
    if (query.Step()) {
      found.objects = query.Int(0);
      found.before_at = query.OptionalInt(1).value_or(0);
    }
    return found;
  });
}

Result<PrunedObjects> ReaderImpl::ObjectsPruned(const ObjectFilter& filter,
                                                const AsOf& as_of) {
  if (!as_of.seq && !as_of.rv) {
    return ObjectsPruned(filter, as_of.at, as_of.at);
  }
  return Guard<PrunedObjects>([&] {
    PrunedObjects found;
    if (!HasPrunes()) return found;
    const char* const below =
        as_of.rv ? "p.epoch = (SELECT epoch FROM stream "
                   "WHERE id = o.stream_id) AND "
                   "(length(p.before_rv) > length(?1) OR "
                   "(length(p.before_rv) = length(?1) AND p.before_rv > ?1))"
                 : "p.before_seq > ?1";
    Query query(*db_,
                OneTime{fmt::format(
                    "SELECT count(*), max(p.before_at) FROM pruned_object p "
                    "CROSS JOIN object o ON o.id = p.object_id "
                    "WHERE {} AND {}",
                    below, FilterSql(filter))});
    if (as_of.rv) {
      query.Bind(*as_of.rv);
    } else {
      query.Bind(*as_of.seq);
    }
    BindFilter(query, filter);
    if (query.Step()) {
      found.objects = query.Int(0);
      found.before_at = query.OptionalInt(1).value_or(0);
    }
    return found;
  });
}

}  // namespace kubescribe::store
