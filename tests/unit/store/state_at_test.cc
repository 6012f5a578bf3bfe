// StateAt and History against a model that looks at every revision.

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>
#include <map>
#include <set>

#include "random_lives.h"
#include "store/state_query.h"

namespace kubescribe::store {
namespace {

bool RvNotAbove(const std::string& rv, const std::string& bound) {
  return rv.size() != bound.size() ? rv.size() < bound.size() : rv <= bound;
}

// One that others begin with: as text it is the first, in a list the last.
std::string Namespace(std::uint64_t number) {
  return number == 0 ? "ns" : "ns-" + std::to_string(number);
}

class StateAtTest : public StoreTest {
 protected:
  // A random record of two kinds in three namespaces: names re-created, late
  // revisions, gaps, an epoch change, a clock step back.
  void Generate(std::uint64_t seed, int transactions) {
    SeededRandom random(seed);
    options_.synchronous_full = false;  // faster; no power is lost here
    auto writer = MustOpen();
    std::int64_t rv = 95;  // crosses 100: length before text
    std::map<std::int64_t, std::int64_t> alive;  // object -> its last rv
    std::map<std::int64_t, Revision> objects;
    std::map<std::int64_t, Micros> changed;
    int next_uid = 0;
    for (int t = 0; t < transactions; ++t) {
      if (random.Below(40) == 0) clock_.wall -= 2 * kMinute;
      Do(*writer, [&](Transaction& tx) {
        const std::int64_t pods = tx.EnsureResource("", "pods", "Pod", true);
        const std::int64_t nodes =
            tx.EnsureResource("", "nodes", "Node", false);
        const StreamRow pod_stream =
            tx.EnsureStream({"", "pods", "", "", ""}, pods);
        const StreamRow node_stream =
            tx.EnsureStream({"", "nodes", "", "", ""}, nodes);
        if (t == transactions / 2) tx.AppendEpoch(pod_stream.id, "rewind");
        const std::uint64_t events = 1 + random.Below(8);
        for (std::uint64_t e = 0; e < events; ++e) {
          const bool make = alive.size() < 5 || random.Below(4) == 0;
          std::int64_t id = 0;
          if (make) {
            ObjectRow row;
            const bool node = random.Below(4) == 0;
            row.resource_id = node ? nodes : pods;
            row.stream_id = node ? node_stream.id : pod_stream.id;
            row.name_space = node ? "" : Namespace(random.Below(3));
            row.name = "name" + std::to_string(random.Below(12));
            row.uid = "uid" + std::to_string(next_uid++);
            id = tx.AddObject(row);
            Revision head;
            head.object_id = id;
            head.resource_id = row.resource_id;
            head.stream_id = row.stream_id;
            head.name_space = row.name_space;
            head.name = row.name;
            head.uid = row.uid;
            objects[id] = head;
          } else {
            auto it = alive.begin();
            std::advance(it, random.Below(alive.size()));
            id = it->first;
          }
          Revision& head = objects[id];
          NewRevision next;
          next.object_id = id;
          next.stream_id = head.stream_id;
          next.epoch = tx.GetStream(head.stream_id).epoch;
          next.event = make ? Event::kAdded : Event::kModified;
          const std::uint64_t kind = random.Below(10);
          ++rv;
          next.rv = std::to_string(rv);
          next.changed_at =
              tx.recorded_at() - static_cast<Micros>(random.Below(5)) * kSecond;
          if (!make && kind == 0) next.event = Event::kDeleted;
          if (!make && kind == 1) {
            next.event = Event::kVanished;
            next.list_rv = next.rv;
            next.rv = "";
            next.source = Source::kList;
          }
          if (!make && kind == 2 && alive[id] + 1 < rv) {
            next.late = true;  // older than what is known
            next.rv = std::to_string(alive[id] - 1);
            if (tx.HasRevision(id, next.epoch, next.rv) || rv < 97) continue;
          }
          next.body = "x";
          head.seq = tx.AppendRevision(next);
          head.event = next.event;
          head.rv = next.rv;
          head.list_rv = next.list_rv;
          head.epoch = next.epoch;
          head.late = next.late;
          head.changed_at = next.changed_at;
          if (!next.late) {
            head.changed_at = std::max(next.changed_at, changed[id]);
            changed[id] = head.changed_at;
            if (IsGone(next.event)) {
              alive.erase(id);
            } else {
              alive[id] = rv;
            }
          }
          all_.push_back(head);
        }
      });
    }
    epoch_[1] = 2;
    epoch_[2] = 1;
    last_rv_ = rv;
  }

  std::vector<Seq> Model(const ObjectFilter& filter, const AsOf& as_of,
                         bool include_gone) {
    std::map<std::int64_t, Revision> best;
    const auto key = [](const Revision& r) {
      return r.rv.empty() ? r.list_rv : r.rv;
    };
    for (const Revision& r : all_) {
      if (!Matches(r, filter)) continue;
      const auto found = best.find(r.object_id);
      if (as_of.rv) {
        if (r.epoch != epoch_[r.stream_id]) continue;
        if (!RvNotAbove(key(r), *as_of.rv)) continue;
        if (found != best.end() && !RvNotAbove(key(found->second), key(r)))
          continue;
      } else if (r.late ||
                 (as_of.seq ? r.seq > *as_of.seq : r.changed_at > as_of.at)) {
        continue;
      }
      best[r.object_id] = r;  // all_ is in order of seq
    }
    std::vector<Revision> state;
    for (const auto& [id, r] : best) {
      if (include_gone || !IsGone(r.event)) state.push_back(r);
    }
    std::sort(state.begin(), state.end(),
              [](const Revision& a, const Revision& b) {
                const std::string left = a.name_space + "/" + a.name;
                const std::string right = b.name_space + "/" + b.name;
                return std::tie(left, a.seq) < std::tie(right, b.seq);
              });
    std::vector<Seq> seqs;
    for (const Revision& r : state) seqs.push_back(r.seq);
    return seqs;
  }

  std::vector<Revision> all_;
  std::map<std::int64_t, std::int64_t> epoch_;
  std::int64_t last_rv_ = 0;
};

TEST_F(StateAtTest, AgreesWithTheModelForRandomQuestions) {
  int nonempty = 0;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    path_ = folder_ / ("seed" + std::to_string(seed) + ".db");
    clock_ = TestClock();
    const Micros start = clock_.wall;
    all_.clear();
    Generate(seed, 150);
    auto reader = MustRead();
    SeededRandom random(seed * 31);
    for (int i = 0; i < 400; ++i) {
      ObjectFilter filter;
      filter.resource_id = 1 + static_cast<std::int64_t>(random.Below(2));
      if (random.Below(3) == 0) filter.name_space = Namespace(random.Below(3));
      if (random.Below(3) == 0)
        filter.name = "name" + std::to_string(random.Below(12));
      if (random.Below(6) == 0)
        filter.uid = "uid" + std::to_string(random.Below(60));
      AsOf as_of;
      switch (random.Below(3)) {
        case 0:
          as_of.at = start - kMinute +
                     static_cast<Micros>(random.Below(300)) * kSecond;
          break;
        case 1:
          as_of.seq = static_cast<Seq>(random.Below(all_.size() + 3));
          break;
        default:
          as_of.rv = std::to_string(
              90 + random.Below(static_cast<std::uint64_t>(last_rv_) - 80));
      }
      const bool gone = random.Below(2) == 0;
      const auto expected = Model(filter, as_of, gone);
      if (!expected.empty()) ++nonempty;
      // The sequence also counts the epoch's and the clock's records.
      ASSERT_EQ(Seqs(reader->StateAt(filter, as_of, gone)), expected)
          << "seed " << seed << " question " << i;
    }
  }
  EXPECT_GT(nonempty, 500);
}

TEST_F(StateAtTest, HistoryPagesThroughAllRevisionsInOrder) {
  Generate(9, 100);
  auto reader = MustRead();
  for (const ObjectFilter& filter :
       {ObjectFilter{1, {}, {}, {}}, ObjectFilter{1, "ns-1", {}, {}},
        ObjectFilter{1, {}, "name3", {}}, ObjectFilter{2, {}, {}, {}},
        ObjectFilter{1, {}, {}, "uid1"}, ObjectFilter{1, "none", {}, {}}}) {
    std::vector<Seq> expected;
    for (const Revision& r : all_) {
      if (Matches(r, filter)) expected.push_back(r.seq);
    }
    std::vector<Seq> got;
    for (;;) {
      const auto page =
          Seqs(reader->History(filter, got.empty() ? 0 : got.back(), 7));
      if (page.empty()) break;
      got.insert(got.end(), page.begin(), page.end());
    }
    EXPECT_EQ(got, expected);
  }
}

TEST_F(StateAtTest, NoQuestionScansAllRevisions) {
  Generate(3, 20);
  SQLite::Database db(path_, SQLite::OPEN_READONLY);
  for (const AsOf& as_of :
       {AsOf{5, {}, {}}, AsOf{0, 5, {}}, AsOf{0, {}, std::string("5")}}) {
    for (const bool named : {false, true}) {
      ObjectFilter filter;
      filter.resource_id = 1;
      if (named) {
        filter.name_space = "default";
        filter.name = "x";
      }
      SQLite::Statement plan(
          db, "EXPLAIN QUERY PLAN " +
                  StateSql(filter, as_of, false, RecordedBy{7, true}));
      while (plan.executeStep()) {
        const std::string step = plan.getColumn(3).getString();
        EXPECT_EQ(step.find("SCAN revision"), std::string::npos) << step;
        EXPECT_EQ(step.find("SCAN v"), std::string::npos) << step;
        EXPECT_EQ(step.find("SCAN o"), std::string::npos) << step;
      }
    }
  }
}

TEST_F(StateAtTest, AnRvThatCannotBeComparedIsRefused) {
  Generate(3, 2);
  auto reader = MustRead();
  for (const char* rv : {"", "12a", "-1", "1 or 1"}) {
    const auto state =
        reader->StateAt({1, {}, {}, {}}, {0, {}, std::string(rv)});
    ASSERT_FALSE(state.ok()) << rv;
    EXPECT_EQ(state.error().code(), Code::kInvalid);
  }
}

TEST_F(StateAtTest, FortyDigitsCompareAsNumbers) {
  auto writer = MustOpen();
  const std::string low(39, '9');
  const std::string high = "1" + std::string(39, '0');
  Do(*writer, [&](Transaction& tx) {
    PutPod(tx, "a", low);
    PutPod(tx, "a", high);
  });
  auto reader = MustRead();
  EXPECT_EQ(Seqs(reader->StateAt({1, {}, {}, {}}, {0, {}, low})),
            std::vector<Seq>{1});
  EXPECT_EQ(Seqs(reader->StateAt({1, {}, {}, {}}, {0, {}, high})),
            std::vector<Seq>{2});
}

}  // namespace
}  // namespace kubescribe::store
