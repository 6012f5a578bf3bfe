// Reader::History and Reader::Changes: revisions in order of seq, of many
// objects at once, without sorting and without reading more than is asked for.

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <queue>
#include <utility>

#include "store/history_query.h"
#include "store/lifetimes.h"
#include "store/reader_impl.h"
#include "store/rows.h"
#include "store/state_query.h"

namespace kubescribe::store {
namespace {

// Up to so many objects a history is put together object by object; beyond,
// by walking all revisions in order.
constexpr std::size_t kFewObjects = 10000;

constexpr Seq kLast = std::numeric_limits<Seq>::max();

std::int64_t Bounded(std::size_t limit) {
  constexpr std::size_t kMost = std::numeric_limits<std::int32_t>::max();
  return static_cast<std::int64_t>(std::min(limit, kMost));
}

// Puts the revisions of several objects into one order. Each is read in runs:
// as long as no other object has a lower seq.
class Merge {
 public:
  Merge(Db& db, bool late) : db_(db), late_(late) {}

  // The revisions of an object with seq in [from, to].
  void Add(std::int64_t object_id, Seq from, Seq to) {
    Query next(db_, kNextSeqSql);
    next.Bind(object_id, from, to, late_);
    if (next.Step() && !next.IsNull(0)) {
      heads_.push({next.Int(0), to, object_id});
    }
  }
  // One revision.
  void AddSeq(std::int64_t object_id, Seq seq) {
    heads_.push({seq, seq, object_id, /*any=*/true});
  }

  std::vector<Revision> Take(std::size_t limit) {
    static const std::string run_sql = RunSql();
    std::vector<Revision> merged;
    while (!heads_.empty() && merged.size() < limit) {
      const Head head = heads_.top();
      heads_.pop();
      const Seq next = heads_.empty() ? kLast : heads_.top().seq - 1;
      const Seq to = std::min(head.to, next);
      {
        Query run(db_, run_sql.c_str());
        run.Bind(head.object_id, head.seq, to, late_ || head.any,
                 Bounded(limit - merged.size()));
        while (run.Step()) merged.push_back(ReadRevision(run));
      }
      if (to < head.to && merged.size() < limit) {
        Add(head.object_id, to + 1, head.to);
      }
    }
    return merged;
  }

 private:
  struct Head {
    Seq seq = 0;
    Seq to = 0;
    std::int64_t object_id = 0;
    bool any = false;  // late or not
    bool operator>(const Head& other) const { return seq > other.seq; }
  };

  Db& db_;
  const bool late_;  // late ones too
  std::priority_queue<Head, std::vector<Head>, std::greater<>> heads_;
};

}  // namespace

Result<std::vector<Revision>> ReaderImpl::History(const ObjectFilter& filter,
                                                  Seq after,
                                                  std::size_t limit) {
  return Guard<std::vector<Revision>>([&] {
    const bool all = filter.resource_id == 0 && !filter.name_space &&
                     !filter.name && !filter.uid;
    std::vector<std::int64_t> ids;
    if (!all) {
      Query objects(*db_, OneTime{ObjectsSql(filter, kFewObjects + 1)});
      objects.Bind(1);
      BindFilter(objects, filter);
      while (objects.Step()) ids.push_back(objects.Int(0));
    }
    if (!all && ids.size() <= kFewObjects) {
      Merge merge(*db_, /*late=*/true);
      for (const std::int64_t id : ids) merge.Add(id, after + 1, kLast);
      return merge.Take(limit);
    }
    Query query(*db_, OneTime{WalkSql(filter)});
    query.Bind(after);
    BindFilter(query, filter);
    std::vector<Revision> history;
    while (history.size() < limit && query.Step()) {
      history.push_back(ReadRevision(query));
    }
    return history;
  });
}

Result<std::vector<Revision>> ReaderImpl::Changes(const ObjectFilter& filter,
                                                  Micros since, Micros until,
                                                  Seq after,
                                                  std::size_t limit) {
  return Guard<std::vector<Revision>>([&] {
    Merge merge(*db_, /*late=*/false);
    if (HasLifetimes()) {
      const LifeSeconds seconds(info_.created_at);
      static const std::string range_sql = SeqRangeSql();
      constexpr Micros kFirst = std::numeric_limits<Micros>::min();
      const auto before = Recorded(since == kFirst ? kFirst : since - 1);
      const auto by = Recorded(until);
      Query objects(*db_, OneTime{TouchedSql(filter, seconds.Nearest(since),
                                             seconds.Nearest(until))});
      objects.Bind(until);
      BindFilter(objects, filter);
      objects.Bind(since, after);
      while (objects.Step()) {
        // changed_at never decreases with seq: an interval of time is one of
        // seq within one object.
        Query range(*db_, by ? range_sql.c_str() : kSeqRangeSql);
        range.Bind(objects.Int(0), since, until);
        if (by) range.Bind(before->last, by->last);
        if (!range.Step() || range.IsNull(0) || range.IsNull(1)) continue;
        merge.Add(objects.Int(0), std::max(range.Int(0), after + 1),
                  range.Int(1));
      }
      Query late(*db_, OneTime{LateSql(filter)});
      late.Bind(until);
      BindFilter(late, filter);
      late.Bind(since, after);
      while (late.Step()) merge.AddSeq(late.Int(0), late.Int(1));
      return merge.Take(limit);
    }
    Query query(*db_, OneTime{WalkSql(filter)});
    query.Bind(after);
    BindFilter(query, filter);
    std::vector<Revision> changes;
    while (changes.size() < limit && query.Step()) {
      Revision revision = ReadRevision(query);
      if (revision.changed_at < since || revision.changed_at > until) continue;
      changes.push_back(std::move(revision));
    }
    return changes;
  });
}

}  // namespace kubescribe::store
