// Reader's questions about a state: what was in force at an instant, what had
// ended by then, and revisions one by one.

#include <fmt/format.h>

#include <utility>

#include "store/lifetimes.h"
#include "store/reader_impl.h"
#include "store/rows.h"
#include "store/state_query.h"

namespace kubescribe::store {

Status ReaderImpl::EachAt(const ObjectFilter& filter, const AsOf& as_of,
                          bool include_gone, const EachRevision& each) {
  if (as_of.rv &&
      (as_of.rv->empty() ||
       as_of.rv->find_first_not_of("0123456789") != std::string::npos)) {
    return Error(Code::kInvalid,
                 fmt::format("\"{}\" is no resourceVersion that can be "
                             "compared: it must be a number",
                             *as_of.rv));
  }
  const Result<bool> done = Guard<bool>([&] {
    const bool by_lifetime =
        FindsByLifetime(filter, as_of, include_gone) && HasLifetimes();
    const LifeSeconds seconds(info_.created_at);
    const std::optional<RecordedBy> recorded =
        as_of.rv || as_of.seq ? std::nullopt : Recorded(as_of.at);
    Query query(
        *db_,
        OneTime{by_lifetime
                    ? LivingSql(filter, seconds.Nearest(as_of.at), recorded)
                    : StateSql(filter, as_of, include_gone, recorded)});
    if (as_of.rv) {
      query.Bind(*as_of.rv);
    } else {
      query.Bind(as_of.seq ? *as_of.seq : as_of.at);
    }
    BindFilter(query, filter);
    while (query.Step()) each(ReadRevision(query));
    return true;
  });
  if (!done.ok()) return done.error();
  return {};
}

Result<std::vector<Revision>> ReaderImpl::StateAt(const ObjectFilter& filter,
                                                  const AsOf& as_of,
                                                  bool include_gone) {
  std::vector<Revision> state;
  const Status done = EachAt(
      filter, as_of, include_gone,
      [&](Revision&& revision) { state.push_back(std::move(revision)); });
  if (!done.ok()) return done.error();
  return state;
}

Status ReaderImpl::EachEnded(const ObjectFilter& filter, Micros since,
                             Micros until, const EachRevision& each) {
  if (!HasLifetimes()) {
    AsOf as_of;
    as_of.at = until;
    return EachAt(
        filter, as_of, /*include_gone=*/true, [&](Revision&& revision) {
          if (IsGone(revision.event) && revision.changed_at >= since) {
            each(std::move(revision));
          }
        });
  }
  const Result<bool> done = Guard<bool>([&] {
    const LifeSeconds seconds(info_.created_at);
    Query query(*db_,
                OneTime{EndedSql(filter, seconds.Nearest(since),
                                 seconds.Nearest(until) + 1, Recorded(until))});
    query.Bind(until);
    BindFilter(query, filter);
    query.Bind(since);
    while (query.Step()) each(ReadRevision(query));
    return true;
  });
  if (!done.ok()) return done.error();
  return {};
}

Result<std::vector<Revision>> ReaderImpl::Revisions(
    const std::vector<Seq>& seqs) {
  static const std::string sql = fmt::format(
      "SELECT {} FROM revision v JOIN object o ON o.id = v.object_id "
      "WHERE v.seq = ?",
      kRevisionColumns);
  Result<std::vector<Revision>> found = Guard<std::vector<Revision>>([&] {
    std::vector<Revision> revisions;
    revisions.reserve(seqs.size());
    for (const Seq seq : seqs) {
      Query query(*db_, sql.c_str());
      if (!query.Bind(seq).Step()) break;
      revisions.push_back(ReadRevision(query));
    }
    return revisions;
  });
  if (found.ok() && found->size() < seqs.size()) {
    return Error(Code::kNotFound,
                 fmt::format("{}: no revision has the number {}", info_.path,
                             seqs[found->size()]));
  }
  return found;
}

}  // namespace kubescribe::store
